"""The tables of trust: certificates that were taken in, and where revocations are asked, with the last answer.

No rule lives here beyond constraints. One is that nobody confirms an anchor that they proposed, and nobody ends a
suspension that they began: it holds for whatever path a row takes. Rows of certificates are never removed, so that what
was trusted at a moment can be told later.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment

ANCHOR: Final = "anchor"
INTERMEDIATE: Final = "intermediate"
CRL: Final = "crl"
OCSP: Final = "ocsp"
WITHDRAWN: Final = "withdrawn"
LIFTED: Final = "lifted"

ACTOR_LENGTH: Final = 200
FINGERPRINT_LENGTH: Final = 64
PURPOSES_LENGTH: Final = 1000
URL_LENGTH: Final = 2048
CODE_LENGTH: Final = 64
REASON_LENGTH: Final = 500

_IN_USE: Final = text("withdrawn_at is null")
_NOT_ENDED: Final = text("ended_at is null")


class TrustedCertificate(Base):
    """A certificate that was taken in: an anchor, trusted once confirmed, or one between, which is only material."""

    __tablename__ = "keys_trusted_certificates"
    __table_args__ = (
        CheckConstraint(f"role in ('{ANCHOR}', '{INTERMEDIATE}')", name="role"),
        CheckConstraint("confirmed_by is null or confirmed_by <> added_by", name="two_persons"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint("(withdrawn_by is null) = (withdrawn_at is null)", name="withdrawn"),
        Index(
            "ix_keys_trusted_certificates_in_use",
            "sm3",
            unique=True,
            sqlite_where=_IN_USE,
            postgresql_where=_IN_USE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    sm3: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH))
    der: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[str] = mapped_column(Text)
    not_after: Mapped[datetime] = mapped_column(Moment)
    purposes: Mapped[str] = mapped_column(String(PURPOSES_LENGTH))
    is_test: Mapped[bool]
    added_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    added_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_why: Mapped[str | None] = mapped_column(String(REASON_LENGTH))


class TrustSuspension(Base):
    """An anchor taken out of use at once by one person; a second one withdraws it for good, or lifts the suspension."""

    __tablename__ = "keys_trust_suspensions"
    __table_args__ = (
        CheckConstraint(f"outcome in ('', '{WITHDRAWN}', '{LIFTED}')", name="outcome"),
        CheckConstraint("ended_by is null or ended_by <> begun_by", name="two_persons"),
        CheckConstraint(
            "(ended_by is null) = (ended_at is null) and (ended_at is null) = (outcome = '')", name="ended"
        ),
        Index(
            "ix_keys_trust_suspensions_open",
            "certificate_id",
            unique=True,
            sqlite_where=_NOT_ENDED,
            postgresql_where=_NOT_ENDED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey(TrustedCertificate.id), index=True)
    begun_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    begun_why: Mapped[str] = mapped_column(String(REASON_LENGTH))
    ended_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[str] = mapped_column(String(REASON_LENGTH))
    outcome: Mapped[str] = mapped_column(String(9))


class RevocationSource(Base):
    """Where the revocations of an issuer are asked, what is asked, and the last authentic answer.

    `configured` tells a source that a person named from one that a verified certificate named. `renew_at` is when it
    is due again; none means never, for what was brought in by hand.
    """

    __tablename__ = "keys_revocation_sources"
    __table_args__ = (
        CheckConstraint(f"kind in ('{CRL}', '{OCSP}')", name="kind"),
        UniqueConstraint("kind", "url_sm3", "asked_sm3", "issuer_key"),
        Index(None, "renew_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(4))
    url: Mapped[str] = mapped_column(String(URL_LENGTH))
    url_sm3: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH))
    request: Mapped[bytes] = mapped_column(LargeBinary)
    asked_sm3: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH))
    issuer: Mapped[bytes] = mapped_column(LargeBinary)
    issuer_key: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH), index=True)
    configured: Mapped[bool]
    intranet: Mapped[bool]
    added_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    added_at: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)
    renew_at: Mapped[datetime | None] = mapped_column(Moment)
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary)
    evidence_sm3: Mapped[str | None] = mapped_column(String(FINGERPRINT_LENGTH))
    this_update: Mapped[datetime | None] = mapped_column(Moment)
    next_update: Mapped[datetime | None] = mapped_column(Moment)
    fetched_at: Mapped[datetime | None] = mapped_column(Moment)
    tried_at: Mapped[datetime | None] = mapped_column(Moment)
    failure: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
