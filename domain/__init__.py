"""The rules of official instructions: pure functions over frozen values.

Nothing here does I/O, reads a clock or knows a database: what a decision needs comes in as arguments
(`command`, `state`, `facts`, `at`), what it concludes goes out as events or as a `Rejected` value.
"""
