"""What is read over HTTP: `app` puts it together, `feeds` are people's calendars, `serving` runs it."""
