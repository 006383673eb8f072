"""The library of certificates: kept, found and moved through their lives; every step told once and never changed.

Whether somebody may see what is found is not decided here (`certs.queries` asks grants and consent first); the library
answers the rooms of this house, and an issuer about its own certificates.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import Base, inserting
from base.workdays import local_day
from certs import contents, life
from certs.acting import ROOM
from certs.contents import Keys
from certs.drafts import Content, Draft
from certs.errors import CertificateNumberTaken, NoSuchCertificate, NotTheIssuer
from certs.life import Standing, State, Step
from certs.models import Certificate, CertificateEvent, CertificateFile, CertificateHolder, CertificateNumber
from certs.types.certificate_type import CertificateType

THING: Final = "certificate"
# Who freezes and unfreezes: the office that enforces, whoever issued.
ENFORCING: Final = "authority"
# 128 bits: as many as there are needed so that nobody finds a certificate by guessing.
TOKEN_BYTES: Final = 16
# How a certificate came to the library, and what it rests on.
ISSUED, DEPOSITED, CONVERTED = "issued", "deposited", "converted"
SEALED, UNPROVEN, SCAN = "sealed", "unproven", "scan"
# Written once: making a statement anew takes longer than carrying it out, and a certificate takes each several times.
_ONE: Final = select(Certificate).where(Certificate.identifier == bindparam("identifier"))
_ONE_LOCKED: Final = _ONE.with_for_update()
# Rows that nobody looks at again in the same transaction are written without making objects of them.
_ADD_HOLDERS, _ADD_EVENT = (
    insert(Base.metadata.tables[each.__tablename__]) for each in (CertificateHolder, CertificateEvent)
)


def new_token() -> str:
    """Make what the code on a face points to."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class Entry:
    """A certificate that is about to be entered: what it says, whose it is, how it came, and where it begins."""

    identifier: str
    type: CertificateType
    issuer: str
    number: str = field(repr=False)
    draft: Draft = field(repr=False)
    valid_until: date
    state: State
    step: Step
    origin: str = ISSUED
    grade: str = SEALED
    supersedes: str | None = None
    token: str = field(default_factory=new_token, repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """A certificate as the library knows it on a day: its row, what it says, and how it stands."""

    row: Certificate
    content: Content = field(repr=False)
    standing: Standing


@dataclass(frozen=True)
class Document:
    """A certificate's file, decrypted."""

    format: str
    content: bytes = field(repr=False)
    sm3: str
    verdict: str


def certificate_of(session: Session, identifier: str, *, locked: bool = False) -> Certificate:
    """Find a certificate. Raises `NoSuchCertificate`."""
    row = session.scalars(_ONE_LOCKED if locked else _ONE, {"identifier": identifier}).one_or_none()
    if row is None:
        raise NoSuchCertificate(identifier)
    return row


def enter(session: Session, keys: Keys, entry: Entry, by: Caller, at: datetime) -> Certificate:
    """Put a certificate into the library and take its number. Raises `CertificateNumberTaken`."""
    draft, type_ = entry.draft, entry.type
    hashed = contents.number_hash(session, keys, type_.code, entry.number)
    _take_number(session, entry, hashed)
    row = Certificate(
        identifier=entry.identifier,
        type=type_.code,
        issuer=entry.issuer,
        region=draft.region,
        number_hash=hashed,
        state=entry.state.value,
        holding=type_.holding.value,
        origin=entry.origin,
        grade=entry.grade,
        issued_on=draft.issued_on,
        valid_from=draft.valid_from,
        valid_until=entry.valid_until,
        review_due=type_.validity.review_due(draft.valid_from),
        item_code=draft.item_code,
        supersedes=entry.supersedes,
        superseded_by=None,
        token=entry.token,
        content=contents.sealed(session, keys, entry.identifier, Content(entry.number, draft.holders, draft.data)),
        version=1,
        created_at=at,
        changed_at=at,
    )
    holders = [
        {
            "identifier": entry.identifier,
            "place": place,
            "code_hash": contents.holder_hash(session, keys, each.type, each.code),
            "code_type": each.type,
            "certificate_type": type_.code,
            "role": each.role,
        }
        for place, each in enumerate(draft.holders)
    ]
    session.add(row)
    note(session, row, entry.step, "", by, at, facts=entry.facts)
    if holders:
        session.connection().execute(_ADD_HOLDERS, holders)
    return row


def free_number(session: Session, row: Certificate) -> None:
    """Give back the number of a certificate that never counted, where it is the latest to bear it."""
    found = session.get(CertificateNumber, (row.type, row.number_hash), with_for_update=True)
    if found is not None and found.latest == row.identifier:
        session.delete(found)


def known(session: Session, keys: Keys, row: Certificate, at: datetime) -> Known:
    """Read what a certificate says and how it stands now."""
    return Known(row, contents.opened(session, keys, row.identifier, row.content), standing_of(row, local_day(at)))


def standing_of(row: Certificate, day: date) -> Standing:
    """Tell how a certificate stands on a day, if nothing was done to it since."""
    return life.standing(State(row.state), row.valid_from, row.valid_until, row.review_due, day)


def standing_at(session: Session, row: Certificate, day: date) -> Standing | None:
    """Tell how a certificate stood on a day, from its events; none before it was there."""
    query = select(CertificateEvent).where(
        CertificateEvent.identifier == row.identifier, CertificateEvent.effective_on <= day
    )
    last = session.scalars(query.order_by(CertificateEvent.id.desc()).limit(1)).one_or_none()
    if last is None:
        return None
    due = last.facts.get("review_due")
    review_due = date.fromisoformat(due) if due else None
    return life.standing(State(last.state), row.valid_from, row.valid_until, review_due, day)


def held(session: Session, keys: Keys, code_type: str, code: str, type_code: str | None = None) -> list[Certificate]:
    """Find what somebody holds, newest first; of a type, or of all."""
    query = select(Certificate).join(CertificateHolder, CertificateHolder.identifier == Certificate.identifier)
    query = query.where(CertificateHolder.code_hash == contents.holder_hash(session, keys, code_type, code))
    if type_code is not None:
        query = query.where(CertificateHolder.certificate_type == type_code)
    return list(session.scalars(query.order_by(Certificate.issued_on.desc(), Certificate.identifier.desc())))


def numbered(session: Session, keys: Keys, type_code: str, number: str) -> Certificate | None:
    """Find the latest version of the certificate with a number."""
    found = session.get(CertificateNumber, (type_code, contents.number_hash(session, keys, type_code, number)))
    return session.get(Certificate, found.latest) if found else None


def files(session: Session, row: Certificate) -> list[CertificateFile]:
    """List a certificate's files, still encrypted."""
    query = select(CertificateFile).where(CertificateFile.identifier == row.identifier)
    return list(session.scalars(query.order_by(CertificateFile.format)))


def documents(session: Session, keys: Keys, row: Certificate) -> list[Document]:
    """Read a certificate's files."""
    return [
        Document(
            each.format,
            contents.opened_file(session, keys, row.identifier, each.format, each.content),
            each.sm3,
            each.verdict,
        )
        for each in files(session, row)
    ]


def pointed_at(session: Session, token: str) -> Certificate:
    """Find the certificate that the code on a face points to. Raises `NoSuchCertificate`, which does not repeat it."""
    row = session.scalars(select(Certificate).where(Certificate.token == token)).one_or_none()
    if row is None:
        raise NoSuchCertificate("")
    return row


def events_of(session: Session, identifier: str) -> list[CertificateEvent]:
    """List what was done to a certificate, oldest first."""
    query = select(CertificateEvent).where(CertificateEvent.identifier == identifier)
    return list(session.scalars(query.order_by(CertificateEvent.id)))


def entered_by(session: Session, row: Certificate) -> str:
    """Tell which organisation put a certificate into the library, which need not be its issuer."""
    return events_of(session, row.identifier)[0].organisation


def take(
    session: Session, row: Certificate, step: Step, reason: str, by: Caller, at: datetime, *, on: date | None = None
) -> Certificate:
    """Do what is done by word: suspend, resume, freeze, review, revoke, cancel, transfer.

    Raises `NotTheIssuer`, `CertificateStepNotAllowed`.
    """
    move = life.MOVES[step]
    may = by.organisation == row.issuer if move.by_issuer else ENFORCING in by.roles
    if not may:
        raise NotTheIssuer(row.type, step.value)
    advance(session, row, step, reason, by, at, on=on)
    return row


def advance(
    session: Session,
    row: Certificate,
    step: Step,
    reason: str,
    by: Caller,
    at: datetime,
    *,
    on: date | None = None,
    **facts: str,
) -> None:
    """Move a certificate on, and tell it. Raises `CertificateStepNotAllowed`."""
    row.state = life.after(State(row.state), step).value
    row.version += 1
    row.changed_at = at
    note(session, row, step, reason, by, at, on=on, facts=facts)


def note(
    session: Session,
    row: Certificate,
    step: Step,
    reason: str,
    by: Caller,
    at: datetime,
    *,
    on: date | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a step down where nobody changes it, in the audit record, and among the events of the house."""
    told = {**(facts or {}), "review_due": row.review_due.isoformat() if row.review_due else ""}
    event = {
        "identifier": row.identifier,
        "step": step.value,
        "state": row.state,
        "effective_on": on or local_day(at),
        "by": actor(by),
        "organisation": by.organisation,
        "reason": reason,
        "facts": told,
        "at": at,
    }
    session.flush()
    session.connection().execute(_ADD_EVENT, event)
    thing = Thing(THING, row.identifier)
    ROOM.changed(session, by, at, f"certificate.{step.value}", thing, row.version, type=row.type, state=row.state)


def _take_number(session: Session, entry: Entry, hashed: str) -> None:
    """Take the number for this certificate and its later versions."""
    row = {"type": entry.type.code, "number_hash": hashed, "issuer": entry.issuer, "latest": entry.identifier}
    taken = inserting(session, CertificateNumber).values(row).on_conflict_do_nothing()
    if session.execute(taken.returning(CertificateNumber.latest)).first() is not None:
        return
    holder = session.get_one(CertificateNumber, (entry.type.code, hashed), with_for_update=True)
    if entry.supersedes is None or holder.latest != entry.supersedes:
        raise CertificateNumberTaken(entry.type.code)
    holder.latest = entry.identifier
