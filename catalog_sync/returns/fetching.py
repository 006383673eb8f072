"""Has what a return needs taken in from where it comes, and tells whoever delivered rows that they are in.

Files come down by themselves (`catalog_sync.arrivals.staging`); rows of another site and of a front library are asked
for, for each return that names them. A receipt is sent for each load that was applied, in order, once; one that does
not get through is sent by the next run, and one that was sent twice changes nothing there.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from catalog_sync.arrivals import from_front, from_sites
from catalog_sync.arrivals.models import Arrival
from catalog_sync.returns import applying, declaring
from catalog_sync.returns.models import Return, ReturnLoad
from catalog_sync.returns.states import ACTIVE, APPLIED
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.front_library import FrontLibrary
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from catalog_sync.wiring import Sync

RECEIPT: Final = "row-receipt"
# Receipts of one run.
MOST_RECEIPTS: Final = 100


def fetch(database: Database, sync: Sync, returned: str, now: Callable[[], datetime] = clock.now) -> int:
    """Take in what waits there; give how many rows came."""
    with database.reading() as session:
        row = declaring.return_of(session, returned)
    target = sync.targets.get(row.target)
    if row.state != ACTIVE or not isinstance(target, AnotherSite | FrontLibrary):
        return 0
    if isinstance(target, FrontLibrary):
        taken, refused = from_front.collect(database, sync, target, row.table_name, now)
    else:
        taken, refused = from_sites.collect(database, sync, target, row.table_name, now)
    database.repeat(partial(applying.note, returned=returned, failure=refused))
    return taken.rows


def confirm(database: Database, sync: Sync, returned: str, now: Callable[[], datetime] = clock.now) -> int:
    """Tell whoever delivered rows that they are in; give how many receipts went."""
    with database.reading() as session:
        row = declaring.return_of(session, returned)
        waiting = _untold(session, row) if isinstance(sync.targets.get(row.target), AnotherSite) else []
    target, sent = sync.targets.get(row.target), 0
    for load, mark in waiting:
        if not isinstance(target, AnotherSite):
            break
        try:
            target.confirm(row.table_name, mark, load.rows - load.rejects, load.rejects, now())
        except (ChannelDown, ChannelRefused, HostileAnswer) as error:
            unit = partial(from_sites.failed, sync=sync, name=target.name, error=error, asked=RECEIPT, at=now())
            database.repeat(unit)
            break
        database.repeat(partial(_told, known=load.id, at=now()))
        sent += 1
    return sent


def _untold(session: Session, row: Return) -> list[tuple[ReturnLoad, str]]:
    query = select(ReturnLoad, Arrival.described_as).join(Arrival, Arrival.id == ReturnLoad.arrival)
    mine = (ReturnLoad.returned == row.id, ReturnLoad.state == APPLIED, ReturnLoad.told_at.is_(None))
    found = session.execute(query.where(*mine).order_by(ReturnLoad.arrival).limit(MOST_RECEIPTS))
    return [(load, from_sites.mark_in(described)) for load, described in found]


def _told(session: Session, known: str, at: datetime) -> None:
    row = applying.load_of(session, known, locked=True)
    row.told_at = at
    session.flush()
