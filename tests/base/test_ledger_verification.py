"""Whatever is done to the stored ledger behind its back is found, and named by its place."""

# ruff: noqa: S608 - the statements are made of this file's own numbers

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from base import audit, events, ledger, ledger_verification
from base.audit import Thing, Tree, append, record, tree_at
from base.db import Database
from base.ledger_verification import BLOCK, verify, verify_end, verify_since
from tests.base.entries import BEGAN, entry, record_many

SIZE = 77
EDIT = "update base_audit_entries set {} where leaf_index = {}"
INSERT_COPY = (
    "insert into base_audit_entries select {}, content, at, actor, organisation, act, thing_kind, thing_id, "
    "purpose, outcome, request_id from base_audit_entries where leaf_index = 5"
)
JUNK = {"sqlite": "x'{}'", "postgresql": "'\\x{}'"}


@pytest.fixture
def filled(database: Database):
    """Give a database with seventy-seven entries: peaks of 64, 8, 4 and 1."""
    record_many(database, SIZE)
    return database


def junk(database, data):
    return JUNK["sqlite" if database.is_sqlite else "postgresql"].format(data.hex())


def found_after(database, *statements, **how):
    """Tell what verification finds after the statements; everything is taken back."""
    with database.engine.connect() as connection, Session(connection) as session:
        for statement in statements:
            session.execute(text(statement))
        found = verify(session, **how)
    return [str(each) for each in found.findings]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64, 77])
def test_a_ledger_as_it_was_written_is_sound(database: Database, size: int):
    record_many(database, size)
    with database.reading() as session:
        trees = [tree_at(session, each) for each in range(size + 1)]
        for found in (verify(session, remembered=trees), verify_end(session, trees), verify_since(session, trees[0])):
            assert (found.sound, found.tree, found.more) == (True, trees[-1], False)


@pytest.mark.parametrize("index", [0, 1, 40, 63, 64, 75, 76])
def test_an_edited_entry_is_named(filled: Database, index: int):
    edited = entry(index, outcome="not found").content
    assert found_after(filled, EDIT.format(f"content = {junk(filled, edited)}", index)) == [
        f"entry {index}: changed",
        f"entry {index}: columns-differ (outcome)",
    ]


@pytest.mark.parametrize("column", ["actor", "organisation", "act", "thing_id", "purpose", "outcome", "request_id"])
def test_an_edited_column_is_named(filled: Database, column: str):
    assert found_after(filled, EDIT.format(f"{column} = 'x'", 30)) == [f"entry 30: columns-differ ({column})"]


def test_an_edited_moment_is_named(filled: Database):
    assert found_after(filled, EDIT.format("at = '2020-01-01 00:00:00.000000'", 30)) == [
        "entry 30: columns-differ (at)"
    ]


def test_an_entry_that_is_junk_is_named(filled: Database):
    assert found_after(filled, EDIT.format(f"content = {junk(filled, b'junk')}", 30)) == [
        "entry 30: changed",
        "entry 30: unreadable",
    ]


@pytest.mark.parametrize(("level", "index"), [(0, 0), (0, 51), (0, 76), (1, 37), (2, 18), (3, 5), (3, 8), (6, 0)])
def test_an_edited_node_is_named_and_no_other(filled: Database, level: int, index: int):
    place = f"where level = {level} and node_index = {index}"
    edit = f"update base_ledger_nodes set hash = {junk(filled, bytes(32))} {place}"
    assert found_after(filled, edit) == [f"node {level}/{index}: changed"]
    assert found_after(filled, f"delete from base_ledger_nodes {place}") == [f"node {level}/{index}: missing"]


@pytest.mark.parametrize("index", [0, 40, 75, 76])
def test_a_deleted_entry_is_named(filled: Database, index: int):
    assert found_after(filled, f"delete from base_audit_entries where leaf_index = {index}") == [
        f"entry {index}: missing"
    ]


