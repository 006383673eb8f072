"""Presentations on record: shown, withdrawn, redeemed once.

Redeeming is one transaction: the code is taken under a lock, the consent that it stands for is put on record, each
certificate is given with the chosen fields and nothing else, each use is recorded. Of two who come with the same code
one has it; a holder who withdraws at that moment is either too late or given nothing of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from base.canonical import read as read_canonical
from certs import contents, library, types
from certs.acting import ROOM
from certs.consents import consents
from certs.consents.consent import Given as Agreed
from certs.consents.consent import Giver
from certs.contents import Keys
from certs.drafts import Holder
from certs.holders import using
from certs.holders.using import Ended, Question
from certs.life import Standing
from certs.models import Certificate
from certs.presentations import code as codes
from certs.presentations.errors import (
    FaultyPresentation,
    NoSuchPresentation,
    PresentationOver,
    TooManyPresentations,
)
from certs.presentations.models import Presentation
from certs.queries import fields as certificate_fields
from certs.queries.fields import Given
from certs.types import Types
from certs.wiring import Certs
from exchange.agreements.purposes import is_matter_code
from exchange.door import usages
from exchange.door.outcomes import Outcome
from exchange.door.wiring import Gateway
from keys.parties import organisations, spending

THING: Final = "presentation"
CODES: Final = "certs-presentation-code"
ORIGIN: Final = "presentation"
KIND: Final = "presentation"
# A purpose of spent values.
PROVINCE: Final = "province-code"


@dataclass(frozen=True)
class Shown:
    """What a holder shows: to whom, for which matter, which fields of which certificates, for how long."""

    holder: Holder = field(repr=False)
    holder_hash: str = field(repr=False)
    organisation: str
    matter: str
    shows: Mapping[str, tuple[str, ...]]
    minutes: int = codes.USUAL_MINUTES
    giver: Giver = Giver.HOLDER
    acting: str = field(default="", repr=False)
    basis: str = ""


@dataclass(frozen=True)
class Resolved:
    """What is wanted on a code of the province: which type, which fields."""

    code: str = field(repr=False)
    type: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A certificate that was shown, as the window has it."""

    usage: str
    row: Certificate
    outcome: Outcome
    reason: str
    status: Standing
    given: Given = field(repr=False)


@dataclass(frozen=True)
class Redeemed:
    """What a code was good for."""

    presentation: str
    consent: str
    items: tuple[Item, ...]


def show(session: Session, keys: Keys, known: Types, told: Shown, by: Caller, at: datetime) -> tuple[Presentation, str]:
    """Put on record what a holder shows; give it and its code, which is told this once.

    Raises `FaultyPresentation`, `TooManyPresentations`, `NoSuchOrganisation`, `OrganisationSuspended`.
    """
    organisations.active_organisation(session, told.organisation)
    shows = _sound(session, known, told)
    open_ = select(func.count()).where(
        Presentation.holder_hash == told.holder_hash,
        Presentation.ends_at > at,
        Presentation.redeemed_at.is_(None),
        Presentation.withdrawn_at.is_(None),
    )
    if session.execute(open_).scalar_one() >= codes.MOST_OPEN:
        raise TooManyPresentations(codes.MOST_OPEN)
    code, number = codes.new_code(), new_id()
    while session.scalars(select(Presentation.id).where(Presentation.code_hash == _hash(session, keys, code))).first():
        code = codes.new_code()
    row = Presentation(
        id=number,
        code_hash=_hash(session, keys, code),
        holder_hash=told.holder_hash,
        consent=None,
        content=keys.seal(session, _written(told), _bound(number)),
        organisation=told.organisation,
        matter=told.matter,
        shows=shows,
        made_at=at,
        ends_at=at + timedelta(minutes=told.minutes),
    )
    session.add(row)
    session.flush()
    facts: dict[str, Json] = {"organisation": row.organisation, "matter": row.matter, "certificates": len(shows)}
    ROOM.changed(session, by, at, "presentation.shown", Thing(THING, number), 1, **facts)
    return row, code


