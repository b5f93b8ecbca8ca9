"""The history of the tables. Run at every start, in one transaction, before anything else is read."""
