"""The ledger's mathematics: an RFC 6962 Merkle tree whose hash is SM3. Bytes in, hashes out; nothing is stored here.

A leaf is SM3(00 ‖ entry), a node SM3(01 ‖ left ‖ right), the empty tree SM3 of nothing, and a tree that is no power
of two splits at the largest power below its size: no leaf is ever copied (RFC 6962 2.1). A node is named by its level
(leaves are 0) and its index in that level; it is *complete*, and so never changes again, once 2^level leaves stand
below it. Only complete nodes are kept; everything else is put together from them.

The frontier is what an append needs: the complete subtrees of today's tree, largest first, one for each set bit of
its size. Proofs are read from a `NodeReader`; they touch a number of nodes that grows with the logarithm of the size.
What an entry means and where nodes live is decided in `base.audit` and `base.journal`; `base.ledger_check` checks the
same proofs with other code.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes

HASH_SIZE = 32
LEAF = b"\x00"
NODE = b"\x01"

NodeReader = Callable[[int, int], bytes]
Path = tuple[bytes, ...]


def _by_hashlib(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def _by_cryptography(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _sm3_of_this_interpreter() -> Callable[[bytes], bytes]:
    """Take hashlib's SM3, or that of cryptography where the interpreter's OpenSSL was built without one."""
    try:
        hashlib.new("sm3")
    except ValueError:
        return _by_cryptography
    return _by_hashlib


sm3 = _sm3_of_this_interpreter()
EMPTY_ROOT = sm3(b"")


@dataclass(frozen=True, slots=True)
class Node:
    """A complete node and where it stands."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True)
class Frontier:
    """The complete subtrees of a tree of that size, largest first."""

    size: int = 0
    peaks: Path = ()

    @property
    def root(self) -> bytes:
        """Give the tree's root."""
        if not self.peaks:
            return EMPTY_ROOT
        *larger, value = self.peaks
        for peak in reversed(larger):
            value = node_hash(peak, value)
        return value

    @property
    def blob(self) -> bytes:
        """Give the peaks one behind the other, as they are stored beside the size."""
        return b"".join(self.peaks)

    @classmethod
    def of_blob(cls, size: int, blob: bytes) -> "Frontier | None":
        """Read stored peaks; none when their number is not that of a tree of this size."""
        if size < 0 or len(blob) != size.bit_count() * HASH_SIZE:
            return None
        return cls(size, tuple(blob[at : at + HASH_SIZE] for at in range(0, len(blob), HASH_SIZE)))


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry into its leaf."""
    return sm3(LEAF + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them."""
    return sm3(NODE + left + right)


def append(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[Node]]:
    """Add leaves; give the new frontier and every node that became complete, the leaves among them."""
    size, peaks, made = frontier.size, list(frontier.peaks), []
    for leaf in leaves:
        level, index, value = 0, size, leaf
        made.append(Node(level, index, value))
        while index & 1:  # a right child: its left neighbour is the smallest peak
            level, index, value = level + 1, index >> 1, node_hash(peaks.pop(), value)
            made.append(Node(level, index, value))
        peaks.append(value)
        size += 1
    return Frontier(size, tuple(peaks)), made


def peaks_of(size: int) -> list[tuple[int, int]]:
    """Name the complete subtrees of a tree by level and index, largest first."""
    return [(level, (size >> level) - 1) for level in reversed(range(size.bit_length())) if size >> level & 1]


def root_at(size: int, nodes: NodeReader) -> bytes:
    """Give the root that the tree had at that size."""
    return _hash_of(0, size, nodes) if size else EMPTY_ROOT


def inclusion(index: int, size: int, nodes: NodeReader) -> Path:
    """Prove that the leaf at the index is in the tree of that size: RFC 6962 2.1.1, nearest neighbour first."""
    path, first, last = [], 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(_hash_of(middle, last, nodes))
            last = middle
        else:
            path.append(_hash_of(first, middle, nodes))
            first = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, nodes: NodeReader) -> Path:
    """Prove that the tree of the new size continues that of the old one: RFC 6962 2.1.2.

    Between equal sizes, and from the empty tree, there is nothing to show and the path is empty.
    """
    if not 0 < old < new:
        return ()
    path, first, last = [], 0, new
    while last != old:
        middle = first + _split(last - first)
        if old <= middle:
            path.append(_hash_of(middle, last, nodes))
            last = middle
        else:
            path.append(_hash_of(first, middle, nodes))
            first = middle
    if first:  # the old tree's last subtree is no tree of its own: the verifier cannot know its hash
        path.append(_hash_of(first, last, nodes))
    return tuple(reversed(path))


def around(first: int, last: int, size: int, nodes: NodeReader) -> Path:
    """Give what is needed beside the leaves first … last-1 to find the root, from left to right."""
    return tuple(_outside(first, last, 0, size, nodes)) if size else ()


def proves_inclusion(leaf: bytes, index: int, size: int, path: Path, root: bytes) -> bool:
    """Check an inclusion proof against a root that is trusted for that size (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for neighbour in path:
        if not last:
            return False
        if place & 1 or place == last:
            value = node_hash(neighbour, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, neighbour)
        place, last = place >> 1, last >> 1
    return not last and value == root


def proves_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Path) -> bool:
    """Check a consistency proof between two roots that are trusted for their sizes (RFC 9162 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and old_root == (new_root if old == new else EMPTY_ROOT)
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    of_old = of_new = steps[0]
    for neighbour in steps[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            of_old, of_new = node_hash(neighbour, of_old), node_hash(neighbour, of_new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            of_new = node_hash(of_new, neighbour)
        place, last = place >> 1, last >> 1
    return not last and (of_old, of_new) == (old_root, new_root)


def _split(count: int) -> int:
    """Give the largest power of two below the count."""
    return 1 << (count - 1).bit_length() - 1


def _hash_of(first: int, last: int, nodes: NodeReader) -> bytes:
    """Give the hash above leaves first … last-1, where they are a subtree that RFC 6962 2.1 would form."""
    count = last - first
    if not count & (count - 1):
        level = count.bit_length() - 1
        return nodes(level, first >> level)
    middle = first + _split(count)
    return node_hash(_hash_of(first, middle, nodes), _hash_of(middle, last, nodes))


def _outside(first: int, last: int, low: int, high: int, nodes: NodeReader) -> Iterator[bytes]:
    if high <= first or last <= low:
        yield _hash_of(low, high, nodes)
    elif low < first or last < high:
        middle = low + _split(high - low)
        yield from _outside(first, last, low, middle, nodes)
        yield from _outside(first, last, middle, high, nodes)
