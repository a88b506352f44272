"""The tree against RFC 6962 as it is written, and the vectors that certificate logs are tested with."""

import hashlib
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.tree import (
    EMPTY_ROOT,
    Frontier,
    LeafRange,
    Subtree,
    consistency_ranges,
    inclusion_ranges,
    subtrees_of,
    verifies_consistency,
    verifies_inclusion,
)
from tests.audit.roots import root_of


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\0" + content).digest()


def _split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = _split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def _leaves(count: int) -> list[bytes]:
    return [_leaf(str(number).encode()) for number in range(count)]


def _hashed(ranges: Sequence[LeafRange], leaves: Sequence[bytes]) -> list[bytes]:
    """From the hashes of perfect subtrees only, as tiles give them."""
    nodes = {
        subtree: mth(leaves[subtree.number << subtree.level :][: 1 << subtree.level])
        for subtree in subtrees_of(ranges)
    }
    assert all((s.number + 1) << s.level <= len(leaves) for s in nodes)
    return [part.hash(nodes.__getitem__) for part in ranges]


_SIZES = st.integers(1, 200)


@given(_SIZES)
def test_the_root(size: int) -> None:
    leaves = _leaves(size)
    assert root_of(leaves) == mth(leaves)
    assert _hashed([LeafRange(0, size)], leaves) == [mth(leaves)]


@given(_SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_inclusion(size_and_index: tuple[int, int]) -> None:
    size, index = size_and_index
    leaves = _leaves(size)
    proof = _hashed(inclusion_ranges(index, size), leaves)
    assert proof == path(index, leaves)
    assert verifies_inclusion(leaves[index], index, size, proof, mth(leaves))


@given(_SIZES.flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new))))
def test_consistency(sizes: tuple[int, int]) -> None:
    old, new = sizes
    leaves = _leaves(new)
    proof = _hashed(consistency_ranges(old, new), leaves)
    assert proof == subproof(old, leaves, True)
    assert verifies_consistency(old, mth(leaves[:old]), new, mth(leaves), proof)


@given(
    _SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))),
    st.integers(0, 255),
    st.randoms(use_true_random=False),
)
def test_no_other_inclusion_verifies(
    size_and_index: tuple[int, int], bit: int, random: Random
) -> None:
    size, index = size_and_index
    leaves = _leaves(size)
    root, proof = mth(leaves), path(index, leaves)
    flipped = (int.from_bytes(leaves[index], "big") ^ (1 << bit)).to_bytes(32, "big")
    assert not verifies_inclusion(flipped, index, size, proof, root)
    assert not verifies_inclusion(leaves[index], index, size, [*proof, root], root)
    other = random.randrange(size + 3)
    if other != index:
        assert not verifies_inclusion(leaves[index], other, size, proof, root)
    if proof:
        assert not verifies_inclusion(leaves[index], index, size, proof[:-1], root)
        changed = [*proof[:-1], flipped]
        assert not verifies_inclusion(leaves[index], index, size, changed, root)


@given(
    st.integers(2, 150).flatmap(lambda new: st.tuples(st.integers(1, new - 1), st.just(new))),
    st.randoms(use_true_random=False),
)
def test_a_fork_is_not_consistent(sizes: tuple[int, int], random: Random) -> None:
    old, new = sizes
    leaves = _leaves(new)
    forked = list(leaves)
    forked[random.randrange(old)] = _leaf(b"forked")
    proof = subproof(old, forked, True)
    assert verifies_consistency(old, mth(forked[:old]), new, mth(forked), proof)
    assert not verifies_consistency(old, mth(leaves[:old]), new, mth(forked), proof)
    assert not verifies_consistency(new, mth(leaves), old, mth(leaves[:old]), proof)


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_frontier_goes_on_where_it_was_copied(first: int, more: int) -> None:
    leaves = _leaves(first + more)
    frontier = Frontier()
    for leaf in leaves[:first]:
        frontier.add(leaf)
    copied = frontier.copy()
    for leaf in leaves[first:]:
        copied.add(leaf)
    assert copied.root() == mth(leaves)
    assert frontier.root() == mth(leaves[:first])


# The vectors of Certificate Transparency's own tests, for RFC 6962.
_CT = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
_CT_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize(("size", "root"), list(enumerate(_CT_ROOTS, start=1)))
def test_known_roots(size: int, root: str) -> None:
    assert root_of([_leaf(content) for content in _CT[:size]]).hex() == root


def test_known_proofs() -> None:
    leaves = [_leaf(content) for content in _CT]
    first = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    from_six = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in _hashed(inclusion_ranges(0, 8), leaves)] == first
    assert [h.hex() for h in _hashed(consistency_ranges(1, 8), leaves)] == first
    assert [h.hex() for h in _hashed(consistency_ranges(6, 8), leaves)] == from_six


def test_the_empty_tree() -> None:
    assert root_of([]) == EMPTY_ROOT == mth([])
    assert verifies_consistency(0, EMPTY_ROOT, 3, b"x" * 32, [])
    assert not verifies_inclusion(b"x" * 32, 0, 0, [], EMPTY_ROOT)


def test_a_range_is_cut_into_the_largest_subtrees() -> None:
    assert LeafRange(8, 13).subtrees() == [Subtree(2, 2), Subtree(0, 12)]
