"""The checker stands alone, accepts what the ledger proves, and refuses it in any altered form."""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import ledger, ledger_check
from base.db import Database
from base.journal import DamagedLedger
from base.ledger_check import Refuted, Unreadable, check
from base.ledger_export import export, prove_entry, prove_growth
from tests.base import naive_tree
from tests.base.entries import record_many

SIZE = 41


def entries(size):
    return [f'{{"n":{n},"名":"印"}}' for n in range(size)]


def tree_of(size):
    leaves = [ledger.leaf_hash(entry.encode()) for entry in entries(size)]
    frontier, made = ledger.append(ledger.Frontier(), leaves)
    stored = {(node.level, node.index): node.hash for node in made}
    return frontier.root.hex(), lambda level, index: stored[level, index]


def hexed(path):
    return [each.hex() for each in path]


def inclusion(index, size):
    root, nodes = tree_of(size)
    path = hexed(ledger.inclusion(index, size, nodes))
    return {
        "kind": "inclusion",
        "index": index,
        "size": size,
        "root": root,
        "entry": entries(size)[index],
        "path": path,
    }


def consistency(old, new):
    root, nodes = tree_of(new)
    path = hexed(ledger.consistency(old, new, nodes))
    before = ledger.root_at(old, nodes).hex()
    return {"kind": "consistency", "old_size": old, "old_root": before, "new_size": new, "new_root": root, "path": path}


def ranged(first, last, size):
    root, nodes = tree_of(size)
    leaves = [ledger.leaf_hash(entry.encode()) for entry in entries(size)[first:last]]
    path = hexed(ledger.around(first, last, size, nodes))
    return {"kind": "range", "first": first, "last": last, "size": size, "root": root, "path": path, "leaves": leaves}


def shown(data, size):
    """Draw a true proof of a tree of that size."""
    low = data.draw(st.integers(0, size - 1))
    high = data.draw(st.integers(low + 1, size))
    return data.draw(st.sampled_from([inclusion(low, size), consistency(high, size), ranged(low, high, size)]))


def run(tmp_path, *arguments):
    """Run the one file, copied away from the house, without anything but the standard library."""
    alone = shutil.copy(ledger_check.__file__, tmp_path / "ledger_check.py")
    command = [sys.executable, "-I", "-S", alone, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)


def test_the_checker_imports_the_standard_library_alone():
    tree = ast.parse(Path(ledger_check.__file__).read_text(encoding="utf-8"))
    named = {
        each
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for each in ([node.module] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names])
    }
    assert named <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("data", [b"", b"abc", b"abcd" * 16, b"x" * 55, b"x" * 56, b"x" * 64, b"x" * 1000])
def test_its_own_sm3_is_the_interpreters(data: bytes):
    assert ledger_check.computed_sm3(data) == ledger.sm3(data) == ledger_check._sm3(data)


def test_without_an_sm3_of_the_interpreter_it_computes_its_own(monkeypatch):
    def none(_name, _data=b""):
        raise ValueError

    proof = inclusion(3, 7)
    monkeypatch.setattr(hashlib, "new", none)
    assert check(proof) == "entry 3 is in the tree of 7"


@given(data=st.data(), size=st.integers(1, 130))
def test_what_the_ledger_proves_is_accepted(data, size):
    proof = shown(data, size)
    root = proof.get("root") or proof["new_root"]
    assert check(proof)
    assert check(proof, (size, root))
    for other in ((size + 1, root), (size, "0" * 64)):
        with pytest.raises(Refuted):
            check(proof, other)


def test_every_small_case_is_accepted():
    for size in range(1, 18):
        for old in range(size + 1):
            assert check(consistency(old, size))
            assert all(check(ranged(old, last, size)) for last in range(old, size + 1))
        assert all(check(inclusion(index, size)) for index in range(size))
    assert check(ranged(0, 0, 0))
    assert check(consistency(0, 0))


