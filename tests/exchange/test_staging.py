"""Uploads judged by a bulk task: piece by piece, killed anywhere, in another process, and what becomes of bad ends."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from base import bulk, clock
from base.bulk import BulkTask, TaskState
from base.callers import Caller
from base.db import Database
from exchange.imports import staging, tables, uploads
from exchange.imports.models import DirectoryImport, ImportRow
from exchange.imports.staging import OpenTables
from exchange.imports.standing import standings
from exchange.routes.imports import imports
from tests import rooms
from tests.exchange import import_house
from tests.exchange.import_house import BULK_JOBS, book, document, states, told, work_off
from tests.rooms import Door

ROWS = 23


@pytest.fixture
def steward(database: Database, at: datetime) -> Caller:
    return import_house.opened(database, at)


@pytest.fixture
def door(database: Database, steward: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: at)
    return rooms.door(database, (imports,), (steward,))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "PIECE", 4)
    monkeypatch.setattr(staging, "PASSED_AT_ONCE", 7)
    monkeypatch.setattr(tables, "GATHERED_AT_ONCE", 5)


def sent(database: Database, content: bytes, by: Caller, at: datetime) -> tuple[str, int]:
    table = tables.read(content)
    with database.transaction() as session:
        of = uploads.receive(session, table, content, "a.xlsx", by, at)
        return of.id, staging.begin(session, of, table.expected, by, at)


def workbook() -> bytes:
    """Fill in rows of which the last repeats the first across the pieces, which then has the items of both."""
    return book([*(told(number) for number in range(ROWS - 1)), told(0)])


def kept(database: Database, known: str) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.import_id == known).order_by(ImportRow.number))
        return [(each.number, each.state, each.name, each.content, each.faults) for each in rows]


def test_a_piece_after_the_other_comes_to_what_the_command_comes_to_at_once(
    database: Database, steward: Caller, at: datetime
):
    known, task = sent(database, workbook(), steward, at)
    assert work_off(database, task, at) > ROWS // 4
    at_once = import_house.taken_in(database, workbook(), steward, at)
    assert kept(database, known) == kept(database, at_once)
    assert states(database, known) == {"new": ROWS - 2, "error": 2}
    assert document(database, known).state == "staged"


def test_progress_is_told_while_the_rows_are_read(database: Database, steward: Caller, at: datetime):
    known, task = sent(database, workbook(), steward, at)
    told_: list[tuple[int | None, int | None]] = []
    open_ones = OpenTables()
    while document(database, known).state == "reading":
        work_off(database, task, at, most=2, open_ones=open_ones)
        with database.reading() as session:
            found = standings(session, [uploads.import_of(session, known, steward)])[known]
            told_.append((found.done, found.total))
    done = [each for each, _ in told_[:-1]]
    assert done == sorted(done, key=lambda each: each or 0)
    assert {total for _, total in told_[:-1]} == {ROWS}
    assert told_[-1] == (None, None)


@pytest.mark.parametrize("alive", [1, 2, 3, 5])
def test_a_reading_that_is_killed_goes_on_where_it_was(database: Database, steward: Caller, at: datetime, alive: int):
    """Each process lives for a few chunks; the next opens the file again and passes over what is kept."""
    known, task = sent(database, workbook(), steward, at)
    lives = 0
    while document(database, known).state == "reading":
        # Passing over must get further than one life, or a task that is always killed would never end.
        work_off(database, task, at, most=alive + 20 * (lives % 2))
        lives += 1
        assert lives < 100
    assert states(database, known) == {"new": ROWS - 2, "error": 2}
    assert [number for number, *_ in kept(database, known)] == list(range(2, ROWS + 2))


def test_a_piece_that_was_rolled_back_is_read_again(
    database: Database, steward: Caller, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    """The rows were taken from the open file, but never kept: the open file is of no use any more."""
    known, task = sent(database, workbook(), steward, at)
    original, calls = uploads.stage, iter(range(1000))

    def failing(*given: Any) -> Any:
        added = original(*given)
        if next(calls) in {3, 4, 9}:
            raise ConnectionResetError
        return added

    monkeypatch.setattr(uploads, "stage", failing)
    with database.transaction() as session:
        taken = bulk.take(session, task, "test", at)
    assert taken is not None
    parts = {OpenTables: OpenTables()}
    failures, finished = 0, False
    while not finished:
        try:
            with database.transaction() as session:
                finished = bulk.step(session, BULK_JOBS[taken.job], taken, at, parts)
        except ConnectionResetError:
            failures += 1
    assert failures == 3
    assert states(database, known) == {"new": ROWS - 2, "error": 2}


def test_an_import_that_is_removed_meanwhile_ends_its_task(
    database: Database, door: Door, steward: Caller, at: datetime
):
    known, task = sent(database, workbook(), steward, at)
    work_off(database, task, at, most=3)
    assert door.call(steward.id, "DELETE", f"/directory-imports/{known}").status_code == 204
    work_off(database, task, at)
    with database.reading() as session:
        assert session.get_one(BulkTask, task).state == TaskState.DONE
        assert session.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_a_file_that_breaks_off_is_refused_with_the_reason_and_keeps_no_row(
    database: Database, door: Door, steward: Caller, at: datetime
):
    broken = ("信息资源名称,摘要\n" + "甲,一\n" * 9 + '乙,"没有结束').encode()
    known, task = sent(database, broken, steward, at)
    work_off(database, task, at)
    answer = door.call(steward.id, "GET", f"/directory-imports/{known}").json
    assert (answer["state"], answer["problem"]["code"]) == ("refused", "unreadable-table")
    assert answer["problem"]["zh"]
    assert kept(database, known) == []
    assert door.call(steward.id, "GET", f"/directory-imports/{known}/workbook").status_code == 200


def test_a_reading_that_fails_for_good_is_told_as_refused_and_can_be_removed(
    database: Database, door: Door, steward: Caller, at: datetime
):
    known, task = sent(database, workbook(), steward, at)
    with database.transaction() as session:
        row = session.get_one(BulkTask, task)
        row.state, row.errors = TaskState.FAILED, [{"code": "work-faulted", "facts": {"fault": "MemoryError"}}]
    here = f"/directory-imports/{known}"
    assert document(database, known).state == "reading"
    for answer in (door.call(steward.id, "GET", here).json, door.call(steward.id, "GET", "/directory-imports").json):
        told_ = answer["items"][0] if "items" in answer else answer
        assert (told_["state"], told_["problem"]["code"]) == ("refused", "work-faulted")
    assert door.call(steward.id, "POST", f"{here}/applications").json["code"] == "nothing-to-apply"
    assert door.call(steward.id, "DELETE", here).status_code == 204


def test_a_cancelled_reading_is_told_as_refused(database: Database, steward: Caller, at: datetime):
    known, task = sent(database, workbook(), steward, at)
    with database.transaction() as session:
        bulk.cancel(session, task, at)
    with database.reading() as session:
        found = standings(session, [session.get_one(DirectoryImport, known)])[known]
    assert (found.state, found.problem) == ("refused", {"code": "no-such-bulk-task", "facts": {"task": task}})


def test_open_files_make_room_for_each_other():
    open_ones = OpenTables()
    readings = [staging.Reading(tables.read("信息资源名称\n甲".encode()), set(), {"row": n}) for n in range(6)]
    for place, reading in enumerate(readings):
        open_ones.keep(str(place), reading)
    assert [open_ones.take(str(place), {"row": place}) for place in range(6)] == [None, None, *readings[2:]]
    open_ones.keep("a", readings[0])
    assert open_ones.take("a", {"row": 1}) is None
    assert open_ones.take("a", {"row": 0}) is None
