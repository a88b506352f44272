"""The log for others: OCEL 2.0 (JSON, SQLite) for process mining, CSV and XLSX for tables, JSON lines.

`reading` brings the streams, whole and one page after another; `terms` and `objects` say them in OCEL's
words, `rows` as rows of tables; each format is one file, and writes as it is fed. A `Sight` limits what somebody may see.
"""
