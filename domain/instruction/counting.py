"""Counts the moments of a policy's rules: from what, how far, at which hour of whose day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.directory.state import Directory
from domain.identifiers import BodyId
from domain.instruction.deadlines import rule_of_milestone
from domain.instruction.recipients import target_bodies
from domain.instruction.state import (
    Assigned,
    Assignment,
    Begun,
    Plan,
    Record,
    Reported,
    Working,
)
from domain.instruction.terms import DueKey, PlannedMoment, ScheduleKind
from domain.policies import (
    MOST_OCCURRENCES,
    EscalationStep,
    ProgressCycle,
    ReminderRule,
    Repeat,
    WorkingSpan,
    length,
    times,
)
from domain.working_time import Calendar, OffDays, day_end, instant, rolled, shift, shift_day

_DAY = timedelta(days=1)
_Span = timedelta | WorkingSpan


def acts_on(moment: PlannedMoment, took_effect: datetime, record: Record) -> bool:
    """It lies within its schedule, and was asked for before the policy changed or lies after that."""
    if moment.due_at <= took_effect:
        return False
    since = record.policy_since
    return since is None or moment.due_at > since or moment == record.plan.moments.get(moment.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Schedule:
    """What rules count from, and since when it holds."""

    since: ScheduleKind
    start: datetime
    day: date | None = None
    """The day whose end the start is."""
    took_effect: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """A moment on the way to a due moment; of a whole day, its end."""

    at: datetime
    day: date | None


Effective = tuple[PlannedMoment, datetime | None]
"""A moment, and since when its schedule holds; none for what is recorded whenever it was."""


@dataclass
class Counting:
    """Counts one instruction's moments, and keeps account of the days that bear on them."""

    state: Working | Reported
    directory: Directory
    calendar: Calendar
    days: set[date] = field(default_factory=set[date])

    def __post_init__(self) -> None:
        self.record: Record = self.state.record
        self.zone = self.record.deadline.zone
        self.lead_zone = self._zone_of(self.record.lead or self.record.issuer)

    def plan(self, moments: Mapping[DueKey, PlannedMoment]) -> Plan:
        return Plan(
            moments=moments,
            calendar=self.calendar.id,
            calendar_version=self.calendar.version,
            counted=(min(self.days), max(self.days)) if self.days else None,
        )

    def moments(self) -> Iterator[Effective]:
        state, record = self.state, self.record
        if isinstance(state, Reported):
            yield from self._undecided(state)
            return
        deadline = _Schedule(
            since="deadline",
            start=record.deadline.instant,
            day=record.deadline.on,
            took_effect=record.scheduled_from,
            revision=record.deadline_revision,
        )
        for rule in record.policy.reminders:
            if rule.of == "deadline":
                yield from self._reminders(rule, rule.id, deadline)
        yield from self._of_milestones()
        if not record.escalation.ended:
            yield from self._escalation(deadline)
        if record.assignment is not None and isinstance(state, Begun):
            yield from self._assigned(record.assignment)

    def _undecided(self, state: Reported) -> Iterator[Effective]:
        schedule = _Schedule(
            since="submission",
            start=state.counts_from,
            took_effect=state.scheduled_from,
            revision=self.record.submission_revision,
        )
        within = self.record.policy.accept_within
        if within is not None:
            yield self._passes("acceptance", schedule, within), None
        if not self.record.escalation.ended:
            yield from self._escalation(schedule)

    def _assigned(self, assignment: Assignment) -> Iterator[Effective]:
        schedule = _Schedule(
            since="assignment",
            start=assignment.counts_from,
            took_effect=assignment.scheduled_from,
            revision=self.record.assignment_revision,
        )
        if self.record.policy.progress is not None:
            yield from self._progress(self.record.policy.progress, schedule)
        if not isinstance(self.state, Assigned):
            return
        within = self.record.policy.acknowledge_within
        if within is not None:
            yield self._passes("acknowledgement", schedule, within), None
        if not self.record.escalation.ended:
            yield from self._escalation(schedule)

    def _passes(self, rule: str, schedule: _Schedule, within: _Span) -> PlannedMoment:
        mark = self._moved(_start(schedule), within)
        return self._moment(rule, 1, schedule, mark.at, self.zone)

    def _of_milestones(self) -> Iterator[Effective]:
        rules = [rule for rule in self.record.policy.reminders if rule.of == "milestones"]
        for standing in self.record.milestones:
            if not standing.open:
                continue
            milestone = standing.milestone
            schedule = _Schedule(
                since="milestone",
                start=milestone.due.instant,
                day=milestone.due.on,
                took_effect=standing.scheduled_from,
                revision=standing.revision,
            )
            for rule in rules:
                yield from self._reminders(rule, rule_of_milestone(rule.id, milestone.id), schedule)

    def _reminders(self, rule: ReminderRule, name: str, schedule: _Schedule) -> Iterator[Effective]:
        first = self._first(rule, schedule)
        for mark, occurrence in self._occurrences(first, rule.repeat):
            at = self._at_hour(mark, rule.at, rule.off_days, self.lead_zone)
            zone = self.zone if rule.at is None else self.lead_zone
            yield self._moment(name, occurrence, schedule, at, zone), schedule.took_effect

    def _first(self, rule: ReminderRule, schedule: _Schedule) -> _Mark:
        if rule.offset is not None:
            sign = -1 if rule.side == "before" else 1
            return self._moved(_start(schedule), rule.offset, sign)
        if rule.percent is not None:
            way = max(schedule.start - self.record.started_at, timedelta(0))
            return _Mark(self.record.started_at + way * rule.percent / 100, None)
        assert rule.on is not None
        return _Mark(instant(rule.on, time(), self.lead_zone), None)

    def _escalation(self, schedule: _Schedule) -> Iterator[Effective]:
        """The steps that count from the schedule's start, directly or through the step before them.

        A step that lies before its schedule is left out; the next counts from when it was planned for.
        """
        policy, before, in_round = self.record.policy, None, False
        for step in policy.escalation:
            if step.since != "previous":
                before = _start(schedule) if step.since == schedule.since else None
            in_round = in_round or (policy.again is not None and step.id == policy.again.since)
            if before is None:
                continue
            first = self._moved(before, step.after)
            yield from self._steps(step, first, schedule, again=in_round)
            moment = self._moment(
                step.id, 1, schedule, self._step_at(step, first), self._zone_for(step)
            )
            if acts_on(moment, schedule.took_effect, self.record):
                fired = self.record.fired.get(moment.key)
                before = None if fired is None else _Mark(fired, None)
            else:
                before = first

    def _steps(
        self, step: EscalationStep, first: _Mark, schedule: _Schedule, *, again: bool
    ) -> Iterator[Effective]:
        """The occurrences of a step, and those of the rounds after the first."""
        rounds = self.record.policy.again if again else None
        each = 1 + (step.repeat.times if step.repeat else 0)
        for n in range(1 + (rounds.times if rounds else 0)):
            begin = self._moved(first, times(rounds.every, n)) if rounds and n else first
            for mark, occurrence in self._occurrences(begin, step.repeat):
                at, zone = self._step_at(step, mark), self._zone_for(step)
                moment = self._moment(step.id, n * each + occurrence, schedule, at, zone)
                yield moment, schedule.took_effect

    def _step_at(self, step: EscalationStep, mark: _Mark) -> datetime:
        return self._at_hour(mark, step.at, step.off_days, self._zone_for(step))

    def _progress(self, cycle: ProgressCycle, schedule: _Schedule) -> Iterator[Effective]:
        """Round and round until the deadline."""
        for n in range(1, MOST_OCCURRENCES + 1):
            mark = self._moved(_start(schedule), times(cycle.every, n))
            at = self._at_hour(mark, cycle.at, cycle.off_days, self.lead_zone)
            if at >= self.record.deadline.instant:
                return
            zone = self.zone if cycle.at is None else self.lead_zone
            yield self._moment("progress", n, schedule, at, zone), schedule.took_effect

    def _occurrences(self, first: _Mark, repeat: Repeat | None) -> Iterator[tuple[_Mark, int]]:
        yield first, 1
        for n in range(1, repeat.times + 1 if repeat is not None else 1):
            assert repeat is not None
            yield self._moved(first, times(repeat.every, n)), n + 1

    def _moved(self, mark: _Mark, span: _Span, sign: int = 1) -> _Mark:
        """So much later, or earlier. Whole days from the end of a day lead to the end of a day."""
        calendar = self.calendar if isinstance(span, WorkingSpan) else None
        offset = sign * length(span)
        if mark.day is None:
            at = shift(mark.at, offset, self.zone, calendar)
            self._account(calendar, mark.at, at)
            return _Mark(at, None)
        days, rest = divmod(abs(offset), _DAY)
        day = shift_day(mark.day, sign * days, calendar)
        at = day_end(day, self.zone)
        if rest:
            at = shift(at, sign * rest, self.zone, calendar)
        if calendar is not None:  # of a day's end it is the day that bears on it
            self.days.update((mark.day, day))
        if rest:
            self._account(calendar, at)
        return _Mark(at, None if rest else day)

    def _at_hour(self, mark: _Mark, hour: time | None, off_days: OffDays, zone: str) -> datetime:
        """The moment at that hour, on the day itself or the nearest that is worked."""
        if hour is None:
            zone = self.zone
        local = mark.at.astimezone(ZoneInfo(zone))
        day = mark.day or local.date()
        on = rolled(day, off_days, self.calendar)
        if off_days != "as-is":
            self.days.update((day, on))
        if hour is not None:
            return instant(on, hour, zone)
        if on == day:
            return mark.at
        return day_end(on, zone) if mark.day is not None else instant(on, local.time(), zone)

    def _account(self, calendar: Calendar | None, *moments: datetime) -> None:
        if calendar is not None:
            self.days.update(m.astimezone(ZoneInfo(self.zone)).date() for m in moments)

    def _moment(
        self, rule: str, occurrence: int, schedule: _Schedule, at: datetime, zone: str
    ) -> PlannedMoment:
        key = DueKey(rule=rule, occurrence=occurrence, revision=schedule.revision)
        return PlannedMoment(key=key, due_at=at, since=schedule.since, zone=zone)

    def _zone_for(self, step: EscalationStep) -> str:
        """Where the hour is read: with whoever is told, if the step names one."""
        if step.at is None:
            return self.zone
        bodies = target_bodies(step.to, self.record, self.directory)
        return self._zone_of(bodies[0] if bodies else None)

    def _zone_of(self, body: BodyId | None) -> str:
        known = self.directory.bodies.get(body) if body is not None else None
        return known.zone if known is not None else self.zone


def _start(schedule: _Schedule) -> _Mark:
    return _Mark(schedule.start, schedule.day)
