"""Why each due moment of an instruction is when it is, and what became of it: from its events alone."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from domain.directory.calendar_versions import PublishedCalendar
from domain.identifiers import CalendarId
from domain.instruction import events as e
from domain.instruction.deadlines import DueMoment, What, acts, planned, rule_of
from domain.instruction.evolution import evolve
from domain.instruction.in_words import occurrence_in_words, rule_in_words
from domain.instruction.reasons import Counted, counted
from domain.instruction.state import (
    InstructionState,
    Reported,
    Suspended,
    Unissued,
    is_closed,
)
from domain.instruction.terms import DueKey, PlannedMoment
from domain.policies import BUILT_IN, EscalationStep, ReminderRule, policy_hash

Status = Literal["planned", "fired", "collapsed", "suppressed", "stopped", "dropped"]
"""Stopped: not waited for as it stands, but it may be again (suspended, or reported as done)."""
Kind = Literal["reminder", "escalation", "progress", "recorded"]
Calendars = Callable[[CalendarId, int], PublishedCalendar | None]
"""A version of a calendar; None if that is not known."""
_PLANNING = (e.MomentsPlanned, e.ReminderSuppressed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Computed:
    """An instant that was computed for a moment, and the event that says so."""

    due_at: datetime
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """What the latest of its instants rests on."""

    rule: str
    """The rule and its step, in words."""
    counts_from: datetime | None
    """None if it counts from a step before that had not fired then."""
    zone: str
    calendar: CalendarId | None
    """None if no calendar bears on it, or the event does not name it: of the time to decide on an extension."""
    calendar_version: int | None
    days_off: tuple[tuple[date, str], ...]
    """That it skipped over, each with its name if the calendar names it. Empty too if that version of the
    calendar is not known."""
    tzdata: str
    policy: str
    policy_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """One due moment. Instants are UTC."""

    key: DueKey
    kind: Kind
    computed: tuple[Computed, ...]
    """In the order of their versions, the latest counts; none if it was suppressed before it was planned."""
    basis: Basis | None
    status: Status
    at: datetime | None
    """When it will act, fired, or was found never to."""
    version: int | None
    """Of the event that says what became of it; none while it is waited for."""
    event: str | None
    """The type of that event: what made it dropped, stopped or suppressed, or fired it."""
    late: bool = False
    into: DueKey | None = None
    """The later occurrence that stands for it."""
    why: str | None = None
    """Why it was suppressed; or what it waits for beyond its instant."""

    @property
    def due_at(self) -> datetime | None:
        return self.computed[-1].due_at if self.computed else None


def explain(
    events: Iterable[tuple[int, e.InstructionEvent]], calendars: Calendars
) -> tuple[Explained, ...]:
    """Every due moment that there was or is, by time; each once.

    Args:
        events: with their versions, as they are read (corrections taken into account).
    """
    telling = _Telling(calendars)
    for version, event in events:
        telling.take(version, event)
    return telling.told()


@dataclass
class _Row:
    computed: list[Computed] = field(default_factory=list[Computed])
    kind: Kind | None = None
    basis: Basis | None = None
    ended: tuple[Status, datetime, int, str] | None = None
    late: bool = False
    into: DueKey | None = None
    why: str | None = None


@dataclass
class _Telling:
    calendars: Calendars
    rows: dict[DueKey, _Row] = field(default_factory=dict[DueKey, _Row])
    state: InstructionState = field(default_factory=Unissued)
    cause: tuple[int, e.InstructionEvent] | None = None
    """The last event that did not plan: what a plan recorded with it follows from."""

    def take(self, version: int, event: e.InstructionEvent) -> None:
        self.state = evolve(self.state, event)
        if isinstance(event, e.MomentsPlanned):
            for moment in event.moments:
                self._compute(moment, version, event)
        self._fire(version, event)
        self._follow(version, event)
        if not isinstance(event, _PLANNING):
            self.cause = (version, event)

    def told(self) -> tuple[Explained, ...]:
        acting = {moment.key: moment for moment in planned(self.state)}
        rows = [self._explained(key, row, acting.get(key)) for key, row in self.rows.items()]
        return tuple(sorted(rows, key=_place))

    def _compute(self, moment: PlannedMoment, version: int, event: e.MomentsPlanned) -> None:
        row = self.rows.setdefault(moment.key, _Row())
        row.computed.append(Computed(due_at=moment.due_at, version=version))
        if isinstance(self.state, Unissued):
            return  # a view left out what founded it
        what = rule_of(moment.key, self.state.record.policy)
        if what is None:
            return  # a view left out the change of policy
        row.kind = _kind(what)
        row.basis = self._basis(what, moment, counted(what, moment, self.state), event)

    def _basis(
        self, what: What, moment: PlannedMoment, reasons: Counted, event: e.MomentsPlanned
    ) -> Basis:
        assert not isinstance(self.state, Unissued)
        known = self.calendars(event.calendar, event.calendar_version)
        policy = self.state.record.policy
        nth = occurrence_in_words(what, moment.key.occurrence, policy.again)
        return Basis(
            rule=f"{rule_in_words(what, reasons.since, moment.zone)}{nth}",
            counts_from=reasons.start,
            zone=moment.zone,
            calendar=event.calendar if reasons.by_calendar else None,
            calendar_version=event.calendar_version if reasons.by_calendar else None,
            days_off=reasons.days_off(known) if known is not None else (),
            tzdata=event.tzdata,
            policy=policy.id,
            policy_hash=event.policy_hash,
        )

    def _fire(self, version: int, event: e.InstructionEvent) -> None:
        match event:
            case e.ReminderSuppressed():
                for key in event.moments:
                    self._end(key, "suppressed", version, event).why = event.why
            case e.ReminderDue() | e.DeadlinePassed() | e.MilestoneMissed() | e.ExtensionExpired():
                self._fired(event.moment, event.due_at, event.late, version, event)
            case e.Escalated() | e.ProgressRequested() if event.moment is not None:
                assert event.due_at is not None
                self._fired(event.moment, event.due_at, event.late, version, event)
            case _:
                return
        for key in getattr(event, "collapsed", ()):
            self._end(key, "collapsed", version, event).into = getattr(event, "moment", None)

    def _fired(
        self, key: DueKey, due_at: datetime, late: bool, version: int, event: e.InstructionEvent
    ) -> None:
        row = self._end(key, "fired", version, event)
        row.late = late
        if not row.computed or row.computed[-1].due_at != due_at:
            row.computed.append(Computed(due_at=due_at, version=version))

    def _end(self, key: DueKey, status: Status, version: int, event: e.InstructionEvent) -> _Row:
        row = self.rows.setdefault(key, _Row())
        row.ended = (status, event.occurred_at, version, event.type)
        return row

    def _follow(self, version: int, event: e.InstructionEvent) -> None:
        """What is waited for from this event on, and what is no more."""
        waiting = dict(_waited_for(self.state))
        for key, row in self.rows.items():
            if row.ended is None and key not in waiting:
                self._leave(row, version, event)
        for key, moment in waiting.items():
            row = self.rows.setdefault(key, _Row())
            row.ended = None
            if isinstance(moment, DueMoment):
                self._of_itself(row, moment, version)
        if isinstance(event, e.MomentsPlanned):
            for key in event.dropped:
                row = self.rows.setdefault(key, _Row())
                self._leave(row, version, event, dropped=True)

    def _leave(
        self, row: _Row, version: int, event: e.InstructionEvent, *, dropped: bool = False
    ) -> None:
        cause = self.cause
        if isinstance(event, e.MomentsPlanned):
            row.why = "a calendar was published"
            if cause is not None and cause[1].occurred_at == event.occurred_at:
                (version, event), row.why = cause, None
        pauses = isinstance(self.state, Suspended | Reported) and not dropped
        status: Status = "stopped" if pauses else "dropped"
        row.ended = (status, event.occurred_at, version, event.type)

    def _of_itself(self, row: _Row, moment: DueMoment, version: int) -> None:
        """A moment that is watched without being planned: a deadline, or the answer to a request."""
        assert not isinstance(self.state, Unissued)
        if row.computed and row.computed[-1].due_at == moment.due_at:
            return
        record = self.state.record
        row.computed.append(Computed(due_at=moment.due_at, version=version))
        row.kind = "recorded"
        reasons = counted(moment.what, moment, self.state)
        row.basis = Basis(
            rule=rule_in_words(moment.what, reasons.since, record.deadline.zone),
            counts_from=reasons.start,
            zone=record.deadline.zone,
            calendar=None,
            calendar_version=None,
            days_off=(),
            tzdata=record.deadline.tzdata,
            policy=record.policy.id,
            policy_hash=policy_hash(record.policy),
        )

    def _explained(self, key: DueKey, row: _Row, acting: DueMoment | None) -> Explained:
        kind = row.kind or self._kind_of(key)
        computed = tuple(row.computed)
        if row.ended is None:
            return Explained(
                key=key,
                kind=kind,
                computed=computed,
                basis=row.basis,
                status="planned",
                at=acting and acting.acts_at,
                version=None,
                event=None,
                why=self._waits(acting),
            )
        status, at, version, type_ = row.ended
        if status == "stopped" and is_closed(self.state):
            status = "dropped"
        return Explained(
            key=key,
            kind=kind,
            computed=computed,
            basis=row.basis,
            status=status,
            at=at,
            version=version,
            event=type_,
            late=row.late,
            into=row.into,
            why=row.why,
        )

    def _waits(self, acting: DueMoment | None) -> str | None:
        """What keeps a moment from acting when it is due."""
        if acting is None:
            return "held by an extension request"
        silenced = isinstance(acting.what, EscalationStep) and acting.acts_at > acting.due_at
        return "silenced until then" if silenced else None

    def _kind_of(self, key: DueKey) -> Kind:
        """Of one that was suppressed before it was planned."""
        if key.rule.partition("/")[0] in BUILT_IN or isinstance(self.state, Unissued):
            return "recorded"
        what = rule_of(key, self.state.record.policy)
        return "reminder" if what is None else _kind(what)


def _waited_for(state: InstructionState) -> Iterator[tuple[DueKey, DueMoment | PlannedMoment]]:
    """Also what an extension request holds up."""
    if isinstance(state, Unissued):
        return
    for moment in state.record.plan.moments.values():
        if acts(moment, state):
            yield moment.key, moment
    for due in planned(state):
        if due.key not in state.record.plan.moments:
            yield due.key, due


def _kind(what: What) -> Kind:
    if isinstance(what, str):
        return "recorded"
    if isinstance(what, EscalationStep):
        return "escalation"
    return "reminder" if isinstance(what, ReminderRule) else "progress"


def _place(one: Explained) -> tuple[datetime, str, int, int]:
    """By time: when it is due, else when it was found never to act."""
    at = one.due_at or one.at
    assert at is not None
    return (at, one.key.rule, one.key.occurrence, one.key.revision)
