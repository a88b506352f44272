"""The one decision function of an instruction: authority, phase, then the command's own rule."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from domain.decider import Decider
from domain.facts import Facts
from domain.instruction import commands as c
from domain.instruction import events as e
from domain.instruction.authority import Party, authorise, lead, registrar
from domain.instruction.corrections import corrected
from domain.instruction.decisions import (
    assignment,
    charged,
    escalation,
    execution,
    extension,
    issuing,
    machinery,
    milestones,
    notices,
    parts,
    policy,
    remarks,
    standing,
    tree,
)
from domain.instruction.decisions.context import Context
from domain.instruction.decisions.preconditions import hindrance
from domain.instruction.evolution import evolve
from domain.instruction.rules import RULES
from domain.instruction.state import (
    Cancelled,
    Completed,
    InstructionState,
    KnownState,
    Record,
    Reported,
    Suspended,
    Unissued,
    is_closed,
)
from domain.outcomes import Rejected
from domain.programme.authority import body_of
from domain.rejections import Code, invalid, not_in_this_phase, rejected, unknown
from domain.value import to_the_minute


def decide(
    command: c.AnyInstructionCommand, state: InstructionState, facts: Facts, at: datetime
) -> tuple[e.InstructionEvent, ...] | Rejected:
    """The events the command leads to at `at`, or the refusal. Never raises on a valid command.

    Heirs of parties that were reorganised away take their places before anything else. Where something
    that due moments are counted from became another, they are planned anew at once, and those that lie
    before their schedule are recorded as suppressed.
    """
    occurred_at = at if command.backdated is None else command.backdated.at
    if occurred_at > at:
        return rejected(
            Code.OCCURRED_IN_THE_FUTURE,
            f"{to_the_minute(occurred_at)} has not come yet; enter it once it has happened",
            "backdated",
        )
    heirs: tuple[e.BodySucceeded, ...] = ()
    if not (is_closed(state) and (command.by_system or isinstance(command, c.FollowWhole))):
        heirs = machinery.succeeded(state, facts, occurred_at, at)
    before, state = state, instruction_decider.fold(heirs, state)
    ctx = _context(command, state, facts, occurred_at, at)
    if isinstance(ctx, Rejected):
        return _of_the_part(ctx, command, state)
    first: tuple[e.InstructionEvent, ...] = heirs
    if isinstance(command, c.CheckDeadlines):
        moved = machinery.replanned(
            before, state, ctx
        )  # by a calendar published since, or by heirs
        first, before = (*heirs, *moved), instruction_decider.fold(moved, state)
        state = before
    decided = (
        _founded(command, ctx) if isinstance(state, Unissued) else _decided(command, state, ctx)
    )
    if isinstance(decided, Rejected):
        return _of_the_part(decided, command, state)
    events = decided if isinstance(decided, tuple) else (decided,)
    after = _after(events, first, state, facts) if events else state
    return (*first, *events, *machinery.replanned(before, after, ctx))


def _after(
    events: tuple[e.InstructionEvent, ...],
    first: tuple[e.InstructionEvent, ...],
    state: InstructionState,
    facts: Facts,
) -> InstructionState:
    """From the beginning where the history is at hand: then one of them may correct it."""
    if facts.history:
        return instruction_decider.replay((*facts.history, *first, *events))
    return instruction_decider.fold(events, state)


def _of_the_part(
    refusal: Rejected, command: c.AnyInstructionCommand, state: InstructionState
) -> Rejected:
    """What was asked of the whole says which of its parts stands in the way."""
    if not isinstance(command, c.FollowWhole) or isinstance(state, Unissued):
        return refusal
    message = f"of part {state.record.number}: {refusal.message}"
    return refusal.model_copy(update={"message": message})


def _context(
    command: c.AnyInstructionCommand,
    state: InstructionState,
    facts: Facts,
    occurred_at: datetime,
    at: datetime,
) -> Context | Rejected:
    """Who acts, in the command's relation to the instruction; or why they may not.

    Whoever may not issue for the issuer is told that alone: not whether the number is taken, nor, without any
    office, whether there is such a body.
    """
    if isinstance(command, issuing.Founding):
        holds_office = command.by_system or facts.directory.mandates(command.actor, at)
        if command.issuer not in facts.directory.bodies and holds_office:
            return unknown("issuer", command.issuer, "register the body first")
        issuer, deed = command.issuer, f"{RULES[type(command)].deed} an instruction"
        if isinstance(command, c.IssueAsPart) and facts.parent is not None:
            issuer = facts.parent.record.issuer  # as a part of the whole, which it charges
        parties: tuple[Party, ...] = (Party("the issuer", frozenset({command.issuer})),)
    elif isinstance(state, Unissued):
        if isinstance(command, c.CheckDeadlines):
            issuer, deed, parties = "", "", ()
        else:
            return rejected(
                Code.NOT_ISSUED,
                f"no instruction {command.instruction} is issued; check its number",
                "instruction",
            )
    else:
        refusal = _too_early(command, state, occurred_at)
        if refusal is not None:
            return refusal
        rule = RULES[type(command)]
        issuer, deed = state.record.issuer, f"{rule.deed} {state.record.number}"
        parties = tuple(relation(state.record, facts.directory) for relation in rule.who)
        parties = _particular(command, parties, state.record, facts, occurred_at)
        if command.backdated is not None:
            parties = tuple(_of_that_time(p, state.record, occurred_at) for p in parties)
    if isinstance(command, c.FollowWhole):
        by = command.by  # who could do it to the whole does it to the parts
    elif isinstance(command, c.AcknowledgeNotice) and command.backdated is None:
        by = notices.by_recipient(command, deed)
    else:
        by = authorise(command, parties, issuer, facts.directory, at, deed)
    if isinstance(by, Rejected):
        return by
    if isinstance(command, issuing.Founding) and not isinstance(state, Unissued):
        return rejected(
            Code.ALREADY_ISSUED,
            f"instruction {state.record.number} exists already; choose another number",
            "number",
        )
    return Context(by=by, occurred_at=occurred_at, at=at, facts=facts)


def _particular(
    command: c.AnyInstructionCommand,
    parties: tuple[Party, ...],
    record: Record,
    facts: Facts,
    occurred_at: datetime,
) -> tuple[Party, ...]:
    """Who may, where it depends on more than the kind of command."""
    match command:
        case c.Correct(field="occurred_at"):
            return (registrar(record, facts.directory),)  # by an earlier time lateness is erased
        case c.CarryOver() if facts.programme is not None:
            body = body_of(facts.programme, facts.directory, occurred_at)
            return (*parties, Party("the body of the programme", frozenset({body})))
        case _:
            return parties


def _of_that_time(party: Party, record: Record, occurred_at: datetime) -> Party:
    """The bodies in whose places the party's stand only since later."""
    bodies = set(party.bodies)
    for succession in reversed(record.successions):
        if succession.at > occurred_at and succession.heir in bodies:
            bodies = (bodies - {succession.heir}) | {succession.body}
    return replace(party, bodies=frozenset(bodies))


