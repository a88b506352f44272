"""The outside store: checkpoints and tiles in a folder or bucket that the database's keepers cannot write.

```
OutsideError
├── OutsideFailed    the store did not answer, or refused; trying again is safe
└── Contradiction    what is there says otherwise; it was left as it is
```
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import obstore
from obstore.exceptions import AlreadyExistsError

from audit.tiles import HASH, Tile, width_in
from objectstore.durability import failures, reach, settle
from objectstore.location import Objects

LATEST = "checkpoint"
_AT_ONCE = 16
_DIGITS = 12


class OutsideError(Exception):
    """The base of what goes wrong with the outside store."""


class OutsideFailed(OutsideError):
    """The store did not answer, or refused; trying again is safe."""


class Contradiction(OutsideError):
    """What is there says otherwise; it was left as it is."""


class OutsideStore:
    """Keeps what it is given under its name, and never gives a name another content.

    The one exception is `checkpoint`, the latest, which whoever writes it must have proved to continue
    the one before. Every method raises `OutsideFailed`.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def latest(self) -> str | None:
        """The note called `checkpoint`."""
        found = await self._get(LATEST)
        return None if found is None else found.decode(errors="replace")

    async def write_latest(self, note: str) -> None:
        with _failures():
            await obstore.put_async(self._objects, LATEST, note.encode())
        with _failures():
            await settle(self._objects, LATEST)

    async def numbers(self, after: int = 0) -> list[int]:
        """Of the checkpoints that are there after a number, in order."""
        found: list[int] = []
        with _failures():
            await reach(self._objects)
            listing = obstore.list(  # pyright: ignore[reportUnknownMemberType]
                self._objects, prefix="checkpoints", offset=_checkpoint(after), chunk_size=1000
            )
            async for batch in listing:
                names = (entry["path"].rpartition("/")[2] for entry in batch)
                found += [int(name) for name in names if name.isascii() and name.isdigit()]
        return sorted(found)

    async def notes(self, numbers: Sequence[int]) -> Mapping[int, str]:
        """The notes of these checkpoints; absent ones are left out."""
        found = await self.read_all([_checkpoint(number) for number in numbers])
        return {
            number: note.decode(errors="replace")
            for number, note in zip(numbers, found, strict=True)
            if note is not None
        }

    async def write_checkpoint(self, number: int, note: str) -> None:
        """Raises `Contradiction` if another is there under that number."""
        await self.create(_checkpoint(number), note.encode())

    def line(self, line: int) -> "OutsideTiles":
        """The tiles of a line: the first one's are at the top, as tlog-tiles has them."""
        return OutsideTiles(self, "" if line == 1 else f"line-{line}/")

    async def create(self, path: str, content: bytes) -> None:
        """Write what is not there yet. Raises `Contradiction` if it is, and differs."""
        there = await self._get(path)
        if there is None:
            with _failures():
                try:
                    await obstore.put_async(self._objects, path, content, mode="create")
                except AlreadyExistsError:
                    there = await self._get(path)
            with _failures():
                await settle(self._objects, path)
        if there is not None and there != content:
            raise Contradiction(
                f"outside, {path} holds something else; it was left as it is. If it was spoilt there, take "
                "it away by hand, then `remit audit repair --reason REASON`"
            )

    async def _get(self, path: str) -> bytes | None:
        with _failures():
            try:
                found = await obstore.get_async(self._objects, path)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                await reach(self._objects)
                return None

    async def create_all(self, contents: Mapping[str, bytes]) -> None:
        """The same for many, several at once."""
        items = list(contents.items())
        for at in range(0, len(items), _AT_ONCE):
            await asyncio.gather(*(self.create(*item) for item in items[at : at + _AT_ONCE]))

    async def read_all(self, paths: Sequence[str]) -> list[bytes | None]:
        """What these paths hold, several read at once; None for one that is not there."""
        found: list[bytes | None] = []
        for at in range(0, len(paths), _AT_ONCE):
            found += await asyncio.gather(*map(self._get, paths[at : at + _AT_ONCE]))
        return found


class OutsideTiles:
    """A `TileSource` over the tiles of one line."""

    def __init__(self, store: OutsideStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    async def tiles(self, wanted: Sequence[Tile], size: int) -> Mapping[Tile, bytes]:
        """As wide as they are in a tree of that size; a checkpoint of that size must be outside."""
        paths = [self._prefix + tile.path(width_in(tile, size)) for tile in wanted]
        found = await self._store.read_all(paths)
        return {tile: held for tile, held in zip(wanted, found, strict=True) if held is not None}

    async def write(self, tiles: Mapping[Tile, bytes]) -> None:
        """Write tiles, each by its width. Raises `Contradiction` if one holds other hashes."""
        await self._store.create_all(
            {self._prefix + tile.path(len(held) // HASH): held for tile, held in tiles.items()}
        )


def _checkpoint(number: int) -> str:
    return f"checkpoints/{number:0{_DIGITS}}"


def _failures() -> AbstractContextManager[None]:
    return failures(OutsideFailed, "the outside store")
