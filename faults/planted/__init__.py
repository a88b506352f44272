"""Bugs that are planted in a process or in a database under test, and nowhere else (docs/faults.md has the list)."""
