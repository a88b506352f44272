"""The store alone: processes append through `EventStore.append`, a million times, while they, their sessions and the server are
killed; then their accounts, files that they write before they go on, are held against the log (checks.py).
"""
