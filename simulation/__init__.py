"""A programme of measures lived through in three years: `make simulate`, docs/simulation.md.

A seed makes the lives (lives.py, plots.py): who does what when. One run has all of them decided by the real rules
under a clock that jumps (discrete.py), another a sample of them on real servers with skipped time (real.py). The
due moments are then accounted for, from the events alone (account.py), and the two runs compared (comparing.py).
"""
