"""What the web takes: requests by autocannon, a tool of its own, to `remit web` as deployed, next to a bare FastAPI on the
same rows.

`python -m bench web-reading web-commands web-kills` (`make bench BENCH="web-reading …"`); who asks and for what is in
asked.py, the log and the processes in ground.py. load.mjs hands autocannon its work; `make bench` installs that into
node_modules here.
"""
