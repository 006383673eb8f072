"""The tables of certificates: what each says (encrypted), who holds it (as a keyed hash), its files and its events.

Certificates, holders and files are split by the hash of the certificate's identifier on PostgreSQL, from the first
day; a partitioned table can only keep its own key unique, so numbers are kept unique in a table of their own.
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    DDL,
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.life import State

IDENTIFIER_LENGTH: Final = 128
TYPE_LENGTH: Final = 21
CODE_LENGTH: Final = 18
WORD_LENGTH: Final = 40
DIGEST_LENGTH: Final = 64
ACTOR_LENGTH: Final = 200
REASON_LENGTH: Final = 500
REGION_LENGTH: Final = 12
CASE_LENGTH: Final = 64
# Certificates of a province are some hundred millions; sixteen parts keep each index in memory on one machine.
PARTS: Final = 16
_BY_HASH: Final = {"postgresql_partition_by": "HASH (identifier)"}


class Certificate(Base):
    """A version of a certificate: what it is, where it stands, and what it says, encrypted."""

    __tablename__ = "certs_certificates"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        Index(None, "issuer", "type", "issued_on"),
        Index(None, "type", "number_hash"),
        _BY_HASH,
    )

    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH), primary_key=True)
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    issuer: Mapped[str] = mapped_column(String(CODE_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    number_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    holding: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # How it came: issued, deposited as a finished file, or converted from old stock; a scan is graded so.
    origin: Mapped[str] = mapped_column(String(WORD_LENGTH))
    grade: Mapped[str] = mapped_column(String(WORD_LENGTH))
    issued_on: Mapped[date] = mapped_column(Date)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    review_due: Mapped[date | None] = mapped_column(Date)
    item_code: Mapped[str] = mapped_column(String(CASE_LENGTH))
    supersedes: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    superseded_by: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    # What the code on the face points to: random, so that it tells nothing and cannot be guessed.
    token: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    # Number, holders and fields as canonical JSON, under a data key; bound to the identifier.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class CertificateHolder(Base):
    """A holder of a certificate, found by the keyed hash of code and kind."""

    __tablename__ = "certs_holders"
    __table_args__ = (
        ForeignKeyConstraint(["identifier"], ["certs_certificates.identifier"]),
        Index(None, "code_hash", "certificate_type"),
        _BY_HASH,
    )

    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    code_type: Mapped[str] = mapped_column(String(3))
    certificate_type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    role: Mapped[str] = mapped_column(String(WORD_LENGTH))


class CertificateFile(Base):
    """A certificate as a document, encrypted, with what its verification said when it came in or was made."""

    __tablename__ = "certs_files"
    __table_args__ = (
        ForeignKeyConstraint(["identifier"], ["certs_certificates.identifier"]),
        Index(None, "sm3"),  # a document from outside is known by it
        _BY_HASH,
    )

    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH), primary_key=True)
    format: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    verdict: Mapped[str] = mapped_column(String(WORD_LENGTH))
    seal_use: Mapped[str | None] = mapped_column(String(36))
    kept_at: Mapped[datetime] = mapped_column(Moment)


class CertificateEvent(Base):
    """A step in the life of a certificate; never changed."""

    __tablename__ = "certs_events"
    __table_args__ = (Index(None, "identifier", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    step: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # From when on it counts, which is not always when it was told.
    effective_on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)


class CertificateNumber(Base):
    """A number of a type that is in use, whosever and in whatever version: it is given once."""

    __tablename__ = "certs_numbers"

    type: Mapped[str] = mapped_column(String(TYPE_LENGTH), primary_key=True)
    number_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(CODE_LENGTH))
    latest: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))


class CertificateSerial(Base):
    """The last serial of a type: in a region and a year, where its numbers show them, else in all."""

    __tablename__ = "certs_serials"

    type: Mapped[str] = mapped_column(String(TYPE_LENGTH), primary_key=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class CertificateStep(Base):
    """A case's step that made a certificate: told twice, it makes no second one."""

    __tablename__ = "certs_case_steps"

    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), primary_key=True)
    case_number: Mapped[str] = mapped_column(String(CASE_LENGTH), primary_key=True)
    step: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    request_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


def parts_of(table: str) -> list[str]:
    """Write the statements that make the parts of a partitioned table."""
    values = "FOR VALUES WITH (MODULUS {parts}, REMAINDER {part})"
    return [
        f"CREATE TABLE IF NOT EXISTS {table}_{part} PARTITION OF {table} " + values.format(parts=PARTS, part=part)
        for part in range(PARTS)
    ]


PARTITIONED: Final = ("certs_certificates", "certs_holders", "certs_files")
for _name in PARTITIONED:
    for _statement in parts_of(_name):
        made = DDL(_statement).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
        event.listen(Base.metadata.tables[_name], "after_create", made)
