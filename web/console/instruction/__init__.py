"""The page of one instruction, and those behind it.

`page` is how it stands, with what whoever looks may do; `acting` takes what is sent from it, commands and files; `history` and
`deliveries` are its events and its notices. `shown` has what the log says of it, read once; `timeline` draws its due moments,
which `reasons` explains in words; `told` says events. `actions` chooses the commands that are open to somebody, `fields` has the
form of each, and `titles` what they are called.
"""
