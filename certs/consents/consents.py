"""Consents on record: given, found for a use, used, withdrawn.

A consent counts from the moment its transaction is committed, and a withdrawal ends it with the next one: `used` takes
the row in the transaction that records the use, so that nothing is answered under a consent that is gone by then.
Whether the organisation has a grant at all is not asked here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Insert, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical, read
from certs import contents
from certs.acting import ROOM
from certs.consents import consent as rules
from certs.consents import directories
from certs.consents.consent import Consent, Given
from certs.consents.errors import ConsentNotStanding, FaultyConsent, NoSuchConsent
from certs.consents.models import ConsentRow, ConsentUse
from certs.contents import Keys
from certs.drafts import Holder
from certs.holders import uses
from certs.queries.permission import Held
from certs.types import Types
from exchange.agreements.purposes import Purpose
from exchange.door.usages import Use
from exchange.door.wiring import Touched
from exchange.sources.questions import Asked
from keys.parties import organisations

THING: Final = "consent"
# A holder with more standing consents for one organisation has agreed to the same again; the newest are looked at.
MOST_LOOKED_AT: Final = 50


@dataclass(frozen=True)
class Told:
    """What of a consent is encrypted: whose it is, who acted, on which basis, and the window's proof."""

    holder: Holder = field(repr=False)
    acting: str = field(repr=False)
    basis: str
    proof: Mapping[str, str] | None


def give(session: Session, keys: Keys, types: Types, given: Given, origin: str, by: Caller, at: datetime) -> ConsentRow:
    """Put a consent on record. Raises `FaultyConsent`, `NoSuchOrganisation`, `OrganisationSuspended`."""
    known = rules.known_fields(given.scope, types, directories.items(session, set(given.scope) - set(types)))
    if found := rules.faults(given, known, at):
        raise FaultyConsent(*found[0])
    organisations.active_organisation(session, given.organisation)
    number = new_id()
    row = ConsentRow(
        id=number,
        holder_hash=contents.holder_hash(session, keys, given.holder.type, given.holder.code),
        organisation=given.organisation,
        matter=given.matter,
        agreement=given.agreement,
        scope=rules.spelled_out(given.scope, known),
        identifiers=list(given.identifiers),
        begins_at=at,
        ends_at=given.ends,
        most_uses=given.most_uses,
        uses=0,
        giver=given.giver.value,
        origin=origin,
        content=_sealed(session, keys, number, given),
        given_by=actor(by),
        given_at=at,
    )
    session.add(row)
    session.flush()
    facts: dict[str, Json] = {"organisation": row.organisation, "matter": row.matter, "giver": row.giver}
    facts |= {"origin": origin, "types": [*sorted(row.scope)]}
    ROOM.changed(session, by, at, "consent.given", Thing(THING, row.id), 1, **facts)
    return row


def standing(
    session: Session,
    holder_hash: str,
    type_code: str,
    organisation: str,
    purpose: Purpose,
    at: datetime,
    *,
    identifier: str | None = None,
) -> Consent | None:
    """Find the newest consent within which a use lies; none where the holder has not agreed to it."""
    rows = newest(session, {holder_hash}, organisation, at)
    return next((each for each in rows if each.takes_in(type_code, purpose, at, identifier)), None)


class OnRecord:
    """The consents on record, as `certs.queries.permission` asks for them."""

    def standing(
        self, session: Session, asked: Collection[Held], organisation: str, purpose: Purpose, at: datetime
    ) -> dict[Held, Consent]:
        """Give those of the asked holders and types for which a consent stands, in one statement."""
        found = newest(session, {holder for holder, _ in asked}, organisation, at)
        told: dict[Held, Consent] = {}
        for each in found:
            for code in each.scope:
                held = each.holder_hash, code
                named = each.identifiers[0] if each.identifiers else None
                if held in asked and each.takes_in(code, purpose, at, named):
                    told.setdefault(held, each)
        return told


@dataclass(frozen=True)
class OfDirectories:
    """The consents on record, as the gateway asks for them: `exchange.door.wiring.Consents`."""

    keys: Keys = field(repr=False)

    def standing(
        self,
        session: Session,
        by: Caller,
        directory: str,
        purpose: Purpose,
        subjects: Sequence[Sequence[Asked]],
        fields: Sequence[str],
        at: datetime,
    ) -> Sequence[str | None]:
        """Give for each subject the newest consent within which the use lies, with all items that are shown."""
        named = [directories.holders_of(session, self.keys, each) for each in subjects]
        found = newest(session, {holder for holders in named for holder in holders}, by.organisation, at)
        fitting = [
            each
            for each in found
            if each.takes_in(directory, purpose, at) and set(fields) <= set(each.fields_of(directory))
        ]
        return [next((each.id for each in fitting if each.holder_hash in holders), None) for holders in named]

    def used(self, session: Session, consent: str, usage: str, at: datetime) -> None:
        """Count a use, in the transaction that records it. Raises `ConsentNotStanding`, `NoSuchConsent`."""
        used(session, consent, usage, at)

    def holders(self, session: Session, subjects: Sequence[Sequence[Asked]]) -> Sequence[tuple[str, ...]]:
        """Give for each subject the hashes under which a holder finds the use."""
        return [directories.holders_of(session, self.keys, each) for each in subjects]

    def told(self, use: Use, touched: Sequence[Touched]) -> tuple[tuple[Insert, Mapping[str, Any]], ...]:
        """Give the rows by which holders find a use of what a directory says of them."""
        return tuple(row for each in touched for row in _told(use, each))


