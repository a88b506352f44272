"""What the log costs: appends, bulk, reading, rebuilding, reports, next to raw SQL and to `eventsourcing`.

All of it on one PostgreSQL as embedded, which waits for the disk at every commit. Each benchmark works
in databases of its own.
"""
