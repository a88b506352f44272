"""Bulk entry: a directory from TOML, measures with their dated history from CSV or XLSX (docs/import.md).

Both are planned first, without writing: everything wrong with the file is found and named. Then what
is not yet recorded goes through the one door, `CommandHandler.handle`, under command ids that follow
from the content's own keys, so that doing it again adds nothing.
"""
