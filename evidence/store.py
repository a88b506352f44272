"""The store of evidence over obstore, which speaks to folders and to S3-compatible stores alike."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractContextManager
from io import BufferedRandom, BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeAlias

import obstore

from evidence.protocol import Altered, KeptFile, NotKept, SourceChanged, StoreFailed, Unexpected
from objectstore.durability import failures, reach, settle
from objectstore.location import Objects, open_objects

_READ = 1024 * 1024
PART = 8 * 1024 * 1024
"""Bytes sent in one piece, of which two are under way at once."""
_MOST_PARTS = 10_000  # S3 takes no more for one object
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EMPTY = hashlib.sha256().hexdigest()

_File: TypeAlias = BufferedReader | BufferedRandom


class ObjectEvidenceStore:
    """An `EvidenceStore`: each file is the object `ab/cd/abcd…`, named by its SHA-256 and nothing else.

    Made by `open_evidence`.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def put(
        self, source: Path | AsyncIterable[bytes], *, expected: str | None = None
    ) -> KeptFile:
        with await _opened(source) as file:
            hashing = await asyncio.to_thread(hashlib.file_digest, file, "sha256")
            kept = KeptFile(sha256=hashing.hexdigest(), size=file.tell())
            if expected not in (None, kept.sha256):
                raise Unexpected(f"the file has SHA-256 {kept.sha256}, not {expected}")
            if not await self._intact(kept.sha256):
                await self._upload(kept, file)
        with _failures():
            await settle(self._objects, _key(kept.sha256))
        return kept

    async def get(self, sha256: str) -> AsyncIterator[bytes]:
        key, hashing = _key(sha256), hashlib.sha256()
        with _failures():
            try:
                found = await obstore.get_async(self._objects, key)
            except FileNotFoundError as error:
                await reach(self._objects)
                raise NotKept(sha256) from error
            async for piece in found.stream(min_chunk_size=_READ):
                hashing.update(piece)
                yield bytes(piece)
        if hashing.hexdigest() != sha256:
            raise Altered(sha256, hashing.hexdigest())

    async def verify(self, sha256: str) -> int:
        size = 0
        async for piece in self.get(sha256):
            size += len(piece)
        return size

    async def size(self, sha256: str) -> int:
        key = _key(sha256)
        with _failures():
            try:
                found = await obstore.head_async(self._objects, key)
            except FileNotFoundError as error:
                await reach(self._objects)
                raise NotKept(sha256) from error
        return found["size"]

    async def exists(self, sha256: str) -> bool:
        try:
            await self.size(sha256)
        except NotKept:
            return False
        return True

    async def check(self) -> None:
        with _failures():  # written even if it is there; needs no right to delete
            await reach(self._objects)
            await obstore.put_async(self._objects, _key(_EMPTY), b"")

    async def _intact(self, sha256: str) -> bool:
        try:
            await self.verify(sha256)
        except (NotKept, Altered):
            return False
        return True

    async def _upload(self, kept: KeptFile, file: _File) -> None:
        """Send the file; it appears under its name at once, after the last piece proved right."""
        reader = _Reader(file, kept)
        with _failures():
            sending = asyncio.ensure_future(
                obstore.put_async(
                    self._objects,
                    _key(kept.sha256),
                    reader.pieces(),
                    chunk_size=max(PART, -(-kept.size // _MOST_PARTS)),
                    max_concurrency=2,
                )
            )
            try:
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                # An upload that fails takes its parts back; one that is cancelled leaves them there.
                reader.cancelled = True
                await asyncio.gather(sending, return_exceptions=True)
                raise


def open_evidence(
    url: str, *, access_key: str | None = None, secret_key: str | None = None
) -> ObjectEvidenceStore:
    """The store of evidence at that URL, as `open_objects` takes it. Raises `BadLocation`."""
    return ObjectEvidenceStore(open_objects(url, access_key=access_key, secret_key=secret_key))


class _Reader:
    """The pieces of a file that is being sent, hashed once more on the way."""

    def __init__(self, file: _File, kept: KeptFile) -> None:
        self._file = file
        self._kept = kept
        self.cancelled = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises `SourceChanged` after the last piece unless all is as it was when the hash was taken."""
        hashing = hashlib.sha256()
        await asyncio.to_thread(self._file.seek, 0)
        while piece := await asyncio.to_thread(self._file.read, _READ):
            if self.cancelled:
                raise SourceChanged("the rest of the file is not wanted")
            hashing.update(piece)
            yield piece
        if hashing.hexdigest() != self._kept.sha256:
            raise SourceChanged("the file changed while it was read; nothing was kept")


async def _opened(source: Path | AsyncIterable[bytes]) -> _File:
    """The file, or what a stream brings in a file without a name: it is read twice."""
    if isinstance(source, Path):
        return await asyncio.to_thread(source.open, "rb")
    file = await asyncio.to_thread(TemporaryFile)
    try:
        async for piece in source:
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.seek, 0)
    except BaseException:
        file.close()
        raise
    return file


def _key(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256: it takes 64 hexadecimal digits in lower case")
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _failures() -> AbstractContextManager[None]:
    return failures(StoreFailed, "the store of evidence")
