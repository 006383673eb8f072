"""What is offered is copied: whole, then by what changed; killed at any edge; held, dropped, and never half."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from catalog_sync.mirror import loads as verbs
from catalog_sync.mirror.errors import MirrorLoadNotHeld
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE, Offered, Page, PlaceForgotten
from catalog_sync.mirror.pulling import Pulled
from catalog_sync.models import Evidence
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from tests.catalog_sync.house import BY, House
from tests.catalog_sync.mirror import library as of
from tests.catalog_sync.mirror.library import (
    Library,
    again,
    catalogs,
    code_tables,
    directory,
    loads,
    pull,
    rejects,
    table,
)
from tests.catalog_sync.test_sync_crash import Died, Dying

LATER = "2026-11-01T08:00:00+08:00"


@pytest.fixture
def library() -> Library:
    made = Library("platform")
    of.filled(made)
    return made


@pytest.fixture
def lite(house: House, library: Library) -> House:
    """Give the house with that library, on SQLite."""
    house.sync = replace(house.sync, targets={"platform": library})
    return house


@pytest.fixture
def each(both: House, library: Library) -> House:
    """Give the same on SQLite and on PostgreSQL."""
    both.sync = replace(both.sync, targets={"platform": library})
    return both


def test_everything_is_copied_then_what_changed_and_what_is_gone_is_seen(each: House, library: Library) -> None:
    assert pull(each, library) == Pulled(3, 8, 0, 1, 0)
    assert pull(each, library) == Pulled()
    first = catalogs(each)
    assert (len(first), first["d1"].name, first["d1"].last_seen_at) == (8, "演示国家目录1", each.at)
    library.put(CATALOG, "d1", directory(1, LATER, name="演示改名"))
    library.put(CATALOG, "d2", directory(2), is_gone=True)
    library.put(CATALOG, "d9", directory(9))
    assert again(each, library) == Pulled(1, 3, 0, 1, 0)
    now = catalogs(each)
    assert (now["d1"].name, now["d1"].version, now["d1"].first_seen_at) == (
        "演示改名",
        LATER,
        first["d1"].first_seen_at,
    )
    assert (now["d2"].gone_since, now["d3"].gone_since, len(now)) == (each.at, None, 9)
    library.put(CATALOG, "d2", directory(2, LATER))
    assert again(each, library).applied == 1
    assert catalogs(each)["d2"].gone_since is None
    assert [(row.added, row.changed, row.gone, bool(row.since)) for row in loads(each)] == [
        (8, 0, 0, False),
        (1, 1, 1, True),
        (0, 1, 0, True),
    ]


def test_a_whole_reading_each_week_finds_what_went_without_a_word(lite: House, library: Library) -> None:
    pull(lite, library)
    del library.shelves[CATALOG]["d3"]
    again(lite, library)
    assert catalogs(lite)["d3"].gone_since is None
    lite.later(days=7)
    assert pull(lite, library).rows == 7
    assert catalogs(lite)["d3"].gone_since == lite.at
    assert catalogs(lite)["d4"].last_seen_at == lite.at


def test_each_version_of_a_code_table_is_kept_and_one_that_is_known_cannot_be_altered(
    lite: House, library: Library
) -> None:
    pull(lite, library, CODE_TABLE)
    library.put(CODE_TABLE, "kind", table("2026.2", "1", "2", "3"))
    again(lite, library, CODE_TABLE)
    found = code_tables(lite)
    assert [(version, row.gone_since is None, len(row.content)) for version, row in found.items()] == [
        ("2026.1", False, 2),
        ("2026.2", True, 3),
    ]
    library.put(CODE_TABLE, "kind", table("2026.1", "7"))
    assert again(lite, library, CODE_TABLE).held == 1
    assert rejects(lite) == [("kind", "same-version-altered", "")]
    lite.transaction(lambda session: decided(lite, session, applies=False))
    library.put(CODE_TABLE, "kind", table("2026.1"))
    again(lite, library, CODE_TABLE)
    assert [row.version for row in code_tables(lite).values() if row.gone_since is None] == ["2026.1"]
    assert len(code_tables(lite)) == 2


def test_faulty_rows_are_rejects_and_what_is_kept_of_them_stays(lite: House, library: Library) -> None:
    pull(lite, library)
    library.put(CATALOG, "d1", directory(1, LATER, name=""))
    library.put(CATALOG, "d2", directory(2, "2025-01-01T00:00:00+08:00"))
    for number in range(10, 20):
        library.put(CATALOG, f"d{number}", directory(number))
    assert again(lite, library) == Pulled(4, 12, 2, 1, 0)
    assert rejects(lite) == [("d1", "missing-field", "name"), ("d2", "older-than-known", "")]
    assert (catalogs(lite)["d1"].name, len(catalogs(lite))) == ("演示国家目录1", 18)


def test_a_row_on_two_pages_is_taken_once(lite: House, library: Library) -> None:
    library.spoiling = lambda page: replace(page, rows=(*page.rows, page.rows[0])) if not page.token else page
    assert pull(lite, library) == Pulled(3, 9, 1, 1, 0)
    assert rejects(lite) == [("d7", "duplicate", "")]
    assert len(catalogs(lite)) == 8


def test_what_changes_while_pages_are_read_is_read_the_next_time(lite: House, library: Library) -> None:
    def changing(page: Page) -> Page:
        if len(library.asked) == 2:
            library.put(CATALOG, "d1", directory(1, LATER, name="演示读取中改名"))
        return page

    library.spoiling = changing
    pull(lite, library)
    again(lite, library)
    assert catalogs(lite)["d1"].name == "演示读取中改名"


# --- dying, and two at once ---------------------------------------------------------------------------------------


def test_a_process_that_dies_at_any_edge_goes_on_at_the_page_on_record(each: House, library: Library) -> None:
    """Edges of look, keep and settle over two pages, before and after each commit: die there, go on, and compare."""
    del library.shelves[CATALOG]["d5"], library.shelves[CATALOG]["d6"]
    del library.shelves[CATALOG]["d7"], library.shelves[CATALOG]["d8"]
    for edge in range(1, 13):
        library.put(CATALOG, "d1", directory(1, LATER, name=f"演示改名{edge}"))
        each.later(days=8)
        dying: Any = Dying(each.database, edge)
        with pytest.raises(Died):
            pull(each, library, database=dying)
        pull(each, library)
        copies = catalogs(each)
        assert (set(copies), copies["d1"].name) == ({"d1", "d2", "d3", "d4"}, f"演示改名{edge}")
        assert all(row.gone_since is None and row.last_seen_at == each.at for row in copies.values()), edge
    assert [(row.state, row.rows, row.rejects, row.pages) for row in loads(each)] == [("applied", 4, 0, 2)] * 12


def test_two_processes_at_once_keep_each_page_once(each: House, library: Library) -> None:
    begin = threading.Barrier(2)

    def work() -> None:
        begin.wait()
        pull(each, library)

    together = [threading.Thread(target=work) for _ in range(2)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    (load,) = loads(each)
    assert (load.state, load.rows, load.rejects, load.pages, len(catalogs(each))) == ("applied", 8, 0, 3, 8)


# --- held, dropped, not believed ----------------------------------------------------------------------------------


def decided(house: House, session: Any, *, applies: bool) -> Any:
    held = next(row for row in loads(house) if row.state == "held")
    return verbs.decide(session, house.sync.settings, held.id, "已与对方核实", BY, house.at, applies=applies)


def test_a_reading_that_would_empty_the_mirror_waits_for_a_person(lite: House, library: Library) -> None:
    pull(lite, library)
    shelves = dict(library.shelves[CATALOG])
    library.shelves[CATALOG] = dict(list(shelves.items())[:5])
    lite.later(days=8)
    assert pull(lite, library).held == 1
    (held,) = [row for row in loads(lite) if row.state == "held"]
    assert (held.reason, held.gone) == ("many-gone", 3)
    assert all(row.gone_since is None for row in catalogs(lite).values())
    assert again(lite, library) == Pulled()
    dropped = lite.transaction(lambda session: decided(lite, session, applies=False))
    assert (dropped.state, dropped.decided_by) == ("dropped", "person:wang")
    assert pull(lite, library) == Pulled()
    again(lite, library)
    applied = lite.transaction(lambda session: decided(lite, session, applies=True))
    assert applied.state == "applied"
    assert sum(row.gone_since is not None for row in catalogs(lite).values()) == 3
    with pytest.raises(MirrorLoadNotHeld):
        lite.transaction(
            lambda session: verbs.decide(session, lite.sync.settings, applied.id, "x", BY, lite.at, applies=True)
        )


SPOILT: list[tuple[str, Callable[[Page], Page]]] = [
    ("more rows than a page holds", lambda page: replace(page, rows=(Offered("x", {}),) * 1001)),
    ("a mark or page that cannot be kept", lambda page: replace(page, mark="")),
    ("a mark or page that cannot be kept", lambda page: replace(page, token="x" * 501)),
    ("a page that leads to itself", lambda page: replace(page, token="9.3")),
]


@pytest.mark.parametrize(("reason", "spoilt"), SPOILT)
def test_a_page_that_is_none_pauses_the_channel_and_nothing_of_the_load_is_applied(
    lite: House, library: Library, reason: str, spoilt: Callable[[Page], Page]
) -> None:
    library.spoiling = lambda page: spoilt(page) if len(library.asked) == 2 else page
    pull(lite, library)
    channel = lite.channel()
    assert (channel.state, channel.reason) == ("paused", f"sync-answer-not-believed: {reason}")
    assert catalogs(lite) == {}
    assert [row.state for row in loads(lite)] == ["dropped"]
    with lite.database.reading() as session:
        assert [row.asked for row in session.query(Evidence)] == ["mirror"]
    assert pull(lite, library) == Pulled()


def raising(error: Exception) -> Callable[[Page], Page]:
    def raises(_page: Page) -> Page:
        raise error

    return raises


def test_after_a_failure_the_load_goes_on_at_its_page(lite: House, library: Library) -> None:
    for error in (ChannelDown("platform", "down"), ChannelRefused("platform", "401"), KeyError("ours")):
        library.spoiling = raising(error)
        pull(lite, library)
        library.spoiling = lambda page: page if len(library.asked) % 2 else raising(ChannelDown("p", "down"))(page)
        lite.later(minutes=1)
        pull(lite, library)
    lite.later(minutes=10)
    library.spoiling = lambda page: page
    pull(lite, library)
    (load,) = loads(lite)
    assert (load.state, load.pages, load.rows, len(catalogs(lite))) == ("applied", 3, 8, 8)


def test_a_platform_that_forgot_the_place_is_read_from_the_beginning(lite: House, library: Library) -> None:
    pull(lite, library)
    library.put(CATALOG, "d9", directory(9))
    library.spoiling = raising(PlaceForgotten())
    again(lite, library)
    library.spoiling = lambda page: page
    assert pull(lite, library).rows == 9
    assert [(row.state, row.reason, row.since) for row in loads(lite)][1:] == [
        ("dropped", "place-forgotten", "9"),
        ("applied", "", ""),
    ]


def test_a_load_that_stood_for_more_than_a_day_begins_again(lite: House, library: Library) -> None:
    library.spoiling = lambda page: page if len(library.asked) == 1 else raising(ChannelDown("platform", "down"))(page)
    pull(lite, library)
    lite.later(hours=25)
    library.spoiling = lambda page: page
    assert pull(lite, library).rows == 8
    assert [(row.state, row.reason) for row in loads(lite)] == [("dropped", "too-old"), ("applied", "")]


def test_pages_without_an_end_are_not_read_for_ever(
    lite: House, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_sync.mirror.pulling.MOST_PAGES", 5)
    library.spoiling = lambda page: Page((), f"{len(library.asked)}.0", "1")
    pull(lite, library)
    assert lite.channel().reason == "sync-answer-not-believed: pages without an end"
    assert len(library.asked) == 6


def test_evidence_of_a_hostile_answer_is_kept_sealed(lite: House, library: Library) -> None:
    library.spoiling = raising(HostileAnswer("platform", "no JSON", b"<html>"))
    pull(lite, library)
    with lite.database.reading() as session:
        (kept,) = session.query(Evidence)
        assert (kept.reason, kept.size) == ("no JSON", 6)
        assert b"<html>" not in kept.content


def test_a_clock_that_was_set_back_makes_nobody_wait(lite: House, library: Library) -> None:
    pull(lite, library)
    lite.later(days=-2)
    assert pull(lite, library).applied == 1
