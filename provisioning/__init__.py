"""What puts a hall together and keeps it running: the command, keys, the demo, set-up, templates for a machine."""
