"""Breaks what Remit runs on, and proves afterwards that the log is as users were told: `make faults`.

What must be true, and the bugs that are planted to show that each check tells, are in docs/faults.md. A run: ground.py
has the servers and the processes, links.py what can be cut between them, driver.py the clients, storm.py draws the
faults, checks.py holds the log against what the clients were told. appending/ does the same to the store alone.
"""
