"""What an organisation has of a zone: per directory whether it is granted, asked for, refused, or not to be had.

What is granted is read from the grants, never remembered here: a grant that is revoked is gone at the next look.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.agreements import clauses
from exchange.agreements.life import GrantState, RequestState
from exchange.agreements.models import Grant, ShareRequest
from exchange.life import READABLE, State
from exchange.models import Directory
from exchange.zones import reading
from exchange.zones.life import ASKED, Standing
from exchange.zones.models import Zone, ZoneMember


class Cover(enum.StrEnum):
    """What an organisation has of a directory of a zone."""

    OWN = "own"
    GRANTED = "granted"
    PENDING = "pending"
    REFUSED = "refused"
    NONE = "none"
    # The provider took it out of the zone; a grant that there is goes on at the gateway itself.
    LEFT = "left"
    # Its directory is withdrawn, or lacks what the zone uses.
    GONE = "gone"


_OF_REQUEST: Final = {
    RequestState.REFUSED: Cover.REFUSED,
    RequestState.CLOSED: Cover.REFUSED,
    RequestState.WITHDRAWN: Cover.NONE,
    # What was granted and is no grant any more must be asked for anew.
    RequestState.GRANTED: Cover.NONE,
}


@dataclass(frozen=True)
class Covered:
    """A directory of a zone, as an organisation has it; `missing` are items of the zone that no grant holds."""

    member: ZoneMember
    name: str
    cover: Cover
    grants: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    request: str | None = None
    request_state: str | None = None

    @property
    def is_lacking(self) -> bool:
        """Tell whether it is to be asked for: not granted, or not whole, and no request under way."""
        is_open = self.request_state is not None and RequestState(self.request_state) not in _OF_REQUEST
        return self.cover is Cover.NONE or (self.cover is Cover.GRANTED and bool(self.missing) and not is_open)


def coverage(session: Session, zone: Zone, organisation: str, at: datetime) -> list[Covered]:
    """Tell what an organisation has of the published version of a zone, in the order of its directories."""
    told = reading.members(session, zone.code, zone.published or 0)
    codes = [each.directory for each in told]
    rows = {each.code: each for each in session.scalars(select(Directory).where(Directory.code.in_(codes)))}
    grants = _grants(session, organisation, codes, at)
    requests = _requests(session, organisation, codes)
    return [
        _covered(each, rows[each.directory], organisation, grants.get(each.directory, []), requests) for each in told
    ]


def _covered(
    member: ZoneMember,
    directory: Directory,
    organisation: str,
    grants: Sequence[Grant],
    requests: dict[str, ShareRequest],
) -> Covered:
    asked = requests.get(member.directory)
    told = (asked.id, asked.state) if asked is not None else (None, None)
    if Standing(member.standing) not in ASKED or State(directory.state) not in READABLE:
        cover = Cover.LEFT if member.standing == Standing.WITHDRAWN else Cover.GONE
        return Covered(member, directory.name, cover, (), (), *told)
    if directory.owner == organisation:
        return Covered(member, directory.name, Cover.OWN)
    if grants:
        held = {name for each in grants for name in clauses.read(each.clauses).fields}
        missing = tuple(each for each in reading.member_of(member).named if each not in held)
        return Covered(member, directory.name, Cover.GRANTED, tuple(each.code for each in grants), missing, *told)
    cover = _OF_REQUEST.get(RequestState(asked.state), Cover.PENDING) if asked is not None else Cover.NONE
    return Covered(member, directory.name, cover, (), (), *told)


def _grants(session: Session, organisation: str, codes: Sequence[str], at: datetime) -> dict[str, list[Grant]]:
    query = select(Grant).where(
        Grant.grantee == organisation,
        Grant.directory.in_(codes),
        Grant.state == GrantState.ACTIVE.value,
        Grant.begins_at <= at,
        Grant.ends_at > at,
    )
    found: dict[str, list[Grant]] = {}
    for each in session.scalars(query.order_by(Grant.changed_at.desc(), Grant.code)):
        found.setdefault(each.directory, []).append(each)
    return found


def _requests(session: Session, organisation: str, codes: Sequence[str]) -> dict[str, ShareRequest]:
    """Give the newest request of each directory."""
    query = select(ShareRequest).where(ShareRequest.requester == organisation, ShareRequest.directory.in_(codes))
    return {each.directory: each for each in session.scalars(query.order_by(ShareRequest.created_at, ShareRequest.id))}
