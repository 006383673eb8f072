"""A list read page by page gives every row once, whatever is inserted meanwhile; a foreign cursor is refused."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from base.db import Database
from base.idempotency import IdempotencyKey
from base.paging import Page, PageAsked, Pager, UnknownCursor

QUERY = select(IdempotencyKey)
BY = (IdempotencyKey.claimed_at, IdempotencyKey.key)


def put(database: Database, at: datetime, *keys: int) -> None:
    with database.transaction() as session:
        for key in keys:
            moment = at + timedelta(seconds=key // 3)
            session.add(IdempotencyKey(caller="a", key=f"{key:03}", request="", claimed_at=moment))


def read(database: Database, asked: PageAsked, name: str = "keys") -> Page[IdempotencyKey]:
    with database.reading() as session:
        return Pager("s" * 32).page(session, QUERY, BY, asked, name)


def test_every_row_comes_once_in_order(database: Database, at: datetime):
    put(database, at, *range(25))
    seen, cursor = [], None
    while True:
        page = read(database, PageAsked(4, cursor))
        seen += [row.key for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"{key:03}" for key in range(25)]


def test_rows_inserted_behind_the_cursor_neither_repeat_nor_hide_others(database: Database, at: datetime):
    put(database, at, 10, 20, 30, 40)
    first = read(database, PageAsked(2))
    put(database, at, 5, 25)
    second = read(database, PageAsked(10, first.next_cursor))
    assert [row.key for row in second.items] == ["025", "030", "040"]


def test_the_last_full_page_has_no_next(database: Database, at: datetime):
    put(database, at, 1, 2)
    assert read(database, PageAsked(2)).next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "eyJh.b", "W10.AAAA"])
def test_a_made_up_cursor_is_refused(database: Database, cursor: str):
    with pytest.raises(UnknownCursor):
        read(database, PageAsked(2, cursor))


def test_a_cursor_of_another_list_or_service_is_refused(database: Database, at: datetime):
    put(database, at, 1, 2, 3)
    cursor = read(database, PageAsked(1)).next_cursor
    with pytest.raises(UnknownCursor):
        read(database, PageAsked(1, cursor), "others")
    with pytest.raises(UnknownCursor), database.reading() as session:
        Pager("t" * 32).page(session, QUERY, BY, PageAsked(1, cursor), "keys")
