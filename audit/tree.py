"""The arithmetic of RFC 6962 trees, section 2.1: roots, inclusion and consistency proofs. No I/O.

A *subtree* is a perfect one, by level and number: it covers the leaves `number << level` up to
`(number + 1) << level`. Once so many leaves are there, it never changes. Whatever a proof needs is a
*range* of leaves, and a range is hashed from a few subtrees.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

EMPTY_ROOT = hashlib.sha256().digest()

_sha256 = hashlib.sha256


class Subtree(NamedTuple):
    """A perfect subtree; level 0 is a leaf."""

    level: int
    number: int


NodeOf: TypeAlias = Callable[[Subtree], bytes]


@dataclass(frozen=True, slots=True)
class LeafRange:
    """Leaves from `start` up to, not including, `end`; as the RFC's recursion cuts them."""

    start: int
    end: int

    def subtrees(self) -> list[Subtree]:
        """The perfect subtrees that the range consists of, from the left, the largest first."""
        found: list[Subtree] = []
        start = self.start
        while start < self.end:
            level = (self.end - start).bit_length() - 1
            found.append(Subtree(level, start >> level))
            start += 1 << level
        return found

    def hash(self, node_of: NodeOf) -> bytes:
        """The hash over the range, from those of its subtrees."""
        return joined([node_of(subtree) for subtree in self.subtrees()])


def node_hash(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\1" + left + right).digest()


def joined(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbouring subtrees that grow smaller to the right; of none, the empty root."""
    if not hashes:
        return EMPTY_ROOT
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def root_of_perfect(hashes: Sequence[bytes]) -> bytes:
    """The root over 2ᵏ hashes."""
    while len(hashes) > 1:
        hashes = [
            _sha256(b"\1" + hashes[at] + hashes[at + 1]).digest() for at in range(0, len(hashes), 2)
        ]
    return hashes[0]


def inclusion_ranges(index: int, size: int) -> list[LeafRange]:
    """What the proof that a leaf is in the tree consists of, from the leaf upwards (PATH of the RFC)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of size {size}")
    found: list[LeafRange] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(LeafRange(middle, end))
            end = middle
        else:
            found.append(LeafRange(start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(old: int, new: int) -> list[LeafRange]:
    """What the proof that one tree is the beginning of another consists of (PROOF of the RFC)."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of size {old} is not the beginning of one of size {new}")
    found: list[LeafRange] = []
    start, end, known = 0, new, True
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            found.append(LeafRange(middle, end))
            end = middle
        else:
            found.append(LeafRange(start, middle))
            start = middle
            known = False
    if not known:
        found.append(LeafRange(start, end))
    return found[::-1]


def subtrees_of(ranges: Iterable[LeafRange]) -> set[Subtree]:
    """All that must be known to hash these ranges."""
    return {subtree for part in ranges for subtree in part.subtrees()}


def verifies_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(other, found)
            while not position & 1 and position != 0:
                position >>= 1
                last >>= 1
        else:
            found = node_hash(found, other)
        position >>= 1
        last >>= 1
    return last == 0 and found == root


def verifies_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of size `old` is the beginning of that of size `new` (RFC 9162, 2.1.4.2)."""
    if old > new or old < 0:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    first = second = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while not position & 1 and position != 0:
                position >>= 1
                last >>= 1
        else:
            second = node_hash(second, other)
        position >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


class Frontier:
    """A growing tree, of which only the perfect subtrees at its right edge are kept."""

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size = size
        self._edge = list(edge)

    def add(self, leaf: bytes) -> None:
        found, full = leaf, self.size
        while full & 1:
            found = _sha256(b"\1" + self._edge.pop() + found).digest()
            full >>= 1
        self._edge.append(found)
        self.size += 1

    def root(self) -> bytes:
        return joined(self._edge)

    def copy(self) -> "Frontier":
        return Frontier(self.size, self._edge)


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
