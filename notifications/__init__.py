"""Notices to people: what they say (`compose`, `letter`, `sentences`, `calendar`) and how they travel (`channel`; `log`, `email`,
`webhook`, `services`).
"""
