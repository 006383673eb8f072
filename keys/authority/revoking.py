"""Certificates revoked: signed or only on record, once and for good, for a reason that a list can tell.

There is no hold: a signature cannot rest on a certificate that may come back. A compromised key takes every certificate
with it; an authority's own certificate is revoked by withdrawing the authority (`keys.authority.authorities`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from keys.authority.errors import AlreadyRevoked, UnfitRevocation
from keys.authority.models import IssuedCertificate
from keys.authority.records import certificate_of, touch
from keys.parties.acting import actor
from keys.revocation_lists import Reason

# Why a certificate may be revoked: a hold is nothing a signature can rest on, and removal is its undoing.
REASONS: Final = frozenset(Reason) - {Reason.HOLD, Reason.REMOVED, Reason.AA_COMPROMISE}
REASONS_OF_AUTHORITIES: Final = frozenset({Reason.CA_COMPROMISE})


@dataclass(frozen=True)
class Revocation:
    """Why a certificate is revoked, and since when its key is held to be in other hands."""

    why: Reason
    invalid_since: datetime | None = None


def revoke(
    session: Session, authority: str, serial: str, revocation: Revocation, by: Caller, at: datetime
) -> IssuedCertificate:
    """Revoke a certificate, signed or only on record; with a compromised key, every other one for that key too.

    An authority's own certificate is revoked by withdrawing the authority.
    Raises `NoSuchIssuedCertificate`, `AlreadyRevoked`, `UnfitRevocation`.
    """
    row = certificate_of(session, authority, serial, locked=True)
    if row.of_authority is not None:
        raise UnfitRevocation("withdraw-the-authority")
    if revocation.why not in REASONS - REASONS_OF_AUTHORITIES:
        raise UnfitRevocation("reason-not-for-this")
    withdrawn(session, row, revocation, by, at)
    if revocation.why is Reason.KEY_COMPROMISE:
        for other in _of_key(session, row):
            withdrawn(session, other, replace(revocation, invalid_since=_later(revocation, other)), by, at)
    return row


def withdrawn(
    session: Session, row: IssuedCertificate, revocation: Revocation, by: Caller, at: datetime
) -> IssuedCertificate:
    """Write a revocation into a row that was read with `locked`. Raises `AlreadyRevoked`, `UnfitRevocation`."""
    if row.revoked_at is not None:
        raise AlreadyRevoked(row.serial)
    since = revocation.invalid_since
    if since is not None and not row.not_before <= since <= at:
        raise UnfitRevocation("invalidity-date-out-of-range")
    row.revoked_by, row.revoked_at = actor(by), at
    row.revoked_why, row.invalid_since = revocation.why.value, since
    return touch(session, row, "keys.certificate.revoked", by, at, why=revocation.why.value)


def _of_key(session: Session, row: IssuedCertificate) -> Sequence[IssuedCertificate]:
    query = select(IssuedCertificate).where(
        IssuedCertificate.spki_sm3 == row.spki_sm3,
        IssuedCertificate.revoked_at.is_(None),
        IssuedCertificate.of_authority.is_(None),
    )
    return session.scalars(query.order_by(IssuedCertificate.id).with_for_update()).all()


def _later(revocation: Revocation, row: IssuedCertificate) -> datetime | None:
    """Give the invalidity date, not before the certificate's own beginning."""
    return None if revocation.invalid_since is None else max(revocation.invalid_since, row.not_before)
