"""How a command ends: `Recorded` in the log, or `Rejected` with nothing written."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from domain.identifiers import Channel, PersonId
from domain.value import Instant, Value


class NoticeKey(Value):
    """Which notice: one event of a stream, to one person, by one channel. Workers of the version before know these fields, and
    no other.
    """

    version: int = Field(
        description="version of the event, within its stream, that gave the notice"
    )
    recipient: PersonId
    channel: Channel


class Recorded(Value):
    """The command is in the log: just now, or since an earlier attempt with the same command id.

    Fields it does not know are passed over: histories of earlier versions, and their workers while a
    deployment rolls, say more.
    """

    model_config = ConfigDict(extra="ignore")

    kind: Literal["recorded"] = "recorded"
    version: int = Field(description="stream version after the command's last event")
    position: int = Field(
        description="log position of the command's last event; 0 if it wrote none"
    )
    content_version: int | None = Field(
        default=None,
        description="the stream's content version then, which a command's `expected_version` is compared with; "
        "unknown to earlier versions",
    )
    next_wake: Instant | None = Field(
        default=None, description="when the stream next has something due; UTC"
    )
    closed: bool = Field(default=False, description="the stream is at rest: nothing will fall due")


class Rejected(Value):
    """The command broke a rule; nothing was written, and the same id may be used again. Fields it does not know are passed
    over, as `Recorded` does.
    """

    model_config = ConfigDict(extra="ignore")

    kind: Literal["rejected"] = "rejected"
    code: str = Field(description="stable, listed in domain/rejections.py")
    message: str = Field(description="a sentence that says what is wrong and the way out")
    field: str | None = Field(default=None, description="the command's field at fault, if one is")


Outcome = Annotated[Recorded | Rejected, Field(discriminator="kind")]
