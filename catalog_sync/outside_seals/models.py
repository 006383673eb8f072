"""The tables of others' seals: the last word on each, and how far the list of changes was read."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.models import TARGET_LENGTH
from catalog_sync.outside_seals.answers import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from catalog_sync.outside_seals.word import State

MARK_LENGTH: Final = 200


class OutsideSeal(Base):
    """A seal of another site: what its system said last, when, and until when that is relied on.

    `wanted_at` is when somebody met the seal without a word on it that counts; the job asks for it and clears that.
    """

    __tablename__ = "catalog_sync_outside_seals"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        Index(None, "source", "wanted_at"),
    )

    source: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    unit: Mapped[str] = mapped_column(String(CODE_LENGTH), default="")
    unit_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    since: Mapped[datetime | None] = mapped_column(Moment)
    valid_from: Mapped[datetime | None] = mapped_column(Moment)
    valid_until: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    successor: Mapped[str] = mapped_column(String(CODE_LENGTH), default="")
    as_of: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    wanted_at: Mapped[datetime | None] = mapped_column(Moment)


class SealListMark(Base):
    """How far the list of changes of one system was read."""

    __tablename__ = "catalog_sync_seal_marks"

    source: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    mark: Mapped[str] = mapped_column(String(MARK_LENGTH))
    read_at: Mapped[datetime] = mapped_column(Moment)
