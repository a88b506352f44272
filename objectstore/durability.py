"""What both kinds of place are asked alike: whether they are there, and that what was written lasts."""

import asyncio
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from objectstore.location import Objects


@contextmanager
def failures(raised: Callable[[str], Exception], of: str) -> Generator[None]:
    """Within, what obstore or the file system raises is raised as this instead, with `of` to say whose it was."""
    try:
        yield
    except (BaseError, OSError) as error:
        sentence = str(error).partition("\n\nDebug source")[0]  # the rest is for obstore's makers
        raise raised(f"{of} failed: {sentence}") from error


async def reach(objects: Objects) -> None:
    """Raise if the folder or bucket itself is not there, which looks like an object that is not."""
    if isinstance(objects, LocalStore):
        await asyncio.to_thread(os.stat, _folder(objects))
    else:
        # Half of its type is arro3's, which is not needed here.
        await obstore.list_with_delimiter_async(objects, "none")  # pyright: ignore[reportUnknownMemberType]


async def settle(objects: Objects, path: str) -> None:
    """In a folder: have the file and its name written to the disk, which obstore does not."""
    if isinstance(objects, LocalStore):
        await asyncio.to_thread(_sync, _folder(objects), path)


def _folder(objects: LocalStore) -> Path:
    assert objects.prefix is not None
    return Path(objects.prefix)


def _sync(folder: Path, path: str) -> None:
    file = folder / path
    for each in (file, *file.parents[: len(Path(path).parts)]):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
