"""An upgrade as docs/upgrading.md has it, while commands come and due moments fall due: `make rolling`.

The next version is this one with changes that are planted in a copy of its sources (next_version.py): an event of another shape,
workflow code that asks Temporal for something else, and a migration of either kind.
"""
