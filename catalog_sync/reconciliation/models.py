"""The tables of comparisons: each with what was exchanged and found, and things that differ until they no longer do.

A difference is one row from the comparison that first named it to the last that did; it is settled by one that finds
the two sides agreeing about it. Neither says what a record says.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    DEPARTMENT_LENGTH,
    DIGEST_LENGTH,
    KIND_LENGTH,
    TARGET_LENGTH,
    THING_LENGTH,
    Number,
)

OUTCOME_LENGTH: Final = 16

AGREES: Final = "agrees"
DIFFERS: Final = "differs"
FAILED: Final = "failed"
OUTCOMES: Final = (AGREES, DIFFERS, FAILED)


class Comparison(Base):
    """One comparison: when and by whom, how deep, what crossed, what both sides hold, and what was found.

    `limits` are codes of what could not be compared; `weight` is what telling every row would have weighed, `moving`
    counts things that changed meanwhile. `balance` is the certificate of the day as it was signed.
    """

    __tablename__ = "catalog_sync_comparisons"
    __table_args__ = (
        CheckConstraint(f"outcome in ({', '.join(repr(each) for each in OUTCOMES)})", name="outcome"),
        Index(None, "target", "number"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    day: Mapped[date] = mapped_column(Date)
    began_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    outcome: Mapped[str] = mapped_column(String(OUTCOME_LENGTH))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    depth: Mapped[str] = mapped_column(String(OUTCOME_LENGTH))
    limits: Mapped[list[str]] = mapped_column(JSON)
    questions: Mapped[int]
    sent_bytes: Mapped[int] = mapped_column(BigInteger)
    received_bytes: Mapped[int] = mapped_column(BigInteger)
    weight: Mapped[int] = mapped_column(BigInteger)
    here: Mapped[int] = mapped_column(BigInteger)
    there: Mapped[int | None] = mapped_column(BigInteger)
    found: Mapped[int]
    moving: Mapped[int]
    balance: Mapped[str | None] = mapped_column(Text)


class Difference(Base):
    """A thing about which the two sides differ, what may be done about it, and what was.

    `first` and `last` are the comparisons that named it first and last, `digest` is the content that is there.
    """

    __tablename__ = "catalog_sync_differences"
    __table_args__ = (Index(None, "target", "settled_at", "kind", "thing"), Index(None, "target", "last", "first"))

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    thing: Mapped[str] = mapped_column(String(THING_LENGTH))
    department: Mapped[str] = mapped_column(String(DEPARTMENT_LENGTH))
    difference: Mapped[str] = mapped_column(String(OUTCOME_LENGTH))
    here: Mapped[int | None] = mapped_column(BigInteger)
    there: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    first: Mapped[int] = mapped_column(ForeignKey("catalog_sync_comparisons.number"))
    last: Mapped[int] = mapped_column(ForeignKey("catalog_sync_comparisons.number"))
    repair: Mapped[str] = mapped_column(String(OUTCOME_LENGTH))
    repaired_at: Mapped[datetime | None] = mapped_column(Moment)
    repaired_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH), default="")
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
