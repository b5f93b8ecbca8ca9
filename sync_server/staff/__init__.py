"""Departments and members of staff, and the import of their lists."""
