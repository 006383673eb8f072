"""An entry is written with its act or not at all, numbered without gaps, found again, and proven against the tree."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from base import audit, events, journal, ledger
from base.audit import Entry, OutsideLedger, Search, Thing, UnfitEntry, append, record
from base.canonical import NotCanonical
from base.db import Database, connect
from base.ledger_verification import verify
from base.models import AuditEntry, LedgerNode, LedgerTail
from tests.base.entries import BEGAN, entry, record_many

ROOT = Path(__file__).resolve().parents[2]


def contents(database):
    with database.reading() as session:
        return [each.entry.thing.id for each in reversed(audit.search(session, Search(), limit=1000))]


def assert_sound(database, size):
    with database.reading() as session:
        found = verify(session)
        assert (found.findings, found.tree.size) == ((), size)
        indexes = session.scalars(select(AuditEntry.leaf_index).order_by(AuditEntry.leaf_index)).all()
    assert list(indexes) == list(range(size))


def test_an_entry_is_read_back_as_it_was_recorded(database: Database):
    with database.transaction() as session:
        record(session, entry(7))
    with database.reading() as session:
        recorded = audit.entry_at(session, 0)
    assert recorded.entry == replace(entry(7), facts=dict(entry(7).facts))


def test_the_bytes_are_the_documented_ones():
    told = Entry(
        at=datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8))),
        actor="clerk-1",
        organisation="演示机构",
        act="demo.act",
        thing=Thing("demo", 't"1'),
        facts={"b": [1, True, None], "a": "\u007f\n\x1f"},
    )
    assert told.content.decode() == (
        '{"act":"demo.act","actor":"clerk-1","at":"2026-11-21T02:30:00.000000Z",'
        '"facts":{"a":"\x7f\\n\\u001f","b":[1,true,null]},"format":1,"organisation":"演示机构","outcome":"",'
        '"purpose":"","request_id":"","thing":{"id":"t\\"1","kind":"demo"}}'
    )
    assert Entry.of_content(told.content) == replace(told, facts=dict(told.facts))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        entry().content.replace(b'"format":1', b'"format":2'),
        entry().content.replace(b'"outcome"', b'"result"'),
        entry().content.replace(b'"outcome":"found",', b""),
        entry().content.replace(b",", b", ", 1),
        entry().content.replace(b".000000Z", b"Z"),
        entry().content.replace(b".000000Z", b".000000+00:00"),
        entry().content.replace(b'{"id"', b'{"colour":"","id"'),
        entry(facts={"n": 1}).content.replace(b'{"n":1}', b'{"n":1.5}'),
        entry(facts={"n": 1}).content.replace(b'{"n":1}', b'{"n":NaN}'),
    ],
)
def test_bytes_in_any_other_form_are_no_entry(content: bytes):
    assert Entry.of_content(content) is None


def test_the_act_and_its_entry_are_there_together_or_not_at_all(database: Database):
    def act(session):
        record(session, entry(1))
        session.add(LedgerNode(level=9, node_index=9, hash=b"an act's row"))
        session.flush()
        assert 1 / 0

    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        act(session)
    with database.transaction() as session:
        record(session, entry(2))
    assert contents(database) == ["certificate-2"]
    assert_sound(database, 1)


def test_what_was_recorded_in_a_savepoint_goes_with_it(database: Database):
    def fail(session):
        record(session, entry(2))
        with session.begin_nested():
            record(session, entry(3))
        assert 1 / 0

    with database.transaction() as session:
        record(session, entry(1))
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            fail(session)
        with session.begin_nested():
            record(session, entry(4))
        taken_back = session.begin_nested()
        record(session, entry(5))
        taken_back.rollback()
        record(session, entry(6))
    assert contents(database) == ["certificate-1", "certificate-4", "certificate-6"]
    assert_sound(database, 3)


def test_a_savepoint_open_before_anything_was_recorded_is_followed_too(database: Database):
    def fail(session):
        record(session, entry(1))
        assert 1 / 0

    with database.transaction() as session:
        with pytest.raises(ZeroDivisionError), session.begin_nested(), session.begin_nested():
            fail(session)
        record(session, entry(2))
    assert contents(database) == ["certificate-2"]


def test_a_flush_that_fails_in_a_savepoint_takes_its_entry_back(database: Database):
    def fail(session):
        record(session, entry(2))
        session.add(LedgerTail(id=2, size=0, frontier=b"", event_position=0))
        session.flush()

    with database.transaction() as session:
        record(session, entry(1))
        with pytest.raises(IntegrityError), session.begin_nested():
            fail(session)
        record(session, entry(3))
    assert contents(database) == ["certificate-1", "certificate-3"]


def test_a_session_used_again_after_a_rollback_begins_with_nothing(database: Database):
    with database._sessions() as session:
        record(session, entry(1))
        session.rollback()
        record(session, entry(2))
        session.close()
        record(session, entry(3))
        append(session)
        session.commit()
        record(session, entry(4))
        append(session)
        session.commit()
    assert contents(database) == ["certificate-3", "certificate-4"]


def test_without_the_last_act_nothing_is_committed(database: Database, database_settings):
    bare = connect(database_settings)
    with pytest.raises(journal.NotAppended), bare.transaction() as session:
        record(session, entry(1))
    bare.close()
    assert contents(database) == []


def test_a_session_that_only_reads_cannot_record(database: Database):
    with database.reading() as session, pytest.raises(journal.NotAppended):
        record(session, entry(1))


def test_a_transaction_that_records_nothing_leaves_the_tail_alone(database: Database):
    with database.transaction() as session:
        session.execute(text("select 1"))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LedgerTail)) == 0
        assert audit.tree_at(session) == audit.Tree(0, ledger.EMPTY_ROOT)


@pytest.mark.parametrize("count", [1, 500])
def test_the_tail_is_held_for_four_statements_however_much_there_is(database: Database, count: int):
    record_many(database, 3)
    sent = []
    with database.transaction() as session:
        for number in range(count):
            record(session, entry(number))
        event.listen(database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    assert [each.split()[0] for each in sent] == ["SELECT", "INSERT", "INSERT", "UPDATE"]
    assert_sound(database, count + 3)


def test_threads_that_write_at_once_leave_no_gap_and_no_fork(database: Database):
    def write(name):
        for turn in range(10):
            with database.transaction() as session:
                record(session, entry(turn, actor=f"writer-{name}"))
                if turn % 3 == 0:
                    events.tell(session, events.Event("demo.told", "base", Thing("demo", str(turn)), 1, BEGAN))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert_sound(database, 60)
    with database.reading() as session:
        for name in range(6):
            mine = audit.search(session, Search(actor=f"writer-{name}"))
            assert [each.entry.at for each in mine] == [BEGAN + timedelta(seconds=turn) for turn in range(9, -1, -1)]
        assert [each.position for each in events.since(session, 0)] == list(range(1, 25))


def test_processes_that_write_at_once_leave_no_gap_and_no_fork(database: Database, database_settings):
    command = [sys.executable, "-m", "tests.base.entries", database_settings.url]
    writers = [subprocess.Popen([*command, f"process-{name}", "25"], cwd=ROOT) for name in range(4)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0, 0]
    assert_sound(database, 100)
    with database.reading() as session:
        assert all(len(audit.search(session, Search(actor=f"process-{name}"))) == 25 for name in range(4))


def test_of_two_first_writers_both_find_the_one_tail(database_settings):
    """Each has begun, and neither sees a tail row, when both go to append."""
    meeting = threading.Barrier(2, timeout=30)

    def meet(session):
        assert session.scalar(select(func.count()).select_from(LedgerTail)) == 0
        meeting.wait()

    plain = connect(database_settings, (append,))
    if plain.is_sqlite:
        plain.close()
        pytest.skip("on SQLite one writer at a time has begun")
    database = connect(database_settings, (meet, append))

    def write(number):
        with database.transaction() as session:
            record(session, entry(number))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert_sound(plain, 2)
    plain.close()
    database.close()


def test_a_damaged_tail_is_not_written_on(database: Database):
    record_many(database, 3)
    with database.transaction() as session:
        session.execute(text("update base_ledger_tail set size = 4"))
    with pytest.raises(journal.DamagedLedger) as refusal, database.transaction() as session:
        record(session, entry(4))
    assert refusal.value.place == "tail"
    assert len(contents_of_rows(database)) == 3


def contents_of_rows(database):
    with database.reading() as session:
        return session.scalars(select(AuditEntry.leaf_index)).all()


def test_entries_are_found_by_each_column_newest_first(database: Database):
    record_many(database, 40)
    wanted: dict[str, Any] = {
        "actor": "clerk-3",
        "organisation": "91330100MA2B1C2D3X",
        "act": "demo.look-up",
        "thing_kind": "certificate",
        "thing_id": "certificate-17",
        "purpose": "case-2",
        "outcome": "found",
        "request_id": "request-5",
    }
    with database.reading() as session:
        for name, value in wanted.items():
            found = audit.search(session, replace(Search(), **{name: value}), limit=1000)
            expected = [n for n in reversed(range(40)) if entry(n).columns[name] == value]
            assert [each.index for each in found] == expected
        within = Search(since=BEGAN + timedelta(seconds=10), until=BEGAN + timedelta(seconds=13))
        assert [each.index for each in audit.search(session, within)] == [12, 11, 10]
        assert audit.search(session, Search(actor="nobody")) == []


def test_pages_run_on_from_the_last_number_while_others_write(database: Database):
    record_many(database, 25)
    seen: list[int] = []
    before = None
    for _ in range(4):
        with database.reading() as session:
            page = audit.search(session, Search(act="demo.look-up"), before=before, limit=10)
        if not page:
            break
        seen.extend(each.index for each in page)
        before = page[-1].index
        record_many(database, 3, first=100)
    assert seen == list(reversed(range(25)))


def test_every_entry_of_every_size_is_proven(database: Database):
    record_many(database, 33, at_once=7)
    with database.reading() as session:
        for size in range(34):
            tree = audit.tree_at(session, size)
            for index in range(0, size, 5):
                leaf = ledger.leaf_hash(audit.entry_at(session, index).content)
                path = audit.inclusion(session, index, size)
                assert ledger.proves_inclusion(leaf, index, size, path, tree.root)
            path = audit.consistency(session, size, 33)
            assert ledger.proves_consistency(size, 33, tree.root, audit.tree_at(session).root, path)


def test_a_proof_is_read_with_one_statement_after_the_size(database: Database):
    record_many(database, 100)
    sent = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    with database.reading() as session:
        sent.clear()
        audit.inclusion(session, 41, 99)
        assert len(sent) == 2
        audit.consistency(session, 41, 99)
        assert len(sent) == 4


def test_what_the_ledger_never_was_is_refused_with_its_size(database: Database):
    record_many(database, 5)
    with database.reading() as session:
        for ask in (
            lambda: audit.entry_at(session, 5),
            lambda: audit.entry_at(session, -1),
            lambda: audit.tree_at(session, 6),
            lambda: audit.inclusion(session, 0, 6),
            lambda: audit.inclusion(session, 4, 4),
            lambda: audit.consistency(session, 5, 4),
            lambda: audit.around(session, 3, 2, 5),
        ):
            with pytest.raises(OutsideLedger):
                ask()


def test_a_missing_row_is_told_by_its_place(database: Database):
    record_many(database, 8)
    with database.transaction() as session:
        session.execute(text("delete from base_ledger_nodes where level = 1 and node_index = 3"))
        session.execute(text("delete from base_audit_entries where leaf_index = 2"))
    with database.reading() as session:
        with pytest.raises(journal.DamagedLedger, match="node 1/3"):
            audit.inclusion(session, 4, 8)
        with pytest.raises(journal.DamagedLedger, match="entry 2"):
            audit.entry_at(session, 2)


def test_a_row_that_is_no_entry_is_told_when_it_is_read():
    with pytest.raises(journal.DamagedLedger, match="entry 3"):
        repr(audit.Recorded(3, b"{}").entry)


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"actor": "a" * 201}, UnfitEntry),
        ({"thing": Thing("certificate", "印" * 201)}, UnfitEntry),
        ({"facts": {"text": "x" * 20_000}}, UnfitEntry),
        ({"actor": "a\x00b"}, NotCanonical),
        ({"facts": {"ratio": 0.5}}, NotCanonical),
        ({"facts": {"large": 2**53}}, NotCanonical),
        ({"facts": {"half": "\ud800"}}, NotCanonical),
        ({"facts": {1: "a name that is no text"}}, NotCanonical),
        ({"facts": {"at": BEGAN}}, NotCanonical),
    ],
)
def test_an_entry_that_cannot_be_kept_is_refused_before_anything_is_written(database: Database, told, refusal):
    with pytest.raises(refusal), database.transaction() as session:
        record(session, entry(1, **told))
    with database.transaction() as session:
        record(session, entry(2, actor="印" * 200, thing=Thing("印" * 200, "信" * 200)))
    assert_sound(database, 1)


def test_a_moment_without_a_zone_is_a_fault_of_the_code(database: Database):
    with pytest.raises(ValueError, match="without a time zone"), database.transaction() as session:
        record(session, entry(1, at=BEGAN.replace(tzinfo=None)))


def test_facts_changed_after_the_record_change_nothing(database: Database):
    facts = {"n": 1}
    with database.transaction() as session:
        record(session, entry(1, facts=facts))
        facts["n"] = 2
    with database.reading() as session:
        assert audit.entry_at(session, 0).entry.facts == {"n": 1}
    assert_sound(database, 1)
