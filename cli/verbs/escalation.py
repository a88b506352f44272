"""What operators do about delays."""

from typing import Annotated

from cyclopts import Parameter

from cli.arguments import EscalatedTo, Number, Reason, SilentUntil
from cli.envelope import to_instruction
from cli.options import Sender, instant
from cli.verbs.options import sent
from domain.instruction import commands as c


async def escalate(
    number: Number,
    /,
    *,
    to: EscalatedTo,
    reason: Reason,
    sender: Sender,
) -> None:
    """Bring it before somebody further up, now."""
    await sent(number, c.Escalate(**to_instruction(number, sender), to=to, reason=reason), sender)


async def acknowledge_escalation(number: Number, /, *, until: SilentUntil, sender: Sender) -> None:
    """Take an escalation on; the chain is silent until the moment given."""
    await sent(
        number,
        c.AcknowledgeEscalation(**to_instruction(number, sender), until=instant(until, "--until")),
        sender,
    )


async def snooze(
    number: Number, /, *, until: SilentUntil, reason: Reason = "", sender: Sender
) -> None:
    """Keep the escalation chain silent until the moment given."""
    moment = instant(until, "--until")
    await sent(
        number, c.Snooze(**to_instruction(number, sender), until=moment, reason=reason), sender
    )


async def deescalate(
    number: Number,
    /,
    *,
    reason: Reason,
    give_back: Annotated[
        bool,
        Parameter(help="To the lead from whom the escalation took the work.", negative=""),
    ] = False,
    sender: Sender,
) -> None:
    """End an escalation; the chain is silent as long as the deadline stays."""
    command = c.Deescalate(**to_instruction(number, sender), reason=reason, give_back=give_back)
    await sent(number, command, sender)


VERBS = (escalate, acknowledge_escalation, snooze, deescalate)
