"""What operators do about many instructions at once, below the command line so that a web console can use it.

An operation (operations.py) makes one command for each instruction that a filter of
readmodels/worklist.py chooses (bulk.py); each is judged by the real `decide` without being recorded, or
sent to its workflow (sending.py).
"""
