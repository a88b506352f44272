"""What a token is for. None includes another."""

from collections.abc import Iterable
from typing import Literal, get_args

Scope = Literal["read", "command", "audit", "admin"]
"""`read` what the read models tell, send `command`s, read for an `audit`; `admin`: with `command` keep the directory, with
either see where others are reached, and see and end their tokens.

A scope gives no right: what a person may do follows from their offices. It only says what a token may not be used for.
"""

SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


def known(names: Iterable[str]) -> frozenset[Scope]:
    """Those that are scopes of ours; others are somebody else's, and mean nothing here."""
    told = frozenset(names)
    return frozenset(scope for scope in SCOPES if scope in told)
