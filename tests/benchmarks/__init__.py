"""Ratios against bare work of the same kind, measured side by side; never a test, never a time by itself."""
