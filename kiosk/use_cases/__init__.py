"""What people do at a kiosk, one file a verb; each records its fact before it answers."""
