"""Changes to the charge itself."""

from typing import Annotated

from cyclopts import Parameter

from cli.arguments import Deadline, NewDeadline, Number, Reason
from cli.envelope import to_instruction
from cli.options import Sender, deadline
from cli.verbs.options import sent
from domain.deadline import DeadlineRequest
from domain.instruction import commands as c


async def change_deadline(
    number: Number, /, *, deadline_: Deadline, reason: Reason, sender: Sender
) -> None:
    """Set another deadline, later or earlier."""
    new = deadline(deadline_, "--deadline")
    command = c.ChangeDeadline(**to_instruction(number, sender), deadline=new, reason=reason)
    await sent(number, command, sender, sets_a_deadline=True)


WithParts = Annotated[
    bool, Parameter(help="And its open parts, and theirs, all at once.", negative="")
]


async def suspend(
    number: Number, /, *, reason: Reason, with_parts: WithParts = False, sender: Sender
) -> None:
    """Stop the clock until it is resumed."""
    command = c.Suspend(**to_instruction(number, sender), reason=reason, with_parts=with_parts)
    await sent(number, command, sender)


async def resume(
    number: Number,
    /,
    *,
    deadline_: NewDeadline = None,
    with_parts: Annotated[
        bool, Parameter(help="And the parts that were suspended with it.", negative="")
    ] = False,
    sender: Sender,
) -> None:
    """Go on; by default the deadline moves by the suspended days."""
    new = _new(deadline_)
    command = c.Resume(**to_instruction(number, sender), deadline=new, with_parts=with_parts)
    await sent(number, command, sender)


async def cancel(
    number: Number, /, *, reason: Reason, with_parts: WithParts = False, sender: Sender
) -> None:
    """Withdraw the instruction."""
    command = c.Cancel(**to_instruction(number, sender), reason=reason, with_parts=with_parts)
    await sent(number, command, sender)


async def reopen(
    number: Number, /, *, reason: Reason, deadline_: NewDeadline = None, sender: Sender
) -> None:
    """Take up a closed instruction again, with a new deadline where the current one has passed."""
    await sent(
        number,
        c.Reopen(**to_instruction(number, sender), reason=reason, deadline=_new(deadline_)),
        sender,
    )


def _new(text: str | None) -> DeadlineRequest | None:
    return None if text is None else deadline(text, "--deadline")


VERBS = (change_deadline, suspend, resume, cancel, reopen)
