"""What became of a programme since a moment, for those who look once a week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from audit.difference import Difference, Explained, Point, difference
from domain.identifiers import BodyId
from domain.instruction.events import (
    DeadlineChanged,
    ExtensionApproved,
    Reopened,
    Resumed,
    ReturnedForRework,
)
from domain.programme.report import Measure, ProgrammeReport, percent, report
from domain.programme.state import Programme
from eventstore.codec import event_of
from eventstore.protocol import EventStore, StoredEvent
from eventstore.replay import NOW, AsOf
from readmodels.figures import Discipline, FiguresByCount
from readmodels.register import Register, behind_from
from readmodels.worklist import EscalationFired, Work, Worklist

WEEK = timedelta(days=7)
FOLLOWED = ("register", "periods", "ledger", "attention")
"""The read models it is made from."""
EXTENSION_APPROVED = "extension approved"
RESUMED = "resumed"
"""Why a deadline moved, where nobody had to give a reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A measure whose deadline is another one."""

    measure: Measure
    was: datetime
    now: datetime
    why: str
    """`EXTENSION_APPROVED`, `RESUMED`, or the reason that was given; the last one, where there were several."""

    @property
    def later(self) -> bool:
        return self.now > self.was


@dataclass(frozen=True, kw_only=True, slots=True)
class BodysDiscipline:
    """Of a lead body, where it changed."""

    body: BodyId | None
    then: str
    """As a percentage; `-` if it had no measure."""
    now: str
    late: int
    """Measures completed late or open and late, now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What changed between the two moments, and what comes next. What came and went between is left out."""

    programme: Programme
    since: datetime
    at: datetime
    position: int
    """The last one of the log that was read for it."""
    then: ProgrammeReport
    """At `since`, as known at `at`."""
    now: ProgrammeReport
    restated: int
    """So many changes of the earlier figures came into the log only since."""
    completed: Sequence[Measure]
    became_late: Sequence[Measure]
    """Behind schedule now, and not then; the longest first."""
    moved: Sequence[Moved]
    escalated: Sequence[EscalationFired]
    due_in_a_week: Sequence[Work]
    due_in_two: Sequence[Work]
    """In the week after that."""
    discipline: Sequence[BodysDiscipline]


async def compose_digest(
    store: EventStore,
    pool: "asyncpg.Pool[asyncpg.Record]",
    programme: Programme,
    since: datetime,
    at: datetime,
    *,
    position: int | None = None,
) -> Digest:
    """The digest from `since` to `at`, the present. Catch up what `FOLLOWED` names first.

    Made again, it says the same of what moved if it is given the `position` that it was made at; what is due, and
    each body's discipline, are told by how things stand now.

    Reads every event of the programme's instructions once: what moved the figures is found by replay,
    as `remit diff` does. The rest is a handful of queries.
    """
    read = await store.head() if position is None else position
    register, counted, lists = Register(pool), FiguresByCount(store, pool), Worklist(pool)
    found = await difference(
        store,
        await register.of_programme(programme.id),
        programme.id,
        Point(at=since, position=await store.position_at(since)),
        Point(at=at, position=read),
        "occurred",
    )
    then = await counted.discipline(programme.id, "body", AsOf(occurred=since), since)
    now = await counted.discipline(programme.id, "body", NOW, at)
    assert then is not None  # one kind of limit at most
    assert now is not None
    return Digest(
        programme=programme,
        since=since,
        at=at,
        position=read,
        then=report(found.before, since),
        now=report(found.after, at),
        restated=len(found.restated),
        completed=_came_into("implemented", found),
        became_late=sorted(
            _came_into("behind_schedule", found), key=lambda m: (behind_from(m.timing), m.number)
        ),
        moved=[_moved(one) for one in found.moved if one.change.aspect == "deadline"],
        escalated=await lists.escalations_between(programme.id, since, at),
        due_in_a_week=await lists.due(programme.id, at, at + WEEK),
        due_in_two=await lists.due(programme.id, at + WEEK, at + 2 * WEEK),
        discipline=_changed(then, now),
    )


def _came_into(figure: str, found: Difference) -> list[Measure]:
    return [
        one.change.measure
        for one in found.moved
        if one.change.aspect == figure and one.change.now is True
    ]


def _moved(one: Explained) -> Moved:
    was, now = one.change.was, one.change.now
    assert isinstance(was, datetime)
    assert isinstance(now, datetime)
    return Moved(measure=one.change.measure, was=was, now=now, why=_why(one.causes[-1]))


def _why(cause: object) -> str:
    event = event_of(cause) if isinstance(cause, StoredEvent) else None
    match event:
        case ExtensionApproved():
            return EXTENSION_APPROVED
        case Resumed():
            return RESUMED
        case DeadlineChanged() | ReturnedForRework() | Reopened():
            return event.reason
        case None:
            return ""
        case _:
            return event.type


def _changed(then: Sequence[Discipline], now: Sequence[Discipline]) -> Sequence[BodysDiscipline]:
    before = {one.name: one.share for one in then}
    return [
        BodysDiscipline(
            body=one.name,
            then=before.get(one.name, "-"),
            now=one.share,
            late=one.completed_late + one.open_late,
        )
        for one in now
        if before.get(one.name) != one.share
    ]


def share(part: int, whole: int) -> str:
    return f"{part} ({percent(part, whole)})"
