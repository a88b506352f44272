"""What people look at, kept in step with the log: rebuildable from it, and never a source of truth.

`projections` lists them; a `…_projection` writes the tables, and the module of that name without it asks them.
"""
