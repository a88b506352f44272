"""Set-up: what the work rests on. The directory, absences, calendars and policies; and what is somebody's own: how they are told,
tokens, sessions.

`then` is the directory as of the moment of a visit; `sending` has a form's command carried out; `choices` are what forms offer.
A module each for the pages; `router` has them all.
"""

from web.console.setup.router import router

__all__ = ["router"]
