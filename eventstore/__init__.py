"""The append-only log: what it must do (`protocol`), kept in PostgreSQL or in memory, and the one door.

Streams of events with dense global positions. `handle` is the only way in: it looks a command's id up,
loads, folds, decides and appends. The store itself knows bytes, versions and keys, and no rule.

Beside the log stand what it holds only a commitment of (`persons`, `addresses`), and what is read from it for a question of
its own (`deeds`, `rule_days`).
"""
