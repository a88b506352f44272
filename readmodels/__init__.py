"""What people look at, kept in step with the log: rebuildable from it, and never a source of truth.

`projections` lists them. Each is one file, but the register: `register_projection` keeps its tables, `register` asks them.
"""
