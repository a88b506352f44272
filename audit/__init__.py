"""The proof that the log is what it was: a Merkle tree over its events, signed checkpoints, verification.

docs/audit.md says what is protected, and by which check. Nothing here is on the way of a command: the
tree follows the log like any other reader.
"""