def _too_early(
    command: c.AnyInstructionCommand, state: KnownState, occurred_at: datetime
) -> Rejected | None:
    """What is entered as history cannot have happened before what it answers to."""
    if command.backdated is None or command.by_system:
        return None
    record = state.record
    moments = [("it was issued or proposed", record.issued_at)]
    if record.assignment is not None and lead in RULES[type(command)].who:
        moments.append(("the lead was assigned", record.assignment.assigned_at))
    if record.turned_at is not None and not isinstance(command, _REMARKS):
        moments.append(("it was returned, withdrawn, resumed or reopened", record.turned_at))
    if record.extension is not None and isinstance(command, _ANSWERS_A_REQUEST):
        moments.append(("the extension was requested", record.extension.requested_at))
    match state:
        case Reported() if isinstance(command, _ANSWERS_A_REPORT):
            moments.append(("completion was reported", state.submitted_at))
        case Suspended() if isinstance(command, c.Resume):
            moments.append(("it was suspended", state.suspended_at))
        case Completed() if isinstance(command, c.Reopen):
            moments.append(("it was completed", state.accepted_at))
        case Cancelled() if isinstance(command, c.Reopen):
            moments.append(("it was cancelled", state.cancelled_at))
        case _:
            pass
    what, earliest = max(moments, key=lambda m: m[1])
    if occurred_at >= earliest:
        return None
    return invalid(
        "backdated",
        f"{what} only on {to_the_minute(earliest)}; give a later moment",
    )


_ANSWERS_A_REQUEST = (c.ApproveExtension, c.RefuseExtension, c.WithdrawExtension)
_REMARKS = (c.Comment, c.AttachEvidence, c.Correct)
_ANSWERS_A_REPORT = (c.Accept, c.Return, c.WithdrawReport)


