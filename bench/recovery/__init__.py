"""What is lost and comes back, at a size: `make recovery`.

Temporal's data deleted under ten thousand open instructions (lost.py), and two Temporal clusters on one log by mistake (twofold.py).
"""
