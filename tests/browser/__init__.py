"""The console as people have it: `remit up` with the example in it, and a real Chromium before it."""
