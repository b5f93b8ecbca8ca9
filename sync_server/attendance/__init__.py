"""Required sessions, who was expected, who scanned, and what may be concluded from it (R1.1)."""
