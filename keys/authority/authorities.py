"""Authorities: one person proposes to open or withdraw one, another confirms; the key stays in custody.

A root signs its own certificate, an authority below is signed by the one above. Both go on record as drafts like every
certificate. A withdrawn authority issues nothing more, but its revocation list and answers go on: what it signed before
is still asked about. Withdrawing revokes its certificate where there is someone above who can; nobody can for a root,
whose anchor is withdrawn in the trust store.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from keys.algorithms.sm3 import SM3
from keys.authority import issuing, revoking
from keys.authority.errors import (
    AuthorityKnown,
    AuthorityNotActive,
    NothingToConfirm,
    UnfitRevocation,
)
from keys.authority.issuing import Order, Place
from keys.authority.models import CertificateAuthority, IssuedCertificate
from keys.authority.revoking import Revocation
from keys.authority.states import CONFIRMED, PROPOSED, WITHDRAWN
from keys.authority.subjects import Subject
from keys.authority.templates import ISSUING, ROOT
from keys.authority.wiring import Authority
from keys.parties.acting import actor, changed
from keys.revocation_lists import Reason

THING: Final = "authority"


@dataclass(frozen=True)
class NewAuthority:
    """What must be told of an authority; without a parent it is a root."""

    id: str
    subject: Subject
    key_id: str
    parent: str | None = None
    life: timedelta | None = None
    is_test: bool = False


def propose(session: Session, parts: Authority, new: NewAuthority, by: Caller, at: datetime) -> IssuedCertificate:
    """Put an authority on record with the draft of its certificate; someone else must confirm it.

    Raises `AuthorityKnown`, `AuthorityNotActive` for the parent, `UnfitDraft`, and what custody refuses.
    """
    public = parts.signer_for(session, new.key_id).public
    parent = issuing.active(session, new.parent) if new.parent is not None else None
    template = ROOT if parent is None else ISSUING
    row = CertificateAuthority(
        id=new.id,
        parent=new.parent,
        template=template.name,
        subject=new.subject.der,
        name=new.subject.name.text,
        kind=public.kind.value,
        key_id=new.key_id,
        spki=public.spki,
        spki_sm3=SM3.of(public.spki).hex(),
        is_test=new.is_test or (parent is not None and parent.is_test),
        state=PROPOSED,
        lists=0,
        version=1,
        proposed_by=actor(by),
        proposed_at=at,
    )
    _require_new(session, row)
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise AuthorityKnown(new.id) from error
    changed(session, by, at, "keys.authority.proposed", Thing(THING, row.id), 1, parent=row.parent or "")
    order = Order(template, new.subject, public, new.life, key_id=new.key_id)
    return issuing.put_on_record(session, parts, parent or row, order, Place(of_authority=row.id), by, at)


def confirm(session: Session, row: CertificateAuthority, by: Caller, at: datetime) -> IssuedCertificate:
    """Confirm, as another person, that an authority is opened; its certificate is then completed.

    Raises `NothingToConfirm`, `PersonNeeded`, `SecondPersonNeeded`.
    """
    if row.state != PROPOSED:
        raise NothingToConfirm(row.id)
    issuing.require_another(row.id, row.proposed_by, by)
    row.state, row.confirmed_by, row.confirmed_at = CONFIRMED, actor(by), at
    _touch(session, row, "keys.authority.confirmed", by, at)
    return issuing.confirm(session, _draft_of(session, row), by, at)


def renew(session: Session, parts: Authority, row: CertificateAuthority, by: Caller, at: datetime) -> IssuedCertificate:
    """Put the draft of a new certificate for an authority's key on record; someone else must confirm it.

    Raises `AuthorityNotActive`, and as `issuing.prepare` does.
    """
    issuing.active(session, row.id)
    before = session.scalars(_certificates(row.id).where(IssuedCertificate.der.is_not(None)).limit(1)).one()
    order = issuing.renewal_of(session, parts, before)
    return issuing.renew(session, parts, before, order, by, at)


def propose_withdrawal(
    session: Session, row: CertificateAuthority, why: Reason, words: str, by: Caller, at: datetime
) -> CertificateAuthority:
    """Propose that an authority issues nothing more; someone else must confirm it.

    Raises `AuthorityNotActive`, `UnfitRevocation`, `PersonNeeded`.
    """
    if row.state == WITHDRAWN:
        raise AuthorityNotActive(row.id, row.state)
    if why not in revoking.REASONS - {Reason.KEY_COMPROMISE}:
        raise UnfitRevocation("reason-not-for-this")
    issuing.require_person(row.id, by)
    row.withdrawal_by, row.withdrawal_at, row.withdrawal_why, row.withdrawal_words = actor(by), at, why.value, words
    return _touch(session, row, "keys.authority.withdrawal-proposed", by, at, why=why.value, words=words)


def confirm_withdrawal(session: Session, row: CertificateAuthority, by: Caller, at: datetime) -> CertificateAuthority:
    """Withdraw an authority, as another person than who proposed it, and revoke its certificates.

    Raises `NothingToConfirm`, `PersonNeeded`, `SecondPersonNeeded`.
    """
    if row.state == WITHDRAWN or row.withdrawal_by is None or row.withdrawal_why is None:
        raise NothingToConfirm(row.id)
    issuing.require_another(row.id, row.withdrawal_by, by)
    row.state, row.withdrawal_confirmed_by, row.withdrawal_confirmed_at = WITHDRAWN, actor(by), at
    revocation = Revocation(Reason(row.withdrawal_why))
    for each in session.scalars(_certificates(row.id).with_for_update()).all():
        if each.revoked_at is None and each.authority != row.id:
            revoking.withdrawn(session, each, revocation, by, at)
    return _touch(session, row, "keys.authority.withdrawn", by, at, why=row.withdrawal_why)


def _require_new(session: Session, row: CertificateAuthority) -> None:
    same = or_(CertificateAuthority.id == row.id, CertificateAuthority.spki_sm3 == row.spki_sm3)
    if session.scalars(select(CertificateAuthority.id).where(same).limit(1)).first() is not None:
        raise AuthorityKnown(row.id)


def _draft_of(session: Session, row: CertificateAuthority) -> IssuedCertificate:
    found = session.scalars(_certificates(row.id).limit(1).with_for_update()).one_or_none()
    if found is None:
        raise NothingToConfirm(row.id)
    return found


def _touch(
    session: Session, row: CertificateAuthority, act: str, by: Caller, at: datetime, **facts: Json
) -> CertificateAuthority:
    row.version += 1
    changed(session, by, at, act, Thing(THING, row.id), row.version, **facts)
    return row


def _certificates(authority: str) -> Select[IssuedCertificate]:
    query = select(IssuedCertificate).where(IssuedCertificate.of_authority == authority)
    return query.order_by(IssuedCertificate.id.desc())
