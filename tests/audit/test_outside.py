"""The outside store: the same in a folder and in a bucket."""

from pathlib import Path

import pytest

from audit.outside import Contradiction, OutsideFailed, OutsideStore
from audit.tiles import HASH, Tile
from objectstore.location import open_objects
from tests.evidence.conftest import (
    ACCESS_KEY,
    SECRET_KEY,
    new_bucket,
    s3_endpoint,  # noqa: F401 - a fixture  # pyright: ignore[reportUnusedImport]
)


@pytest.fixture(params=["folder", "bucket"])
def outside(request: pytest.FixtureRequest, tmp_path: Path) -> OutsideStore:
    if request.param == "folder":
        folder = tmp_path / "Outside store"
        folder.mkdir()
        return OutsideStore(open_objects(folder.as_uri()))
    endpoint: str = request.getfixturevalue("s3_endpoint")
    url = f"s3://{new_bucket(endpoint)}/log?endpoint={endpoint}"
    return OutsideStore(open_objects(url, access_key=ACCESS_KEY, secret_key=SECRET_KEY))


async def test_there_is_nothing_at_first(outside: OutsideStore) -> None:
    assert await outside.latest() is None
    assert await outside.numbers() == []
    assert await outside.notes([1]) == {}
    assert await outside.line(1).tiles([Tile(0, 0)], 256) == {}


async def test_notes_are_found_by_number(outside: OutsideStore) -> None:
    for number in (1, 2, 10, 11):
        await outside.write_checkpoint(number, f"note {number} — \n")
    await outside.write_latest("note 10\n")
    await outside.write_latest("note 11\n")
    assert await outside.latest() == "note 11\n"
    assert await outside.numbers() == [1, 2, 10, 11]
    assert await outside.numbers(after=2) == [10, 11]
    assert await outside.notes([2, 3, 11]) == {2: "note 2 — \n", 11: "note 11 — \n"}


async def test_a_note_stays_as_it_is(outside: OutsideStore) -> None:
    await outside.write_checkpoint(1, "one\n")
    await outside.write_checkpoint(1, "one\n")
    with pytest.raises(Contradiction):
        await outside.write_checkpoint(1, "another\n")
    assert await outside.notes([1]) == {1: "one\n"}


async def test_tiles_of_each_line_by_their_width(outside: OutsideStore) -> None:
    full, partial = b"f" * 256 * HASH, b"p" * 44 * HASH
    tiles = {Tile(0, 0): full, Tile(0, 1): partial}
    first, other = outside.line(1), outside.line(4)
    await first.write(tiles)
    assert await first.tiles([Tile(0, 0), Tile(0, 1), Tile(0, 2)], 300) == {
        Tile(0, 0): full,
        Tile(0, 1): partial,
    }
    assert await first.tiles([Tile(0, 1)], 301) == {}
    await other.write({Tile(0, 0): b"g" * 256 * HASH})
    with pytest.raises(Contradiction, match="tile/0/000"):
        await first.write({Tile(0, 0): b"g" * 256 * HASH})


async def test_a_place_that_is_gone_is_not_taken_for_empty(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    endpoint: str = request.getfixturevalue("s3_endpoint")
    folder = tmp_path / "outside"
    folder.mkdir()
    gone = OutsideStore(open_objects(folder.as_uri()))
    folder.rmdir()
    url = f"s3://bucket-that-is-not/log?endpoint={endpoint}"
    never = OutsideStore(open_objects(url, access_key=ACCESS_KEY, secret_key=SECRET_KEY))
    for store in (gone, never):
        with pytest.raises(OutsideFailed):
            await store.latest()
        with pytest.raises(OutsideFailed):
            await store.numbers()
