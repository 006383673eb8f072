"""The tables of arrivals: each file that came down once, and its rows, sealed, with what is wrong with each."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.models import DIGEST_LENGTH, OUTSIDE_LENGTH, REASON_LENGTH, TARGET_LENGTH, Number

STAGED: Final = "staged"
REFUSED: Final = "refused"
NAME_LENGTH: Final = 128
FAULT_LENGTH: Final = 60


class Arrival(Base):
    """A file that came down: what was said of it, how it was found, and (where it was refused) its first bytes."""

    __tablename__ = "catalog_sync_arrivals"
    __table_args__ = (
        UniqueConstraint("target", "described_as"),
        CheckConstraint(f"state in ('{STAGED}', '{REFUSED}')", name="state"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    described_as: Mapped[str] = mapped_column(String(OUTSIDE_LENGTH))
    table_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    size: Mapped[int]
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    rows: Mapped[int]
    rejects: Mapped[int]
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)


class ArrivalRow(Base):
    """A row of a file that was staged: its operation and values, sealed; or the fault by which it is a reject."""

    __tablename__ = "catalog_sync_arrival_rows"

    arrival: Mapped[int] = mapped_column(ForeignKey("catalog_sync_arrivals.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operation: Mapped[str] = mapped_column(String(16))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    fault: Mapped[str] = mapped_column(String(FAULT_LENGTH))
    column_name: Mapped[str] = mapped_column(String(FAULT_LENGTH))