def withdraw(session: Session, row: Presentation, by: Caller, at: datetime) -> Presentation:
    """End a code before its time. Raises `PresentationOver`."""
    _require_open(row, at)
    row.withdrawn_at = at
    session.flush()
    ROOM.changed(session, by, at, "presentation.withdrawn", Thing(THING, row.id), 2, organisation=row.organisation)
    return row


def redeem(session: Session, parts: Certs, gateway: Gateway, text: str, question: Question, at: datetime) -> Redeemed:
    """Redeem a code, once, for a purpose.

    Raises `NoSuchPresentation`, `PresentationOver`, `NotGranted`, and what recording raises.
    """
    code = codes.read(text)
    query = select(Presentation).where(Presentation.code_hash == _hash(session, parts.keys, code or ""))
    row = session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if row is None or row.organisation != question.by.organisation:
        raise NoSuchPresentation
    _require_open(row, at)
    row.redeemed_at = at
    row.consent = _agreed(session, parts, row, question, at)
    items = tuple(_item(session, parts, gateway, row, each, question, at) for each in sorted(row.shows))
    session.flush()
    facts: dict[str, Json] = {"consent": row.consent, "usages": [each.usage for each in items]}
    ROOM.changed(session, question.by, at, "presentation.redeemed", Thing(THING, row.id), 2, **facts)
    return Redeemed(row.id, row.consent, items)


def redeem_resolved(
    session: Session,
    parts: Certs,
    gateway: Gateway,
    holder: Holder,
    wanted: Resolved,
    question: Question,
    at: datetime,
) -> Redeemed:
    """Redeem a code of the province that was resolved to its holder: shown here and redeemed in the same moment.

    It counts once for an organisation. Raises `PresentationOver`, and what showing and redeeming raise.
    """
    by = question.by
    if not spending.spend(session, PROVINCE, by.id, wanted.code, at + codes.REMEMBERED):
        raise PresentationOver("redeemed")
    rows = library.held(session, parts.keys, holder.type, holder.code, wanted.type)[: codes.MOST_SHOWN]
    if not rows:
        return Redeemed("", "", ())
    hashed = contents.holder_hash(session, parts.keys, holder.type, holder.code)
    shows = {each.identifier: wanted.fields for each in rows}
    told = Shown(holder, hashed, by.organisation, question.purpose.item_code, shows)
    _, code = show(session, parts.keys, parts.types, told, by, at)
    return redeem(session, parts, gateway, code, question, at)


def of_holders(session: Session, hashes: list[str]) -> list[Presentation]:
    """List what holders show or have shown lately, newest first."""
    query = select(Presentation).where(Presentation.holder_hash.in_(hashes))
    return list(session.scalars(query.order_by(Presentation.made_at.desc(), Presentation.id)))


def presentation_of(session: Session, presentation: str, hashes: list[str]) -> Presentation:
    """Find one of a holder's own. Raises `NoSuchPresentation`."""
    query = select(Presentation).where(Presentation.id == presentation, Presentation.holder_hash.in_(hashes))
    row = session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NoSuchPresentation
    return row


def over(row: Presentation, at: datetime) -> str:
    """Tell why a code serves no more; nothing where it does."""
    if row.redeemed_at is not None:
        return "redeemed"
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if at >= row.ends_at else ""


def forget(session: Session, at: datetime) -> None:
    """Forget codes that ended long ago; the consents and uses stay."""
    old = delete(Presentation).where(Presentation.ends_at < at - codes.REMEMBERED)
    session.execute(old.execution_options(synchronize_session=False))


def _require_open(row: Presentation, at: datetime) -> None:
    if reason := over(row, at):
        raise PresentationOver(reason)


