"""The tree is RFC 6962's over SM3: compared with the RFC's own recursion, and its proofs with every alteration."""

import hashlib
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import ledger
from tests.base import naive_tree

SIZES = st.integers(1, 300)


def leaves_of(size):
    return [ledger.leaf_hash(f"entry {n}".encode()) for n in range(size)]


def tree_of(size):
    """Give a tree's leaves, its frontier, and a reader of its complete nodes that notes what was read."""
    leaves = leaves_of(size)
    frontier, made = ledger.append(ledger.Frontier(), leaves)
    stored = {(node.level, node.index): node.hash for node in made}
    read = []

    def reader(level, index):
        read.append((level, index))
        return stored[level, index]

    return leaves, frontier, reader, read


def test_sm3_is_that_of_the_standard_and_of_every_provider():
    """GB/T 32905-2016 A.1 and A.2."""
    assert ledger.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert ledger.sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    for data in (b"", b"x" * 65, "印信".encode()):
        assert ledger.sm3(data) == ledger._by_cryptography(data)


def test_an_interpreter_without_sm3_takes_the_one_of_cryptography(monkeypatch):
    def none(_name, _data=b""):
        raise ValueError

    monkeypatch.setattr(hashlib, "new", none)
    assert ledger._sm3_of_this_interpreter() is ledger._by_cryptography


def test_the_golden_tree_of_seven_entries():
    golden = json.loads(naive_tree.GOLDEN.read_text(encoding="utf-8"))
    assert golden == naive_tree.golden()
    leaves = [ledger.leaf_hash(entry.encode()) for entry in golden["entries"]]
    assert [leaf.hex() for leaf in leaves] == golden["leaves"]
    frontier, made = ledger.append(ledger.Frontier(), leaves)
    stored = {(node.level, node.index): node.hash for node in made}

    def reader(level, index):
        return stored[level, index]

    assert frontier.root.hex() == golden["roots"][7]
    assert [ledger.root_at(size, reader).hex() for size in range(8)] == golden["roots"]
    for index, path in enumerate(golden["inclusion"]):
        assert [each.hex() for each in ledger.inclusion(index, 7, reader)] == path
    for old, path in golden["consistency"].items():
        assert [each.hex() for each in ledger.consistency(int(old), 7, reader)] == path


def test_the_last_leaf_is_never_copied():
    """The tree of (a, b, c) differs from that of (a, b, c, c), which a tree that copies would take for the same."""
    a, b, c = leaves_of(3)
    three, _ = ledger.append(ledger.Frontier(), [a, b, c])
    four, _ = ledger.append(ledger.Frontier(), [a, b, c, c])
    assert three.root == ledger.node_hash(ledger.node_hash(a, b), c)
    assert three.root != four.root


def test_a_node_can_never_be_shown_as_an_entry():
    left, right = leaves_of(2)
    assert ledger.leaf_hash(left + right) != ledger.node_hash(left, right)


