"""Delivers a region's rows page by page (watermark and token in one: the serial of the last row), and keeps receipts.

With every page it is asked anew whether anything may go: where the subscription stands, the grant by the one gate of
the exchange, and of each row whether its region is the subscriber's. A page that is asked for again is the same but
for rows that changed since, which come under a later mark; so nothing is lost by a death, and what was confirmed does
not come twice. Each page is a use of the grant on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base import audit
from base.callers import Caller
from base.canonical import Json, canonical
from exchange import directories
from exchange.acting import ROOM
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.contracts import Allowed
from exchange.direct import offering, regions, standing, subscribing
from exchange.direct.errors import NotDeliveredNow, UnknownDirectMark
from exchange.direct.models import DirectOffer, DirectRow, DirectSubscription
from exchange.direct.standing import ACTIVE
from exchange.direct.wiring import Directs
from exchange.door import masking, quotas, usages
from exchange.door.models import Usage
from exchange.door.quotas import Taking
from exchange.door.usages import Use
from exchange.feeds.pushes import gate
from keys.algorithms.sm3 import SM3

MOST_ROWS: Final = 500
UPSERT, DELETE = "upsert", "delete"
# What the databases keep as a whole number, in digits.
LONGEST_MARK: Final = 18


@dataclass(frozen=True)
class Change:
    """A row that is there, or the key of one that is not any more, under its mark."""

    mark: str
    operation: str
    row: Mapping[str, Json] = field(repr=False)


@dataclass(frozen=True)
class Page:
    """Some changes, the mark from which to go on, and whether there are more already."""

    items: tuple[Change, ...]
    next: str
    more: bool
    key: str
    region_item: str
    region: str


def page(
    session: Session, parts: Directs, row: DirectSubscription, after: str, limit: int, by: Caller, at: datetime
) -> Page:
    """Give what changed after a mark (empty: everything).

    Raises `NotDeliveredNow`, `NotGranted`, `QuotaExceeded`, `UnknownDirectMark`.
    """
    offer = offering.offer_of(session, row.directory)
    since = _number(after, offer.serial)
    allowed = _allowed(session, parts, row, by, at)
    over = quotas.take(session, [Taking(allowed.contract.id, allowed.quota, 1)], at)
    if over:
        raise over[allowed.contract.id]
    region, most = subscribing.region_of(row), min(limit, MOST_ROWS, allowed.quota.rows_per_call or MOST_ROWS)
    query = select(DirectRow).where(DirectRow.directory == row.directory, DirectRow.serial > since)
    query = query.where(DirectRow.region.startswith(regions.within(region), autoescape=True))
    found = session.scalars(query.order_by(DirectRow.serial).limit(most + 1)).all()
    shown, more = found[:most], len(found) > most
    # Asked of each row once more, by the one rule: what the database gave is not believed.
    items = tuple(
        _change(session, parts, offer, each, allowed) for each in shown if regions.belongs(region, each.region)
    )
    reached = shown[-1].serial if more else offer.serial
    row.given = max(row.given, reached)
    told = Page(items, str(reached), more, offer.key_item, offer.region_item, row.region)
    _record_use(session, row, told, after, allowed, by, at)
    return told


def received(
    session: Session, row: DirectSubscription, mark: str, taken: int, rejected: int, by: Caller, at: datetime
) -> DirectSubscription:
    """Note that everything up to a mark has arrived; an older receipt changes nothing. Raises `UnknownDirectMark`."""
    number = _number(mark, row.given)
    if number > row.received:
        row.received, row.received_at = number, at
        row.taken, row.rejected = row.taken + taken, row.rejected + rejected
        session.flush()
        facts: dict[str, Any] = {"mark": mark, "taken": taken, "rejected": rejected}
        ROOM.changed(session, by, at, "direct.received", subscribing.thing(row), row.version, **facts)
    return row


def _allowed(session: Session, parts: Directs, row: DirectSubscription, by: Caller, at: datetime) -> Allowed:
    facts, grant = subscribing.facts_of(session, row)
    state, reason = standing.standing(facts)
    if state != ACTIVE or grant is None or row.state != ACTIVE:
        raise NotDeliveredNow(row.id, reason or row.reason or row.state)
    purpose = replace(gate.purpose_of(row.purpose), grant_code=grant.code)
    allowed = parts.gate(session, by, row.directory, purpose, (), Mode.SUBSCRIBE, at)
    if allowed.encrypted or allowed.consent:
        raise NotDeliveredNow(row.id, "encrypted" if allowed.encrypted else "consent-needed")
    return allowed


def _change(session: Session, parts: Directs, offer: DirectOffer, row: DirectRow, allowed: Allowed) -> Change:
    told = parts.opened(session, row.directory, row.key, row.region, row.content)
    fields = (offer.key_item,) if row.is_gone else allowed.fields
    shown = masking.masked({name: told.get(name) for name in fields}, allowed.masks, allowed.contract.salt)
    return Change(str(row.serial), DELETE if row.is_gone else UPSERT, shown)


def _number(mark: str, highest: int) -> int:
    """Read a mark that was given out. Raises `UnknownDirectMark`."""
    if not mark:
        return 0
    if not (mark.isascii() and mark.isdecimal()) or len(mark) > LONGEST_MARK or int(mark) > highest:
        raise UnknownDirectMark
    return int(mark)


def _record_use(
    session: Session, row: DirectSubscription, told: Page, after: str, allowed: Allowed, by: Caller, at: datetime
) -> None:
    content: list[Json] = [[each.mark, each.operation, dict(each.row)] for each in told.items]
    asked: dict[str, Any] = {"subscription": row.id, "after": after}
    use = Use(
        id=usages.new_id(at),
        at=at,
        by=by,
        directory=row.directory,
        owner=directories.directory_of(session, row.directory).owner,
        grant=allowed.contract.id,
        grant_version=allowed.contract.version,
        purpose=gate.purpose_of(row.purpose),
        fields=allowed.fields,
        subjects=(),
        outcome="found" if told.items else "empty",
        reason="direct",
        rows=len(told.items),
        mount="",
        health="",
        request_sm3=SM3.of(canonical(asked)).hex(),
        answer_sm3=SM3.of(canonical(content)).hex(),
        request_id="",
    )
    session.execute(insert(Usage).values(use.row))
    audit.record(session, use.entry)
