"""Widgets that copy a screen's model and report touches; nothing here decides anything.

Lengths in the ``.kv`` files are those of a screen 1080 wide and 1920 high; ``dp`` scales the whole.
"""
