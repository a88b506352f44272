"""The proof that the log is what it was: a Merkle tree over its events, signed checkpoints, verification.

docs/audit.md says what is protected, and by which check. Nothing here is on the way of a command: the
tree follows the log like any other reader. In reading order:

- `leaf`, `tree`, `tiles`, `notes`, `checkpoint`, `keys`: what is hashed and signed, and in which form.
  Arithmetic and text; no I/O but the key's file.
- `statements`, `database`, `outside`: where tiles and checkpoints are kept.
  The database has both, and so has a folder or bucket that its administrators cannot write to.
- `following`, `last_outside`, `publishing`, `keeper`: the side that writes.
  It grows the tiles, signs what continues the last checkpoint, carries both outside, and repairs.
- `findings`, `chain`, `walk`, `cross_checks`, `verification`, `watch`: the side that reads.
  It hashes the whole log again and says what is not as it was signed.
- `proofs`, `measures`, `bundle`, `bundle_files`, `bundle_report`, `bundle_text`, `offline/verify.py`:
  what is handed out, and the program that checks it elsewhere; it shares no code with the rest.
- `erasure`; `discrepancy`, `standing`, `completeness`; `difference`: other questions of an auditor to the log.
  Who was erased, what is left undone, and what changed between two moments.
- `exports/`, `new_files`: the log and its figures as files for other programs.
"""
