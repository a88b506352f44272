"""Whether memory grows with the work: `make soak` has clients live whole lives through the web, and looks at worker and web."""
