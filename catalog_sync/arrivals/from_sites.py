"""Takes in rows of our region that another site delivers: 1. read the mark, 2. ask, 3. stage the page with its mark.

2 holds no transaction; 3 is one, so whoever dies in between asks for the same page again. A page is an arrival like any
file: judged, staged and applied in the same way. When it is applied, the other site is told once that it arrived, and
what was taken of it; an earlier receipt that comes late changes nothing there.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.canonical import canonical
from base.db import Database
from catalog_sync import channels
from catalog_sync.arrivals import staging
from catalog_sync.arrivals.models import Arrival
from catalog_sync.arrivals.staging import Taken
from catalog_sync.channels import channel_of
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.files.coming_down import Arrived
from catalog_sync.targets.files.data_file import Read
from catalog_sync.targets.site.rows import Delivered
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from catalog_sync.wiring import Sync

ASKED: Final = "direct-rows"
# Pages of one run; a site that always has another one must not keep us for ever.
MOST_PAGES: Final = 1000


def collect(
    database: Database, sync: Sync, target: AnotherSite, directory: str, now: Callable[[], datetime] = clock.now
) -> tuple[Taken, str]:
    """Take in what the site has of a directory for us; and why it gives nothing, where it says so."""
    done = Taken()
    for _ in range(MOST_PAGES):
        mark = database.repeat(partial(_mark, sync=sync, target=target, directory=directory, at=now()))
        if mark is None:
            break
        try:
            page = target.rows(directory, mark, now())
        except (ChannelDown, ChannelRefused, HostileAnswer) as error:
            database.repeat(partial(failed, sync=sync, name=target.name, error=error, asked=ASKED, at=now()))
            break
        if page.refused:
            return done, page.refused
        if not page.rows and not page.more:
            break
        unit = partial(take_in, sync=sync, target=target, directory=directory, mark=mark, page=page, at=now())
        if not database.repeat(unit):
            break
        done.staged, done.rows = done.staged + 1, done.rows + len(page.rows)
        if not page.more:
            break
    return done, ""


def take_in(
    session: Session, sync: Sync, target: AnotherSite, directory: str, mark: str, page: Delivered, at: datetime
) -> bool:
    """Stage a page; tell whether it went on from what is staged."""
    channel = channel_of(session, target.name, locked=True)
    channels.answered(channel, at)
    if mark_of(session, target.name, directory) != mark:
        return False
    rows = tuple(Read(number, each.operation, each.values) for number, each in enumerate(page.rows, start=1))
    told: list[Any] = [[each.operation, dict(each.values)] for each in page.rows]
    arrived = Arrived(_described(directory, page.mark), directory, canonical(told), rows)
    staging.take_in(session, sync, target, arrived, at)
    return True


def mark_of(session: Session, target: str, directory: str) -> str:
    """Tell how far a directory of a site is staged."""
    query = select(Arrival.described_as).where(Arrival.target == target, Arrival.table_name == directory)
    last = session.scalars(query.order_by(Arrival.id.desc()).limit(1)).one_or_none()
    return "" if last is None else mark_in(last)


def mark_in(described_as: str) -> str:
    """Read the mark out of an arrival's description."""
    return described_as.rpartition("@")[2]


def failed(
    session: Session,
    sync: Sync,
    name: str,
    error: ChannelDown | ChannelRefused | HostileAnswer,
    asked: str,
    at: datetime,
) -> None:
    """Note on the channel what went wrong; what cannot be believed is evidence and pauses it."""
    channel = channel_of(session, name, locked=True)
    if isinstance(error, HostileAnswer):
        channels.not_believed(session, sync, channel, error, asked, (), at)
    elif isinstance(error, ChannelRefused):
        channels.refused(session, channel, error, at)
    else:
        channels.down(session, channel, error, at)


def _described(directory: str, mark: str) -> str:
    return f"{directory}@{mark}"


def _mark(session: Session, sync: Sync, target: AnotherSite, directory: str, at: datetime) -> str | None:
    channel = channel_of(session, target.name)
    channels.set_right(session, channel, at)
    return mark_of(session, target.name, directory) if channels.is_open(channel, sync, at) else None
