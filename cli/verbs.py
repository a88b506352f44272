"""A verb per command to an instruction."""

from pathlib import Path
from typing import Annotated, TypedDict
from uuid import uuid4

from cyclopts import App, Group, Parameter
from pydantic import ValidationError

from cli.errors import OutOfReach, Refused, UsageError, sentences
from cli.options import Sender, deadline, instant, read_file
from cli.output import print_json, print_recorded
from cli.session import connect_temporal, settings_of
from domain.attribution import Identity
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.instruction.terms import Evidence, SourceDocument
from domain.outcomes import Rejected
from domain.policies import DEFAULT_POLICY, Policy
from workflows.client import CommandSender, NoAnswer

group = Group("Commands to an instruction", sort_key=1)

Number = Annotated[str, Parameter(help="The instruction's number.")]
Reason = Annotated[str, Parameter(help="Why; goes into the history.")]
Text = Annotated[str, Parameter(help="What to put on record.")]
_DEADLINE = "A date (the end of that day in the instruction's zone) or an instant with offset."
Deadline = Annotated[str, Parameter(help=_DEADLINE)]


class _Envelope(TypedDict):
    command_id: str
    actor: str
    on_behalf_of: str | None
    identity: Identity
    instruction: str


async def issue(
    number: Number,
    /,
    *,
    text: Annotated[str, Parameter(help="What is to be done.")],
    issuer: Annotated[str, Parameter(help="Body that charges.")],
    deadline_: Annotated[str, Parameter(name="--deadline", help=_DEADLINE)],
    controller: Annotated[str | None, Parameter(help="Body that accepts the result.")] = None,
    programme: Annotated[str | None, Parameter(help="Programme it is a measure of.")] = None,
    sector: Annotated[str | None, Parameter(help="Sector of the programme.")] = None,
    source: Annotated[
        str | None,
        Parameter(help="KIND:NUMBER; decision, directive, agreement, treaty or protocol."),
    ] = None,
    zone: Annotated[str | None, Parameter(help="IANA zone; by default the issuer's.")] = None,
    policy: Annotated[
        Path | None, Parameter(help="JSON file of a reminder and escalation policy.")
    ] = None,
    sender: Sender,
) -> None:
    """Charge: found an instruction with its text and deadline."""
    await _send(
        number,
        c.Issue(
            **_envelope(number, sender),
            number=number,
            text=text,
            issuer=issuer,
            deadline=deadline(deadline_, "--deadline"),
            controller=controller,
            programme=programme,
            sector=sector,
            source=_source(source),
            zone=zone,
            policy=_policy(policy),
        ),
        sender,
    )


async def assign(
    number: Number,
    /,
    *,
    lead: Annotated[str, Parameter(help="Body that answers for it.")],
    co: Annotated[tuple[str, ...], Parameter(help="Body that helps.", negative="")] = (),
    sender: Sender,
) -> None:
    """Name who answers for it and who helps."""
    await _send(number, c.Assign(**_envelope(number, sender), lead=lead, co_assignees=co), sender)


async def acknowledge(number: Number, /, *, sender: Sender) -> None:
    """Take note of the assignment and begin."""
    await _send(number, c.Acknowledge(**_envelope(number, sender)), sender)


async def progress(
    number: Number,
    percent: Annotated[int, Parameter(help="0 to 100.")],
    /,
    *,
    text: Text = "",
    sender: Sender,
) -> None:
    """Say how far it is."""
    await _send(
        number, c.ReportProgress(**_envelope(number, sender), percent=percent, text=text), sender
    )


async def request_extension(
    number: Number, /, *, until: Deadline, reason: Reason, sender: Sender
) -> None:
    """Ask for a later deadline."""
    await _send(
        number,
        c.RequestExtension(
            **_envelope(number, sender), until=deadline(until, "--until"), reason=reason
        ),
        sender,
    )


async def approve_extension(
    number: Number, /, *, until: Deadline | None = None, sender: Sender
) -> None:
    """Agree to a later deadline: the one asked for, or another."""
    agreed = None if until is None else deadline(until, "--until")
    await _send(number, c.ApproveExtension(**_envelope(number, sender), until=agreed), sender)


async def refuse_extension(number: Number, /, *, reason: Reason, sender: Sender) -> None:
    """Keep the deadline."""
    await _send(number, c.RefuseExtension(**_envelope(number, sender), reason=reason), sender)


async def submit(
    number: Number,
    /,
    *,
    text: Text,
    evidence: Annotated[
        tuple[str, ...], Parameter(help="SHA256:SIZE:NAME of a file.", negative="")
    ] = (),
    sender: Sender,
) -> None:
    """Report it as carried out."""
    await _send(
        number,
        c.SubmitReport(
            **_envelope(number, sender), text=text, evidence=tuple(map(_evidence, evidence))
        ),
        sender,
    )


