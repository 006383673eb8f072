"""The tables of demands: what is demanded, who asks, each step; and the entries of the negative list."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.demands.demand import LONGEST_NAME, ORIGINS, Target
from exchange.demands.life import Ground, State
from exchange.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    REASON_LENGTH,
    REGION_LENGTH,
    WORD_LENGTH,
    StepTaken,
)

ID_LENGTH: Final = 36
DIGEST_LENGTH: Final = 64


def _one_of(column: str, allowed: type[Any]) -> str:
    return f"{column} in ({', '.join(repr(each.value) for each in allowed)})"


class Demand(Base):
    """A demand: the resource, its items, how often, in which way, which part, of whom; and where it stands.

    `open_as` is what a demand that is not over is recognised by, so that the same is not begun twice at one moment.
    """

    __tablename__ = "exchange_demands"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint(f"ground is null or {_one_of('ground', Ground)}", name="ground"),
        Index(None, "provider", "state"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    # Who began it, or stands first among those who ask once that one has left: steps of the askers fall to them.
    asker: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    asker_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    provider: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    provider_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    plain_name: Mapped[str] = mapped_column(String(LONGEST_NAME), index=True)
    items: Mapped[list[str]] = mapped_column(JSON)
    update_cycle: Mapped[str] = mapped_column(String(WORD_LENGTH))
    delivery: Mapped[str] = mapped_column(String(WORD_LENGTH))
    scope: Mapped[str] = mapped_column(String(REASON_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    open_as: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    # The directory that meets it, and those of which the askers said that they do not.
    directory: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
    rejected: Mapped[list[str]] = mapped_column(JSON)
    ground: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    rule: Mapped[str] = mapped_column(String(REASON_LENGTH))
    superseded_by: Mapped[str | None] = mapped_column(ForeignKey("exchange_demands.id"))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DemandAsker(Base):
    """Someone who asks: on which basis, for what, and where it came from; `weight` is the cases of a year behind it."""

    __tablename__ = "exchange_demand_askers"
    __table_args__ = (
        CheckConstraint(f"origin in ({', '.join(repr(each) for each in ORIGINS)})", name="origin"),
        Index(None, "organisation", "demand"),
    )

    demand: Mapped[str] = mapped_column(ForeignKey("exchange_demands.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(WORD_LENGTH))
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    purpose: Mapped[str] = mapped_column(String(REASON_LENGTH))
    # Matters and materials, or reports, that wait for it; names of things, never of persons.
    references: Mapped[list[str]] = mapped_column("refers_to", JSON)
    weight: Mapped[int]
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    joined_at: Mapped[datetime] = mapped_column(Moment)
    left_at: Mapped[datetime | None] = mapped_column(Moment)


class DemandStep(StepTaken, Base):
    """A step in the life of a demand; never changed."""

    __tablename__ = "exchange_demand_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    demand: Mapped[str] = mapped_column(ForeignKey("exchange_demands.id"), index=True)


class NegativeEntry(Base):
    """An entry of the negative list: an item or a resource, whose it is (none: anyone's), and by what rule."""

    __tablename__ = "exchange_negative_entries"
    __table_args__ = (
        CheckConstraint(_one_of("target", Target), name="target"),
        Index(None, "ended_at", "provider"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    provider: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    target: Mapped[str] = mapped_column(String(WORD_LENGTH))
    text: Mapped[str] = mapped_column(String(LONGEST_NAME))
    anywhere: Mapped[bool]
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    since: Mapped[datetime] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
