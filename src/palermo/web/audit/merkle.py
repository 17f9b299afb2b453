"""The tree over a list of hashes (RFC 6962): its root, the proof that one of them is in it, and how it grows.

A list of n has as its left part the largest power of two below n. Leaves and nodes are hashed with different first
bytes, so that neither passes for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

SIZE = 32
EMPTY = hashlib.sha256().digest()


def leaf_of(content: bytes) -> bytes:
    """The hash of what stands at a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two trees put together."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def levels_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree over these hashes, level by level: they themselves first, the root by itself last.

    A node without a neighbour goes up as it is, which is the same tree.
    """
    sha256, levels = hashlib.sha256, [list(leaves)]
    while len(level := levels[-1]) > 1:
        above = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        levels.append(above)
    return levels


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of the tree over these hashes; of none, the hash of nothing."""
    return levels_of(leaves)[-1][0] if leaves else EMPTY


def path_of(levels: Sequence[Sequence[bytes]], place: int) -> list[bytes]:
    """The hashes with which the leaf at that place of the tree gives its root, from the leaf up."""
    if not 0 <= place < len(levels[0]):
        raise IndexError(f"there are {len(levels[0])} leaves, none at {place}")
    found = []
    for level in levels[:-1]:
        if place ^ 1 < len(level):
            found.append(level[place ^ 1])
        place //= 2
    return found


def grown(peaks: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The peaks of a tree of that size after one leaf more: the roots of its full parts, the largest first."""
    found = [*peaks, leaf]
    # every full part that is as large as the one before it joins it, as a carry does when one is added to a number
    while size % 2:
        right = found.pop()
        found[-1] = node(found[-1], right)
        size //= 2
    return found


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root of the tree that has these peaks."""
    if not peaks:
        return EMPTY
    found = peaks[-1]
    for left in reversed(peaks[:-1]):
        found = node(left, found)
    return found
