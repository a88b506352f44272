"""What a decision looks up in other streams, gathered before it and passed in as one value."""

from dataclasses import dataclass
from datetime import date

from domain.directory.state import Directory
from domain.instruction.events import InstructionEvent
from domain.instruction.state import KnownState, Record
from domain.outcomes import Rejected
from domain.programme.state import Programme


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What of the other streams bears on the command. What it does not name is left empty."""

    directory: Directory
    """As of now."""
    programme: Programme | None = None
    """The one the command names, if it exists."""
    parent: KnownState | None = None
    """The instruction that this one is a part of."""
    open_parts: tuple[Record, ...] = ()
    """The parts that are not closed, where the command sets a deadline."""
    history: tuple[InstructionEvent, ...] = ()
    """The instruction's own events as recorded, where the command refers to one of them."""
    head: int = 0
    """The last position of the log, where the command names one."""
    rule_days: tuple[date, ...] = ()
    """Where the command concerns a recurrence: the days of its rule that come next, in order. Few: where
    they are fewer than `LOOK_AHEAD`, the rule ends with them."""
    refused: Rejected | None = None
    """Why what the command would have recorded in another stream is refused there."""
    tzdata: str
    """Version of the time zone database that computed instants are computed with."""
