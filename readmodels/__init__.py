"""What people look at, kept in step with the log: rebuildable from it, and never a source of truth."""
