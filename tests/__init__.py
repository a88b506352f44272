"""What must be true of Remit, each said at the lowest level that can show it."""
