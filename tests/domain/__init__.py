"""The domain's rules, without I/O: `given([...]).when(command, at=...).then([...])` in a small world."""
