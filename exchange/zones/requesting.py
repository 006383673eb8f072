"""Asks for a zone once: one share request for each of its directories, each decided by its provider by the usual rules.

What is granted already, asked for already, or one's own is left out. A request names exactly the items that the zone
uses of the directory, and those that it is asked by. What was refused is not asked for again by itself.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from exchange.acting import ROOM
from exchange.agreements import sharing
from exchange.agreements.clauses import Clauses
from exchange.agreements.life import RequestStep
from exchange.agreements.models import ShareRequest
from exchange.agreements.sharing import NewRequest
from exchange.zones import reading
from exchange.zones.coverage import coverage
from exchange.zones.declaring import THING
from exchange.zones.errors import NothingToAskFor, ZoneStepNotAllowed
from exchange.zones.models import Zone, ZoneMember


def ask(
    session: Session, zone: Zone, basis: str, scene: str, told: Clauses, by: Caller, at: datetime
) -> list[ShareRequest]:
    """Make and submit the requests that are lacking; the fields of `told` are each directory's own.

    Raises `ZoneStepNotAllowed`, `NothingToAskFor`, and what beginning and submitting a request raise, after which
    none is made.
    """
    if zone.published is None:
        raise ZoneStepNotAllowed("request", "not-published")
    lacking = [each.member for each in coverage(session, zone, by.organisation, at) if each.is_lacking]
    made = [_asked(session, each, basis, scene, told, by, at) for each in lacking]
    if not made:
        raise NothingToAskFor(zone.code)
    facts: dict[str, Json] = {"number": zone.published, "requests": [each.id for each in made]}
    ROOM.changed(session, by, at, "zone.requested", Thing(THING, zone.code), zone.version, **facts)
    return made


def _asked(
    session: Session, member: ZoneMember, basis: str, scene: str, told: Clauses, by: Caller, at: datetime
) -> ShareRequest:
    fields = reading.member_of(member).named
    masks = {name: rule for name, rule in told.masks.items() if name in fields}
    new = NewRequest(member.directory, basis, scene, replace(told, fields=fields, masks=masks))
    row = sharing.begin(session, new, by, at)
    return sharing.take(session, row, RequestStep.SUBMIT, scene, by, at)
