"""Recurring instructions: a rule of days, and the instruction that is issued for each of them."""
