"""Revocation lists: numbered, put on record, signed, kept; renewed at half their life, and when something is revoked.

As with certificates two transactions make a list: `prepare` gives it its number and writes what it says, `complete`
signs that. A list that was never signed leaves a gap in the numbers, which only have to rise (RFC 5280 5.2.3).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm3 import SM3
from keys.authority.drafts import assembled
from keys.authority.errors import AuthorityKeyDiffers, AuthorityNotActive, FaultyCertificate, NoRevocationList
from keys.authority.list_writing import ListDraft, Listed, written
from keys.authority.models import CertificateAuthority, IssuedCertificate, PublishedList
from keys.authority.records import authority_of, own_certificate
from keys.authority.states import ACTIVE, WITHDRAWN
from keys.authority.wiring import Authority
from keys.authority.writing import signature_for, whole_seconds
from keys.parties.acting import changed
from keys.revocation_lists import Reason, RevocationList
from keys.signers.signer import signed

# A list is renewed when half its life is over: whoever fetches it always finds one that will hold for a while.
SHARE_OF_LIFE: Final = 2


def prepare(session: Session, parts: Authority, authority: str, by: Caller, at: datetime) -> PublishedList:
    """Put the next list of an authority on record; the caller commits, and then has it completed.

    Raises `NoSuchAuthority`, `AuthorityNotActive` for one that never had a certificate.
    """
    row = authority_of(session, authority, locked=True)
    issuer = own_certificate(session, authority)
    row.lists += 1
    this_update = whole_seconds(at)
    entries = [_listed(each) for each in session.scalars(_revoked(authority, at))]
    draft = ListDraft(row.lists, this_update, this_update + parts.crl_life, issuer.not_before, entries)
    published = PublishedList(
        authority=authority,
        number=draft.number,
        this_update=draft.this_update,
        next_update=draft.next_update,
        entries=len(entries),
        tbs=written(draft, issuer, signature_for(_kind(row))),
    )
    session.add(published)
    session.flush()
    _told(session, published, "keys.revocation-list.drafted", by, at)
    return published


def complete(
    session: Session, parts: Authority, authority: str, number: int, by: Caller, at: datetime
) -> PublishedList:
    """Sign a list that is on record, read it back, and keep it; one that was signed before is given as it is.

    Raises `NoRevocationList`, `AuthorityKeyDiffers`, `FaultyCertificate`, and what custody and the key refuse.
    """
    query = select(PublishedList).where(PublishedList.authority == authority, PublishedList.number == number)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NoRevocationList(authority)
    if row.tbs is None:
        return row
    issuer = authority_of(session, authority)
    signer = parts.signer_for(session, issuer.key_id)
    if signer.public.spki != issuer.spki:
        raise AuthorityKeyDiffers(authority)
    algorithm = signature_for(_kind(issuer))
    found = RevocationList.of(assembled(row.tbs, algorithm, signed(signer, algorithm, row.tbs)))
    if found.number != row.number or len(found.entries) != row.entries:
        raise FaultyCertificate(str(number), "list-reads-otherwise")
    row.der, row.tbs, row.sm3 = found.der, None, SM3.of(found.der).hex()
    _told(session, row, "keys.revocation-list.published", by, at, sm3=row.sm3, entries=row.entries)
    return row


def latest(session: Session, authority: str) -> PublishedList:
    """Give the newest list that was signed. Raises `NoSuchAuthority`, `NoRevocationList`."""
    authority_of(session, authority)
    found = session.scalars(_signed(authority).limit(1)).one_or_none()
    if found is None:
        raise NoRevocationList(authority)
    return found


def due(session: Session, at: datetime) -> Iterator[str]:
    """Name the authorities whose list must be renewed: none yet, half its life over, or something revoked since."""
    query = select(CertificateAuthority).where(CertificateAuthority.state.in_((ACTIVE, WITHDRAWN)))
    for row in session.scalars(query.order_by(CertificateAuthority.id)).all():
        try:
            issuer = own_certificate(session, row.id)
        except AuthorityNotActive:
            continue  # withdrawn before it was ever opened
        if not issuer.holds_at(at):
            continue  # nobody believes a list of an authority whose time is over
        last = session.scalars(_signed(row.id).limit(1)).one_or_none()
        if last is None or _half_over(last, at) or _revoked_since(session, last):
            yield row.id


def _half_over(last: PublishedList, at: datetime) -> bool:
    return at >= last.this_update + (last.next_update - last.this_update) / SHARE_OF_LIFE


def _revoked_since(session: Session, last: PublishedList) -> bool:
    """Tell whether more are revoked than the last list tells of; nothing is ever taken off it."""
    query = select(func.count(IssuedCertificate.id)).where(
        IssuedCertificate.authority == last.authority, IssuedCertificate.revoked_at.is_not(None)
    )
    return session.scalars(query).one() != last.entries


def _signed(authority: str) -> Select[PublishedList]:
    query = select(PublishedList).where(PublishedList.authority == authority, PublishedList.der.is_not(None))
    return query.order_by(PublishedList.number.desc())


def _revoked(authority: str, at: datetime) -> Select[IssuedCertificate]:
    query = select(IssuedCertificate).where(
        IssuedCertificate.authority == authority, IssuedCertificate.revoked_at.is_not(None)
    )
    return query.where(IssuedCertificate.revoked_at <= at).order_by(IssuedCertificate.id)


def _listed(row: IssuedCertificate) -> Listed:
    if row.revoked_at is None or row.revoked_why is None:
        raise AssertionError
    return Listed(int(row.serial, 16), row.revoked_at, Reason(row.revoked_why), row.invalid_since)


def _kind(row: CertificateAuthority) -> KeyKind:
    return KeyKind(row.kind)


def _told(session: Session, row: PublishedList, act: str, by: Caller, at: datetime, **facts: Json) -> None:
    changed(session, by, at, act, Thing("revocation-list", f"{row.authority}:{row.number}"), row.number, **facts)
