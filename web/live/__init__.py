"""The log as those who look on hear it: one follower in a process, for any number of clients.

`live_log` follows the log and knows who stands to what happened; `stream` tells one client what is for them.
"""
