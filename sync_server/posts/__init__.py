"""Posts: where work is done, in which department, at which window (R2)."""
