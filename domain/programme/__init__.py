"""Programmes: a set of instructions for a period, and the figures reported about them."""
