"""Who may come in, as PostgreSQL knows it: API tokens, addresses of calendars, sessions of browsers,
and the log of access. And what people keep for themselves: their views of the register.

Secrets are kept by their hashes alone. How a request is looked at is a matter of `web.identity`.
"""
