"""Asking for a later deadline, and the answer."""

from cli.arguments import Deadline, NewDeadline, Number, Reason
from cli.envelope import to_instruction
from cli.options import Sender, deadline
from cli.verbs.options import sent
from domain.instruction import commands as c


async def request_extension(
    number: Number, /, *, deadline_: Deadline, reason: Reason, sender: Sender
) -> None:
    """Ask for a later deadline."""
    await sent(
        number,
        c.RequestExtension(
            **to_instruction(number, sender), until=deadline(deadline_, "--deadline"), reason=reason
        ),
        sender,
        sets_a_deadline=True,
    )


async def withdraw_extension(number: Number, /, *, sender: Sender) -> None:
    """Ask for a later deadline no more."""
    await sent(number, c.WithdrawExtension(**to_instruction(number, sender)), sender)


async def approve_extension(
    number: Number, /, *, deadline_: NewDeadline = None, sender: Sender
) -> None:
    """Agree to a later deadline: the one asked for, or another."""
    agreed = None if deadline_ is None else deadline(deadline_, "--deadline")
    command = c.ApproveExtension(**to_instruction(number, sender), until=agreed)
    await sent(number, command, sender, sets_a_deadline=True)


async def refuse_extension(number: Number, /, *, reason: Reason, sender: Sender) -> None:
    """Keep the deadline."""
    await sent(number, c.RefuseExtension(**to_instruction(number, sender), reason=reason), sender)


VERBS = (request_extension, withdraw_extension, approve_extension, refuse_extension)
