"""All that is answered over HTTP; `app` puts it together, and `serving` runs it.

`api` is the API, `live` what happens as it is told there, `feeds` are people's calendars, `identity` is who comes in, and `hardening`
stands before all of it. `services` is what they are answered with, from the composition root (cli/web_services.py). `internal` is a
port of its own for those who run Remit; `client` is the other side, for Python programs.
"""
