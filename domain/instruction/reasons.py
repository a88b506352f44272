"""What a due moment counts from, and the days off on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.directory.calendar_versions import PublishedCalendar
from domain.instruction.changed_rules import revision, schedule_revision
from domain.instruction.deadlines import DueMoment, What, milestone_of
from domain.instruction.in_words import (
    day_in_words,
    deadline_in_words,
    since_in_words,
    span_in_words,
)
from domain.instruction.state import KnownState, Record, Reported
from domain.instruction.terms import DueKey, PlannedMoment
from domain.policies import (
    EscalationStep,
    ProgressCycle,
    ReminderRule,
    WorkingSpan,
    length,
)
from domain.working_time import instant, shift

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_Span = timedelta | WorkingSpan


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What a moment counts from, as the instruction stood when that was computed."""

    since: str
    """In words."""
    start: datetime | None
    """None if it counts from a step that had not fired then."""
    by_calendar: bool
    """Whether a calendar's working days bear on it."""
    raw: datetime | None
    """Where it would be if days off did not move it; none if working time is counted."""
    due_at: datetime
    zone: str
    by_day: bool
    """It counts from a day as that begins: a midnight is then the one that begins its day."""

    def days_off(self, known: PublishedCalendar) -> tuple[tuple[date, str], ...]:
        """Those that it skipped over, in order, each with its name if the calendar names it."""
        begin = self.start if self.raw is None else self.raw
        if not self.by_calendar or begin is None:
            return ()
        due, other = self._day(self.due_at), self._day(begin)
        first, last = min(due, other), max(due, other)
        return tuple(
            (day, known.names.get(day, ""))
            for day in _days(first, last)
            if day != due and not known.calendar.works(day)
        )

    def _day(self, at: datetime) -> date:
        """Unless days begin with it, the midnight that ends a day belongs to it."""
        within = at if self.by_day else at - _TICK
        return within.astimezone(ZoneInfo(self.zone)).date()


def counted(what: What, moment: PlannedMoment | DueMoment, state: KnownState) -> Counted:
    since, start = _start(what, moment, state)
    spans = tuple(_spans(what, state.record))
    working = any(isinstance(span, WorkingSpan) for span in spans)
    rolls = not isinstance(what, str) and what.off_days != "as-is"
    by_day = isinstance(what, ReminderRule) and what.on is not None
    zone = state.record.deadline.zone
    if by_day and isinstance(moment, PlannedMoment):
        zone = moment.zone
    raw = None
    if start is not None and rolls and not working:
        raw = _raw(what, moment.key, start, state.record)
    return Counted(
        since=since,
        start=start,
        by_calendar=working or rolls,
        raw=raw,
        due_at=moment.due_at,
        zone=zone,
        by_day=by_day,
    )


def _start(
    what: What, moment: PlannedMoment | DueMoment, state: KnownState
) -> tuple[str, datetime | None]:
    record = state.record
    if isinstance(moment, DueMoment):
        return _of_itself(what, moment.key, record)
    if isinstance(what, ReminderRule) and what.on is not None:
        return day_in_words(what.on), instant(what.on, time(), moment.zone)
    match moment.since:
        case "deadline":
            since, start = since_in_words("deadline", record.deadline), record.deadline.instant
        case "milestone":
            return _of_milestone(moment.key, record)
        case "assignment":
            since = since_in_words("assignment", None)
            start = record.assignment and record.assignment.counts_from
        case "submission":
            since = since_in_words("submission", None)
            start = state.counts_from if isinstance(state, Reported) else None
    if isinstance(what, EscalationStep) and what.since == "previous":
        return since, _step_before(what, moment.key, record)
    return since, start


def _of_itself(what: What, key: DueKey, record: Record) -> tuple[str, datetime | None]:
    if what == "extension-decision" and record.extension is not None:
        return _within(record.policy.extension_decision), record.extension.requested_at
    if what == "milestone":
        return _of_milestone(key, record)
    return since_in_words("deadline", record.deadline), record.deadline.instant


def _within(span: _Span) -> str:
    """How long a request is waited for. Which calendar it was counted by, the event does not say."""
    by = ", by the calendar of whoever decides" if isinstance(span, WorkingSpan) else ""
    return f"{span_in_words(span)} after the request{by}"


def _of_milestone(key: DueKey, record: Record) -> tuple[str, datetime | None]:
    for standing in record.milestones:
        milestone = standing.milestone
        if milestone.id == milestone_of(key):
            day = deadline_in_words(milestone.due)
            return f"the milestone {milestone.id} of {day}", milestone.due.instant
    return since_in_words("milestone", None), None


def _step_before(step: EscalationStep, key: DueKey, record: Record) -> datetime | None:
    ids = [one.id for one in record.policy.escalation]
    before = record.policy.escalation[ids.index(step.id) - 1]
    number = revision(record, before.id, schedule_revision(record, step.id, key.revision))
    return record.fired_at(DueKey(rule=before.id, occurrence=1, revision=number))


def _spans(what: What, record: Record) -> Iterator[_Span]:
    """All that add up to it."""
    match what:
        case ReminderRule():
            if what.offset is not None:
                yield what.offset
            if what.repeat is not None:
                yield what.repeat.every
        case EscalationStep():
            yield what.after
            if what.repeat is not None:
                yield what.repeat.every
            if record.policy.again is not None:
                yield record.policy.again.every
        case ProgressCycle():
            yield what.every
        case "acknowledgement":
            yield record.policy.acknowledge_within or _DAY
        case "acceptance":
            yield record.policy.accept_within or _DAY
        case _:
            return


def _raw(what: What, key: DueKey, start: datetime, record: Record) -> datetime | None:
    """Of whole time alone, as `planning` moves it before it looks at days off."""
    match what:
        case ReminderRule() if what.percent is not None:
            way = max(start - record.started_at, timedelta(0))
            first = record.started_at + way * what.percent / 100
        case ReminderRule() if what.on is not None:
            first = start
        case ReminderRule() if what.offset is not None:
            sign = -1 if what.side == "before" else 1
            first = shift(start, sign * length(what.offset), record.deadline.zone)
        case EscalationStep():
            first = shift(start, length(what.after), record.deadline.zone)
        case ProgressCycle():
            return shift(start, key.occurrence * length(what.every), record.deadline.zone)
        case _:
            return None
    repeat = what.repeat
    each = 1 + (repeat.times if repeat else 0)
    rounds, nth = divmod(key.occurrence - 1, each)
    if rounds and record.policy.again is not None:
        first = shift(first, rounds * length(record.policy.again.every), record.deadline.zone)
    return shift(first, nth * length(repeat.every), record.deadline.zone) if repeat else first


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY
