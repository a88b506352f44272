"""Work that takes long: a little of it at a time, so that all else is served meanwhile."""

from collections.abc import Generator
from contextlib import contextmanager

from domain.identifiers import PersonId
from web.problems import ApiCode, Problem

_WAIT = 15
"""Seconds after which it makes sense to ask again."""


class Turns:
    """Of this process. A person has one at a time.

    Args:
        what: is done, as in "a policy is being tried".
        at_a_time: of all people together.
    """

    def __init__(self, what: str, at_a_time: int) -> None:
        self._what = what
        self._at_a_time = at_a_time
        self._at_it = set[PersonId]()

    @contextmanager
    def turn(self, person: PersonId) -> Generator[None]:
        """Ends with the block. Raises `Problem` at once, too-many-requests or busy: a client that waits is a connection that
        waits.
        """
        if person in self._at_it:
            raise self._refusal(ApiCode.TOO_MANY_REQUESTS, f"{self._what} for you already")
        if len(self._at_it) >= self._at_a_time:
            raise self._refusal(ApiCode.BUSY, f"{self._what} for as many people as may be")
        self._at_it.add(person)
        try:
            yield
        finally:
            self._at_it.discard(person)

    def _refusal(self, code: ApiCode, reason: str) -> Problem:
        return Problem(
            code, f"{reason}; try again in a little while", headers={"retry-after": str(_WAIT)}
        )
