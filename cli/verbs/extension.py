"""Asking for a later deadline, and the answer."""

from cli.options import Sender, deadline
from cli.sending import envelope
from cli.verbs.options import Number, Reason, Until, sent
from domain.instruction import commands as c


async def request_extension(
    number: Number, /, *, until: Until, reason: Reason, sender: Sender
) -> None:
    """Ask for a later deadline."""
    await sent(
        number,
        c.RequestExtension(
            **envelope(number, sender), until=deadline(until, "--until"), reason=reason
        ),
        sender,
        sets_a_deadline=True,
    )


async def withdraw_extension(number: Number, /, *, sender: Sender) -> None:
    """Ask for a later deadline no more."""
    await sent(number, c.WithdrawExtension(**envelope(number, sender)), sender)


async def approve_extension(
    number: Number, /, *, until: Until | None = None, sender: Sender
) -> None:
    """Agree to a later deadline: the one asked for, or another."""
    agreed = None if until is None else deadline(until, "--until")
    command = c.ApproveExtension(**envelope(number, sender), until=agreed)
    await sent(number, command, sender, sets_a_deadline=True)


async def refuse_extension(number: Number, /, *, reason: Reason, sender: Sender) -> None:
    """Keep the deadline."""
    await sent(number, c.RefuseExtension(**envelope(number, sender), reason=reason), sender)


VERBS = (request_extension, withdraw_extension, approve_extension, refuse_extension)
