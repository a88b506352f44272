"""Notices to people: what they say (`compose`) and how they travel (`channel`, `log`, `email`)."""