def _founded(
    command: c.AnyInstructionCommand, ctx: Context
) -> tuple[e.InstructionEvent, ...] | Rejected:
    match command:
        case c.Propose():
            return issuing.propose(command, ctx)
        case c.IssueAsPart(lead=str()) | c.IssueAsOccurrence():
            return charged.issue_and_assign(command, ctx)
        case c.Issue() | c.IssueAsPart():
            return issuing.issue(command, ctx)
        case _:
            return ()


def _decided(
    command: c.AnyInstructionCommand, state: KnownState, ctx: Context
) -> e.InstructionEvent | tuple[e.InstructionEvent, ...] | Rejected:
    rule, record = RULES[type(command)], state.record
    if not isinstance(state, rule.phases):
        return not_in_this_phase(rule.deed, state.phase, (p.phase for p in rule.phases))
    hindered = hindrance(type(command), state, ctx.by.on_behalf_of)
    if hindered is not None:
        return hindered
    match command:
        case c.Propose() | c.Issue() | c.IssueAsPart() | c.IssueAsOccurrence():
            return ()  # refused before, in any phase
        case c.Adopt():
            return issuing.adopt(command, record, ctx)
        case c.Refuse():
            return issuing.refuse(command, record, ctx)
        case c.Assign() | c.Reassign():
            return assignment.assign(command, record, ctx)
        case c.Acknowledge():
            return assignment.acknowledge(command, record, ctx)
        case c.Decline():
            return assignment.decline(command, record, ctx)
        case c.SetController():
            return assignment.set_controller(command, state, ctx)
        case c.SetObservers():
            return assignment.set_observers(command, record, ctx)
        case c.SetMilestones():
            return milestones.set_milestones(command, record, ctx)
        case c.ChangePolicy():
            return policy.change_policy(command, record, ctx)
        case c.ReportProgress():
            return execution.report_progress(command, record, ctx)
        case c.RequestProgress():
            return execution.request_progress(command, record, ctx)
        case c.RequestExtension():
            return extension.request_extension(command, record, ctx)
        case c.WithdrawExtension():
            return extension.withdraw_extension(command, record, ctx)
        case c.ApproveExtension():
            return extension.approve_extension(command, record, ctx)
        case c.RefuseExtension():
            return extension.refuse_extension(command, record, ctx)
        case c.ChangeDeadline():
            return standing.change_deadline(command, record, ctx)
        case c.SubmitReport():
            return execution.submit_report(command, record, ctx)
        case c.WithdrawReport():
            return execution.withdraw_report(command, state, ctx)
        case c.Accept():
            return execution.accept(command, record, ctx)
        case c.Return():
            return execution.return_for_rework(command, record, ctx)
        case c.Suspend():
            return standing.suspend(command, record, ctx)
        case c.Resume():
            return standing.resume(command, state, ctx)
        case c.Cancel():
            return standing.cancel(command, record, ctx)
        case c.Reopen():
            return standing.reopen(command, state, ctx)
        case c.CarryOver():
            return standing.carry_over(command, state, ctx)
        case c.IssuePart() | c.IssueSubInstruction():
            return parts.issue_part(command, record, ctx)
        case c.RecordPart():
            return parts.record_part(command, state, ctx)
        case c.FollowWhole():
            return tree.follow_whole(command, state, ctx)
        case c.Escalate():
            return escalation.escalate(command, record, ctx)
        case c.AcknowledgeEscalation():
            return escalation.acknowledge_escalation(command, record, ctx)
        case c.Snooze():
            return escalation.snooze(command, record, ctx)
        case c.Deescalate():
            return escalation.deescalate(command, state, ctx)
        case c.Comment():
            return remarks.comment(command, record, ctx)
        case c.AttachEvidence():
            return remarks.attach_evidence(command, record, ctx)
        case c.Correct():
            return remarks.correct(command, record, ctx)
        case c.AcknowledgeNotice():
            return notices.acknowledge_notice(command, record, ctx)
        case c.CheckDeadlines():
            return machinery.check_deadlines(command, state, ctx)
        case c.RecordDelivery():
            return machinery.record_delivery(command, record, ctx)
        case _:
            assert_never(command)


instruction_decider: Decider[c.AnyInstructionCommand, e.InstructionEvent, InstructionState] = (
    Decider(initial=Unissued(), decide=decide, evolve=evolve, as_corrected=corrected)
)
