"""The tables of figures: counts by day, what kinds were ever collected, and how far the counting has come.

They are made from the ledger and can be made again from it; nothing else in the house reads them.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment

# Counties: finer than that nobody compares, and towns would make the table ten times as large.
REGION_LENGTH: Final = 6
ORGANISATION_LENGTH: Final = 18
MEASURE_LENGTH: Final = 40
CODE_LENGTH: Final = 64
THE_ROW: Final = 1


class FigureCount(Base):
    """How much of a measure there was on a day, in a region, of a department; what is nothing has no row."""

    __tablename__ = "certs_figure_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH), primary_key=True)
    measure: Mapped[str] = mapped_column(String(MEASURE_LENGTH), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class FigureKind(Base):
    """A type of certificate or a directory that a department has in a region, and since which day."""

    __tablename__ = "certs_figure_kinds"
    __table_args__ = (Index(None, "first_day"), {"sqlite_with_rowid": False})

    kind: Mapped[str] = mapped_column(String(MEASURE_LENGTH), primary_key=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH), primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    first_day: Mapped[date] = mapped_column(Date)


class FigureReader(Base):
    """The one row that counting takes turns on: the entries before `position` are counted, and duties until then."""

    __tablename__ = "certs_figure_reader"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[datetime | None] = mapped_column(Moment)
    duties_until: Mapped[datetime | None] = mapped_column(Moment)
    # Goes up with every rebuilding, so that of two that were begun at once only one is written.
    rebuilds: Mapped[int] = mapped_column(BigInteger)
