"""An organ's own certificates, for its officers: listed, sought by number or holder, read as they are, each on record.

Lists and pages show what a certificate says masked. Whoever seeks one, or reads it unmasked, says what for; that is in
the audit record before anything is shown. What an officer may do with a certificate is decided where it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs import contents, library, types
from certs.acting import ROOM
from certs.choosing import ACTS
from certs.contents import Keys
from certs.drafts import Content, Holder
from certs.errors import NoSuchCertificate
from certs.holder_codes import holder_codes
from certs.library import Known
from certs.life import Step
from certs.models import Certificate, CertificateEvent, CertificateHolder
from certs.types.certificate_type import CertificateType, FieldKind
from certs.wiring import Certs
from exchange.door import masking
from keys.parties.models import ACTIVE, System
from signing.models import ANY, Seal, SealAuthorisation

SEARCH: Final = "certificate-search"
# More of one holder than this is a fleet, which is walked by its numbers.
MOST_FOUND: Final = 50
# What a field of this kind is shown by, where it is sensitive at all; every other kind is hidden whole.
_MASKS: Final[Mapping[FieldKind, str]] = {FieldKind.ID_NUMBER: "id_number", FieldKind.DATE: "year_only"}
# Sensitivity 1 stands on the face for everybody to read.
OPEN_TO_ALL: Final = 1


@dataclass(frozen=True)
class Sought:
    """What an officer seeks, and what for: a number of a type, or what somebody holds."""

    reason: str
    type: str | None = None
    number: str = field(default="", repr=False)
    holder_type: str = ""
    holder_code: str = field(default="", repr=False)


def listed(by: Caller, wanted: Mapping[str, str]) -> Select[Certificate]:
    """Ask for the certificates of the caller's organ, of a type, of a state, of an origin, or all."""
    query = select(Certificate).where(_is_own(by))
    for name in ("type", "state", "origin"):
        if wanted.get(name):
            query = query.where(getattr(Certificate, name) == wanted[name])
    return query


def own(session: Session, identifier: str, by: Caller) -> Certificate:
    """Give a certificate that the caller's organ issued or brought. Raises `NoSuchCertificate` for any other."""
    row = session.scalars(select(Certificate).where(Certificate.identifier == identifier, _is_own(by))).one_or_none()
    if row is None:
        raise NoSuchCertificate(identifier)
    return row


def seek(session: Session, parts: Certs, sought: Sought, by: Caller, at: datetime) -> list[Certificate]:
    """Find the organ's own certificates by a number or a holder; the search is on record, whatever it finds.

    Raises `NoSuchCertificateType`.
    """
    if sought.type is not None:
        types.type_of(parts.types, sought.type)
    query = select(Certificate).where(_is_own(by))
    if sought.number:
        hashed = contents.number_hash(session, parts.keys, str(sought.type), sought.number)
        query = query.where(Certificate.type == sought.type, Certificate.number_hash == hashed)
    else:
        held = contents.holder_hash(session, parts.keys, sought.holder_type, sought.holder_code.strip().upper())
        query = query.join(CertificateHolder, CertificateHolder.identifier == Certificate.identifier)
        query = query.where(CertificateHolder.code_hash == held)
        if sought.type is not None:
            query = query.where(CertificateHolder.certificate_type == sought.type)
    query = query.order_by(Certificate.issued_on.desc(), Certificate.identifier.desc()).limit(MOST_FOUND)
    found = list(session.scalars(query))
    way = "number" if sought.number else "holder"
    thing = Thing(SEARCH, sought.type or ANY)
    ROOM.record(session, by, at, "certificate.sought", thing, way=way, reason=sought.reason, found=len(found))
    return found


def reveal(session: Session, keys: Keys, identifier: str, reason: str, by: Caller, at: datetime) -> Known:
    """Read one of the organ's own certificates as it is, on record with the reason. Raises `NoSuchCertificate`."""
    row = own(session, identifier, by)
    thing = Thing(library.THING, row.identifier)
    ROOM.record(session, by, at, "certificate.revealed", thing, type=row.type, reason=reason)
    return library.known(session, keys, row, at)


def masked(content: Content, type_: CertificateType) -> Content:
    """Show what a certificate says as lists and pages do."""
    rules = {
        each.name: _MASKS.get(each.kind, "hide")
        for each in type_.fields
        if each.sensitivity > OPEN_TO_ALL or each.kind is FieldKind.PICTURE
    }
    holders = tuple(_masked(each) for each in content.holders)
    return Content(masking.shown(content.number, "last4"), holders, masking.masked(content.data, rules))


def leave_holders(session: Session, issuer: str, type_code: str, act: Step, at: datetime) -> dict[str, str]:
    """Name the systems under whose leave an officer may have the organ's seal used for an act, by their ids."""
    query = (
        select(System.id, System.name)
        .join(SealAuthorisation, SealAuthorisation.system == System.id)
        .join(Seal, Seal.id == SealAuthorisation.seal)
        .where(
            Seal.owner == issuer,
            System.state == ACTIVE,
            System.scopes.contains("seal:use"),
            SealAuthorisation.document_type.in_((ANY, type_code)),
            SealAuthorisation.act.in_((ANY, ACTS[act])),
            SealAuthorisation.confirmed_at.is_not(None),
            SealAuthorisation.withdrawn_at.is_(None),
            SealAuthorisation.valid_from <= at,
            SealAuthorisation.valid_until >= at,
        )
        .order_by(System.id)
    )
    return {each.id: each.name for each in session.execute(query)}


def _is_own(by: Caller) -> Any:
    """Tell whether the organ issued it, or put it into the library: as a file, or for another organ by its leave."""
    brought = exists().where(
        CertificateEvent.identifier == Certificate.identifier,
        CertificateEvent.organisation == by.organisation,
        CertificateEvent.step.in_([Step.DRAFT.value, Step.DEPOSIT.value]),
    )
    return or_(Certificate.issuer == by.organisation, brought)


def _masked(holder: Holder) -> Holder:
    if not holder_codes()[holder.type].is_person:
        return holder
    code, name = masking.shown(holder.code, "id_number"), masking.shown(holder.name, "name")
    return Holder(code, holder.type, name, holder.role)
