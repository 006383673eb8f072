"""Fetches what other sites return to us (数据回流), by pages: 1. read the mark, 2. ask, 3. take in and move the mark.

2 holds no transaction; 3 is one, so that whoever dies in between asks for the same page again, and what was taken in
is known by its key. Each record is judged as any that another site hands over (`holding`), against our own region; one
that is not taken is kept as a refusal with its reason, and delays nobody. Nothing of this house's own is changed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.db import Database, inserting
from catalog_sync import channels
from catalog_sync.acting import BY
from catalog_sync.cascade import holding
from catalog_sync.cascade.holding import Handed, Source
from catalog_sync.cascade.models import RETURNED, Watermark
from catalog_sync.channels import channel_of
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.targets.site.words import Returned
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Outcome
from catalog_sync.wiring import Sync

ASKED: Final = "returns"
# Pages of one run; a site that always has another one must not keep us for ever.
MOST_PAGES: Final = 1000


@dataclass
class Fetched:
    """What a run took in."""

    pages: int = 0
    records: int = 0
    refused: int = 0


def fetch(database: Database, sync: Sync, target: AnotherSite, now: Callable[[], datetime] = clock.now) -> Fetched:
    """Fetch on from the mark until there is no more, or the channel may not be used."""
    done = Fetched()
    for _ in range(MOST_PAGES):
        mark = database.repeat(partial(_mark, sync=sync, target=target, at=now()))
        if mark is None:
            break
        try:
            page = target.returned(mark, now())
        except (ChannelDown, ChannelRefused, HostileAnswer) as error:
            database.repeat(partial(_failed, sync=sync, target=target, error=error, at=now()))
            break
        unit = partial(take_in, sync=sync, target=target, mark=mark, page=page, at=now())
        refused = database.repeat(unit)
        if refused is None:
            break
        done.pages, done.records = done.pages + 1, done.records + len(page.records)
        done.refused += refused
        if not page.more or page.mark == mark:
            break
    return done


def take_in(session: Session, sync: Sync, target: AnotherSite, mark: str, page: Returned, at: datetime) -> int | None:
    """Hold a page and move the mark; give how many were refused, none where another process was faster."""
    row = _watermark(session, target.name, at, locked=True)
    if row.mark != mark:
        return None
    source = Source(RETURNED, target.name, target.region)
    handed = [Handed(record, key) for record, key in page.records]
    replies = holding.take_in(session, sync.keys, source, handed, BY, at)
    row.mark, row.moved_at = page.mark, at
    channels.answered(channel_of(session, target.name, locked=True), at)
    return sum(each.outcome is Outcome.REFUSED for each in replies)


def _mark(session: Session, sync: Sync, target: AnotherSite, at: datetime) -> str | None:
    channel = channel_of(session, target.name)
    channels.set_right(session, channel, at)
    if not channels.is_open(channel, sync, at):
        return None
    return _watermark(session, target.name, at).mark


def _watermark(session: Session, target: str, at: datetime, *, locked: bool = False) -> Watermark:
    new = {"target": target, "mark": "", "moved_at": at}
    session.execute(inserting(session, Watermark).values(new).on_conflict_do_nothing())
    query = select(Watermark).where(Watermark.target == target).execution_options(populate_existing=True)
    return session.scalars(query.with_for_update() if locked else query).one()


def _failed(session: Session, sync: Sync, target: AnotherSite, error: Exception, at: datetime) -> None:
    channels.heard(session, sync, channel_of(session, target.name, locked=True), error, ASKED, at)
