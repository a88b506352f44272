"""What auditors have: the trail of checkpoints, the whole log verified and examined on request, bundles to take along, and the
log of access; and of one instruction its replay event by event, what made it other at one moment than at another, and proofs.

`routes` puts the pages together. `told_state` is how an instruction stands, in words, line by line.
"""
