"""Who answers for it, who helps, who controls and who looks on."""

from typing import Annotated

from cyclopts import Parameter

from cli.arguments import Helpers, Number, Reason
from cli.envelope import to_instruction
from cli.options import Sender
from cli.verbs.options import sent
from domain.instruction import commands as c

Lead = Annotated[str, Parameter(help="Body that answers for it.")]
Joint = Annotated[
    tuple[str, ...],
    Parameter(help="Body that answers for it as well, and reports too.", negative=""),
]


async def assign(
    number: Number, /, *, lead: Lead, joint: Joint = (), co: Helpers = (), sender: Sender
) -> None:
    """Name who answers for it and who helps."""
    command = c.Assign(
        **to_instruction(number, sender), lead=lead, joint_leads=joint, co_assignees=co
    )
    await sent(number, command, sender, sets_a_deadline=True)


async def reassign(
    number: Number, /, *, lead: Lead, joint: Joint = (), co: Helpers = (), sender: Sender
) -> None:
    """Name others; a new lead has yet to acknowledge."""
    command = c.Reassign(
        **to_instruction(number, sender), lead=lead, joint_leads=joint, co_assignees=co
    )
    await sent(number, command, sender, sets_a_deadline=True)


async def acknowledge(number: Number, /, *, sender: Sender) -> None:
    """Take note of the assignment and begin."""
    await sent(number, c.Acknowledge(**to_instruction(number, sender)), sender)


async def decline(number: Number, /, *, reason: Reason, sender: Sender) -> None:
    """Give the assignment back."""
    await sent(number, c.Decline(**to_instruction(number, sender), reason=reason), sender)


async def set_controller(
    number: Number,
    controller: Annotated[
        str | None, Parameter(help="Body that accepts the result; none if not given.")
    ] = None,
    /,
    *,
    sender: Sender,
) -> None:
    """Name who accepts the result."""
    await sent(
        number, c.SetController(**to_instruction(number, sender), controller=controller), sender
    )


async def set_observers(
    number: Number, /, *observers: Annotated[str, Parameter(help="A body.")], sender: Sender
) -> None:
    """Name all bodies that look on; none if none is given."""
    await sent(
        number, c.SetObservers(**to_instruction(number, sender), observers=observers), sender
    )


VERBS = (assign, reassign, acknowledge, decline, set_controller, set_observers)