def _told(use: Use, touched: Touched) -> list[tuple[Insert, dict[str, Any]]]:
    told = {"fields": touched.fields, "identifier": use.directory, "consent": touched.consent}
    seen = uses.seen(uses.DATA, "", use.by.organisation, use.purpose, touched.outcome, **told)
    return uses.rows(use.id, touched.holders, seen, use.at)


def used(session: Session, consent: str, usage: str, at: datetime) -> None:
    """Count a use, in the transaction that records it. Raises `ConsentNotStanding`, `NoSuchConsent`."""
    row = consent_of(session, consent, locked=True)
    if over := value(row).over(at):
        raise ConsentNotStanding(consent, over)
    row.uses += 1
    session.add(ConsentUse(consent=consent, usage=usage, at=at))
    session.flush()


def withdraw(session: Session, row: ConsentRow, reason: str, by: Caller, at: datetime) -> ConsentRow:
    """End a consent before its time; what was used under it stays on record. Raises `ConsentNotStanding`."""
    if over := value(row).over(at):
        raise ConsentNotStanding(row.id, over)
    row.withdrawn_at, row.withdrawn_by, row.withdrawal_reason = at, actor(by), reason
    session.flush()
    ROOM.changed(session, by, at, "consent.withdrawn", Thing(THING, row.id), 2, organisation=row.organisation)
    return row


def consent_of(session: Session, consent: str, *, locked: bool = False) -> ConsentRow:
    """Find a consent as it is now. Raises `NoSuchConsent`."""
    query = select(ConsentRow).where(ConsentRow.id == consent)
    asked = query.with_for_update() if locked else query
    row = session.scalars(asked, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NoSuchConsent(consent)
    return row


def of_holders(session: Session, hashes: Sequence[str]) -> list[ConsentRow]:
    """List what holders agreed to, newest first."""
    query = select(ConsentRow).where(ConsentRow.holder_hash.in_(hashes))
    return list(session.scalars(query.order_by(ConsentRow.given_at.desc(), ConsentRow.id)))


def of_organisation(session: Session, organisation: str) -> list[ConsentRow]:
    """List the newest that an organisation was given."""
    query = select(ConsentRow).where(ConsentRow.organisation == organisation)
    return list(session.scalars(query.order_by(ConsentRow.given_at.desc(), ConsentRow.id).limit(MOST_LOOKED_AT)))


def value(row: ConsentRow) -> Consent:
    """Give a row as the value that is judged."""
    return Consent(
        row.id,
        row.holder_hash,
        row.organisation,
        row.matter,
        row.agreement,
        {name: tuple(fields) for name, fields in row.scope.items()},
        tuple(row.identifiers),
        row.begins_at,
        row.ends_at,
        row.most_uses,
        row.uses,
        row.withdrawn_at,
    )


def told(session: Session, keys: Keys, row: ConsentRow) -> Told:
    """Read what of a consent is encrypted."""
    read_: Any = read(keys.open(session, row.content, _bound(row.id)))
    return Told(Holder(**read_["holder"]), read_["acting"], read_["basis"], read_["proof"])


def newest(session: Session, holders: set[str], organisation: str, at: datetime) -> list[Consent]:
    """Give what holders agreed to that is not over by its date, the newest first."""
    query = select(ConsentRow).where(
        ConsentRow.holder_hash.in_(sorted(holders)),
        ConsentRow.organisation == organisation,
        ConsentRow.ends_at > at,
        ConsentRow.withdrawn_at.is_(None),
    )
    newest = query.order_by(ConsentRow.given_at.desc(), ConsentRow.id).limit(MOST_LOOKED_AT * max(1, len(holders)))
    rows = session.scalars(newest, execution_options={"populate_existing": True})
    # What holds for any certificate of a type is found before what names one.
    return sorted((value(row) for row in rows), key=lambda each: bool(each.identifiers))


def _sealed(session: Session, keys: Keys, number: str, given: Given) -> bytes:
    holder, proof = given.holder, given.proof
    content = canonical(
        {
            "holder": {"code": holder.code, "type": holder.type, "name": holder.name, "role": holder.role},
            "acting": given.acting,
            "basis": given.basis,
            "proof": {"kind": proof.kind.value, "number": proof.number, "sm3": proof.sm3} if proof else None,
        }
    )
    return keys.seal(session, content, _bound(number))


def _bound(number: str) -> bytes:
    return f"certs:consent:{number}".encode()
