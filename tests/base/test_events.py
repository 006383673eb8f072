"""Whoever reads events by a cursor misses none and takes none twice, whichever transaction commits last."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from base import events, journal
from base.audit import Thing, append, record
from base.canonical import NotCanonical
from base.db import Database, connect
from base.events import CursorMoved, Event
from tests.base.entries import BEGAN, entry


def happened(called, **told):
    return Event(**{"name": called, "room": "base", "thing": Thing("demo", called), "version": 1, "at": BEGAN, **told})


class GivenUp(Exception):
    """The transaction fails after all."""


def give_up_after(act, *told):
    act(*told)
    raise GivenUp


def tell(database, *names):
    with database.transaction() as session:
        for name in names:
            events.tell(session, happened(name))


def read(database, position=0, limit=100):
    with database.reading() as session:
        return [(told.position, told.event.name) for told in events.since(session, position, limit)]


def test_an_event_is_read_back_as_it_was_told(database: Database):
    told = happened("certificate.issued", version=3, facts={"种类": ["a", 1, None]})
    with database.transaction() as session:
        events.tell(session, told)
    with database.reading() as session:
        assert [each.event for each in events.since(session, 0)] == [told]


def test_positions_run_on_without_gaps_beside_entries(database: Database):
    tell(database, "a", "b")
    with database.transaction() as session:
        record(session, entry(1))
        events.tell(session, happened("c"))
    assert read(database) == [(1, "a"), (2, "b"), (3, "c")]
    assert read(database, 1) == [(2, "b"), (3, "c")]
    assert read(database, 0, limit=2) == [(1, "a"), (2, "b")]
    assert read(database, 3) == []


def test_an_event_goes_with_its_savepoint_and_with_its_transaction(database: Database):
    with database.transaction() as session:
        events.tell(session, happened("kept"))
        nested = session.begin_nested()
        events.tell(session, happened("taken back"))
        nested.rollback()
    with pytest.raises(GivenUp), database.transaction() as session:
        give_up_after(events.tell, session, happened("never"))
    tell(database, "last")
    assert read(database) == [(1, "kept"), (2, "last")]


def test_of_two_interleaved_writers_the_one_that_commits_last_is_not_missed(database: Database):
    """Slow begins first and tells first; quick commits first; the reader looks in between."""
    if database.is_sqlite:
        pytest.skip("on SQLite writers take turns from their beginning")
    slow = database.transaction()
    session = slow.__enter__()
    session.execute(text("select txid_current()"))
    events.tell(session, happened("slow"))
    tell(database, "quick")
    assert read(database) == [(1, "quick")]
    slow.__exit__(None, None, None)
    assert read(database, 1) == [(2, "slow")]


def test_between_numbering_and_commit_nobody_overtakes(database_settings):
    """Slow has its number and has not committed; quick waits at the tail, and the reader sees neither."""
    appended, go_on = threading.Event(), threading.Event()

    def wait(_session):
        appended.set()
        assert go_on.wait(30)

    quick, slow = connect(database_settings, (append,)), connect(database_settings, (append, wait))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(tell, slow, "slow")
        assert appended.wait(30)
        second = pool.submit(tell, quick, "quick")
        assert read(quick) == []
        go_on.set()
        first.result()
        second.result()
    assert read(quick) == [(1, "slow"), (2, "quick")]
    quick.close()
    slow.close()


def test_a_reader_beside_many_writers_sees_each_event_once_and_in_order(database: Database):
    def write(name):
        for turn in range(10):
            tell(database, f"{name}-{turn}")

    seen: list[tuple[int, str]] = []
    position = 0
    with ThreadPoolExecutor(5) as pool:
        writing = [pool.submit(write, name) for name in range(5)]
        while len(seen) < 50:
            told = read(database, position, limit=7)
            seen.extend(told)
            position = told[-1][0] if told else position
            for each in writing:
                if each.done():
                    each.result()
    assert [each[0] for each in seen] == list(range(1, 51))
    for name in range(5):
        mine = [told for _, told in seen if told.startswith(f"{name}-")]
        assert mine == [f"{name}-{turn}" for turn in range(10)]


def test_a_cursor_moves_with_what_was_done_or_not_at_all(database: Database):
    tell(database, "a", "b", "c")
    with database.transaction() as session:
        assert events.cursor(session, "sync") == 0
        events.move(session, "sync", 0, 2)
    with pytest.raises(GivenUp), database.transaction() as session:
        give_up_after(events.move, session, "sync", 2, 3)
    with database.reading() as session:
        assert events.cursor(session, "sync") == 2
        assert events.cursor(session, "webhooks") == 0


def test_of_two_processes_of_one_reader_the_second_is_refused(database: Database):
    with database.transaction() as session:
        events.move(session, "sync", 0, 5)
    with pytest.raises(CursorMoved), database.transaction() as session:
        events.move(session, "sync", 0, 3)
    with database.reading() as session:
        assert events.cursor(session, "sync") == 5


def test_two_processes_of_one_reader_at_once_do_the_work_once(database: Database):
    tell(database, "a")

    def work(_):
        try:
            with database.transaction() as session:
                seen = events.cursor(session, "sync")
                done = events.since(session, seen)
                if done:
                    events.move(session, "sync", seen, done[-1].position)
                return len(done)
        except CursorMoved:
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(8))) == 1


@pytest.mark.parametrize("told", [{"facts": {"ratio": 0.5}}, {"name": "a\x00"}, {"facts": {"a": "\ud800"}}])
def test_an_event_that_cannot_be_kept_is_refused(database: Database, told):
    with pytest.raises(NotCanonical), database.transaction() as session:
        events.tell(session, happened("a", **told))
    assert read(database) == []


def test_a_session_that_only_reads_cannot_tell(database: Database):
    with database.reading() as session, pytest.raises(journal.NotAppended):
        events.tell(session, happened("a"))
