"""What a decision looks up in other streams, gathered before it and passed in as one value."""

from dataclasses import dataclass

from domain.directory.state import Directory
from domain.programme.state import Programme


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """The directory as of now, the programme the command names (if it exists), the tzdata in use."""

    directory: Directory
    programme: Programme | None = None
    tzdata: str
    """Version of the time zone database that computed instants are computed with."""