def _sound(session: Session, known: Types, told: Shown) -> dict[str, list[str]]:
    """See that it can be shown: the holder's own certificates, fields that they have, a matter, a few minutes."""
    if not is_matter_code(told.matter):
        raise FaultyPresentation("#/matter", "not-a-matter-code")
    if not 1 <= len(told.shows) <= codes.MOST_SHOWN:
        raise FaultyPresentation("#/shows", "none-or-too-many")
    if not 1 <= told.minutes <= codes.MOST_MINUTES:
        raise FaultyPresentation("#/minutes", "out-of-range")
    shows: dict[str, list[str]] = {}
    for identifier, fields in told.shows.items():
        row = session.get(Certificate, identifier)
        if row is None or told.holder_hash not in using.holders_of(session, row):
            raise FaultyPresentation(f"#/shows/{identifier}", "not-ones-own")
        names = certificate_fields.names_of(types.type_of(known, row.type))
        if not fields or set(fields) - set(names):
            raise FaultyPresentation(f"#/shows/{identifier}", "unknown-field")
        shows[identifier] = list(dict.fromkeys(names[each] for each in fields))
    return shows


def _agreed(session: Session, parts: Certs, row: Presentation, question: Question, at: datetime) -> str:
    """Put the consent on record that the code stands for: these certificates, these fields, this once."""
    told: Any = read_canonical(parts.keys.open(session, row.content, _bound(row.id)))
    scope: dict[str, tuple[str, ...]] = {}
    for identifier, fields in row.shows.items():
        type_code = library.certificate_of(session, identifier).type
        scope[type_code] = tuple(dict.fromkeys((*scope.get(type_code, ()), *fields)))
    given = Agreed(
        Holder(**told["holder"]),
        row.organisation,
        row.matter,
        scope,
        row.ends_at,
        identifiers=tuple(sorted(row.shows)),
        most_uses=len(row.shows),
        giver=Giver(told["giver"]),
        acting=told["acting"],
        basis=told["basis"],
    )
    made = consents.give(session, parts.keys, parts.types, given, ORIGIN, question.by, at)
    return made.id


def _item(
    session: Session,
    parts: Certs,
    gateway: Gateway,
    shown: Presentation,
    identifier: str,
    question: Question,
    at: datetime,
) -> Item:
    row = library.certificate_of(session, identifier)
    permission = using.permitted(session, types.type_of(parts.types, row.type), question, at)
    permission = using.within(permission, tuple(shown.shows[identifier]))
    consent = consents.value(consents.consent_of(session, str(shown.consent)))
    known, usage = library.known(session, parts.keys, row, at), usages.new_id(at)
    outcome, reason = _ended(known.standing)
    if not consent.takes_in(row.type, question.purpose, at, identifier) or not permission.fields:
        outcome, reason = Outcome.DENIED, "consent-missing"
    elif not using.in_grant(row, known.content, permission):
        outcome, reason = Outcome.NOT_COVERED, "not-covered"
    if reason != "found":
        permission = replace(permission, fields=())
    given = using.given(row, known.content, permission)
    told = canonical({"identifier": identifier, "number": given.number, "data": dict(given.data)})
    under = consent.id if reason == "found" else ""
    ended = Ended(usage, outcome, reason, row, permission.fields, told, under)
    using.record(session, gateway, permission, question, ended, at)
    return Item(usage, row, outcome, reason, known.standing, given)


def _ended(standing: Standing) -> tuple[Outcome, str]:
    if standing is Standing.FROZEN:
        return Outcome.DENIED, "frozen"
    return Outcome.FOUND, "found" if standing is Standing.VALID else "not-in-force"


def _hash(session: Session, keys: Keys, code: str) -> str:
    return keys.matching_hash(session, CODES, code)


def _written(told: Shown) -> bytes:
    each = told.holder
    holder: dict[str, Json] = {"code": each.code, "type": each.type, "name": each.name, "role": each.role}
    return canonical({"holder": holder, "giver": told.giver.value, "acting": told.acting, "basis": told.basis})


def _bound(number: str) -> bytes:
    return f"certs:presentation:{number}".encode()
