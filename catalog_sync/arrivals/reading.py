"""Reads the rows of an arrival again, in their order and some at a time."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.canonical import read
from base.db import Database
from catalog_sync.arrivals import staging
from catalog_sync.arrivals.models import Arrival, ArrivalRow
from catalog_sync.targets.files.data_file import Read
from certs.contents import Keys


def rows(session: Session, keys: Keys, arrival: int, after: int, limit: int) -> list[Read]:
    """Give the rows after a number."""
    described = session.get_one(Arrival, arrival).described_as
    query = select(ArrivalRow).where(ArrivalRow.arrival == arrival, ArrivalRow.number > after)
    found = session.scalars(query.order_by(ArrivalRow.number).limit(limit))
    return [_read(session, keys, described, row) for row in found]


def every(database: Database, keys: Keys, arrival: int, limit: int) -> Iterator[Read]:
    """Give every row, each piece in a transaction of its own."""
    last = 0
    while True:
        with database.reading() as session:
            found = rows(session, keys, arrival, last, limit)
        if not found:
            return
        yield from found
        last = found[-1].number


def _read(session: Session, keys: Keys, described: str, row: ArrivalRow) -> Read:
    told: Any = read(keys.open(session, row.content, staging.bound(described, str(row.number))))
    return Read(row.number, row.operation, dict(told), row.fault, row.column_name)
