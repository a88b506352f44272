"""The register's lines: as instructions stand now, or as they stood at another moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from readmodels.at_once import at_once
from readmodels.parties import MANY, sees_many
from readmodels.register import Register
from readmodels.register_as_of import Stood, register_as_of
from web.api.asked import page, wait_for
from web.api.instructions import lines_of as page_of_lines
from web.api.models import LatenessTold, Line
from web.api.registered import Registered
from web.console.visit import Visit

_LINES = 50
_COUNTED = 1_000
"""More are not counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Then:
    """An instruction as it stood: what a `Line` has of it, but for what the periods do not know."""

    id: str
    number: str
    text: str
    phase: str
    leads: Sequence[str]
    deadline: datetime
    lateness: LatenessTold
    percent: int | None = None

    @classmethod
    def of(cls, stood: Stood, at: datetime) -> "Then":
        return cls(
            id=stood.instruction,
            number=stood.number,
            text=stood.text,
            phase=stood.phase,
            leads=(stood.lead,) if stood.lead else (),
            deadline=stood.deadline,
            lateness=LatenessTold.of(stood.timing.lateness(at)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """A page of them."""

    items: Sequence[Line | Then]
    next: str | None
    total: str
    """How many there are, in words; empty where that is not known."""


async def lines_of(visit: Visit, chosen: Registered, after: str) -> Lines:
    """Those that the visitor may see, by number."""
    if not visit.is_now:
        return await _lines_then(visit, chosen, after)
    asking = visit.asking
    pool, scope = asking.services.pool, asking.reader.scope("summary")
    await wait_for(asking, visit.at_least, "register", "parties")
    sees = await sees_many(pool, scope, MANY)
    found, counted = await at_once(
        page_of_lines(asking, chosen, after, _LINES, sees=sees),
        Register(pool).count(
            most=_COUNTED + 1, scope=scope, sees=sees, **chosen.chooses(asking.at)
        ),
    )
    return Lines(items=found.items, next=found.next, total=_told(visit, counted, _COUNTED))


async def _lines_then(visit: Visit, chosen: Registered, after: str) -> Lines:
    """Who may see what goes by now. They are counted by the page."""
    asking = visit.asking
    await wait_for(asking, visit.at_least, "register", "parties", "periods")
    rows = await register_as_of(
        asking.services.store,
        asking.services.pool,
        visit.moment.as_of,
        **chosen.chooses(visit.at),
        scope=asking.reader.scope("summary"),
        after_number=after,
        limit=_LINES + 1,
    )
    lines = [Then.of(row, visit.at) for row in rows]
    found = page(lines, _LINES, lines[_LINES - 1].number if len(lines) > _LINES else None)
    total = "" if after else _told(visit, len(lines), _LINES)
    return Lines(items=found.items, next=found.next, total=total)


def _told(visit: Visit, counted: int, most: int) -> str:
    words = visit.words
    if counted > most:
        return words.say("more than %(n)s instructions", n=words.number(most))
    return words.count("%(n)s instruction", "%(n)s instructions", counted)
