"""What a process keeps of the log from one command to the next, so as not to read it again each time."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.directory.decisions import directory_decider
from domain.directory.state import Directory
from domain.identifiers import StreamId
from eventstore.codec import AnyEvent, decoded
from eventstore.protocol import Loaded


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamStanding:
    """How a stream stood when it was last read or written."""

    version: int
    """0 for a stream that does not exist yet."""
    content_version: int
    """As content.py tells it."""
    state: Any
    epoch: int
    session: int
    history: Sequence[AnyEvent] = ()
    """Its events, if they were read just now; not kept."""


class KeptStandings:
    """How the streams stood that were written last. What rests on one is recorded only if it still holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._standings: OrderedDict[StreamId, StreamStanding] = OrderedDict()

    def keep(self, stream_id: StreamId, standing: StreamStanding) -> None:
        self._standings[stream_id] = replace(standing, history=())
        self._standings.move_to_end(stream_id)
        if len(self._standings) > self._most:
            self._standings.popitem(last=False)

    def take(self, stream_id: StreamId) -> StreamStanding | None:
        """It is kept no longer: whoever takes it finds out whether it still holds."""
        return self._standings.pop(stream_id, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryAt:
    """The directory as of one version of its stream."""

    state: Directory
    version: int


class KnownDirectory:
    """The directory as far as it has been read: long, and needed by every decision."""

    def __init__(self) -> None:
        self.latest = DirectoryAt(state=Directory(), version=0)
        self._as_of = (0, 0)
        """Session and epoch."""

    def learn(self, loaded: Loaded, after: int) -> bool:
        """Fold what is new of the events after that version. False if the log is in another epoch or
        session, and may have lost what was folded: then it must be read from the beginning; or if what
        was loaded is of an earlier one, and may itself be lost.
        """
        as_of = (loaded.session, loaded.epoch)
        if as_of < self._as_of:
            return False
        if as_of > self._as_of:
            self.latest, self._as_of = DirectoryAt(state=Directory(), version=0), as_of
        if after > self.latest.version:
            return False
        new = [event for event in loaded.shared if event.version > self.latest.version]
        if new:
            self.latest = DirectoryAt(
                state=directory_decider.fold(decoded(new), self.latest.state),
                version=new[-1].version,
            )
        return True