def altered(data, proof):
    """Draw one alteration of a proof."""
    names = [name for name in proof if name not in {"kind", "leaves"} and proof[name] != []]
    name = data.draw(st.sampled_from(names))
    value = proof[name]
    if isinstance(value, int):
        value = data.draw(st.integers(0, 200).filter(lambda other: other != value))
    elif isinstance(value, list):
        at = data.draw(st.integers(0, len(value) - 1))
        other = data.draw(st.sampled_from(["flip", "drop", "double", "upper", "cut"]))
        change = {
            "flip": [*value[:at], flipped(data, value[at]), *value[at + 1 :]],
            "drop": [*value[:at], *value[at + 1 :]],
            "double": [*value[:at], value[at], *value[at:]],
            "upper": [*value[:at], "F" + value[at][1:], *value[at + 1 :]],
            "cut": [*value[:at], value[at][:-1], *value[at + 1 :]],
        }
        value = change[other]
    else:
        value = flipped(data, value)
    return {**proof, name: value}


def flipped(data, text):
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdef").filter(lambda other: other != text[at]))
    return text[:at] + letter + text[at + 1 :]


@given(data=st.data(), size=st.integers(2, 130))
def test_what_is_altered_is_not_accepted_against_the_tree_that_is_trusted(data, size):
    proof = shown(data, size)
    trusted = (size, proof.get("root") or proof["new_root"])
    with pytest.raises((Refuted, Unreadable)):
        check(altered(data, proof), trusted)


@given(data=st.data(), size=st.integers(2, 60))
def test_an_export_with_an_entry_changed_left_out_or_swapped_is_refuted(data, size):
    first = data.draw(st.integers(0, size - 2))
    proof = ranged(first, data.draw(st.integers(first + 2, size)), size)
    leaves = proof["leaves"]
    at = data.draw(st.integers(1, len(leaves) - 1))
    for changed in (
        [*leaves[: at - 1], leaves[at], leaves[at - 1], *leaves[at + 1 :]],
        [*leaves[:at], *leaves[at + 1 :]],
        [*leaves[:at], leaves[at], *leaves[at:]],
        [*leaves[:at], bytes(32), *leaves[at + 1 :]],
    ):
        with pytest.raises(Refuted):
            check({**proof, "leaves": changed})


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        3,
        [],
        {},
        {"kind": "other"},
        {"kind": ["inclusion"]},
        {"kind": "inclusion"},
        {**inclusion(1, 2), "index": True},
        {**inclusion(1, 2), "index": -1},
        {**inclusion(1, 2), "size": 2**63},
        {**inclusion(1, 2), "path": "none"},
        {**inclusion(1, 2), "path": [None]},
        {**inclusion(1, 2), "entry": None},
        {**inclusion(1, 2), "entry": "\ud800"},
        {**inclusion(1, 2), "root": None},
        {**consistency(1, 2), "old_root": 5},
        {**ranged(0, 1, 2), "leaves": None},
    ],
)
def test_nonsense_is_told_as_unreadable(nonsense):
    with pytest.raises(Unreadable):
        check(nonsense)


@given(st.dictionaries(st.sampled_from(["kind", "index", "size", "path", "entry", "root", "first", "last"]), st.text()))
def test_whatever_is_shown_ends_in_one_of_three_ways(anything):
    with pytest.raises((Refuted, Unreadable)):
        check({**anything, "kind": "inclusion"})


def test_the_golden_tree_is_checked_from_the_command_line(tmp_path):
    golden = json.loads(naive_tree.GOLDEN.read_text(encoding="utf-8"))
    roots = golden["roots"]
    proofs = [
        {"kind": "inclusion", "index": index, "size": 7, "root": roots[7], "entry": entry, "path": path}
        for index, (entry, path) in enumerate(zip(golden["entries"], golden["inclusion"], strict=True))
    ] + [
        {"kind": "consistency", "old_size": n, "old_root": roots[n], "new_size": 7, "new_root": roots[7], "path": path}
        for n, path in ((int(n), path) for n, path in golden["consistency"].items())
    ]
    file = tmp_path / "proofs.json"
    file.write_text(json.dumps(proofs), encoding="utf-8")
    ended = run(tmp_path, "--size", "7", "--root", roots[7], file)
    assert (ended.returncode, ended.stderr, len(ended.stdout.splitlines())) == (0, "", 14)
    refuted = run(tmp_path, "--size", "7", "--root", roots[6], file)
    assert (refuted.returncode, refuted.stdout) == (1, "")


