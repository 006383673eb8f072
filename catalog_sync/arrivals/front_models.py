"""The tables of what was read of a front library's data: each row once, by keyed hashes, and each batch.

A row lies there for days and is met by every reading; it is known again by all that it says. Rows that a reading meets
no more are forgotten, batches are not: one that comes again later is told apart from one that is new.
"""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.arrivals.models import NAME_LENGTH
from catalog_sync.models import DIGEST_LENGTH, TARGET_LENGTH

BATCH_LENGTH = 64
PLACE_LENGTH = 120


class FrontBatch(Base):
    """A batch: how many of its rows were read, in how many arrivals, and the last time that one of them bears."""

    __tablename__ = "catalog_sync_front_batches"

    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    batch: Mapped[str] = mapped_column(String(BATCH_LENGTH), primary_key=True)
    arrivals: Mapped[int]
    rows: Mapped[int]
    last_at: Mapped[datetime | None] = mapped_column(Moment)


class FrontRow(Base):
    """A row that was read: itself, what its batch says of the thing, the thing, and its place where it was taken."""

    __tablename__ = "catalog_sync_front_rows"
    __table_args__ = (
        Index("ix_catalog_sync_front_rows_said", "target", "table_name", "said_as"),
        Index("ix_catalog_sync_front_rows_thing", "target", "table_name", "thing_as"),
        Index("ix_catalog_sync_front_rows_told", "target", "table_name", "told_at"),
    )

    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    row_as: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    said_as: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    thing_as: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    place: Mapped[str] = mapped_column(String(PLACE_LENGTH))
    told_at: Mapped[datetime | None] = mapped_column(Moment)