@pytest.mark.parametrize(("one", "other"), [(2, 3), (3, 4), (0, 76)])
def test_two_swapped_entries_are_told_as_moved(filled: Database, one: int, other: int):
    swap = [
        f"update base_audit_entries set leaf_index = 1000 where leaf_index = {one}",
        f"update base_audit_entries set leaf_index = {one} where leaf_index = {other}",
        f"update base_audit_entries set leaf_index = {other} where leaf_index = 1000",
    ]
    assert found_after(filled, *swap) == [
        f"entry {one}: moved (holds entry {other})",
        f"entry {other}: moved (holds entry {one})",
    ]


def test_two_swapped_nodes_are_named(filled: Database):
    swap = [
        "update base_ledger_nodes set node_index = 1000 where level = 2 and node_index = 3",
        "update base_ledger_nodes set node_index = 3 where level = 2 and node_index = 9",
        "update base_ledger_nodes set node_index = 9 where level = 2 and node_index = 1000",
    ]
    assert found_after(filled, *swap) == ["node 2/3: changed", "node 2/9: changed"]


@pytest.mark.parametrize("index", [77, 5000, -1])
def test_an_entry_beside_the_tree_is_named(filled: Database, index: int):
    assert found_after(filled, INSERT_COPY.format(index)) == [f"entry {index}: surplus"]


@pytest.mark.parametrize(("level", "index"), [(0, 77), (3, 9), (6, 1), (7, 0), (20, 0), (2, -1), (-1, 0)])
def test_a_node_beside_the_tree_is_named(filled: Database, level: int, index: int):
    insert = f"insert into base_ledger_nodes values ({level}, {index}, {junk(filled, bytes(32))})"
    assert found_after(filled, insert) == [f"node {level}/{index}: surplus"]


def test_an_entry_pushed_into_the_middle_is_named_and_so_is_everything_it_moved(filled: Database):
    pushed = [
        "update base_audit_entries set leaf_index = leaf_index + 1001 where leaf_index >= 70",
        "update base_audit_entries set leaf_index = leaf_index - 1000 where leaf_index >= 1000",
        INSERT_COPY.format(70),
    ]
    assert found_after(filled, *pushed) == [
        "entry 70: changed",
        *(f"entry {index}: moved (holds entry {index - 1})" for index in range(71, 77)),
        "entry 77: surplus",
    ]


def test_an_entry_and_its_node_rewritten_together_are_named_by_what_stands_above_them(filled: Database):
    edited = entry(30, outcome="not found")
    leaf = ledger.leaf_hash(edited.content)
    both = [
        EDIT.format(f"content = {junk(filled, edited.content)}, outcome = 'not found'", 30),
        f"update base_ledger_nodes set hash = {junk(filled, leaf)} where level = 0 and node_index = 30",
    ]
    assert found_after(filled, *both) == ["entries 30-31: rewritten"]


def test_faults_close_together_are_told_apart(filled: Database):
    statements = [
        EDIT.format(f"content = {junk(filled, b'junk')}", 20),
        "delete from base_audit_entries where leaf_index = 21",
        f"update base_ledger_nodes set hash = {junk(filled, bytes(32))} where level = 1 and node_index = 10",
        "delete from base_ledger_nodes where level = 2 and node_index = 5",
        f"update base_ledger_nodes set hash = {junk(filled, bytes(32))} where level = 0 and node_index = 60",
    ]
    assert found_after(filled, *statements) == [
        "entry 20: changed",
        "entry 20: unreadable",
        "entry 21: missing",
        "node 0/60: changed",
        "node 1/10: changed",
        "node 2/5: missing",
    ]


def test_an_entry_gone_with_its_node_is_named_with_it(filled: Database):
    gone = [
        "delete from base_audit_entries where leaf_index = 20",
        "delete from base_ledger_nodes where level = 0 and node_index = 20",
    ]
    assert found_after(filled, *gone) == ["entry 20: missing", "node 0/20: missing"]


