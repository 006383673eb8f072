"""Reads the trust store as people see it: what is trusted now, what waits for a second person, what is suspended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from keys.anchors import kept, trust_at
from keys.certificates import Certificate
from keys.models import INTERMEDIATE, TrustedCertificate, TrustSuspension
from keys.trust import Trust
from keys.trust_bundle import described
from keys.withdrawals import all_standing

State = Literal["proposed", "trusted", "suspended", "material"]


@dataclass(frozen=True)
class Held:
    """A certificate of the trust store with what became of it."""

    row: TrustedCertificate
    suspension: TrustSuspension | None

    @property
    def certificate(self) -> Certificate:
        """Give the certificate."""
        return kept(self.row.der)

    @property
    def state(self) -> State:
        """Tell what it counts for now."""
        if self.row.role == INTERMEDIATE:
            return "material"
        if self.row.confirmed_at is None:
            return "proposed"
        return "suspended" if self.suspension is not None else "trusted"

    def told(self, at: datetime) -> dict[str, object]:
        """Tell what those who keep the store may see."""
        row, suspension = self.row, self.suspension
        return {
            **shown(self.certificate, row.purposes.split(), at, test=row.is_test),
            "role": row.role,
            "state": self.state,
            "added_by": row.added_by,
            "added_at": row.added_at,
            "confirmed_by": row.confirmed_by,
            "confirmed_at": row.confirmed_at,
            "suspended_by": suspension.begun_by if suspension else None,
            "suspended_at": suspension.begun_at if suspension else None,
            "suspended_why": suspension.begun_why if suspension else None,
        }


@dataclass(frozen=True)
class Published:
    """What everyone may see of the trust store at a moment."""

    trust: Trust
    suspended: tuple[Held, ...]

    def told(self, at: datetime) -> dict[str, object]:
        """Tell it as the API does."""
        return {
            "as_of": at,
            "digest": self.trust.digest.hex(),
            "anchors": [
                shown(each.certificate, sorted(each.purposes), at, test=each.is_test) for each in self.trust.anchors
            ],
            "suspended": [
                shown(each.certificate, each.row.purposes.split(), at, test=each.row.is_test) for each in self.suspended
            ],
            "intermediates": [shown(each, [], at, test=False) for each in self.trust.intermediates],
        }


def public(session: Session, at: datetime) -> Published:
    """Read what everyone may see."""
    return Published(trust_at(session, at), tuple(each for each in held(session) if each.state == "suspended"))


def held(session: Session) -> list[Held]:
    """Read everything that was not withdrawn, in the order in which it came."""
    query = select(TrustedCertificate).where(TrustedCertificate.withdrawn_at.is_(None)).order_by(TrustedCertificate.id)
    suspensions = all_standing(session)
    return [Held(row, suspensions.get(row.id)) for row in session.scalars(query)]


def shown(certificate: Certificate, purposes: list[str], at: datetime, *, test: bool) -> dict[str, object]:
    """Tell what everyone may see of a certificate."""
    told = described(certificate, at)
    return {
        "fingerprint": certificate.sm3.hex(),
        "sha256": certificate.sha256.hex(),
        "subject": certificate.subject.text,
        "issuer": certificate.issuer.text,
        "serial": certificate.serial_text,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "key": told.key,
        "purposes": purposes,
        "test": test,
        "warnings": [each.value for each in told.warnings],
    }
