"""What the clients sent, and what they were told: the driver's own account, which the log is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.identifiers import CommandId, StreamId

Door = Literal["update", "api"]
"""A Temporal Update, or the web's API."""
Asked = Literal["new", "at once", "again", "changed"]
"""For the first time; the same at the same time, by the other door; the same once more, after it was answered as recorded;
another body under the same id."""


@dataclass(kw_only=True, slots=True)
class Told:
    """One command that was sent until there was an answer."""

    command_id: CommandId
    stream: StreamId
    type: str
    door: Door
    asked: Asked
    sent_at: float
    """Seconds since the run began, as below."""
    says: Mapping[str, object] = field(default_factory=dict[str, object])
    """As of `said_in_event`."""
    attempts: int = 0
    told_at: float | None = None
    """None: its outcome is unknown."""
    recorded: bool = False
    version: int | None = None
    """Of the stream; not told by the API, which counts without notices."""
    position: int = 0
    code: str | None = None
    """Of the refusal."""


@dataclass(kw_only=True)
class Account:
    """All of them, in the order in which they were sent."""

    told: list[Told] = field(default_factory=list[Told])
    streams: set[StreamId] = field(default_factory=set[StreamId])
    """Of the instructions whose founding was sent."""

    @property
    def commands(self) -> int:
        """That came to an end: recorded or refused. Each counts once, however often it was sent."""
        return sum(one.told_at is not None and one.asked == "new" for one in self.told)