def test_a_tail_that_is_gone_or_edited_is_named(filled: Database):
    assert found_after(filled, "delete from base_ledger_tail") == ["tail: missing"]
    assert found_after(filled, "update base_ledger_tail set size = 79") == ["tail: changed"]
    assert found_after(filled, "update base_ledger_tail set size = 78") == [
        "entry 77: missing",
        "node 0/77: missing",
        "node 1/38: missing",
    ]
    edited = f"update base_ledger_tail set frontier = {junk(filled, bytes(128))}"
    assert found_after(filled, edited) == [
        f"tail: changed (its copy of node {place})" for place in ("6/0", "3/8", "2/18", "0/76")
    ]
    assert found_after(filled, "update base_ledger_tail set size = 76, frontier = substr(frontier, 1, 96)") == [
        "entry 76: surplus",
        "node 0/76: surplus",
    ]


def test_a_tail_whose_events_were_set_back_is_named(filled: Database):
    with filled.transaction() as session:
        events.tell(session, events.Event("demo.told", "base", Thing("demo", "1"), 1, BEGAN))
    assert found_after(filled, "update base_ledger_tail set event_position = 0") == [
        "tail: changed (event 1 is behind the last position)"
    ]


def cut_to(database, size):
    """Give the statements of someone who cuts the ledger together with its tail, as if it had never been longer."""
    with database.reading() as session:
        frontier, _ = ledger.append(
            ledger.Frontier(),
            [ledger.leaf_hash(audit.entry_at(session, index).content) for index in range(size)],
        )
    return [
        f"delete from base_audit_entries where leaf_index >= {size}",
        *(
            f"delete from base_ledger_nodes where level = {level} and node_index >= {size >> level}"
            for level in range(8)
        ),
        f"update base_ledger_tail set size = {size}, frontier = {junk(database, frontier.blob)}",
    ]


def test_a_ledger_cut_with_its_tail_is_found_by_what_a_witness_remembers_alone(filled: Database):
    with filled.reading() as session:
        witness = tree_at(session)
    assert found_after(filled, *cut_to(filled, 70)) == []
    assert found_after(filled, *cut_to(filled, 70), remembered=[witness]) == [
        "entries 70-76: cut (a tree head of size 77 is remembered)"
    ]


def test_a_ledger_rewritten_as_a_whole_is_found_between_two_remembered_heads(database: Database):
    record_many(database, 60)
    with database.reading() as session:
        heads = [tree_at(session, size) for size in (20, 40, 60)]
    with database.transaction() as session:
        for statement in cut_to(database, 30):
            session.execute(text(statement))
    record_many(database, 30, first=500)
    with database.reading() as session:
        assert verify(session).sound
        found = verify(session, remembered=heads)
    assert [str(each) for each in found.findings] == [
        "entries 20-39: forked (size 40: another root is remembered)",
        "entries 20-59: forked (size 60: another root is remembered)",
    ]


def test_a_damaged_node_alone_does_not_make_a_remembered_head_look_forked(filled: Database):
    with filled.reading() as session:
        heads = [tree_at(session, size) for size in range(SIZE + 1)]
    edit = f"update base_ledger_nodes set hash = {junk(filled, bytes(32))} where level = 3 and node_index = 2"
    assert found_after(filled, edit, remembered=heads) == ["node 3/2: changed"]
    gone = "delete from base_ledger_nodes where level = 3 and node_index = 2"
    assert found_after(filled, gone, remembered=heads) == ["node 3/2: missing"]


def test_only_the_asked_entries_and_what_stands_above_them_are_looked_at(database: Database, monkeypatch):
    """With blocks of four: entries 40-43 stand in block 10, whose neighbours are taken as they are stored."""
    monkeypatch.setattr(ledger_verification, "BLOCK_LEVEL", 2)
    monkeypatch.setattr(ledger_verification, "BLOCK", 4)
    record_many(database, SIZE)
    within = {"first": 40, "last": 44}
    assert found_after(database, **within) == []
    assert found_after(database, EDIT.format("outcome = 'x'", 39), **within) == []
    assert found_after(database, EDIT.format("outcome = 'x'", 43), **within) == ["entry 43: columns-differ (outcome)"]
    for level, index in ((0, 41), (1, 20), (2, 10), (3, 5), (4, 2), (5, 1), (6, 0)):
        place = f"where level = {level} and node_index = {index}"
        assert found_after(database, f"delete from base_ledger_nodes {place}", **within) == [
            f"node {level}/{index}: missing"
        ]
        edit = f"update base_ledger_nodes set hash = {junk(database, bytes(32))} {place}"
        assert found_after(database, edit, **within) == [f"node {level}/{index}: changed"]


