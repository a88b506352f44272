"""One function per command: what it leads to, or why it is refused.

`decide.py` dispatches after checking authority and phase by the table in `rules.py`; the functions
beside it check what is particular to their command.
"""
