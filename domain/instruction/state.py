"""What an instruction is at a moment: a frozen class per phase around one record.

The states are folded from events by `evolution.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from domain.deadline import Deadline
from domain.identifiers import BodyId, CalendarId, InstructionId, ProgrammeId, RecurrenceId
from domain.instruction.terms import (
    ClosesWith,
    DueKey,
    Milestone,
    PartEnd,
    PlannedMoment,
    SourceDocument,
)
from domain.policies import Policy, Priority


@dataclass(frozen=True, kw_only=True)
class Assignment:
    lead: BodyId
    joint_leads: tuple[BodyId, ...] = ()
    """The others that answer for it."""
    co_assignees: tuple[BodyId, ...]
    assigned_at: datetime
    counts_from: datetime
    """What is unacknowledged is late from here: later than `assigned_at` by the days suspended since."""
    scheduled_from: datetime
    acknowledged: tuple[BodyId, ...] = ()
    """The leads that have taken note."""
    reported: tuple[BodyId, ...] = ()
    """The leads whose report stands."""

    @property
    def leads(self) -> tuple[BodyId, ...]:
        return (self.lead, *self.joint_leads)


@dataclass(frozen=True, kw_only=True)
class ExtensionRequest:
    until: Deadline
    requested_at: datetime
    decide_by: datetime
    holds_chain: bool
    """Escalation waits for it: it is the first one for this deadline."""


@dataclass(frozen=True, kw_only=True)
class EscalationStanding:
    """How the escalation chain stands for the current deadline."""

    raised: bool = False
    """It was brought before somebody other than the lead."""
    silenced_until: datetime | None = None
    resumed_at: datetime | None = None
    """When the last extension request was decided: while it was open, the chain waited."""
    ended: bool = False
    held: bool = False
    """It has waited for an extension request once; it does not wait for the next one."""
    taken_from: Assignment | None = None
    """The assignment that a step gave to somebody else."""


@dataclass(frozen=True, kw_only=True)
class Departure:
    """The instruction was a measure of this programme until then."""

    programme: ProgrammeId
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Succession:
    """A party was reorganised away, and its heir took its place."""

    body: BodyId
    heir: BodyId
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Part:
    """A sub-instruction."""

    instruction: InstructionId
    number: str
    is_lead_part: bool = False
    closed: PartEnd | None = None
    closed_at: datetime | None = None
    submitted_at: datetime | None = None
    """Of a completed one: when it was reported as done."""
    leaves_open: bool = False
    """Of a closed one: there were open ones below it then. While it is closed none can be added there, nor
    reopened; those there were may have closed since."""


@dataclass(frozen=True, kw_only=True)
class MilestoneStanding:
    """How a milestone stands."""

    milestone: Milestone
    revision: int
    """Of its date; with each other date it may be missed anew."""
    scheduled_from: datetime
    reached_at: datetime | None = None
    dropped: bool = False
    """Named no more; kept so that its revisions go on if it is named again."""

    @property
    def open(self) -> bool:
        return self.reached_at is None and not self.dropped


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The due moments of the policy as they were planned last, and what that rests on."""

    moments: Mapping[DueKey, PlannedMoment] = field(default_factory=dict[DueKey, PlannedMoment])
    """Also such that have fired since."""
    calendar: CalendarId | None = None
    """None if nothing was planned yet."""
    calendar_version: int = 0
    counted: tuple[date, date] | None = None
    """First and last day whose being worked bears on them."""


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """Another policy has another rule under this id: its moments are new ones."""

    revisions: int
    """By which those of its moments are higher than those of what they count from."""
    since: datetime
    """What it asks for before that is left out."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is on file about an instruction, whatever its phase."""

    number: str
    text: str
    issued_at: datetime
    """When it was proposed, as long as it is a proposal."""
    issuer: BodyId
    controller: BodyId | None
    programme: ProgrammeId | None
    sector: str | None
    source: SourceDocument | None
    policy: Policy
    priority: Priority
    changed_rules: Mapping[str, RuleChange] = field(default_factory=dict[str, RuleChange])
    """By id, those that a change of policy brought, changed or took away."""
    original_deadline: Deadline
    deadline: Deadline
    """The currently approved one."""
    scheduled_from: datetime
    """Due moments that count from the deadline and lie before this are not acted on."""
    chain_from: datetime
    """The same of escalation steps: the earlier one, once a report that stood is withdrawn. What fell due meanwhile
    comes then, or a lead could silence the chain by a report that is taken back."""
    started_at: datetime
    """From when the way to the deadline counts: later than issued by the days suspended since."""
    deadline_revision: int = 1
    turned_at: datetime | None = None
    """When it was last returned, withdrawn, resumed or reopened: nothing is entered before that."""
    taken_up_at: datetime | None = None
    """When it was last returned, withdrawn or reopened: what was done before then did not carry it out."""
    observers: tuple[BodyId, ...] = ()
    parent: InstructionId | None = None
    recurrence: RecurrenceId | None = None
    """The one that it was issued by."""
    closes_with: ClosesWith = "report"
    parts: tuple[Part, ...] = ()
    successions: tuple[Succession, ...] = ()
    carried_over: tuple[Departure, ...] = ()
    """The programmes it belonged to before, oldest first."""
    assignment: Assignment | None = None
    assignment_revision: int = 0
    extension: ExtensionRequest | None = None
    extension_revision: int = 0
    percent: int = 0
    percent_at: datetime | None = None
    """When it stood so, by the latest report of progress."""
    reported_at: datetime | None = None
    """When the lead last reported progress."""
    milestones: tuple[MilestoneStanding, ...] = ()
    submission_revision: int = 0
    plan: Plan = field(default_factory=Plan)
    escalation: EscalationStanding = field(default_factory=EscalationStanding)
    fired: Mapping[DueKey, datetime] = field(default_factory=dict[DueKey, datetime])
    """Every due moment that has fired or was suppressed, and when: later by the days suspended since, but not
    later than the resumption."""
    left_out: frozenset[DueKey] = frozenset()
    """Those of them that were suppressed because they lay before their schedule."""

    def fired_at(self, key: DueKey) -> datetime | None:
        """When it fired, or was found never to; None if it was only left out of its schedule."""
        return None if key in self.left_out else self.fired.get(key)

    def last_round(self, revision: int) -> tuple[int, datetime] | None:
        """Of the progress cycle: the last that it came round, and when that was."""
        rounds = (
            (key.occurrence, at)
            for key, at in self.fired.items()
            if key.rule == "progress" and key.revision == revision
        )
        return max(rounds, default=None)

    @property
    def lead(self) -> BodyId | None:
        return self.assignment.lead if self.assignment else None

    @property
    def leads(self) -> tuple[BodyId, ...]:
        """The lead, and the joint ones; none while nobody is assigned."""
        return self.assignment.leads if self.assignment else ()

    @property
    def co_assignees(self) -> tuple[BodyId, ...]:
        return self.assignment.co_assignees if self.assignment else ()


