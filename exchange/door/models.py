"""The tables of the gateway: uses, what quotas have been taken, signed batches of receipts, large results.

A use names nobody: whoever was asked for stands in it as a keyed hash, and what was asked and answered as digests. Rows
of uses are only ever added; the one thing that may be written later, once, is the case that a use is bound to.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.models import ACTOR_LENGTH, CODE_LENGTH, ORGANISATION_LENGTH, REGION_LENGTH, WORD_LENGTH

USAGE_ID_LENGTH: Final = 36
GRANT_LENGTH: Final = 64
MATTER_LENGTH: Final = 33
BASIS_LENGTH: Final = 64
SM3_LENGTH: Final = 64
KEY_HASH_LENGTH: Final = 8
ORIGIN_LENGTH: Final = 200
KEY_ID_LENGTH: Final = 200
SYSTEM_ID_LENGTH: Final = 64

RUNNING: Final = "running"
READY: Final = "ready"
FAILED: Final = "failed"
EXPIRED: Final = "expired"
RESULT_STATES: Final = (RUNNING, READY, FAILED, EXPIRED)


class Usage(Base):
    """One use of a directory's data: by whom, under which grant and purpose, which fields, and how it ended."""

    __tablename__ = "exchange_usages"
    __table_args__ = (
        CheckConstraint("(bound_to is null) = (bound_at is null)", name="bound"),
        Index(None, "organisation", "id"),
        Index(None, "owner", "id"),
        # Who received a record is looked for among the uses of its directory (`exchange.objections.receivers`).
        Index(None, "directory", "id"),
    )

    id: Mapped[str] = mapped_column(String(USAGE_ID_LENGTH), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    caller: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH))
    owner: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    grant_code: Mapped[str] = mapped_column(String(GRANT_LENGTH))
    item_code: Mapped[str] = mapped_column(String(MATTER_LENGTH))
    stage: Mapped[str] = mapped_column(String(WORD_LENGTH))
    ground: Mapped[str] = mapped_column(String(WORD_LENGTH))
    basis_kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    basis: Mapped[str] = mapped_column(String(BASIS_LENGTH))
    operator_kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    handling_region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    fields: Mapped[list[str]] = mapped_column(JSON)
    subjects: Mapped[list[str]] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(WORD_LENGTH))
    rows: Mapped[int]
    mount: Mapped[str] = mapped_column(String(USAGE_ID_LENGTH))
    health: Mapped[str] = mapped_column(String(WORD_LENGTH))
    request_sm3: Mapped[str] = mapped_column(String(SM3_LENGTH))
    answer_sm3: Mapped[str] = mapped_column(String(SM3_LENGTH))
    bound_to: Mapped[str | None] = mapped_column(String(BASIS_LENGTH))
    bound_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    bound_at: Mapped[datetime | None] = mapped_column(Moment)


class QuotaCount(Base):
    """How much of a grant's quota is taken in one window; the window's begin is part of the key."""

    __tablename__ = "exchange_quota_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    grant_code: Mapped[str] = mapped_column(String(GRANT_LENGTH), primary_key=True)
    window: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(Moment, primary_key=True, index=True)
    used: Mapped[int] = mapped_column(BigInteger)


class EnumerationAlarm(Base):
    """An alarm over a caller that goes through a department's data: when, by what, and how much it asked for."""

    __tablename__ = "exchange_enumeration_alarms"

    caller: Mapped[str] = mapped_column(String(ACTOR_LENGTH), primary_key=True)
    owner: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH), primary_key=True)
    raised_at: Mapped[datetime] = mapped_column(Moment, primary_key=True, index=True)
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    signs: Mapped[list[str]] = mapped_column(JSON)
    subjects: Mapped[int]
    unknown: Mapped[int]


class ReceiptKey(Base):
    """The public half of a key that signed batches of receipts; those of a replaced key stay verifiable."""

    __tablename__ = "exchange_receipt_keys"

    hash: Mapped[str] = mapped_column(String(KEY_HASH_LENGTH), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    text: Mapped[str] = mapped_column(Text)
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    since: Mapped[datetime] = mapped_column(Moment)


class ReceiptBatch(Base):
    """A signed head of the ledger: the receipts of whatever was entered since the batch before."""

    __tablename__ = "exchange_receipt_batches"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger, unique=True)
    root: Mapped[str] = mapped_column(String(SM3_LENGTH))
    origin: Mapped[str] = mapped_column(String(ORIGIN_LENGTH))
    key: Mapped[str] = mapped_column(ForeignKey(ReceiptKey.hash))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class ResultFile(Base):
    """A large result, fetched piece by piece and kept sealed until it expires; `asked` holds the question, sealed."""

    __tablename__ = "exchange_result_files"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in RESULT_STATES)})", name="state"),
        Index(None, "organisation", "id"),
        Index(None, "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(USAGE_ID_LENGTH), primary_key=True)
    caller: Mapped[str] = mapped_column(String(SYSTEM_ID_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH))
    asked: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(WORD_LENGTH))
    pages: Mapped[int]
    cursor: Mapped[str | None] = mapped_column(Text)
    rows: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    sm3: Mapped[str] = mapped_column(String(SM3_LENGTH))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class ResultPart(Base):
    """One sealed piece of a result, with the place where it begins in the whole, and the use that it was."""

    __tablename__ = "exchange_result_parts"

    file: Mapped[str] = mapped_column(ForeignKey(ResultFile.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begins: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int]
    usage: Mapped[str] = mapped_column(String(USAGE_ID_LENGTH))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
