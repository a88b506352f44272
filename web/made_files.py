"""Large files that are made for one answer: a few at a time, on the disk, and gone with the answer."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import StreamingResponse

from web.problems import ApiCode, Problem

_AT_A_TIME = 2
_CHUNK = 1 << 18
_WAIT = 30


class Making:
    """How many are being made in this process."""

    def __init__(self, at_a_time: int = _AT_A_TIME) -> None:
        self._free = at_a_time

    @contextmanager
    def turn(self) -> Generator[None]:
        """Raises `Problem` busy at once if there is none free: a client that waits is a connection that waits."""
        if not self._free:
            raise Problem(
                ApiCode.BUSY,
                "as many large files are being made as may be at a time",
                headers={"retry-after": str(_WAIT)},
            )
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def making_of(request: Request) -> Making:
    return request.app.state.making


def sent(made: Path, name: str, media_type: str) -> StreamingResponse:
    """The file as an answer. Its name goes at once, its content when it is sent, or the client gone.

    Args:
        name: what it is to be called by whoever keeps it.
    """
    file = made.open("rb")
    length = made.stat().st_size
    made.unlink()
    told = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"content-length": str(length), "content-disposition": told}
    return StreamingResponse(_chunks(file), media_type=media_type, headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
