"""Somebody who came in, and how that is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from access.scopes import Scope
from domain.directory.state import Directory
from domain.identifiers import PersonId
from web.problems import ApiCode, Problem

Method = Literal["bearer", "api-token", "session"]
"""A token of the issuer; a token of ours; a browser's session, which began with the issuer's sign-in.

What a command's `Identity` says, and the log of access.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserSession:
    """What a page needs of the session it is shown in."""

    csrf_token: str
    """To be sent back with every change: in a form field, or the header `X-CSRF-Token`."""
    id: str
    """What it is called where sessions are listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticated:
    """A person of the directory, not erased."""

    person: PersonId
    method: Method
    scopes: frozenset[Scope]
    """What this may be used for. No right: rights follow from offices."""
    directory: Directory = field(repr=False)
    """As of when this was looked at: what their rights follow from."""
    session: BrowserSession | None = None
    """Where it is a browser."""
    ends: datetime | None = None
    """When what was shown is over; None for a session, which is no token."""


_NO_TOKEN: Mapping[str, str] = {"www-authenticate": 'Bearer realm="remit"'}
_BAD_TOKEN: Mapping[str, str] = {"www-authenticate": 'Bearer realm="remit", error="invalid_token"'}


def nobody() -> Problem:
    """Nobody is signed in, where somebody must be."""
    return Problem(
        ApiCode.NOT_SIGNED_IN,
        "nobody is signed in; send a token in `Authorization`, or sign in at /login",
        headers=_NO_TOKEN,
        nothing_shown=True,
    )


def not_accepted(why: str) -> Problem:
    """What was shown proves nothing. `why` tells no secret."""
    return Problem(ApiCode.NOT_SIGNED_IN, why, headers=_BAD_TOKEN)
