"""The change feed: in commit order, as far as the caller may see, and honest about cursors that are gone."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete

from base import models
from base.callers import Caller
from base.db import Database
from exchange import directories
from exchange.feeds import changes, cloud_events
from exchange.feeds.changes import Filter
from exchange.feeds.errors import ChangeCursorGone, UnknownChangeType
from exchange.life import Step
from tests.exchange import departments
from tests.exchange.departments import AUTHORITY, REVIEWER, STEWARD, STRANGER, content, drafted, published, walked

ALL = Filter()


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    departments.opened(database, at)
    return database


def made(database: Database, at: datetime, **told: Any) -> str:
    with database.transaction() as session:
        return published(session, at, **told)[0].code


def revised(database: Database, code: str, at: datetime) -> None:
    with database.transaction() as session:
        row = directories.directory_of(session, code, locked=True)
        version = directories.revise(session, row, "改", STEWARD, at)
        directories.write(session, row, version, content(summary="改了"), STEWARD, at)
        walked(session, row, version, Step.PUBLISH, at)


def withdrawn(database: Database, code: str, at: datetime) -> None:
    with database.transaction() as session:
        row = directories.directory_of(session, code, locked=True)
        version = directories.version_of(session, row, 1)
        directories.take(session, row, version, Step.ASK_TO_WITHDRAW, "不用", STEWARD, at)
        directories.take(session, row, version, Step.WITHDRAW, "不用", AUTHORITY, at)


def read(
    database: Database, by: Caller = STRANGER, after: str = "0", only: Filter = ALL, limit: int = 200
) -> changes.Feed:
    with database.reading() as session:
        return changes.page(session, by, after, only, limit)


def types(feed: changes.Feed) -> list[str]:
    return [each.kind.type for each in feed.changes]


def test_everyone_hears_what_happens_to_published_directories(province: Database, at: datetime):
    code = made(province, at)
    revised(province, code, at)
    other = made(province, at, name="另一个")
    withdrawn(province, other, at)
    feed = read(province)
    assert types(feed) == [*["directory.published"] * 3, "directory.withdrawing", "directory.withdrawn"]
    assert [each.directory for each in feed.changes] == [code, code, other, other, other]
    assert not feed.more
    assert read(province, after=str(feed.cursor)).changes == ()


def test_a_draft_is_nobodys_news(province: Database, at: datetime):
    with province.transaction() as session:
        drafted(session, at)
    assert not read(province).changes
    assert not read(province, STEWARD).changes


def test_pages_join_without_a_gap_or_a_double(province: Database, at: datetime):
    for number in range(5):
        made(province, at, name=f"目录{number}")
    whole, cursor = read(province), "0"
    seen: list[Any] = []
    while True:
        feed = read(province, after=cursor, limit=2)
        seen += feed.changes
        cursor = str(feed.cursor)
        if not feed.more:
            break
    assert seen == list(whole.changes)
    assert len(seen) == 5


def test_a_filter_leaves_the_rest_out_and_the_cursor_passes_over_it(province: Database, at: datetime):
    code, other = made(province, at), made(province, at, name="另一个")
    withdrawn(province, other, at)
    only = Filter(("directory.withdrawn",))
    assert types(read(province, only=only)) == ["directory.withdrawn"]
    assert [each.directory for each in read(province, only=Filter((), (code,))).changes] == [code]
    assert read(province, only=only).cursor == read(province).cursor


def test_the_id_of_a_change_is_its_cursor(province: Database, at: datetime):
    made(province, at)
    made(province, at, name="另一个")
    first, second = read(province).changes
    told = cloud_events.cloud_event(first.told, first.directory, "/s")
    assert read(province, after=told["id"]).changes == [second]
    assert (told["specversion"], told["type"], told["subject"]) == (
        "1.0",
        "yinxin.directory.published",
        f"directory/{first.directory}",
    )
    assert set(told["data"]) == {"directory", "thing", "version"}


@pytest.mark.parametrize("cursor", ["x", "1", "-1", "1-zzzzzzzz", "0-00000000", "9" * 30, "1-00000000"])
def test_a_cursor_that_was_not_given_out_is_refused(province: Database, at: datetime, cursor: str):
    made(province, at)
    with pytest.raises(ChangeCursorGone):
        read(province, after=cursor)


def test_a_cursor_whose_changes_are_gone_says_so(province: Database, at: datetime):
    made(province, at)
    cursor = str(read(province).cursor)
    with province.transaction() as session:
        session.execute(delete(models.Event))
    for gone in (cursor,):
        with pytest.raises(ChangeCursorGone, match="not-kept"):
            read(province, after=gone)
    made(province, at, name="另一个")
    with pytest.raises(ChangeCursorGone, match="not-kept"):
        read(province)


def test_a_restored_backup_does_not_pass_for_the_same_history(province: Database, at: datetime):
    made(province, at)
    cursor = str(read(province).cursor)
    with province.transaction() as session:
        session.query(models.Event).filter_by(position=int(cursor.partition("-")[0])).update({"thing_id": "other"})
    with pytest.raises(ChangeCursorGone, match="another-history"):
        read(province, after=cursor)


def test_an_unknown_type_is_refused():
    with pytest.raises(UnknownChangeType):
        changes.wanted(["directory.exploded"], [])


def test_now_is_where_nothing_of_the_past_is_told(province: Database, at: datetime):
    made(province, at)
    with province.reading() as session:
        cursor = str(changes.now(session))
    assert read(province, after=cursor).changes == ()
    made(province, at, name="另一个")
    assert types(read(province, after=cursor)) == ["directory.published"]


def test_a_stretch_in_which_nothing_fits_is_bounded(province: Database, at: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes, "STRETCH", 3)
    made(province, at)
    made(province, at, name="另一个")
    feed, asked = read(province), 1
    found = types(feed)
    while feed.more:
        feed, asked = read(province, after=str(feed.cursor)), asked + 1
        found += types(feed)
    assert found == ["directory.published"] * 2
    assert asked > 1


def test_nobody_else_reads_the_reviewers_remarks(province: Database, at: datetime):
    with province.transaction() as session:
        row, version = drafted(session, at)
        directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
        directories.take(session, row, version, Step.RETURN, "内部意见", REVIEWER, at)
    assert not read(province, STEWARD).changes
