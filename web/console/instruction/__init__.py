"""The page of one instruction, and those behind it.

`page` is how it stands, with what whoever looks may do; `history`, `deliveries` and `evidence` are its events, its notices and
its files. `shown` has what the log says of it, read once; `timeline` draws its due moments, which `reasons` explains in words;
`told` says events. `actions` chooses the commands that are open to somebody, and `fields` has the form of each.
"""