@dataclass(frozen=True)
class Unissued:
    phase: ClassVar[str] = "Unissued"


@dataclass(frozen=True)
class Proposed:
    """Waits for the issuer's decision; nothing falls due."""

    phase: ClassVar[str] = "Proposed"
    record: Record


@dataclass(frozen=True)
class Issued:
    phase: ClassVar[str] = "Issued"
    record: Record


@dataclass(frozen=True)
class Assigned:
    phase: ClassVar[str] = "Assigned"
    record: Record


@dataclass(frozen=True)
class InProgress:
    phase: ClassVar[str] = "InProgress"
    record: Record


@dataclass(frozen=True)
class Reported:
    phase: ClassVar[str] = "Reported"
    record: Record
    submitted_at: datetime
    counts_from: datetime
    """What is not decided on is late from here: later than submitted by the days suspended since."""
    scheduled_from: datetime


Begun = Assigned | InProgress
"""Somebody is charged with it."""
Working = Issued | Begun
"""Open, and nobody has reported it done."""
OpenState = Working | Reported
"""Open, with its clock running."""


@dataclass(frozen=True)
class Suspended:
    """Its clock stands still."""

    phase: ClassVar[str] = "Suspended"
    before: OpenState
    suspended_at: datetime
    because_of: InstructionId | None = None
    """The whole that it was suspended with."""

    @property
    def record(self) -> Record:
        return self.before.record


@dataclass(frozen=True)
class Completed:
    phase: ClassVar[str] = "Completed"
    record: Record
    submitted_at: datetime
    accepted_at: datetime


@dataclass(frozen=True)
class Cancelled:
    """Withdrawn, or refused while it was a proposal."""

    phase: ClassVar[str] = "Cancelled"
    before: Proposed | OpenState | Suspended
    cancelled_at: datetime

    @property
    def record(self) -> Record:
        return self.before.record

    @property
    def refused_proposal(self) -> bool:
        return isinstance(self.before, Proposed)


ClosedState = Completed | Cancelled
KnownState = Proposed | OpenState | Suspended | ClosedState
InstructionState = Unissued | KnownState


def is_closed(state: InstructionState) -> bool:
    return isinstance(state, Completed | Cancelled)


def submission(state: KnownState) -> datetime | None:
    """The moment of the submission that stands (was not returned or withdrawn), if one does."""
    match state:
        case Reported() | Completed():
            return state.submitted_at
        case Suspended() | Cancelled():
            return submission(state.before)
        case _:
            return None
