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


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of the tree over these hashes; of none, the hash of nothing.

    Level by level: a node without a neighbour goes up as it is, which is the same tree.
    """
    sha256, level = hashlib.sha256, list(leaves)
    while len(level) > 1:
        above = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0] if level else EMPTY


def path_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The hashes with which the one at that place gives the root, from the leaf up."""
    if not 0 <= place < len(leaves):
        raise IndexError(f"there are {len(leaves)} leaves, none at {place}")
    found: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            found.append(level[beside])
        above = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level, place = above, place // 2
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
