"""The root over any number of leaf hashes, kept whole in memory."""

from collections.abc import Sequence

from audit.tree import Frontier


def root_of(hashes: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in hashes:
        frontier.add(leaf)
    return frontier.root()
