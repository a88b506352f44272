"""How long until the last of many reminders that fall due at the same moment is out, next to bare timers.

Every party is a process of its own, so that what each takes of the processors can be told.
"""
