"""The directory: bodies, their offices, and who holds them. One stream, `directory`."""
