"""How an instruction comes to be: proposed and decided on, issued, or issued as a part of another.

What is assigned at once: charged.py.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from domain.attribution import Attribution
from domain.deadline import Deadline, DeadlineRequest
from domain.identifiers import BodyId, ProgrammeId
from domain.instruction import events as e
from domain.instruction.commands import (
    Adopt,
    Issue,
    IssueAsOccurrence,
    IssueAsPart,
    Propose,
    Refuse,
)
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.milestones import due_after, milestones_set, passed
from domain.instruction.decisions.policy import policy_for
from domain.instruction.state import Record
from domain.instruction.terms import ClosesWith, SourceDocument
from domain.outcomes import Rejected
from domain.policies import Policy, Priority, policy_hash
from domain.programme.authority import body_of
from domain.programme.state import Programme
from domain.programme.terms import ProgrammePhase
from domain.rejections import Code, invalid, rejected, unknown
from domain.working_time import zones

Founding = Propose | Issue | IssueAsPart | IssueAsOccurrence


def propose(command: Propose, ctx: Context) -> tuple[e.InstructionEvent, ...] | Rejected:
    terms = _founding_terms(command, ctx)
    if isinstance(terms, Rejected):
        return terms
    return _with_milestones(e.Proposed(**terms), command, ctx)


def issue(
    command: Issue | IssueAsPart | IssueAsOccurrence, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    terms = _founding_terms(command, ctx)
    if isinstance(terms, Rejected):
        return terms
    issued = e.InstructionIssued(
        **terms,
        parent=command.parent if isinstance(command, IssueAsPart) else None,
        recurrence=command.recurrence if isinstance(command, IssueAsOccurrence) else None,
        scheduled_from=ctx.at,
    )
    return _with_milestones(issued, command, ctx)


def _with_milestones(
    founded: e.Proposed | e.InstructionIssued, command: Founding, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    if not command.milestones:
        return (founded,)
    set_ = milestones_set(command.milestones, founded.deadline, ctx)
    return set_ if isinstance(set_, Rejected) else (founded, set_)


def adopt(
    command: Adopt, record: Record, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    programme = ctx.facts.programme
    refusal = programme and (in_force(programme) or unknown_sector(record.sector, programme))
    for body, field in ((record.issuer, "issuer"), (record.controller, "controller")):
        refusal = refusal or (ctx.chargeable(body, field) if body is not None else None)
    if refusal is not None:
        return refusal
    request = command.deadline or as_requested(record.deadline)
    deadline = ctx.deadline(request, record.deadline.zone, "deadline")
    if isinstance(deadline, Rejected):
        return deadline
    if command.milestones is None:
        refusal = due_after(record, deadline, "deadline") or passed(record, ctx.at)
        if refusal is not None:
            return refusal
    source = command.source or record.source
    terms = _terms(record, source, deadline, record.policy, ctx)
    issued = e.InstructionIssued(**terms, scheduled_from=ctx.at)
    if command.milestones is None:
        return (issued,)
    set_ = milestones_set(command.milestones, deadline, ctx)
    return set_ if isinstance(set_, Rejected) else (issued, set_)


class _Terms(TypedDict):
    """What `Proposed` and `InstructionIssued` have in common."""

    occurred_at: datetime
    by: Attribution
    number: str
    text: str
    issuer: BodyId
    controller: BodyId | None
    programme: ProgrammeId | None
    sector: str | None
    source: SourceDocument | None
    deadline: Deadline
    policy: Policy
    policy_hash: str
    priority: Priority
    closes_with: ClosesWith


def _founding_terms(command: Founding, ctx: Context) -> _Terms | Rejected:
    deadline = _founding_deadline(command, ctx)
    if isinstance(deadline, Rejected):
        return deadline
    policy = policy_for(command.policy, command.priority, ctx.facts)
    if isinstance(policy, Rejected):
        return policy
    return _terms(command, command.source, deadline, policy, ctx)


def _terms(
    of: Founding | Record,
    source: SourceDocument | None,
    deadline: Deadline,
    policy: Policy,
    ctx: Context,
) -> _Terms:
    return _Terms(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        number=of.number,
        text=of.text,
        issuer=of.issuer,
        controller=of.controller,
        programme=of.programme,
        sector=of.sector,
        source=source,
        deadline=deadline,
        policy=policy,
        policy_hash=policy_hash(policy),
        priority=of.priority,
        closes_with=of.closes_with,
    )


def refuse(command: Refuse, record: Record, ctx: Context) -> e.Cancelled:
    return e.Cancelled(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        source=command.source,
        notices=ctx.tell(e.Cancelled, (record.issuer, record.controller)),
    )


def as_requested(deadline: Deadline) -> DeadlineRequest:
    """The same day or instant, to be resolved anew."""
    return DeadlineRequest(on=deadline.on, at=None if deadline.on else deadline.instant)


def in_force(
    programme: Programme, phases: Sequence[ProgrammePhase] = ("Adopted",)
) -> Rejected | None:
    """Refuses a programme in another phase: one that is drafted or closed takes no measures."""
    if programme.phase in phases:
        return None
    drafted = programme.phase == "Drafted"
    way_out = "adopt it first" if drafted else "name the one that follows, or carry over into it"
    return rejected(
        Code.PROGRAMME_NOT_IN_FORCE,
        f"programme {programme.id} is {programme.phase.lower()}; {way_out}",
        "programme",
    )


def unknown_sector(sector: str | None, programme: Programme) -> Rejected | None:
    """Refuses a sector that is none of those the programme names, if it names any."""
    if sector is None or not programme.refuses_sector(sector):
        return None
    return unknown("sector", sector, f"the sectors of {programme.id} are set; name one of them")


def _founding_deadline(command: Founding, ctx: Context) -> Deadline | Rejected:
    """The deadline, once everything else about what is founded is in order."""
    if not command.text.strip():
        return invalid("text", "the text is empty; say what is to be done")
    for body, name in ((command.issuer, "issuer"), (command.controller, "controller")):
        refusal = ctx.chargeable(body, name) if body is not None else None
        if refusal is not None:
            return refusal
    refusal = _known_programme(command, ctx)
    if refusal is not None:
        return refusal
    zone = command.zone or ctx.facts.directory.bodies[command.issuer].zone
    if zone not in zones():
        return invalid("zone", f"{zone} is no IANA time zone; try Europe/Minsk")
    leads_whole = isinstance(command, IssueAsPart)
    return ctx.deadline(command.deadline, zone, "deadline", leads_whole=leads_whole)


def _known_programme(command: Founding, ctx: Context) -> Rejected | None:
    """A measure is issued by the programme's body, or by one below it: nobody else adds to it."""
    if command.programme is None:
        return None
    programme, directory = ctx.facts.programme, ctx.facts.directory
    if programme is None:
        return unknown("programme", command.programme, "draft or adopt the programme first")
    body = body_of(programme, directory, ctx.occurred_at)
    if body not in directory.chain(command.issuer):
        return rejected(
            Code.NOT_AUTHORISED,
            f"{command.issuer} may not issue under {command.programme}: only "
            f"{body} and bodies below it may do so",
            "programme",
        )
    takes = ("Drafted", "Adopted") if isinstance(command, Propose) else ("Adopted",)
    return in_force(programme, takes) or unknown_sector(command.sector, programme)