async def accept(number: Number, /, *, text: Text = "", sender: Sender) -> None:
    """Accept the result: take it off control."""
    await _send(number, c.Accept(**_envelope(number, sender), text=text), sender)


async def return_(
    number: Number,
    /,
    *,
    reason: Reason,
    deadline_: Annotated[str | None, Parameter(name="--deadline", help=_DEADLINE)] = None,
    sender: Sender,
) -> None:
    """Send it back for rework, with a new deadline where the current one has passed."""
    new = None if deadline_ is None else deadline(deadline_, "--deadline")
    await _send(number, c.Return(**_envelope(number, sender), reason=reason, deadline=new), sender)


async def cancel(number: Number, /, *, reason: Reason, sender: Sender) -> None:
    """Withdraw the instruction."""
    await _send(number, c.Cancel(**_envelope(number, sender), reason=reason), sender)


async def escalate(
    number: Number,
    /,
    *,
    to: Annotated[
        str, Parameter(help="lead, controller, issuer, issuer-head, superior or body:ID.")
    ],
    reason: Reason,
    sender: Sender,
) -> None:
    """Bring it before somebody further up, now."""
    await _send(number, c.Escalate(**_envelope(number, sender), to=to, reason=reason), sender)


async def acknowledge_escalation(
    number: Number,
    /,
    *,
    until: Annotated[str, Parameter(help="Keep silent until then.")],
    sender: Sender,
) -> None:
    """Take an escalation on; the chain is silent until the moment given."""
    await _send(
        number,
        c.AcknowledgeEscalation(**_envelope(number, sender), until=instant(until, "--until")),
        sender,
    )


async def deescalate(number: Number, /, *, reason: Reason, sender: Sender) -> None:
    """End an escalation; the chain is silent as long as the deadline stays."""
    await _send(number, c.Deescalate(**_envelope(number, sender), reason=reason), sender)


async def comment(number: Number, /, *, text: Text, sender: Sender) -> None:
    """Add a remark."""
    await _send(number, c.Comment(**_envelope(number, sender), text=text), sender)


def add_to(app: App) -> None:
    for verb in (issue, assign, acknowledge, progress):
        app.command(verb, group=group)
    for verb in (request_extension, approve_extension, refuse_extension, submit, accept):
        app.command(verb, group=group)
    app.command(return_, name="return", group=group)
    for verb in (cancel, escalate, acknowledge_escalation, deescalate, comment):
        app.command(verb, group=group)


def _envelope(number: str, sender: Sender) -> _Envelope:
    return _Envelope(
        command_id=str(uuid4()) if sender.command_id is None else sender.command_id,
        actor=sender.actor,
        on_behalf_of=sender.on_behalf_of,
        identity=Identity(kind="asserted", method="command-line"),
        instruction=instruction_id(number),
    )


async def _send(number: str, command: c.ClientCommand, sender: Sender) -> None:
    settings = settings_of(sender.folder)
    client = await connect_temporal(settings)
    try:
        outcome = await CommandSender(client, settings.temporal_task_queue).send(command)
    except NoAnswer as error:
        raise OutOfReach(f"{error}. To send it again: --command-id {command.command_id}") from error
    if isinstance(outcome, Rejected):
        message = outcome.message.replace(command.instruction, number)  # what the user knows it by
        raise Refused(outcome.code, message, outcome.field)
    if sender.json:
        print_json({"command_id": command.command_id, **outcome.model_dump(mode="json")})
    else:
        print_recorded(command, outcome)


def _source(text: str | None) -> SourceDocument | None:
    if text is None:
        return None
    kind, _, number = text.partition(":")
    try:
        return SourceDocument.model_validate({"kind": kind, "number": number})
    except ValidationError as error:
        raise UsageError(f"--source {text} is not KIND:NUMBER: {sentences(error)}") from error


def _evidence(text: str) -> Evidence:
    sha256, size, name = (*text.split(":", 2), "", "")[:3]
    try:
        return Evidence.model_validate({"sha256": sha256, "size": size, "name": name})
    except ValidationError as error:
        raise UsageError(
            f"--evidence {text} is not SHA256:SIZE:NAME: {sentences(error)}"
        ) from error


def _policy(file: Path | None) -> Policy:
    if file is None:
        return DEFAULT_POLICY
    try:
        return Policy.model_validate_json(read_file(file))
    except ValidationError as error:
        raise UsageError(f"--policy {file}: {sentences(error)}") from error
