"""The console: pages for people. Server-drawn; they read, and take every form, without JavaScript.

A page asks what the API's operations answer, by calling them as functions (`web.api`), and draws it: so what somebody may see
and do here is what they may over the API, decided in one place. What the API has not some pages ask of read models themselves,
by the same rights and under the rules of docs/adr/0030. `visit` is who looks, in which language and as of when;
`drawing` makes a page of a template; `forms` shows a command as a form and reads it back; `language` and `labels` have the
words; `assets` what pages load. `console` puts the pages together, a module each. What runs in the browser is in `frontend/`,
built into `built/` by `make setup`.
"""
