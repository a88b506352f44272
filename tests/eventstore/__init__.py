"""The log's contract, on memory and on PostgreSQL, and what only PostgreSQL can show."""
