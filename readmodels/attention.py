"""What operators look at: who was last heard and warned, how an escalation stands, what comes next, and from whom.

One row for each instruction. Whether a silence is over depends on the moment that is asked about, so the
rows hold until when it lasts, and `standing` says how it stands then. Number and issuer stand in the register too: by them
the queue of escalations is in the order of one index, and mostly counted from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from domain.identifiers import INSTRUCTION_PREFIX, BodyId, PersonId
from domain.instruction import events as e
from domain.instruction.deadlines import planned
from domain.instruction.recipients import yet_to_report, yet_to_take_note
from domain.instruction.state import Cancelled, Completed, InstructionState, KnownState, Unissued
from domain.policies import EscalationStep
from readmodels.projection import History, Projection
from readmodels.tables import Row, Table

Silence = Literal["acknowledged", "snoozed"]
Standing = Literal["open", "acknowledged", "silenced", "ended"]
"""Of an escalation: nobody has taken it on; somebody has; it is kept silent; an operator ended it."""

ATTENTION = Table(
    name="attention",
    owner="instruction",
    key=("instruction",),
    columns={
        "instruction": "text",
        "number": "text",
        "issuer": "text",
        "over": "boolean",
        "heard_at": "timestamptz",
        "heard_by": "text",
        "heard": "text",
        "warned_at": "timestamptz",
        "warned": "text",
        "raised": "boolean",
        "raised_since": "timestamptz",
        "escalated_at": "timestamptz",
        "escalated_by": "text",
        "escalated_to": "text",
        "escalated_body": "text",
        "step": "text",
        "reason": "text",
        "silence": "text",
        "silenced_at": "timestamptz",
        "silenced_by": "text",
        "silenced_until": "timestamptz",
        "silence_reason": "text",
        "ended": "boolean",
        "ended_at": "timestamptz",
        "ended_by": "text",
        "ended_reason": "text",
        "next_step": "text",
        "next_to": "text",
        "next_at": "timestamptz",
        "extension_until": "timestamptz",
        "to_note": "text",
        "to_report": "text",
    },
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attention:
    """Instants are UTC. The fields are the table's columns, but for which instruction it is."""

    over: bool = False
    """The instruction is completed or cancelled; how its escalation stood is kept."""
    heard_at: datetime | None = None
    """When an assignee last let hear from itself: took note, reported progress or completion, asked for time."""
    heard_by: PersonId | None = None
    heard: str | None = None
    """By what: the event's type."""
    warned_at: datetime | None = None
    """When people were last reminded, or told of an escalation."""
    warned: str | None = None
    """Who they were: ids with a space between."""
    raised: bool = False
    """An escalation stands: it was brought before somebody other than the lead."""
    raised_since: datetime | None = None
    escalated_at: datetime | None = None
    """The last time, of the escalation that stands or was ended."""
    escalated_by: PersonId | None = None
    escalated_to: str | None = None
    """Whom the step or the operator named: `controller`, `issuer`, `body:ID` …"""
    escalated_body: BodyId | None = None
    """Which body that was."""
    step: str | None = None
    """Of the policy; none if an operator escalated."""
    reason: str | None = None
    silence: Silence | None = None
    silenced_at: datetime | None = None
    silenced_by: PersonId | None = None
    silenced_until: datetime | None = None
    """May be over."""
    silence_reason: str | None = None
    ended: bool = False
    """De-escalated: the chain is silent for as long as the deadline is the same."""
    ended_at: datetime | None = None
    ended_by: PersonId | None = None
    ended_reason: str | None = None
    next_step: str | None = None
    """Of the policy; none if none is to come."""
    next_to: str | None = None
    next_at: datetime | None = None
    extension_until: datetime | None = None
    """A later deadline is asked for, and not decided yet."""
    to_note: str | None = None
    """Of joint leads those that have yet to take note, with a space between; none if one body answers for it alone, or if it is over."""
    to_report: str | None = None
    """Those that have yet to report, likewise."""

    def standing(self, at: datetime) -> Standing | None:
        """How the escalation stands at `at`; None if there is none. worklist.py says the same in SQL."""
        if self.silenced_until is not None and self.silenced_until > at:
            return "acknowledged" if self.raised and self.silence == "acknowledged" else "silenced"
        if self.raised:
            return "open"
        return "ended" if self.ended else None

    def silent(self, at: datetime) -> bool:
        """Whether it is acknowledged, or kept silent, at `at`."""
        return self.standing(at) in ("acknowledged", "silenced")

    @property
    def since(self) -> datetime | None:
        """Since when it stands so, silences left out; the queue is in this order."""
        return self.raised_since or self.ended_at or self.silenced_at


