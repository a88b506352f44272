"""A programme's digest going out by itself: when it is due, and what became of the last one.

Folded from the programme's events, so that nothing but the log says whether a week was told.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.identifiers import BodyId, OfficeId
from domain.programme import events as e
from domain.programme.terms import WEEKDAYS, DigestReader, Weekday
from domain.working_time import instant

WEEK = timedelta(days=7)
GRACE = timedelta(minutes=15)
"""So long after its hour a digest still counts as on time."""
GIVEN_UP_AFTER = timedelta(days=1)
"""From the first attempt: whoever was not reached by then will not be."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=4)

DigestEvent = e.DigestScheduled | e.DigestEnded | e.DigestRequested | e.DigestBegun | e.DigestSent


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestSchedule:
    """Each week at this hour, on the clock of a zone."""

    weekday: Weekday
    hour: time
    zone: str
    """IANA zone."""
    bodies: tuple[BodyId, ...]
    offices: tuple[OfficeId, ...]
    """No bodies and no offices: heads and officers of the programme's body."""
    scheduled_at: datetime

    def last(self, by: datetime) -> datetime:
        """The latest of its moments that is not after `by`."""
        day = by.astimezone(ZoneInfo(self.zone)).date()
        day -= timedelta(days=(day.weekday() - WEEKDAYS.index(self.weekday)) % 7)
        moment = instant(day, self.hour, self.zone)
        return moment if moment <= by else instant(day - WEEK, self.hour, self.zone)

    def next(self, after: datetime) -> datetime:
        """The first of its moments that is after `after`."""
        day = self.last(after).astimezone(ZoneInfo(self.zone)).date()
        return instant(day + WEEK, self.hour, self.zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderWay:
    """A digest that has not reached all yet."""

    due_at: datetime
    since: datetime
    begun_at: datetime
    """What it tells ends here."""
    position: int
    asked: bool
    late: bool
    attempts: int
    """Those of which an outcome is recorded."""
    waiting: tuple[DigestReader, ...]
    """Whom it has not reached, as far as is recorded, though it may: at least one."""
    next_attempt_at: datetime
    """Before that it is left to whoever made the last one, or began it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Digests:
    """What of a programme concerns its digest."""

    schedule: DigestSchedule | None = None
    told_until: datetime | None = None
    """The end of what the last digest of this schedule told."""
    last_due_at: datetime | None = None
    """Of the last digest that a schedule led to."""
    requested_at: datetime | None = None
    """Somebody asked for one that has not gone out yet."""
    under_way: tuple[UnderWay, ...] = ()
    """The weekly one, one that was asked for beside it: those that have not reached all."""

    def begun(self, due_at: datetime) -> UnderWay | None:
        """The one that was due then, if it is under way."""
        return next((one for one in self.under_way if one.due_at == due_at), None)

    @property
    def next_scheduled(self) -> datetime | None:
        """Of the schedule; past, if it is still to go out."""
        if self.schedule is None:
            return None
        since = max(filter(None, (self.schedule.scheduled_at, self.last_due_at)))
        return self.schedule.next(since)

    @property
    def next_wake(self) -> datetime | None:
        """When there is something to send."""
        retries = (one.next_attempt_at for one in self.under_way)
        moments = (*retries, self.requested_at, self.next_scheduled)
        return min((moment for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A digest to be sent now, for the first time or to those it has not reached yet."""

    due_at: datetime
    since: datetime
    asked: bool
    """By a person, beside what is sent weekly."""
    late: bool
    attempt: int
    again: UnderWay | None = None
    """What was told already, and who still waits for it."""
    last_attempt: bool = False
    """Whoever is not reached by this one will not be."""


def due(digests: Digests, at: datetime) -> Due | None:
    """What is to be sent at `at`, if anything is. Weeks that were missed are told by one digest."""
    again = next((one for one in digests.under_way if one.next_attempt_at <= at), None)
    if again is not None:
        return Due(
            due_at=again.due_at,
            since=again.since,
            asked=again.asked,
            late=again.late,
            attempt=again.attempts + 1,
            again=again,
            last_attempt=at >= again.begun_at + GIVEN_UP_AFTER,
        )
    asked = digests.requested_at
    if asked is not None and asked <= at:
        return _first(asked, digests, at, asked=True)
    coming = digests.next_scheduled
    if coming is None or coming > at:
        return None
    assert digests.schedule is not None
    return _first(digests.schedule.last(at), digests, at, asked=False)


def is_late(due_at: datetime, at: datetime) -> bool:
    return at > due_at + GRACE


def _first(due_at: datetime, digests: Digests, at: datetime, *, asked: bool) -> Due:
    since = digests.told_until or due_at - WEEK
    return Due(due_at=due_at, since=since, asked=asked, late=is_late(due_at, at), attempt=1)


def evolve_digests(digests: Digests, event: DigestEvent | e.ProgrammeClosed) -> Digests:
    match event:
        case e.DigestScheduled():
            schedule = DigestSchedule(
                weekday=event.weekday,
                hour=event.hour,
                zone=event.zone,
                bodies=event.bodies,
                offices=event.offices,
                scheduled_at=event.occurred_at,
            )
            return replace(digests, schedule=schedule)
        case e.DigestEnded() | e.ProgrammeClosed():
            return replace(digests, schedule=None, told_until=None, requested_at=None)
        case e.DigestRequested():
            return replace(digests, requested_at=event.occurred_at)
        case e.DigestBegun():
            return _begun(digests, event)
        case e.DigestSent():
            return _sent(digests, event)


def _begun(digests: Digests, event: e.DigestBegun) -> Digests:
    under_way = UnderWay(
        due_at=event.due_at,
        since=event.since,
        begun_at=event.occurred_at,
        position=event.position,
        asked=event.asked,
        late=event.late,
        attempts=0,
        waiting=event.readers,
        next_attempt_at=event.occurred_at + _FIRST_PAUSE,
    )
    others = tuple(one for one in digests.under_way if one.due_at != event.due_at)
    after = replace(digests, under_way=(*others, under_way) if event.readers else others)
    if event.asked:
        answered = digests.requested_at == event.due_at
        return replace(after, requested_at=None) if answered else after
    # A schedule that was ended meanwhile leaves nothing for the next one to go on from.
    told_until = event.occurred_at if digests.schedule is not None else None
    return replace(after, told_until=told_until, last_due_at=event.due_at)


def _sent(digests: Digests, event: e.DigestSent) -> Digests:
    begun = digests.begun(event.due_at)
    if begun is None:  # a view as of some moment may leave out that it began
        return digests
    settled = {one.message_id for one in event.recipients if one.outcome != "waiting"}
    waiting = tuple(one for one in begun.waiting if one.message_id not in settled)
    pause = min(_FIRST_PAUSE * 2 ** min(event.attempt - 1, 10), _LONGEST_PAUSE)
    after = replace(
        begun,
        attempts=event.attempt,
        waiting=waiting,
        next_attempt_at=event.occurred_at + pause,
    )
    others = tuple(one for one in digests.under_way if one is not begun)
    return replace(digests, under_way=(*others, after) if waiting else others)
