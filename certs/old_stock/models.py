"""The tables of old stock: batches, their rows (encrypted), who succeeded whom, and objections."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    DIGEST_LENGTH,
    IDENTIFIER_LENGTH,
    REASON_LENGTH,
    TYPE_LENGTH,
    WORD_LENGTH,
)
from certs.old_stock.states import BatchState

ID_LENGTH: Final = 36
NAME_LENGTH: Final = 200
SYSTEM_LENGTH: Final = 64
# How a row stands: as it came; fit to be made, or faulty; made (a certificate waits), scanned, or failed; then
# published, rolled back, or left because the certificate had ended by an act of its own.
WAITING, SOUND, FAULTY = "waiting", "sound", "faulty"
MADE, SCANNED, FAILED = "made", "scanned", "failed"
PUBLISHED, ROLLED_BACK, LEFT = "published", "rolled-back", "left"
ROW_STATES: Final = (WAITING, SOUND, FAULTY, MADE, SCANNED, FAILED, PUBLISHED, ROLLED_BACK, LEFT)
RIGHT, WRONG = "right", "wrong"
OPEN, UPHELD, REJECTED = "open", "upheld", "rejected"


class OldStock(Base):
    """A batch of old certificates of one type, brought by the organ that answers for them today."""

    __tablename__ = "certs_old_stock"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in BatchState)})", name="state"),
        Index(None, "organisation", "uploaded_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    file_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    uploaded_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    uploaded_at: Mapped[datetime] = mapped_column(Moment)
    unknown_columns: Mapped[list[Any]] = mapped_column(JSON)
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    signed_off_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    signed_off_at: Mapped[datetime | None] = mapped_column(Moment)
    statement: Mapped[str] = mapped_column(String(REASON_LENGTH))
    # The system whose leave to use the organ's seal the faces are sealed under; and why making stopped, if it did.
    system: Mapped[str | None] = mapped_column(String(SYSTEM_LENGTH))
    task: Mapped[int | None] = mapped_column(BigInteger)
    stopped: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    # How many working days objections may be raised, and the moment after which none can.
    objection_days: Mapped[int]
    objections_until: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Moment)


class OldStockRow(Base):
    """A row of a batch: its cells under a data key, its faults, and the certificate that it became."""

    __tablename__ = "certs_old_stock_rows"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(map(repr, ROW_STATES))})", name="state"),
        Index(None, "batch", "state", "number"),
        Index(None, "batch", "number_hash"),
    )

    batch: Mapped[str] = mapped_column(ForeignKey("certs_old_stock.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    number_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    is_paper: Mapped[bool]
    faults: Mapped[list[Any]] = mapped_column(JSON)
    scan: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    scan_format: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    # How often making was tried: each try is a step of its own, so that a discarded draft is not taken for the next.
    tries: Mapped[int]
    code: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    identifier: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH), index=True)
    is_sampled: Mapped[bool]
    look: Mapped[str | None] = mapped_column(String(WORD_LENGTH))


class Succession(Base):
    """An organ that is gone, by its code or its name, and who took over what it issued."""

    __tablename__ = "certs_successions"

    former: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    successor: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    since: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class OldStockObjection(Base):
    """Somebody says that a published certificate of a batch is wrong."""

    __tablename__ = "certs_old_stock_objections"
    __table_args__ = (Index(None, "batch", "state"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    batch: Mapped[str] = mapped_column(ForeignKey("certs_old_stock.id"))
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
    decision: Mapped[str] = mapped_column(String(REASON_LENGTH))
    decided_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
