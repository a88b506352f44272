"""What Remit costs, measured on this machine: `make bench`, or `python -m bench NAME…` for some.

A family of benchmarks is a folder: conducting (next to a bare Temporal workflow), many due at the same moment (`due`), the
log, the web. Each benchmark is a file with a function `measure`; the family's `ground` brings up the servers, `results` prints and
keeps what was found. Whatever is next to ours runs in turns with it on the same servers, and is told as a ratio: absolute times say
more about the machine. `kills` measures nothing: it counts what is lost when workers are killed.
"""
