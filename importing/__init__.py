"""Files of other organisations, read into commands: directories, calendars, policies, and measures with their history.

A directory, a calendar or a policy is one typed file (directory_file.py, calendar_file.py, policy_file.py; country_calendar.py asks a
library). Measures come as CSV or XLSX: cells (grid.py), named columns (table.py, by way of a mapping), typed rows (measure.py), dated
commands (history.py), which are planned on copies by the real `decide` and recorded (measures.py). What an earlier import recorded is
known again by its content (recorded.py). docs/import.md is the user's side.
"""
