"""Which day is a workday: holidays and swapped weekends, under the office's own overrides."""
