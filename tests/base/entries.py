"""Entries for stories: only what is peculiar to one need be told. As a program, a writer of its own process."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from base.audit import Entry, Thing, append, record
from base.db import DatabaseSettings, connect

BEGAN = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def entry(number=0, **told):
    """Give the entry of that number."""
    common = Entry(
        at=BEGAN + timedelta(seconds=number),
        actor=f"clerk-{number % 5}",
        organisation="91330100MA2B1C2D3X",
        act="demo.look-up",
        thing=Thing("certificate", f"certificate-{number}"),
        purpose=f"case-{number // 10}",
        outcome="found",
        facts={"holder": f"{number:064x}", "字段": ["名称", "编号"]},
        request_id=f"request-{number}",
    )
    return replace(common, **told)


def record_many(database, count, *, first=0, at_once=100):
    """Record entries, so many in a transaction."""
    for start in range(first, first + count, at_once):
        with database.transaction() as session:
            for number in range(start, min(start + at_once, first + count)):
                record(session, entry(number))


if __name__ == "__main__":
    url, name, count = sys.argv[1:]
    opened = connect(DatabaseSettings(url=url, pool_size=1), (append,))
    for turn in range(int(count)):
        with opened.transaction() as writing:
            record(writing, entry(turn, actor=name))
    opened.close()
