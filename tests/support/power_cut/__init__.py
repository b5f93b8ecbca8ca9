"""A layer that loses unsynced writes: what a disk holds after the power was cut.

``write_log.c`` is preloaded into the real program and writes down all that it does to one folder and
all that it says on standard output. ``disk.py`` plays such a log up to a moment, drops what was not
synced as a real disk may, and writes down the folder that is left. kill -9 shows none of this: the
kernel goes on and keeps what it was given.
"""
