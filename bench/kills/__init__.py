"""Kills workers while they deliver, and counts at the receivers what became of every notice.

`python -m bench.kills` (`make kills`) does it to workers as deployed, on servers of its own, by mail and by
webhook; tests/workflows/test_kills.py does it a few times. What is given when, and to whom, is in
commissions.py.
"""