def test_exports_and_proofs_of_a_stored_ledger_are_checked_from_the_command_line(database: Database, tmp_path):
    record_many(database, SIZE)
    files = []
    with database.reading() as session:
        for first, last in ((0, None), (0, 1), (7, 30), (40, 41), (5, 5)):
            files.append(tmp_path / f"{first}-{last}.jsonl")
            files[-1].write_text("".join(f"{line}\n" for line in export(session, first, last)), encoding="utf-8")
        proofs = [prove_entry(session, index) for index in range(0, SIZE, 7)] + [prove_entry(session, 3, 9)]
        proofs += [prove_growth(session, old) for old in range(0, SIZE, 7)] + [prove_growth(session, 3, 9)]
        root = prove_growth(session, 1)["new_root"]
    files.append(tmp_path / "proofs.json")
    files[-1].write_text(json.dumps([proof for proof in proofs if 9 not in proof.values()]), encoding="utf-8")
    one = tmp_path / "one.json"
    one.write_text(json.dumps(proofs[0]), encoding="utf-8")
    ended = run(tmp_path, "--size", SIZE, "--root", str(root).upper(), *files, one)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(ended.stdout.splitlines()) == 5 + 12 + 1


def test_an_altered_export_is_refuted_from_the_command_line(database: Database, tmp_path):
    record_many(database, SIZE)
    with database.reading() as session:
        lines = list(export(session))
    alterations = {
        "whole": (lines, 0),
        "edited": ([lines[0].replace("found", "denied"), *lines[1:]], 1),
        "left out": ([*lines[:5], *lines[6:]], 1),
        "swapped": ([lines[1], lines[0], *lines[2:]], 1),
        "first left out": (lines[1:], 1),
        "cut": (lines[:-1], 2),
        "run on": ([*lines, lines[0]], 2),
        "no json": ([*lines[:3], "{", *lines[4:]], 2),
        "no object": ([*lines[:3], "7", *lines[4:]], 2),
        "empty": ([], 2),
    }
    for name, (told, code) in alterations.items():
        file = tmp_path / f"{name}.jsonl"
        file.write_text("\n".join(told), encoding="utf-8")
        ended = run(tmp_path, file)
        assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), name


@pytest.mark.parametrize(
    "arguments", [[], ["none.json"], ["--size", "3", "none.json"], ["--size", "x", "--root", "00", "none.json"]]
)
def test_a_wrong_command_or_a_missing_file_ends_with_two(tmp_path, arguments):
    ended = run(tmp_path, *arguments)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)


def test_an_export_of_a_damaged_ledger_stops_at_the_place(database: Database):
    record_many(database, SIZE)
    with database.transaction() as session:
        session.connection().exec_driver_sql("delete from base_audit_entries where leaf_index in (17, 40)")
    with database.reading() as session:
        with pytest.raises(DamagedLedger, match="entry 17"):
            list(export(session))
        with pytest.raises(DamagedLedger, match="entry 40"):
            list(export(session, 20, 41))
        assert len(list(export(session, 20, 30))) == 11


def test_an_entry_that_is_no_text_is_not_exported(database: Database):
    record_many(database, 3)
    junk = "x'ff'" if database.is_sqlite else "'\\xff'"
    with database.transaction() as session:
        edit = f"update base_audit_entries set content = {junk} where leaf_index = 1"  # noqa: S608 - one of two texts
        session.connection().exec_driver_sql(edit)
    with database.reading() as session, pytest.raises(DamagedLedger, match="entry 1"):
        prove_entry(session, 1)
