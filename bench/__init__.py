"""What conducting costs, measured on this machine: `make bench`, or `python -m bench NAME…` for some.

Each benchmark is a file with a function `measure`; `ground` brings up the servers, `results` prints and keeps
what was found. Remit is compared with a bare Temporal workflow (`bare`) on the same server, in runs that take
turns, and told as ratios: absolute times say more about the machine. `due` has many due at the same moment.
`kills` measures nothing: it counts what is lost when workers are killed.
"""
