"""What deploy/ holds: read by the very programs that it is for, held to what Remit is, and, as far as processes go, run."""
