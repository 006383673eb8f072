"""The tables of zones: the zone, its versions, the directories in each, every step."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    REGION_LENGTH,
    WORD_LENGTH,
    StepTaken,
)
from exchange.zones.life import Standing, State

ZONE_LENGTH: Final = 40


def _one_of(column: str, allowed: type[Any]) -> str:
    return f"{column} in ({', '.join(repr(each.value) for each in allowed)})"


class Zone(Base):
    """A zone under its code: whose it is, and which of its versions can be called."""

    __tablename__ = "exchange_zones"

    code: Mapped[str] = mapped_column(String(ZONE_LENGTH), primary_key=True)
    lead: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    lead_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    published: Mapped[int | None]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ZoneVersion(Base):
    """What a zone says in one of its versions; published content is never changed."""

    __tablename__ = "exchange_zone_versions"
    __table_args__ = (CheckConstraint(_one_of("state", State), name="state"),)

    zone: Mapped[str] = mapped_column(ForeignKey("exchange_zones.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    purpose: Mapped[str] = mapped_column(String(REASON_LENGTH))
    matters: Mapped[list[str]] = mapped_column(JSON)
    content_sm3: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    published_at: Mapped[datetime | None] = mapped_column(Moment)


class ZoneMember(Base):
    """A directory in a version of a zone: what of it is used, how it is asked, and where it stands."""

    __tablename__ = "exchange_zone_members"
    __table_args__ = (
        ForeignKeyConstraint(["zone", "number"], ["exchange_zone_versions.zone", "exchange_zone_versions.number"]),
        CheckConstraint(_one_of("standing", Standing), name="standing"),
        Index(None, "provider", "zone"),
    )

    zone: Mapped[str] = mapped_column(String(ZONE_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), primary_key=True, index=True)
    place: Mapped[int]
    provider: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    fields: Mapped[list[str]] = mapped_column(JSON)
    keys: Mapped[dict[str, str]] = mapped_column(JSON)
    standing: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ZoneStep(StepTaken, Base):
    """A step in the life of a zone, or of a directory in it; never changed."""

    __tablename__ = "exchange_zone_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(ForeignKey("exchange_zones.code"), index=True)
    number: Mapped[int]
    directory: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
