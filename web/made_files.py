"""Large files that are made for one answer: a few at a time, on the disk, and gone with the answer."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from web.problems import ApiCode, Problem

_AT_A_TIME = 2
_ON_DISK = 8
_CHUNK = 1 << 18
_WAIT = 30


class Making:
    """How many are being made in this process, and how many take room on its disk: those being sent do as well."""

    def __init__(self, at_a_time: int = _AT_A_TIME, on_disk: int = _ON_DISK) -> None:
        self._turns = at_a_time
        self._room = on_disk

    @contextmanager
    def turn(self) -> Generator["Room"]:
        """Gives the room for one, which ends with the block unless an answer has taken it over.

        Raises `Problem` busy at once if there is none free: a client that waits is a connection that waits.
        """
        if not (self._turns and self._room):
            raise Problem(
                ApiCode.BUSY,
                "as many large files are being made, or sent, as may be at a time",
                headers={"retry-after": str(_WAIT)},
            )
        self._turns -= 1
        self._room -= 1
        room = Room(self)
        try:
            yield room
        except BaseException:
            room.give_up()
            raise
        finally:
            self._turns += 1
            if room.file is None:
                self.give_back()

    def give_back(self) -> None:
        self._room += 1


class Room:
    """For one file, on the disk."""

    def __init__(self, making: Making) -> None:
        self.making = making
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
        self._made_in = room.making

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()
            self._made_in.give_back()


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
