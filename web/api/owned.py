"""Whose of something that people have for themselves, such as tokens and sessions, whoever asks may list and end."""

from web.api.asking import Asking
from web.problems import ApiCode, Problem


def whose(asking: Asking, person: str | None, what: str) -> str | None:
    """None for everybody's.

    Args:
        person: whose are asked for; None for all that may be seen.
        what: the sentence's subject.

    Raises `Problem` forbidden where somebody else's are asked for without a right.
    """
    if asking.administers:
        return person
    if person not in (None, asking.reader.person):
        asking.request.state.subject = person
        raise Problem(
            ApiCode.FORBIDDEN,
            f"{what} of others are for administrators, by a token with scope admin",
        )
    return asking.reader.person


def only(asking: Asking) -> str | None:
    """Whose they may end; None for everybody's."""
    return None if asking.administers else asking.reader.person
