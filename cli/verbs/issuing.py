"""How an instruction comes to be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import Parameter
from pydantic import ValidationError

from cli.errors import UsageError, sentences
from cli.options import Sender, deadline, read_file
from cli.sending import envelope
from cli.verbs.options import Deadline, NewDeadline, Number, Reason, Source, sent, source
from domain.instruction import commands as c
from domain.policies import DEFAULT_POLICY, Policy

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
    policy: Path | None = None
    """JSON file of a reminder and escalation policy."""

    def command(self, kind: type[Founding], number: str, sender: Sender) -> Founding:
        return kind(
            **envelope(number, sender),
            number=number,
            text=self.text,
            issuer=self.issuer,
            deadline=deadline(self.deadline_, "--deadline"),
            controller=self.controller,
            programme=self.programme,
            sector=self.sector,
            source=source(self.source_),
            zone=self.zone,
            policy=_policy(self.policy),
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
    sender: Sender,
) -> None:
    """Decide for a proposal: it is issued, with the proposed deadline or another."""
    await sent(
        number,
        c.Adopt(
            **envelope(number, sender),
            deadline=None if deadline_ is None else deadline(deadline_, "--deadline"),
            source=source(source_),
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
        c.Refuse(**envelope(number, sender), reason=reason, source=source(source_)),
        sender,
    )


async def issue(number: Number, /, *, charge: Charge, sender: Sender) -> None:
    """Charge: found an instruction with its text and deadline."""
    await sent(number, charge.command(c.Issue, number, sender), sender, sets_a_deadline=True)


async def issue_part(
    number: Number,
    part: Annotated[str, Parameter(help="The part's own number.")],
    /,
    *,
    text: Annotated[str, Parameter(help="What is to be done.")],
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
            **envelope(number, sender),
            number=part,
            text=text,
            deadline=deadline(deadline_, "--deadline"),
            controller=controller,
        ),
        sender,
    )


def _policy(file: Path | None) -> Policy:
    if file is None:
        return DEFAULT_POLICY
    try:
        return Policy.model_validate_json(read_file(file))
    except ValidationError as error:
        raise UsageError(f"--policy {file}: {sentences(error)}") from error


VERBS = (propose, adopt, refuse, issue, issue_part)
