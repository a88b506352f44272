"""What a store of evidence promises, and the errors it raises.

```
EvidenceError
├── NotKept         no file of that hash is there
├── Altered         what is there has another hash
├── SourceChanged   the file to keep changed while it was read
├── Unexpected      the file to keep is another than the one that was to be kept
└── StoreFailed     the store did not answer, or refused
```
"""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class EvidenceError(Exception):
    """The base of what goes wrong with a store of evidence."""


class NotKept(EvidenceError):
    """No file of that hash is there."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"no file with SHA-256 {sha256} is kept")
        self.sha256 = sha256


class Altered(EvidenceError):
    """What is kept under that hash has another: it was changed or damaged after it was kept."""

    def __init__(self, sha256: str, found: str) -> None:
        super().__init__(f"the file kept as SHA-256 {sha256} was altered: its own is {found}")
        self.sha256 = sha256


class SourceChanged(EvidenceError):
    """The file to keep changed while it was read; nothing was kept. Try again when nobody writes it."""


class Unexpected(EvidenceError):
    """The file to keep is another than the one that was to be kept; nothing was kept."""


class StoreFailed(EvidenceError):
    """The store did not answer, or refused; trying again is safe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptFile:
    """A file that is kept; `size` in bytes."""

    sha256: str
    size: int


class EvidenceStore(Protocol):
    """Keeps files under the SHA-256 of their content. Memory is bounded, whatever a file's size.

    A hash is written as 64 hexadecimal digits in lower case; anything else is a `ValueError`.
    Every method raises `StoreFailed` if the store does not answer or refuses.
    """

    async def put(
        self, source: Path | AsyncIterable[bytes], *, expected: str | None = None
    ) -> KeptFile:
        """Keep a file; all of it or, if this fails or is cancelled, nothing.

        Args:
            expected: the SHA-256 that it has to have, if only one file will do.

        A file that is kept already and intact is not written again; an altered one is written anew.
        An empty file is a file.

        Raises:
            OSError: the file cannot be opened.
            SourceChanged: it changed while it was read.
            Unexpected: it has another SHA-256.
        """
        ...

    def get(self, sha256: str) -> AsyncIterator[bytes]:
        """The file in pieces. Trust none of them before the last: the hash is known only then.

        Raises:
            NotKept: it is not there.
            Altered: after the last piece, if what was read has another hash.
        """
        ...

    async def verify(self, sha256: str) -> int:
        """Read all of the file; returns its size in bytes. Raises `NotKept`, `Altered`."""
        ...

    async def size(self, sha256: str) -> int:
        """The size of what is kept under that hash, in bytes, without reading it. Raises `NotKept`."""
        ...

    async def exists(self, sha256: str) -> bool:
        """Tell whether a file is kept under that hash, without reading it."""
        ...

    async def check(self) -> None:
        """Find out whether the store can be written: keeps the empty file."""
        ...