@given(size=st.integers(0, 300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_however_it_is_cut_into_appends_the_tree_is_the_same(size, cuts):
    leaves = leaves_of(size)
    frontier, made = ledger.Frontier(), []
    edges = [0, *sorted(min(cut, size) for cut in cuts), size]
    for first, last in pairwise(edges):
        frontier, new = ledger.append(frontier, leaves[first:last])
        made.extend(new)
    whole, at_once = ledger.append(ledger.Frontier(), leaves)
    assert frontier == whole
    assert made == at_once
    assert frontier.root == (naive_tree.mth(leaves, ledger.node_hash) if leaves else ledger.EMPTY_ROOT)


@given(size=SIZES)
def test_exactly_the_complete_nodes_arise_each_once(size):
    _, made = ledger.append(ledger.Frontier(), leaves_of(size))
    expected = {(level, index) for level in range(size.bit_length()) for index in range(size >> level)}
    assert sorted((node.level, node.index) for node in made) == sorted(expected)


@given(size=st.integers(0, 2**40))
def test_a_frontier_read_back_is_the_one_that_was_written(size):
    peaks = tuple(ledger.sm3(bytes([n])) for n in range(size.bit_count()))
    frontier = ledger.Frontier(size, peaks)
    assert ledger.Frontier.of_blob(size, frontier.blob) == frontier
    assert ledger.Frontier.of_blob(size, frontier.blob + b"x") is None
    assert ledger.Frontier.of_blob(-1, b"") is None


@given(data=st.data(), size=SIZES)
def test_an_inclusion_proof_is_the_rfcs_and_proves(data, size):
    index = data.draw(st.integers(0, size - 1))
    leaves, frontier, reader, read = tree_of(size)
    path = ledger.inclusion(index, size, reader)
    assert list(path) == naive_tree.path(index, leaves, ledger.node_hash)
    assert ledger.proves_inclusion(leaves[index], index, size, path, frontier.root)
    assert len(read) <= 2 * size.bit_length()


@given(data=st.data(), new=SIZES)
def test_a_consistency_proof_is_the_rfcs_and_proves(data, new):
    old = data.draw(st.integers(1, new))
    leaves, frontier, reader, read = tree_of(new)
    path = ledger.consistency(old, new, reader)
    assert list(path) == naive_tree.proof(old, leaves, ledger.node_hash)
    assert len(read) <= 2 * new.bit_length()
    old_root = naive_tree.mth(leaves[:old], ledger.node_hash)
    assert ledger.proves_consistency(old, new, old_root, frontier.root, path)
    assert ledger.root_at(old, reader) == old_root


def test_every_pair_of_small_sizes_is_consistent_and_every_index_included():
    for new in range(34):
        leaves, frontier, reader, _ = tree_of(new)
        for index in range(new):
            path = ledger.inclusion(index, new, reader)
            assert ledger.proves_inclusion(leaves[index], index, new, path, frontier.root)
        for old in range(new + 1):
            path = ledger.consistency(old, new, reader)
            assert ledger.proves_consistency(old, new, ledger.root_at(old, reader), frontier.root, path)


@given(index=st.integers(0, 2**40 - 1), size=st.integers(2**40, 2**41))
def test_a_proof_in_a_tree_of_a_trillion_reads_some_eighty_nodes(index, size):
    read = []

    def reader(level, index):
        read.append((level, index))
        assert index < size >> level
        return ledger.sm3(b"%d/%d" % (level, index))

    ledger.inclusion(index, size, reader)
    assert len(read) <= 2 * size.bit_length()
    read.clear()
    ledger.consistency(index + 1, size, reader)
    assert len(read) <= 2 * size.bit_length()
    read.clear()
    ledger.around(index, index + 1, size, reader)
    assert len(read) <= 3 * size.bit_length()


def alterations(path):
    """Give every path with one hash changed, left out, doubled, or put in another's place."""
    for at in range(len(path)):
        yield (*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :])
        yield (*path[:at], *path[at + 1 :])
        yield (*path[:at], path[at], *path[at:])
        if at:
            yield (*path[: at - 1], path[at], path[at - 1], *path[at + 1 :])
    yield (*path, bytes(32))


@given(data=st.data(), size=st.integers(1, 100))
def test_an_altered_inclusion_proof_proves_nothing(data, size):
    index = data.draw(st.integers(0, size - 1))
    leaves, frontier, reader, _ = tree_of(size)
    path = ledger.inclusion(index, size, reader)
    for altered in alterations(path):
        assert not ledger.proves_inclusion(leaves[index], index, size, altered, frontier.root)
    for other in {index - 1, index + 1, size, -1} - {index}:
        assert not ledger.proves_inclusion(leaves[index], other, size, path, frontier.root)
    assert not ledger.proves_inclusion(ledger.leaf_hash(b"another"), index, size, path, frontier.root)
    assert not ledger.proves_inclusion(leaves[index], index, size, path, ledger.EMPTY_ROOT)


@given(data=st.data(), new=st.integers(2, 100))
def test_an_altered_consistency_proof_proves_nothing(data, new):
    old = data.draw(st.integers(1, new - 1))
    _, frontier, reader, _ = tree_of(new)
    path, old_root = ledger.consistency(old, new, reader), ledger.root_at(old, reader)
    for altered in alterations(path):
        assert not ledger.proves_consistency(old, new, old_root, frontier.root, altered)
    assert not ledger.proves_consistency(old, new, ledger.EMPTY_ROOT, frontier.root, path)
    assert not ledger.proves_consistency(old, new, old_root, ledger.EMPTY_ROOT, path)
    assert not ledger.proves_consistency(new, old, old_root, frontier.root, path)


def test_between_equal_sizes_and_from_nothing_the_roots_alone_decide():
    root = ledger.sm3(b"root")
    assert ledger.consistency(5, 5, _unread) == ()
    assert ledger.proves_consistency(5, 5, root, root, ())
    assert not ledger.proves_consistency(5, 5, root, ledger.EMPTY_ROOT, ())
    assert ledger.proves_consistency(0, 5, ledger.EMPTY_ROOT, root, ())
    assert not ledger.proves_consistency(0, 5, root, root, ())
    assert not ledger.proves_consistency(0, 5, ledger.EMPTY_ROOT, root, (root,))
    assert not ledger.proves_consistency(4, 5, root, root, ())
    assert ledger.around(0, 0, 0, _unread) == ()


def _unread(level, index):
    pytest.fail(f"node {level}/{index} was read")


@given(data=st.data(), size=SIZES)
def test_a_range_and_what_is_around_it_make_the_root(data, size):
    first = data.draw(st.integers(0, size))
    last = data.draw(st.integers(first, size))
    leaves, frontier, reader, _ = tree_of(size)
    outside = list(ledger.around(first, last, size, reader))

    def root(low, high):
        if high <= first or last <= low:
            return outside.pop(0)
        if high - low == 1:
            return leaves[low]
        middle = low + naive_tree.split(high - low)
        return ledger.node_hash(root(low, middle), root(middle, high))

    assert root(0, size) == frontier.root
    assert not outside


@given(size=st.integers(0, 2**50))
def test_the_peaks_are_the_set_bits_of_the_size(size):
    peaks = ledger.peaks_of(size)
    assert sum(1 << level for level, _ in peaks) == size
    ends = [(index + 1) << level for level, index in peaks]
    assert ends == sorted(ends)
