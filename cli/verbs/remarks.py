"""What is put on record without changing how things stand."""

from typing import Annotated

from cyclopts import Parameter

from cli.arguments import Number, Reason, Text
from cli.envelope import to_instruction
from cli.options import Sender
from cli.verbs.options import sent
from domain.instruction import commands as c
from domain.outcomes import NoticeKey


async def comment(number: Number, /, *, text: Text, sender: Sender) -> None:
    """Add a remark."""
    await sent(number, c.Comment(**to_instruction(number, sender), text=text), sender)


async def correct(
    number: Number,
    version: Annotated[int, Parameter(help="Of the event, as `history` numbers them.")],
    /,
    *,
    field: Annotated[
        c.CorrectableField, Parameter(help="What to correct.", name_transform=lambda name: name)
    ],
    value: Annotated[
        str, Parameter(help="The text; the instant, with offset; or the body acted for.")
    ],
    reason: Reason,
    sender: Sender,
) -> None:
    """Put right what an earlier event says; the event itself stays beside the correction."""
    await sent(
        number,
        c.Correct(
            **to_instruction(number, sender),
            version=version,
            field=field,
            value=value,
            reason=reason,
        ),
        sender,
    )


async def acknowledge_notice(
    number: Number,
    /,
    *,
    version: Annotated[int, Parameter(help="Of the event that you were told of, as in `notices`.")],
    channel: Annotated[str, Parameter(help="By which channel.")] = "email",
    sender: Sender,
) -> None:
    """As who was told: say that you have taken note of a notice."""
    notice = NoticeKey(version=version, recipient=sender.actor, channel=channel)
    await sent(number, c.AcknowledgeNotice(**to_instruction(number, sender), notice=notice), sender)


VERBS = (comment, correct, acknowledge_notice)
