"""What conducting costs: Updates, lives and deliveries, next to bare Temporal on the same server."""
