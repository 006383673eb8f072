"""The tables of batches. Documents lie there sealed under a data key, bound to their batch, number and column."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from signing.models import (
    CODE_LENGTH,
    DIGEST_LENGTH,
    ID_LENGTH,
    KEY_ID_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    REGION_LENGTH,
    WORD_LENGTH,
)

WAITING, SEALED, FAILED = "waiting", "sealed", "failed"
STATES: Final = (WAITING, SEALED, FAILED)


class SealBatch(Base):
    """Documents that one system has sealed for one purpose."""

    __tablename__ = "signing_batches"
    __table_args__ = (Index(None, "system", "created_at"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    seal: Mapped[str] = mapped_column(ForeignKey("signing_seals.id"))
    system: Mapped[str] = mapped_column(ForeignKey("keys_systems.id"))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    document_type: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    act: Mapped[str] = mapped_column(String(WORD_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    manner: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The bulk task that works on it, and the refusal that ended it before the last document, with its facts.
    task: Mapped[int | None] = mapped_column(BigInteger)
    stopped: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    stopped_facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class SealBatchDocument(Base):
    """A document of a batch: as it came, what became of it, and as it was sealed."""

    __tablename__ = "signing_batch_documents"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(map(repr, STATES))})", name="state"),
        Index(None, "batch", "state", "number"),
    )

    batch: Mapped[str] = mapped_column(ForeignKey("signing_batches.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    draft: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    draft_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    # The use under which it is, or was, being sealed: what a process that died has begun is given up by the next.
    use: Mapped[str | None] = mapped_column(ForeignKey("signing_uses.id"))
    document: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sm3: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    code: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(Moment)
