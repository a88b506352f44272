"""Temporal conducts: one workflow per instruction, and per recurrence, waits for commands and due moments,
and calls an activity for each. No rule and no status lives here; whatever is lost here is started again from the log.
"""
