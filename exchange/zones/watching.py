"""Looks whether the directories of published zones still serve: what is withdrawn later is said, and somebody's task.

A directory that is withdrawn, that lost an item, or that is not shared any more breaks its place in the zone; the lead
is told and has to look after the zone. A directory that serves again mends its place by itself.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import tasks
from exchange.zones import reading
from exchange.zones.declaring import Noted, have_repaired, member_thing, note
from exchange.zones.life import Standing, State
from exchange.zones.models import Zone, ZoneMember
from exchange.zones.zone import Content

# A site has some dozens of zones, of twenty directories at most.
MOST_ZONES: Final = 500
PLATFORM: Final = Caller("system", "exchange.zones", "专题库")


def watch(session: Session, at: datetime) -> int:
    """Look at every published zone; tell how many places changed."""
    query = select(Zone).where(Zone.published.is_not(None)).order_by(Zone.code).limit(MOST_ZONES).with_for_update()
    return sum(_watched(session, each, at) for each in session.scalars(query))


def _watched(session: Session, zone: Zone, at: datetime) -> int:
    told = reading.members(session, zone.code, zone.published or 0)
    asked = [each for each in told if each.standing != Standing.WITHDRAWN]
    content = Content(zone.name, "", (), tuple(reading.member_of(each) for each in asked))
    wrong: dict[int, str] = {}
    for fault in reading.all_faults(session, content):
        wrong.setdefault(int(fault.pointer.split("/")[2]), fault.code)
    changed = 0
    for place, row in enumerate(asked):
        fault_code = wrong.get(place)
        if (row.standing == Standing.BROKEN) is not (fault_code is not None):
            _turned(session, zone, row, fault_code, at)
            changed += 1
    return changed


def _turned(session: Session, zone: Zone, row: ZoneMember, fault: str | None, at: datetime) -> None:
    """Note that a place broke, or mended."""
    step = "break" if fault else "mend"
    row.standing = (Standing.BROKEN if fault else Standing.INCLUDED).value
    row.reason, row.changed_at = fault or "", at
    noted = Noted(step, State.PUBLISHED.value, row.reason, directory=row.directory)
    note(session, zone, row.number, noted, PLATFORM, at)
    if fault:
        have_repaired(session, zone, row, at)
    else:
        tasks.close(session, member_thing(row), PLATFORM, at)
