"""Tiles: where they lie, that they grow as the tree does, and that few are read for a proof."""

import hashlib
from collections.abc import Mapping, Sequence

import pytest

from audit.tiles import (
    HASH,
    WIDTH,
    Tile,
    TileBuilder,
    TileDiffers,
    TileMissing,
    Tree,
    edge_tiles,
    tiles_in,
    width_in,
)
from audit.tree import verifies_consistency, verifies_inclusion
from tests.audit.roots import root_of


class _Shelf:
    """Tiles in memory, and which were asked for."""

    def __init__(self) -> None:
        self.held: dict[Tile, bytes] = {}
        self.read: list[Tile] = []

    async def tiles(self, wanted: Sequence[Tile], size: int) -> Mapping[Tile, bytes]:
        del size
        self.read += wanted
        return {tile: self.held[tile] for tile in wanted if tile in self.held}


def _leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


def _shelf(leaves: Sequence[bytes], batch: int = 1000) -> _Shelf:
    shelf, builder = _Shelf(), TileBuilder()
    for at in range(0, len(leaves), batch):
        shelf.held |= builder.add(leaves[at : at + batch])
    return shelf


@pytest.mark.parametrize(
    ("tile", "width", "path"),
    [
        (Tile(0, 0), WIDTH, "tile/0/000"),
        (Tile(0, 67), 54, "tile/0/067.p/54"),
        (Tile(1, 1234067), WIDTH, "tile/1/x001/x234/067"),
        (Tile(2, 1000), 1, "tile/2/x001/000.p/1"),
    ],
)
def test_the_path_is_that_of_tlog_tiles(tile: Tile, width: int, path: str) -> None:
    assert tile.path(width) == path


_MANY = _leaves(70_000)  # three levels of tiles


@pytest.mark.parametrize("batch", [1, 255, 256, 1000, 4096])
def test_tiles_do_not_depend_on_the_batches(batch: int) -> None:
    leaves = _MANY[:3000]
    shelf = _shelf(leaves, batch)
    assert shelf.held == _shelf(leaves, 3000).held
    assert sorted(shelf.held) == sorted(tiles_in(3000))
    assert all(len(held) == width_in(tile, 3000) * HASH for tile, held in shelf.held.items())


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
async def test_roots_and_proofs_are_read_from_few_tiles(size: int) -> None:
    shelf = _shelf(_MANY)
    tree = Tree(shelf, size)
    root = await tree.root()
    assert root == root_of(_MANY[:size])
    for index in {0, size // 3, size // 2, size - 1}:
        shelf.read.clear()
        proof = await tree.inclusion(index)
        assert len(set(shelf.read)) <= 6
        assert verifies_inclusion(_MANY[index], index, size, proof, root)
    for old in {1, size // 3 or 1, size // 2 or 1, size}:
        shelf.read.clear()
        proof = await tree.consistency(old)
        assert len(set(shelf.read)) <= 6
        assert verifies_consistency(old, root_of(_MANY[:old]), size, root, proof)


async def test_a_proof_needs_its_tiles() -> None:
    shelf = _shelf(_MANY[:3000])
    shelf.held[Tile(0, 11)] = shelf.held[Tile(0, 11)][:-HASH]
    with pytest.raises(TileMissing, match="tile/0/011"):
        await Tree(shelf, 3000).inclusion(5)
    shelf = _shelf(_MANY[:3000])
    del shelf.held[Tile(1, 0)]
    with pytest.raises(TileMissing, match="tile/1/000"):
        await Tree(shelf, 3000).root()


async def test_tiles_are_handed_on_whole_and_as_the_tile_above_has_them() -> None:
    shelf = _shelf(_MANY[:70_000])
    tree, wanted = Tree(shelf, 66_000), tiles_in(66_000)
    tiles = await tree.tiles(wanted)
    assert [len(tiles[tile]) // HASH for tile in wanted] == [width_in(t, 66_000) for t in wanted]
    for tile in (Tile(0, 3), Tile(1, 0)):
        spoilt = _shelf(_MANY)
        spoilt.held[tile] = bytes(HASH) + spoilt.held[tile][HASH:]
        with pytest.raises(TileDiffers, match=tile.path()):
            await Tree(spoilt, 66_000).tiles([tile])
    del shelf.held[Tile(0, 3)]
    with pytest.raises(TileMissing, match="tile/0/003"):
        await tree.tiles(wanted)


@pytest.mark.parametrize("size", [0, 1, 256, 300, 65_536, 65_537])
def test_a_builder_goes_on_from_the_edge(size: int) -> None:
    before, whole = _shelf(_MANY[:size]), _shelf(_MANY)
    edge = [before.held.get(tile, b"")[: width_in(tile, size) * HASH] for tile in edge_tiles(size)]
    before.held |= TileBuilder(size, edge).add(_MANY[size:])
    assert before.held == whole.held


def test_what_is_new_since_a_size() -> None:
    assert tiles_in(256) == [Tile(0, 0), Tile(1, 0)]
    assert tiles_in(300, 256) == [Tile(0, 1)]
    assert tiles_in(300, 300) == []
    assert tiles_in(512, 300) == [Tile(0, 1), Tile(1, 0)]
    assert tiles_in(0) == []