class AttentionProjection(Projection):
    name = "attention"
    prefix = INSTRUCTION_PREFIX
    tables = (ATTENTION,)

    def rows(self, history: History) -> Sequence[Sequence[Row]]:
        states = [state for state, _ in history.standings]
        found = attention(zip(history.corrected, states, strict=True))
        if found is None or isinstance(states[-1], Unissued):
            return ((),)
        record = states[-1].record
        values = (getattr(found, field.name) for field in fields(Attention))
        return (((history.stream_id, record.number, record.issuer, *values),),)


_HEARD = (
    e.AssignmentAcknowledged
    | e.AssignmentDeclined
    | e.ProgressReported
    | e.ExtensionRequested
    | e.ExtensionWithdrawn
    | e.JointReportSubmitted
    | e.CompletionReported
    | e.ReportWithdrawn
)
_WARNED = e.ReminderDue | e.Escalated
_SILENCED = e.EscalationAcknowledged | e.EscalationSnoozed


@dataclass(kw_only=True)
class _Last:
    """The last event of each kind that bears on it."""

    heard: _HEARD | None = None
    warned: _WARNED | None = None
    escalated: e.Escalated | None = None
    raised_since: datetime | None = None
    silenced: _SILENCED | None = None
    ended: e.Deescalated | None = None


def attention(
    history: Iterable[tuple[e.InstructionEvent, InstructionState]],
) -> Attention | None:
    """From an instruction's events as corrected, each with the state after it; None of an unissued one."""
    last = _Last()
    state: InstructionState = Unissued()
    for event, state in history:
        # Most events are of deliveries, and bear on nothing here.
        if not isinstance(event, e.DeliveryOutcome) and not isinstance(state, Unissued):
            _look(last, event, state)
    return None if isinstance(state, Unissued) else _found(last, state)


def _look(last: _Last, event: e.InstructionEvent, state: KnownState) -> None:
    standing = state.record.escalation
    match event:
        case e.ReminderDue() | e.Escalated():
            if event.notices and _later(event, last.warned):
                last.warned = event
            if isinstance(event, e.Escalated) and event.to != "lead":
                last.escalated = event
        case e.EscalationAcknowledged() | e.EscalationSnoozed():
            last.silenced = event
        case e.Deescalated():
            last.ended = event
        case _ if isinstance(event, _HEARD) and _later(event, last.heard):
            last.heard = event
        case _:
            pass
    if standing.raised:
        last.raised_since = last.raised_since or event.occurred_at
    else:
        last.raised_since = None
        if not standing.ended:  # another deadline: what was escalated before is over
            last.escalated = None


def _later(event: _HEARD | _WARNED, known: _HEARD | _WARNED | None) -> bool:
    """What was entered late does not hide what came after it."""
    return known is None or event.occurred_at >= known.occurred_at


def _found(last: _Last, state: KnownState) -> Attention:
    record, standing = state.record, state.record.escalation
    heard, warned, escalated = last.heard, last.warned, last.escalated
    silenced = last.silenced if standing.silenced_until else None
    ended = last.ended if standing.ended else None
    moment = next((m for m in planned(state) if isinstance(m.what, EscalationStep)), None)
    step = moment.what if moment and isinstance(moment.what, EscalationStep) else None
    over = isinstance(state, Completed | Cancelled)
    jointly = len(record.leads) > 1 and not over
    return Attention(
        over=over,
        heard_at=heard.occurred_at if heard else None,
        heard_by=heard.by.actor if heard else None,
        heard=heard.type if heard else None,
        warned_at=warned.occurred_at if warned else None,
        warned=" ".join(dict.fromkeys(n.person for n in warned.notices)) if warned else None,
        raised=standing.raised,
        raised_since=last.raised_since,
        escalated_at=escalated.occurred_at if escalated else None,
        escalated_by=escalated.by.actor if escalated else None,
        escalated_to=escalated.to if escalated else None,
        escalated_body=escalated.body if escalated else None,
        step=escalated.moment.rule if escalated and escalated.moment else None,
        reason=escalated.reason if escalated else None,
        silence=_silence(silenced) if silenced else None,
        silenced_at=silenced.occurred_at if silenced else None,
        silenced_by=silenced.by.actor if silenced else None,
        silenced_until=standing.silenced_until,
        silence_reason=silenced.reason if isinstance(silenced, e.EscalationSnoozed) else None,
        ended=standing.ended,
        ended_at=ended.occurred_at if ended else None,
        ended_by=ended.by.actor if ended else None,
        ended_reason=ended.reason if ended else None,
        next_step=step.id if step else None,
        next_to=step.to if step else None,
        next_at=moment.acts_at if moment else None,
        extension_until=record.extension.until.instant if record.extension else None,
        to_note=" ".join(yet_to_take_note(record)) if jointly else None,
        to_report=" ".join(yet_to_report(record)) if jointly else None,
    )


def _silence(event: _SILENCED) -> Silence:
    return "acknowledged" if isinstance(event, e.EscalationAcknowledged) else "snoozed"
