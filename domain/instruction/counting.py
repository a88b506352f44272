"""Counts the moments of a policy's rules: from what, how far, at which hour of whose day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from domain.directory.state import Directory
from domain.identifiers import BodyId
from domain.instruction.changed_rules import asked_since, revision
from domain.instruction.deadlines import rule_id, rule_of_milestone
from domain.instruction.marks import Mark, Marks, Span
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
from domain.policies import EscalationStep, ProgressCycle, ReminderRule, Repeat, RuleId, times
from domain.working_time import Calendar, instant


@dataclass(frozen=True, kw_only=True, slots=True)
class _Schedule:
    """What rules count from, and since when it holds."""

    since: ScheduleKind
    start: datetime
    day: date | None = None
    """The day whose end the start is."""
    took_effect: datetime
    revision: int


Effective = tuple[PlannedMoment, datetime | None]
"""A moment, and since when its schedule holds; none for what is recorded whenever it was."""
ROUNDS_AT_A_TIME = 30
"""Of the progress cycle, planned ahead: it goes on as long as the deadline lets it."""


@dataclass
class Counting:
    """Counts one instruction's moments, and keeps account of the days that bear on them."""

    state: Working | Reported
    directory: Directory
    calendar: Calendar

    def __post_init__(self) -> None:
        self.record: Record = self.state.record
        self.zone = self.record.deadline.zone
        self.marks = Marks(self.zone, self.calendar)
        self.lead_zone = self._zone_of(self.record.lead or self.record.issuer)

    def plan(self, moments: Mapping[DueKey, PlannedMoment]) -> Plan:
        return Plan(
            moments=moments,
            calendar=self.calendar.id,
            calendar_version=self.calendar.version,
            counted=(min(self.marks.days), max(self.marks.days)) if self.marks.days else None,
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
            yield from self._escalation(replace(deadline, took_effect=record.chain_from))
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

    def _passes(self, rule: str, schedule: _Schedule, within: Span) -> PlannedMoment:
        mark = self.marks.moved(_start(schedule), within)
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
        zone = self.zone if rule.at is None and rule.on is None else self.lead_zone
        after = schedule.start if rule.offset is not None and rule.side == "after" else None
        for mark, occurrence in self._occurrences(first, rule.repeat):
            at = self.marks.at_hour(mark, rule.at, rule.off_days, zone, after)
            yield self._moment(name, occurrence, schedule, at, zone), self._since(rule.id, schedule)

    def _first(self, rule: ReminderRule, schedule: _Schedule) -> Mark:
        if rule.offset is not None:
            sign = -1 if rule.side == "before" else 1
            return self.marks.moved(_start(schedule), rule.offset, sign)
        if rule.percent is not None:
            way = max(schedule.start - self.record.started_at, timedelta(0))
            return Mark(self.record.started_at + way * rule.percent / 100, None)
        assert rule.on is not None
        return Mark(instant(rule.on, time(), self.lead_zone), None)

    def _escalation(self, schedule: _Schedule) -> Iterator[Effective]:
        """The steps that count from the schedule's start, directly or through the step before them.

        A step that lies before its schedule, and has not fired, is left out; the next counts from when it was
        planned for.
        """
        policy, before, in_round = self.record.policy, None, False
        for step in policy.escalation:
            if step.since != "previous":
                before = _start(schedule) if step.since == schedule.since else None
            in_round = in_round or (policy.again is not None and step.id == policy.again.since)
            if before is None:
                continue
            first = self.marks.moved(before, step.after)
            yield from self._steps(step, before.at, first, schedule, again=in_round)
            at = self._step_at(step, first, before.at)
            moment = self._moment(step.id, 1, schedule, at, self._zone_for(step))
            fired = self.record.fired_at(moment.key)
            if fired is not None:
                before = Mark(fired, None)
            else:
                before = None if moment.due_at > self._since(step.id, schedule) else first

    def _steps(
        self,
        step: EscalationStep,
        start: datetime,
        first: Mark,
        schedule: _Schedule,
        *,
        again: bool,
    ) -> Iterator[Effective]:
        """The occurrences of a step, and those of the rounds after the first."""
        rounds = self.record.policy.again if again else None
        each = 1 + (step.repeat.times if step.repeat else 0)
        begins = self.marks.repeated(first, rounds.every) if rounds else iter((first,))
        for n, begin in enumerate(islice(begins, 1 + (rounds.times if rounds else 0))):
            for mark, occurrence in self._occurrences(begin, step.repeat):
                at, zone = self._step_at(step, mark, start), self._zone_for(step)
                moment = self._moment(step.id, n * each + occurrence, schedule, at, zone)
                yield moment, self._since(step.id, schedule)

    def _step_at(self, step: EscalationStep, mark: Mark, start: datetime) -> datetime:
        return self.marks.at_hour(mark, step.at, step.off_days, self._zone_for(step), start)

    def _progress(self, cycle: ProgressCycle, schedule: _Schedule) -> Iterator[Effective]:
        """Round and round until the deadline: so many more whenever those planned are through.

        Rounds that lie before the schedule, or before it last came round, are over; nothing names them.
        """

        zone = self.zone if cycle.at is None else self.lead_zone

        def at(n: int) -> datetime:
            mark = self.marks.moved(_start(schedule), times(cycle.every, n))
            return self.marks.at_hour(mark, cycle.at, cycle.off_days, zone)

        since = self._since("progress", schedule)
        number = revision(self.record, "progress", schedule.revision)
        last, over = self.record.last_round(number) or (0, since)
        since = max(since, over)
        if since >= self.record.deadline.instant:
            return
        begin = max(last + 1, self.marks.first_after(since, at))
        for n in range(begin, begin + ROUNDS_AT_A_TIME - (begin - 1) % ROUNDS_AT_A_TIME):
            if at(n) >= self.record.deadline.instant:
                return
            yield self._moment("progress", n, schedule, at(n), zone), since

    def _occurrences(self, first: Mark, repeat: Repeat | None) -> Iterator[tuple[Mark, int]]:
        marks = self.marks.repeated(first, repeat.every) if repeat is not None else iter((first,))
        for n, mark in enumerate(islice(marks, 1 + (repeat.times if repeat is not None else 0))):
            yield mark, n + 1

    def _since(self, rule: RuleId, schedule: _Schedule) -> datetime:
        """The moments that lie before are left out: what holds now held only later."""
        asked = asked_since(self.record, rule)
        return schedule.took_effect if asked is None else max(asked, schedule.took_effect)

    def _moment(
        self, rule: str, occurrence: int, schedule: _Schedule, at: datetime, zone: str
    ) -> PlannedMoment:
        number = revision(self.record, rule_id(rule), schedule.revision)
        key = DueKey(rule=rule, occurrence=occurrence, revision=number)
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


def _start(schedule: _Schedule) -> Mark:
    return Mark(schedule.start, schedule.day)
