"""Pulls what a platform offers: 1. see what to ask, 2. ask, 3. keep the page, 4. settle the load when it is read.

2 holds no transaction; 1, 3 and 4 are one each. Two processes at once read the same page and keep it once: the second
finds that the load went on. An answer that cannot be believed pauses the channel, its evidence is kept, and the load is
dropped: what came before it in the same load is not believed either.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from catalog_sync import channels
from catalog_sync.acting import BY
from catalog_sync.channels import channel_of
from catalog_sync.mirror import loads
from catalog_sync.mirror.models import APPLIED, HELD, OPEN, PLACE_LENGTH, READ
from catalog_sync.mirror.offering import Offering, Page, Place, PlaceForgotten
from catalog_sync.push import INTERNAL_FAULT, logger
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from catalog_sync.wiring import Sync

ASKED: Final = "mirror"
# The nation's directories are some hundred thousands; a platform that always has another page must not keep us on.
MOST_PAGES: Final = 10_000
# What an honest page holds at most.
MOST_ROWS: Final = 1000


@dataclass
class Pulled:
    """What a run pulled: pages and rows read, rejects, and the loads that were applied or held."""

    pages: int = 0
    rows: int = 0
    rejects: int = 0
    applied: int = 0
    held: int = 0

    def __add__(self, other: "Pulled") -> "Pulled":
        """Add what another run pulled."""
        return Pulled(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class _Step:
    """What to do next with a load: ask for a page, or settle it where it is read."""

    load: int
    place: Place | None


def pull(
    database: Database, sync: Sync, offering: Offering, kind: str, now: Callable[[], datetime] = clock.now
) -> Pulled:
    """Go on with the load of a kind, or begin one that is due, to its end or until the channel may not be used."""
    pulled = Pulled()
    while True:
        step = database.repeat(partial(_next, sync=sync, offering=offering, kind=kind, at=now()))
        if step is None:
            return pulled
        if step.place is None:
            end = partial(_settled, sync=sync, step=step, name=offering.name, kind=kind, at=now())
            state, pulled.rejects = database.repeat(end)
            pulled.applied, pulled.held = int(state == APPLIED), int(state == HELD)
            return pulled
        answer = _asked(offering, kind, step.place, now())
        keep = partial(take_in, sync=sync, offering=offering, kind=kind, step=step, answer=answer, at=now())
        if not database.repeat(keep):
            return pulled
        if isinstance(answer, Page):
            pulled.pages, pulled.rows = pulled.pages + 1, pulled.rows + len(answer.rows)


def take_in(
    session: Session, sync: Sync, offering: Offering, kind: str, step: _Step, answer: Page | Exception, at: datetime
) -> bool:
    """Keep a page, or what went wrong; tell whether to go on."""
    channel = channel_of(session, offering.name, locked=True)
    loads.place_of(session, offering.name, kind)
    load = loads.load_of(session, step.load, locked=True)
    stands = load.state == OPEN and step.place is not None and load.token == step.place.token
    if load.pages >= MOST_PAGES and isinstance(answer, Page):
        answer = HostileAnswer(offering.name, "pages without an end")
    # That a place is no longer known is an answer, too.
    channels.heard(session, sync, channel, None if isinstance(answer, PlaceForgotten) else answer, ASKED, at)
    if stands and isinstance(answer, HostileAnswer):
        loads.drop(session, load, f"{answer.code}: {answer.reason}", BY, at)
    if stands and isinstance(answer, PlaceForgotten):
        loads.drop(session, load, loads.FORGOTTEN, BY, at)
    if not isinstance(answer, Page):
        return False
    if stands:
        loads.stage(session, load, answer)
    return True


def _next(session: Session, sync: Sync, offering: Offering, kind: str, at: datetime) -> _Step | None:
    channel = channel_of(session, offering.name, locked=True)
    channels.set_right(session, channel, at)
    if not channels.is_open(channel, sync, at):
        return None
    load = loads.going_on(session, sync.settings, loads.place_of(session, offering.name, kind), at)
    if load is None:
        return None
    return _Step(load.id, None if load.state == READ else Place(load.since, load.token))


def _settled(session: Session, sync: Sync, step: _Step, name: str, kind: str, at: datetime) -> tuple[str, int]:
    loads.place_of(session, name, kind)
    row = loads.load_of(session, step.load, locked=True)
    if row.state == READ:
        loads.settle(session, sync.settings, row, at)
    return row.state, row.rejects


def _asked(offering: Offering, kind: str, place: Place, at: datetime) -> Page | Exception:
    """Ask for a page; whatever happens is an answer."""
    try:
        page = offering.pages(kind, place, at)
    except (ChannelDown, ChannelRefused, HostileAnswer, PlaceForgotten) as error:
        return error
    except Exception:  # noqa: BLE001 - whatever it is, it is in the log
        logger.exception("reading what %s offers failed", offering.name)
        return ChannelDown(offering.name, INTERNAL_FAULT)
    fault = _fault(place, page)
    return HostileAnswer(offering.name, fault) if fault else page


def _fault(place: Place, page: Page) -> str:
    """Tell what makes a page one that cannot be gone on from."""
    if len(page.rows) > MOST_ROWS:
        return "more rows than a page holds"
    if len(page.token) > PLACE_LENGTH or not 0 < len(page.mark) <= PLACE_LENGTH:
        return "a mark or page that cannot be kept"
    return "a page that leads to itself" if page.token and page.token == place.token else ""
