"""Taking trust away from an anchor: one person suspends it at once, a second one withdraws it or lifts the suspension.

A lost key must not wait for a colleague, and nobody alone may make a province's documents unverifiable for good. While
it is suspended an anchor is trusted for nothing; what was trusted before, and in the time after a suspension that was
lifted, stays trusted as of then.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.anchors import in_use
from keys.models import ANCHOR, LIFTED, WITHDRAWN, TrustedCertificate, TrustSuspension
from keys.parties.acting import actor, changed
from keys.trust_errors import AlreadySuspended, EndedBySuspender, NotSuspended, NotTrusted


def suspend(session: Session, fingerprint: str, why: str, by: Caller, at: datetime) -> TrustSuspension:
    """Take a confirmed anchor out of use from now on, and propose its withdrawal.

    Raises `NotTrusted`, `AlreadySuspended`.
    """
    row = in_use(session, fingerprint)
    if row.role != ANCHOR or row.confirmed_at is None:
        raise NotTrusted(fingerprint)
    suspension = TrustSuspension(
        certificate_id=row.id, begun_by=actor(by), begun_at=at, begun_why=why, ended_why="", outcome=""
    )
    if standing(session, row) is not None:
        raise AlreadySuspended(fingerprint)
    session.add(suspension)
    try:
        session.flush()
    except IntegrityError as error:  # someone was faster
        raise AlreadySuspended(fingerprint) from error
    changed(session, by, at, "keys.anchor.suspended", _thing(row), why=why)
    return suspension


def confirm(session: Session, fingerprint: str, why: str, by: Caller, at: datetime) -> TrustedCertificate:
    """Withdraw an anchor that someone else suspended; it was trusted until then.

    Raises `NotTrusted`, `NotSuspended`, `EndedBySuspender`.
    """
    row = _ended(session, fingerprint, WITHDRAWN, why, by, at)
    row.withdrawn_by, row.withdrawn_at, row.withdrawn_why = actor(by), at, why
    changed(session, by, at, "keys.anchor.withdrawn", _thing(row), why=why)
    return row


def lift(session: Session, fingerprint: str, why: str, by: Caller, at: datetime) -> TrustedCertificate:
    """Trust an anchor again that someone else suspended.

    Raises `NotTrusted`, `NotSuspended`, `EndedBySuspender`.
    """
    row = _ended(session, fingerprint, LIFTED, why, by, at)
    changed(session, by, at, "keys.anchor.resumed", _thing(row), why=why)
    return row


def standing(session: Session, row: TrustedCertificate) -> TrustSuspension | None:
    """Give the suspension of a certificate that nobody has ended."""
    query = select(TrustSuspension).where(TrustSuspension.certificate_id == row.id, TrustSuspension.ended_at.is_(None))
    return session.scalars(query).one_or_none()


def all_standing(session: Session) -> dict[int, TrustSuspension]:
    """Give every suspension that nobody has ended, by the row of its certificate."""
    query = select(TrustSuspension).where(TrustSuspension.ended_at.is_(None))
    return {each.certificate_id: each for each in session.scalars(query)}


def _ended(session: Session, fingerprint: str, outcome: str, why: str, by: Caller, at: datetime) -> TrustedCertificate:
    row = in_use(session, fingerprint)
    suspension = standing(session, row)
    if suspension is None:
        raise NotSuspended(fingerprint)
    if suspension.begun_by == actor(by):
        raise EndedBySuspender(fingerprint)
    suspension.ended_by, suspension.ended_at, suspension.ended_why, suspension.outcome = actor(by), at, why, outcome
    return row


def _thing(row: TrustedCertificate) -> Thing:
    return Thing("certificate", row.sm3)
