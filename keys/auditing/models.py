"""The table of exports: which entries were asked for and why, who agreed, and when the file was taken."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from keys.models import REASON_LENGTH

ASKED: Final = "asked"
AGREED: Final = "agreed"
REFUSED: Final = "refused"
ACTOR_LENGTH: Final = 200


class LedgerExport(Base):
    """An export of entries first … last-1, from the asking to the last time that it was taken."""

    __tablename__ = "keys_ledger_exports"
    __table_args__ = (
        CheckConstraint(f"state in ('{ASKED}', '{AGREED}', '{REFUSED}')", name="state"),
        CheckConstraint("first >= 0 and last > first", name="range"),
        CheckConstraint(f"(state = '{ASKED}') = (decided_at is null)", name="decided"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="two_people"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    state: Mapped[str] = mapped_column(String(8))
    asked_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_why: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    times_taken: Mapped[int]