@pytest.mark.parametrize("block_level", [0, 1, 3, 6])
@pytest.mark.parametrize("size", [1, 5, 8, 33, 77])
def test_however_it_is_cut_into_blocks_the_same_is_found(database: Database, monkeypatch, block_level: int, size: int):
    monkeypatch.setattr(ledger_verification, "BLOCK_LEVEL", block_level)
    monkeypatch.setattr(ledger_verification, "BLOCK", 1 << block_level)
    record_many(database, size)
    middle = size // 2
    assert found_after(database) == []
    for first in range(0, size + 1, 7):
        assert found_after(database, first=first) == []
        assert found_after(database, first=first // 2, last=first) == []
    assert found_after(database, f"delete from base_audit_entries where leaf_index = {middle}") == [
        f"entry {middle}: missing"
    ]
    edit = f"update base_ledger_nodes set hash = {junk(database, bytes(32))} where level = 0 and node_index = {middle}"
    assert found_after(database, edit) == [f"node 0/{middle}: changed"]


def test_what_was_added_since_is_verified_against_what_was_verified_then(filled: Database):
    with filled.reading() as session:
        then = verify(session).tree
    record_many(filled, 20, first=SIZE)
    with filled.reading() as session:
        found = verify_since(session, then)
        assert (found.sound, found.first, found.last) == (True, SIZE, SIZE + 20)
        forged = verify_since(session, Tree(then.size, bytes(32)))
    assert [str(each) for each in forged.findings] == ["entries 0-76: forked (size 77: another root is remembered)"]


def test_several_blocks_are_verified_as_one_tree(database: Database):
    size = 2 * BLOCK + 300
    record_many(database, size, at_once=size)
    with database.reading() as session:
        assert verify(session).sound
        assert verify_end(session, count=10).sound
    for index in (BLOCK - 1, 2 * BLOCK, size - 1):
        assert found_after(database, f"delete from base_audit_entries where leaf_index = {index}") == [
            f"entry {index}: missing"
        ]
    assert found_after(database, "delete from base_ledger_nodes where level = 11") == ["node 11/0: missing"]
    assert found_after(database, "delete from base_ledger_nodes where level = 10") == [
        "node 10/0: missing",
        "node 10/1: missing",
    ]
    lost = f"delete from base_audit_entries where leaf_index < {BLOCK}"
    with database.engine.connect() as connection, Session(connection) as session:
        session.execute(text(lost))
        assert verify_end(session, count=10).sound
        assert len(verify(session).findings) == BLOCK


def test_more_findings_than_anyone_reads_are_told_as_more(database: Database, monkeypatch):
    monkeypatch.setattr(ledger_verification, "MOST_FINDINGS", 10)
    record_many(database, 50)
    with database.engine.connect() as connection, Session(connection) as session:
        session.execute(text("update base_audit_entries set outcome = 'x'"))
        found = verify(session)
    assert (len(found.findings), found.more) == (10, True)


def test_writers_that_go_on_meanwhile_are_no_fault(database: Database, monkeypatch):
    """Between the reading of the tail and the look for surplus rows, another writer commits."""
    if database.is_sqlite:
        pytest.skip("on SQLite a reader sees one moment throughout")
    record_many(database, 10)
    look = ledger_verification._Verifier._surplus

    def write_and_look(verifier):
        with database.transaction() as writing:
            record(writing, entry(10))
            events.tell(writing, events.Event("demo.told", "base", Thing("demo", "1"), 1, BEGAN))
        look(verifier)

    monkeypatch.setattr(ledger_verification._Verifier, "_surplus", write_and_look)
    with database.reading() as session:
        found = verify(session)
    assert (found.findings, found.tree.size) == ((), 10)


def test_nothing_is_written_by_a_verification(filled: Database):
    assert append is audit.append
    with filled.reading() as session:
        before = tree_at(session)
        verify(session)
        assert tree_at(session) == before
