"""How an instruction comes to be."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from cyclopts import Parameter

from cli.arguments import Deadline, NewDeadline, Number, Reason
from cli.envelope import to_instruction
from cli.options import Sender, deadline
from cli.policy_given import policy_given
from cli.verbs.options import Milestones, Policy, Source, milestones, sent, source
from domain.instruction import commands as c
from domain.instruction.terms import ClosesWith
from domain.policies import DEFAULT_POLICY, Priority

Founding = TypeVar("Founding", c.Propose, c.Issue)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Charge:
    """What is to be done, until when, and under what."""

    text: str
    """What is to be done."""
    issuer: str
    """Body that charges."""
    deadline_: Deadline
    controller: str | None = None
    """Body that accepts the result."""
    programme: str | None = None
    """Programme it is a measure of."""
    sector: str | None = None
    """Sector of the programme."""
    source_: Annotated[Source, Parameter(name="--source")] = None
    zone: str | None = None
    """IANA zone; by default the issuer's."""
    policy: Policy = DEFAULT_POLICY.id
    """What it is watched by: the id of a published policy, or a YAML or JSON file with one."""
    priority: Priority = "normal"
    """Which of the policy's variants holds for it."""
    milestone: Milestones = ()
    closes_with: ClosesWith = "report"
    """Its lead's report, all of its parts, or the part that leads."""

    def command(self, kind: type[Founding], number: str, sender: Sender) -> Founding:
        return kind(
            **to_instruction(number, sender),
            number=number,
            text=self.text,
            issuer=self.issuer,
            deadline=deadline(self.deadline_, "--deadline"),
            controller=self.controller,
            programme=self.programme,
            sector=self.sector,
            source=source(self.source_),
            zone=self.zone,
            policy=policy_given(self.policy, "--policy"),
            priority=self.priority,
            milestones=milestones(self.milestone),
            closes_with=self.closes_with,
        )


async def propose(number: Number, /, *, charge: Charge, sender: Sender) -> None:
    """Put an instruction before the body that is to decide on it."""
    await sent(number, charge.command(c.Propose, number, sender), sender)


async def adopt(
    number: Number,
    /,
    *,
    deadline_: NewDeadline = None,
    source_: Annotated[Source, Parameter(name="--source")] = None,
    milestone: Milestones = (),
    sender: Sender,
) -> None:
    """Decide for a proposal: it is issued, with the proposed deadline and milestones or others."""
    await sent(
        number,
        c.Adopt(
            **to_instruction(number, sender),
            deadline=None if deadline_ is None else deadline(deadline_, "--deadline"),
            source=source(source_),
            milestones=milestones(milestone) or None,
        ),
        sender,
    )


async def refuse(
    number: Number,
    /,
    *,
    reason: Reason,
    source_: Annotated[Source, Parameter(name="--source")] = None,
    sender: Sender,
) -> None:
    """Decide against a proposal."""
    await sent(
        number,
        c.Refuse(**to_instruction(number, sender), reason=reason, source=source(source_)),
        sender,
    )


async def issue(number: Number, /, *, charge: Charge, sender: Sender) -> None:
    """Charge: found an instruction with its text and deadline."""
    await sent(number, charge.command(c.Issue, number, sender), sender, sets_a_deadline=True)


PartNumber = Annotated[str, Parameter(help="The part's own number.")]
PartText = Annotated[str, Parameter(help="What is to be done.")]


async def issue_part(
    number: Number,
    part: PartNumber,
    /,
    *,
    text: PartText,
    deadline_: Deadline,
    lead: Annotated[
        str | None, Parameter(help="Body that answers for the part; it is assigned at once.")
    ] = None,
    controller: Annotated[
        str | None, Parameter(help="Body that accepts the part; by default the whole's controller.")
    ] = None,
    is_lead_part: Annotated[
        bool, Parameter(name="--lead-part", negative="", help="The whole closes with this part.")
    ] = False,
    closes_with: Annotated[
        ClosesWith, Parameter(help="What closes the part: a report, or parts of its own.")
    ] = "report",
    sender: Sender,
) -> None:
    """As its issuer, charge a body with a part of it."""
    await sent(
        number,
        c.IssuePart(
            **to_instruction(number, sender),
            number=part,
            text=text,
            deadline=deadline(deadline_, "--deadline"),
            lead=lead,
            controller=controller,
            is_lead_part=is_lead_part,
            closes_with=closes_with,
        ),
        sender,
    )


async def split_off(
    number: Number,
    part: PartNumber,
    /,
    *,
    text: PartText,
    deadline_: Deadline,
    controller: Annotated[
        str | None, Parameter(help="Body that accepts the part; by default the lead itself.")
    ] = None,
    sender: Sender,
) -> None:
    """As its lead, split off a part, to be assigned to others."""
    await sent(
        number,
        c.IssueSubInstruction(
            **to_instruction(number, sender),
            number=part,
            text=text,
            deadline=deadline(deadline_, "--deadline"),
            controller=controller,
        ),
        sender,
    )


VERBS = (propose, adopt, refuse, issue, issue_part, split_off)
