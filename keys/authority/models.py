"""The tables of the authority: who issues, what was issued, the revocation lists, and every time stamp.

A certificate's row is there, with the very bytes that will be signed, before it is signed; rows are never removed, so
that whatever bears a signature of ours can be found and revoked. That a second person confirmed what needs two is a
constraint as well as a rule.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from keys.authority.states import ACTIVE, ISSUED, PENDING, PROPOSED, REVOKED, STATES, WAITING, WITHDRAWN

AUTHORITY_LENGTH: Final = 40
SERIAL_LENGTH: Final = 40
TEMPLATE_LENGTH: Final = 30
KIND_LENGTH: Final = 10
KEY_ID_LENGTH: Final = 64
ACTOR_LENGTH: Final = 200
FINGERPRINT_LENGTH: Final = 64
REASON_LENGTH: Final = 30
WORDS_LENGTH: Final = 500
ALGORITHM_LENGTH: Final = 40
OID_LENGTH: Final = 128


class CertificateAuthority(Base):
    """An authority: its name, its one key, and who opened it; a new key is a new authority."""

    __tablename__ = "keys_authorities"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint(f"state in ('{PROPOSED}', '{WITHDRAWN}') or confirmed_by is not null", name="confirmed"),
        CheckConstraint(
            "withdrawal_confirmed_by is null or withdrawal_confirmed_by <> withdrawal_by", name="two_persons_withdraw"
        ),
    )

    id: Mapped[str] = mapped_column(String(AUTHORITY_LENGTH), primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("keys_authorities.id"), index=True)
    template: Mapped[str] = mapped_column(String(TEMPLATE_LENGTH))
    subject: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    key_id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    spki: Mapped[bytes] = mapped_column(LargeBinary)
    spki_sm3: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH), unique=True)
    is_test: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    lists: Mapped[int]
    version: Mapped[int]
    proposed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawal_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    withdrawal_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawal_why: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    withdrawal_words: Mapped[str | None] = mapped_column(String(WORDS_LENGTH))
    withdrawal_confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    withdrawal_confirmed_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def signs(self) -> bool:
        """Tell whether it issues certificates now."""
        return self.state == ACTIVE


class IssuedCertificate(Base):
    """A certificate, from its draft on; `der` is there once it was signed.

    `of_authority` tells whose own certificate it is; `key_id` names the key of one that the house holds. `asked` and
    `asked_for` make the order of a caller who repeats himself one order.
    """

    __tablename__ = "keys_issued_certificates"
    __table_args__ = (
        UniqueConstraint("authority", "serial"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint("not needs_two or der is null or confirmed_by is not null", name="signed_after_two"),
        CheckConstraint("(der is null) = (issued_at is null)", name="issued"),
        CheckConstraint("(revoked_at is null) = (revoked_why is null)", name="revoked"),
        Index(None, "authority", "revoked_at"),
        Index(None, "template", "not_after"),
        Index(None, "spki_sm3"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(ForeignKey("keys_authorities.id"))
    serial: Mapped[str] = mapped_column(String(SERIAL_LENGTH))
    template: Mapped[str] = mapped_column(String(TEMPLATE_LENGTH))
    subject: Mapped[str] = mapped_column(Text)
    spki_sm3: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH))
    algorithm: Mapped[str] = mapped_column(String(ALGORITHM_LENGTH))
    not_before: Mapped[datetime] = mapped_column(Moment)
    not_after: Mapped[datetime] = mapped_column(Moment)
    tbs: Mapped[bytes] = mapped_column(LargeBinary)
    der: Mapped[bytes | None] = mapped_column(LargeBinary)
    sm3: Mapped[str | None] = mapped_column(String(FINGERPRINT_LENGTH), unique=True)
    key_id: Mapped[str | None] = mapped_column(String(KEY_ID_LENGTH))
    of_authority: Mapped[str | None] = mapped_column(ForeignKey("keys_authorities.id"), index=True)
    renews: Mapped[int | None] = mapped_column(ForeignKey("keys_issued_certificates.id"), index=True)
    needs_two: Mapped[bool]
    version: Mapped[int]
    proposed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    issued_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_why: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    invalid_since: Mapped[datetime | None] = mapped_column(Moment)
    asked: Mapped[str | None] = mapped_column(String(FINGERPRINT_LENGTH), unique=True)
    asked_for: Mapped[str | None] = mapped_column(String(FINGERPRINT_LENGTH))

    @property
    def state(self) -> str:
        """Tell where the certificate stands: waiting for a second person, pending, issued, or revoked."""
        if self.revoked_at is not None:
            return REVOKED
        if self.der is not None:
            return ISSUED
        return WAITING if self.needs_two and self.confirmed_by is None else PENDING


class PublishedList(Base):
    """A revocation list: its number is on record before it is signed; `tbs` stands until `der` does."""

    __tablename__ = "keys_published_lists"
    __table_args__ = (
        UniqueConstraint("authority", "number"),
        CheckConstraint("(tbs is null) <> (der is null)", name="one_of_two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(ForeignKey("keys_authorities.id"))
    number: Mapped[int]
    this_update: Mapped[datetime] = mapped_column(Moment)
    next_update: Mapped[datetime] = mapped_column(Moment)
    entries: Mapped[int]
    tbs: Mapped[bytes | None] = mapped_column(LargeBinary)
    der: Mapped[bytes | None] = mapped_column(LargeBinary)
    sm3: Mapped[str | None] = mapped_column(String(FINGERPRINT_LENGTH))


class RecordedTimeStamp(Base):
    """A time stamp: its serial number, what it stamps and the time, on record before the token is signed."""

    __tablename__ = "keys_time_stamps"
    __table_args__ = (Index(None, "at"), Index(None, "imprint"))

    serial: Mapped[str] = mapped_column(String(SERIAL_LENGTH), primary_key=True)
    certificate: Mapped[int] = mapped_column(ForeignKey("keys_issued_certificates.id"), index=True)
    imprint_oid: Mapped[str] = mapped_column(String(OID_LENGTH))
    imprint: Mapped[str] = mapped_column(String(128))
    policy: Mapped[str] = mapped_column(String(OID_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
