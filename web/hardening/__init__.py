"""What stands between the network and the application: `protection` puts it together, outermost first.

A piece of ASGI middleware knows one danger: a forged address or host, a body that is too large or never ends, a client
that asks too often or goes away, text that no database takes, a failure that would tell too much. Each raises
`web.problems.Problem`; `last_resort` answers it, and `failures` says which problem any other exception is. `limits` is how much
of everything there may be; `rates` counts in `windows`. Nothing buffers an answer: streams pass through.
"""
