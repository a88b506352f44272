"""The tree's nodes in tiles of 256, as in C2SP tlog-tiles, and proofs read from few of them.

A tile of level L holds nodes of the tree's level 8·L: in level 0 the leaves, in level 1 the roots of
full tiles of level 0, and so on.

```
TileError           the tree cannot be read from its tiles
├── TileMissing     one is missing or too short
└── TileDiffers     one is not what the tree above it says
```
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from audit.tree import (
    LeafRange,
    Subtree,
    consistency_ranges,
    inclusion_ranges,
    root_of_perfect,
    subtrees_of,
)

HASH = 32
"""Bytes of a hash."""
WIDTH = 256
"""Hashes of a full tile."""
_HEIGHT = 8


class Tile(NamedTuple):
    """Which tile: its level, and its number within it from 0."""

    level: int
    number: int

    def path(self, width: int = WIDTH) -> str:
        """Where tlog-tiles has it: `tile/0/x001/x234/067`, `….p/54` if it is only so wide."""
        digits = f"{self.number:03}"
        digits = digits.rjust(-(-len(digits) // 3) * 3, "0")
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = "/".join((*(f"x{group}" for group in groups[:-1]), groups[-1]))
        return f"tile/{self.level}/{path}" + ("" if width == WIDTH else f".p/{width}")


class TileSource(Protocol):
    """Where tiles are kept."""

    async def tiles(self, wanted: Sequence[Tile], size: int) -> Mapping[Tile, bytes]:
        """The hashes of these tiles, perhaps more than a tree of that size has; absent ones are left out."""
        ...


class TileError(RuntimeError):
    """The tree cannot be read: {what}; `remit audit repair --reason REASON` makes its tiles again from the log."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the tree cannot be read: {what}; `remit audit repair --reason REASON` makes its tiles again from "
            "the log"
        )


class TileMissing(TileError):
    """{tile} is missing or too short."""

    def __init__(self, tile: Tile) -> None:
        super().__init__(f"{tile.path()} is missing or too short")


class TileDiffers(TileError):
    """{what} is not what the tree above it says."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not what the tree above it says")


def width_in(tile: Tile, size: int) -> int:
    """How many hashes the tile has in a tree of that size; 0 if it is not there."""
    nodes = size >> (_HEIGHT * tile.level)
    return max(0, min(WIDTH, nodes - tile.number * WIDTH))


def tiles_in(size: int, after: int = 0) -> list[Tile]:
    """The tiles of a tree of that size that are new, or wider, since the size `after`."""
    found: list[Tile] = []
    level = 0
    while size >> (_HEIGHT * level):
        first = (after >> (_HEIGHT * level)) // WIDTH
        nodes = size >> (_HEIGHT * level)
        for number in range(first, -(-nodes // WIDTH)):
            tile = Tile(level, number)
            if width_in(tile, size) > width_in(tile, after):
                found.append(tile)
        level += 1
    return found


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree at one size, over a source of tiles: O(log n) tiles are read for a proof.

    Every method raises `TileMissing` if the source lacks a tile, or has less of it.
    """

    source: TileSource
    size: int

    async def root(self) -> bytes:
        """The root; what a checkpoint of this size must say."""
        whole = LeafRange(0, self.size)
        nodes = await self.nodes(subtrees_of([whole]))
        return whole.hash(nodes.__getitem__)

    async def inclusion(self, index: int) -> list[bytes]:
        """The proof that leaf `index` (position − 1) is in the tree."""
        return await self._proof(inclusion_ranges(index, self.size))

    async def consistency(self, old: int) -> list[bytes]:
        """The proof that the tree of size `old` is this one's beginning; of 0 or all of it, empty."""
        if old in (0, self.size):
            return []
        return await self._proof(consistency_ranges(old, self.size))

    async def tiles(self, wanted: Sequence[Tile]) -> Mapping[Tile, bytes]:
        """These tiles, as wide as they are in this tree.

        Raises `TileDiffers` if a full one does not hash to its place in the tile above it.
        """
        full = [tile for tile in wanted if width_in(tile, self.size) == WIDTH]
        held = await self.source.tiles(sorted({*wanted, *map(_above, full)}), self.size)
        found: dict[Tile, bytes] = {}
        for tile in wanted:
            length = width_in(tile, self.size) * HASH
            found[tile] = held.get(tile, b"")[:length]
            if len(found[tile]) < length:
                raise TileMissing(tile)
        for tile in full:
            whole = Subtree(_HEIGHT * (tile.level + 1), tile.number)
            if root_of_perfect(hashes(found[tile])) != _node(whole, held):
                raise TileDiffers(tile.path())
        return found

    async def nodes(self, subtrees: Iterable[Subtree]) -> Mapping[Subtree, bytes]:
        """The hashes of these perfect subtrees."""
        wanted = list(subtrees)
        tiles = sorted({_tile_of(subtree)[0] for subtree in wanted})
        found = await self.source.tiles(tiles, self.size)
        return {subtree: _node(subtree, found) for subtree in wanted}

    async def _proof(self, ranges: Sequence[LeafRange]) -> list[bytes]:
        nodes = await self.nodes(subtrees_of(ranges))
        return [part.hash(nodes.__getitem__) for part in ranges]


class TileBuilder:
    """Grows tiles leaf by leaf; keeps only the partial ones, one for each level.

    Args:
        size: leaves that are in the tree already.
        edge: the partial tile of each level at that size, from level 0.
    """

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        self.size = size
        self._edge = [bytearray(partial) for partial in edge]

    def add(self, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
        """Answer the tiles that became full, and the partial ones as they are now."""
        changed: dict[Tile, bytes] = {}
        for leaf in leaves:
            self._grow(0, leaf, changed)
            self.size += 1
        for level, partial in enumerate(self._edge):
            if partial:
                changed[Tile(level, (self.size >> (_HEIGHT * level)) // WIDTH)] = bytes(partial)
        return changed

    def copy(self) -> "TileBuilder":
        return TileBuilder(self.size, [bytes(partial) for partial in self._edge])

    def _grow(self, level: int, node: bytes, changed: dict[Tile, bytes]) -> None:
        if level == len(self._edge):
            self._edge.append(bytearray())
        partial = self._edge[level]
        partial += node
        if len(partial) == WIDTH * HASH:
            full = bytes(partial)
            partial.clear()
            number = (self.size >> (_HEIGHT * level)) // WIDTH
            changed[Tile(level, number)] = full
            self._grow(level + 1, root_of_perfect(hashes(full)), changed)


def edge_tiles(size: int) -> list[Tile]:
    """The partial tile of each level in a tree of that size; a level that has none is in it too."""
    found: list[Tile] = []
    level = 0
    while size >> (_HEIGHT * level):
        found.append(Tile(level, (size >> (_HEIGHT * level)) // WIDTH))
        level += 1
    return found


def _above(tile: Tile) -> Tile:
    return Tile(tile.level + 1, tile.number // WIDTH)


def hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]


def _tile_of(subtree: Subtree) -> tuple[Tile, int, int]:
    """The tile, and from which hash to which, that the subtree is hashed from."""
    level, within = divmod(subtree.level, _HEIGHT)
    first = subtree.number << within
    return Tile(level, first // WIDTH), first % WIDTH, first % WIDTH + (1 << within)


def _node(subtree: Subtree, tiles: Mapping[Tile, bytes]) -> bytes:
    tile, first, end = _tile_of(subtree)
    held = tiles.get(tile, b"")
    if len(held) < end * HASH:
        raise TileMissing(tile)
    return root_of_perfect(hashes(held[first * HASH : end * HASH]))
