"""The tables of returns: which upper table fills which directory of ours, each load once, and its rejects."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.arrivals.models import FAULT_LENGTH, NAME_LENGTH
from catalog_sync.models import DIGEST_LENGTH, REASON_LENGTH, TARGET_LENGTH, Number
from catalog_sync.returns.states import LOAD_STATES, MODES, RETURN_STATES
from exchange.models import ACTOR_LENGTH
from exchange.models import NAME_LENGTH as ITEM_LENGTH

ID_LENGTH: Final = 36
REGION_LENGTH: Final = 12


def _among(column: str, words: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} in ({', '.join(repr(each) for each in words)})", name=column)


class Return(Base):
    """An entry of the list of returns (回流清单): the upper table, the directory that it fills, and by which columns.

    `region` is the owner's own: rows of other regions are not taken.
    """

    __tablename__ = "catalog_sync_declared_returns"
    __table_args__ = (_among("state", RETURN_STATES), _among("mode", MODES))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), index=True)
    table_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), index=True)
    owner: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    key_item: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    region_item: Mapped[str | None] = mapped_column(String(ITEM_LENGTH))
    columns: Mapped[dict[str, str]] = mapped_column(JSON)
    mode: Mapped[str] = mapped_column(String(16))
    destination: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    # One that stands for a table and a directory, and one for a place that rows are brought to.
    open_as: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    place_as: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    version: Mapped[int]
    created_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ReturnLoad(Base):
    """One arrival on its way into one directory's table: how far it is, its counts, how it ended. Once for both."""

    __tablename__ = "catalog_sync_return_loads"
    __table_args__ = (_among("state", LOAD_STATES), UniqueConstraint("returned", "arrival"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    returned: Mapped[str] = mapped_column(ForeignKey("catalog_sync_declared_returns.id"))
    arrival: Mapped[int] = mapped_column(ForeignKey("catalog_sync_arrivals.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    chunk: Mapped[int]
    rows: Mapped[int]
    staged: Mapped[int]
    rejects: Mapped[int]
    overtaken: Mapped[int]
    inserted: Mapped[int]
    updated: Mapped[int]
    deleted: Mapped[int]
    unchanged: Mapped[int]
    goes: Mapped[int]
    stood: Mapped[int]
    decided_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    # When whoever delivered it was told that it is in.
    told_at: Mapped[datetime | None] = mapped_column(Moment)


class ReturnReject(Base):
    """A row that was not taken: its number in the arrival, the item or column, and why. Never a value."""

    __tablename__ = "catalog_sync_return_rejects"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    load: Mapped[str] = mapped_column(ForeignKey("catalog_sync_return_loads.id"), index=True)
    row: Mapped[int]
    item: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    reason: Mapped[str] = mapped_column(String(FAULT_LENGTH))
