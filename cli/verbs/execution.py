"""What the assignees do, and the controller's verdict."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.arguments import NewDeadline, Number, Reason, Text
from cli.envelope import to_instruction
from cli.evidence import kept
from cli.options import Sender, deadline
from cli.session import settings_of
from cli.verbs.options import sent
from domain.instruction import commands as c


async def progress(
    number: Number,
    percent: Annotated[int, Parameter(help="0 to 100.")],
    /,
    *,
    text: Text = "",
    milestone: Annotated[
        tuple[str, ...], Parameter(help="The id of one that is reached now.", negative="")
    ] = (),
    sender: Sender,
) -> None:
    """Say how far it is, and which milestones are reached."""
    command = c.ReportProgress(
        **to_instruction(number, sender), percent=percent, text=text, milestones=milestone
    )
    await sent(number, command, sender)


async def request_progress(number: Number, /, *, text: Text = "", sender: Sender) -> None:
    """Ask the assignees how far it is."""
    await sent(number, c.RequestProgress(**to_instruction(number, sender), text=text), sender)


async def submit(
    number: Number,
    /,
    *,
    text: Text,
    evidence: Annotated[
        tuple[Path, ...], Parameter(help="A file that shows the result.", negative="")
    ] = (),
    sender: Sender,
) -> None:
    """Report it as carried out."""
    files = await kept(settings_of(sender.folder), evidence) if evidence else ()
    await sent(
        number, c.SubmitReport(**to_instruction(number, sender), text=text, evidence=files), sender
    )


async def withdraw_report(number: Number, /, *, sender: Sender) -> None:
    """Take the report back: work goes on, and so does the time."""
    await sent(number, c.WithdrawReport(**to_instruction(number, sender)), sender)


async def accept(number: Number, /, *, text: Text = "", sender: Sender) -> None:
    """Accept the result: take it off control."""
    await sent(number, c.Accept(**to_instruction(number, sender), text=text), sender)


async def return_(
    number: Number,
    /,
    *,
    reason: Reason,
    deadline_: NewDeadline = None,
    side: Annotated[
        tuple[str, ...],
        Parameter(help="Of joint leads, one that must report again; by default all.", negative=""),
    ] = (),
    sender: Sender,
) -> None:
    """Send it back for rework, with a new deadline where the current one has passed."""
    new = None if deadline_ is None else deadline(deadline_, "--deadline")
    command = c.Return(**to_instruction(number, sender), reason=reason, deadline=new, sides=side)
    await sent(number, command, sender)


VERBS = (progress, request_progress, submit, withdraw_report, accept, return_)
