"""Large files that are made for one answer: a few at a time, on the disk, and gone with the answer."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.identifiers import PersonId
from web.problems import ApiCode, Problem

_AT_A_TIME = 2
_ON_DISK = 8
_OF_A_PERSON = 2
_CHUNK = 1 << 18
_WAIT = 30


class Making:
    """How many are being made in this process, and how many take room on its disk: those being sent do as well. Of
    these, only so many are of one person: whoever reads slowly keeps nobody else out.
    """

    def __init__(
        self,
        at_a_time: int = _AT_A_TIME,
        on_disk: int = _ON_DISK,
        of_a_person: int = _OF_A_PERSON,
    ) -> None:
        self._turns = at_a_time
        self._room = on_disk
        self._of_a_person = of_a_person
        self._held: Counter[PersonId] = Counter()

    @contextmanager
    def turn(self, person: PersonId) -> Generator["Room"]:
        """Gives the room for one, which ends with the block unless an answer has taken it over.

        Raises `Problem` busy at once if there is none free, and too-many-requests if this person has as many as they may:
        a client that waits is a connection that waits.
        """
        if self._held[person] >= self._of_a_person:
            raise Problem(
                ApiCode.TOO_MANY_REQUESTS,
                f"{self._of_a_person} large files are being made for you, or sent to you; take one of them first",
                headers={"retry-after": str(_WAIT)},
            )
        if not (self._turns and self._room):
            raise Problem(
                ApiCode.BUSY,
                "as many large files are being made, or sent, as may be at a time",
                headers={"retry-after": str(_WAIT)},
            )
        self._turns -= 1
        self._room -= 1
        self._held[person] += 1
        room = Room(self, person)
        try:
            yield room
        except BaseException:
            room.give_up()
            raise
        finally:
            self._turns += 1
            if room.file is None:
                self.give_back(room)

    def give_back(self, room: "Room") -> None:
        self._room += 1
        self._held[room.person] -= 1
        if not self._held[room.person]:
            del self._held[room.person]


class Room:
    """For one file of a person's, on the disk."""

    def __init__(self, making: Making, person: PersonId) -> None:
        self.making = making
        self.person = person
        self.file: BinaryIO | None = None
        """What an answer that has taken the room over sends from it."""

    def give_up(self) -> None:
        """That answer is never sent."""
        if self.file is not None:
            self.file.close()
            self.file = None


def making_of(request: Request) -> Making:
    return request.app.state.making


def sent(made: Path, name: str, media_type: str, room: Room) -> StreamingResponse:
    """The file as an answer. Its name goes at once, its content and its room when it is sent, or the client gone.

    Args:
        name: what it is to be called by whoever keeps it.
    """
    file = made.open("rb")
    length = made.stat().st_size
    made.unlink()
    told = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"content-length": str(length), "content-disposition": told}
    room.file = file
    return _Sending(file, room, media_type, headers)


class _Sending(StreamingResponse):
    def __init__(
        self, file: BinaryIO, room: Room, media_type: str, headers: dict[str, str]
    ) -> None:
        super().__init__(_chunks(file), media_type=media_type, headers=headers)
        self._file = file
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()
            self._room.making.give_back(self._room)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
