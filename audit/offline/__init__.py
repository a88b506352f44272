"""What goes into a bundle to be run elsewhere. It imports nothing of Remit, and needs Python 3.8 or later alone."""
