"""What the kiosk keeps: the journal of facts (SQLite) and what was published to it (TinyDB)."""
