"""Issue, Assign and Cancel: what the issuer decides."""

from domain.facts import Facts
from domain.instruction import events as e
from domain.instruction.commands import Assign, Cancel, Issue
from domain.instruction.decisions.context import Context
from domain.instruction.state import Record
from domain.outcomes import Rejected
from domain.policies import Policy, policy_hash
from domain.rejections import Code, invalid, rejected, unknown
from domain.working_time import zones


def issue(command: Issue, ctx: Context) -> e.InstructionIssued | Rejected:
    if not command.text.strip():
        return invalid("text", "the text is empty; say what is to be done")
    for body, name in ((command.issuer, "issuer"), (command.controller, "controller")):
        refusal = ctx.chargeable(body, name) if body is not None else None
        if refusal is not None:
            return refusal
    refusal = _known_programme(command, ctx.facts) or _known_targets(command.policy, ctx.facts)
    if refusal is not None:
        return refusal
    zone = command.zone or ctx.facts.directory.bodies[command.issuer].zone
    if zone not in zones():
        return invalid("zone", f"{zone} is no IANA time zone; try Europe/Minsk")
    deadline = ctx.deadline(command.deadline, zone, "deadline")
    if isinstance(deadline, Rejected):
        return deadline
    return e.InstructionIssued(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        number=command.number,
        text=command.text,
        issuer=command.issuer,
        controller=command.controller,
        programme=command.programme,
        sector=command.sector,
        source=command.source,
        deadline=deadline,
        policy=command.policy,
        policy_hash=policy_hash(command.policy),
        scheduled_from=ctx.at,
    )


def _known_programme(command: Issue, facts: Facts) -> Rejected | None:
    """A measure is issued by the programme's body, or by one below it: nobody else adds to it."""
    if command.programme is None:
        return None
    if facts.programme is None:
        return unknown("programme", command.programme, "adopt the programme first")
    if facts.programme.body not in facts.directory.chain(command.issuer):
        return rejected(
            Code.NOT_AUTHORISED,
            f"{command.issuer} may not issue under {command.programme}: only "
            f"{facts.programme.body} and bodies below it may do so",
            "programme",
        )
    return None


def _known_targets(policy: Policy, facts: Facts) -> Rejected | None:
    for step in policy.escalation:
        body = step.to.removeprefix("body:")
        if body != step.to and body not in facts.directory.bodies:
            return rejected(
                Code.UNKNOWN,
                f"no body {body} is known, to which step {step.id} escalates; register it first",
                "policy",
            )
    return None


def assign(command: Assign, record: Record, ctx: Context) -> e.InstructionAssigned | Rejected:
    del record
    for body, name in (
        (command.lead, "lead"),
        *((body, "co_assignees") for body in command.co_assignees),
    ):
        refusal = ctx.chargeable(body, name)
        if refusal is not None:
            return refusal
    twice = [body for body in command.co_assignees if command.co_assignees.count(body) > 1]
    if twice:
        return invalid("co_assignees", f"{twice[0]} is named twice; name it once")
    if command.lead in command.co_assignees:
        return invalid("co_assignees", f"{command.lead} is the lead already; leave it out")
    return e.InstructionAssigned(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        lead=command.lead,
        co_assignees=command.co_assignees,
        scheduled_from=ctx.at,
        notices=ctx.tell((command.lead, *command.co_assignees)),
    )


def cancel(command: Cancel, record: Record, ctx: Context) -> e.Cancelled:
    return e.Cancelled(
        occurred_at=ctx.occurred_at,
        by=ctx.by,
        reason=command.reason,
        notices=ctx.tell((record.lead, *record.co_assignees, record.controller)),
    )
