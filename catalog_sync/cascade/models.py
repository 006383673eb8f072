"""The tables of the cascade: other sites, what they told or returned, what is laid out for them, and how far we read.

What a record says is kept sealed (`catalog_sync.cascade.contents`). `held` has each thing as it stands; `held_versions`
is only added to: every decision once, whose number is the receipt. Numbers of one partner stand in commit order, since
whoever writes them holds the partner's row.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    DIGEST_LENGTH,
    KIND_LENGTH,
    MARK_LENGTH,
    REASON_LENGTH,
    TARGET_LENGTH,
    THING_LENGTH,
    Number,
)
from keys.parties.models import CODE_LENGTH as ORGANISATION_LENGTH
from keys.parties.models import REGION_LENGTH

ACTIVE: Final = "active"
CLOSED: Final = "closed"
# By which way a record came: another site told it of its own, or returned it to us.
TOLD: Final = "told"
RETURNED: Final = "returned"
_WAYS: Final = f"way in ('{TOLD}', '{RETURNED}')"


class CascadePartner(Base):
    """Another site that may tell us records: as which system it proves itself, and of which region it may tell.

    `returns` names the kinds that are laid out for it of what belongs to its region.
    """

    __tablename__ = "catalog_sync_partners"
    __table_args__ = (CheckConstraint(f"state in ('{ACTIVE}', '{CLOSED}')", name="state"),)

    name: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    system: Mapped[str] = mapped_column(ForeignKey("keys_systems.id"), unique=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    returns: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Held(Base):
    """One thing as another site told it last, at its newest version; one that it took back is `is_gone`.

    `day` is the one under which the other site wrote this version down to be told.
    """

    __tablename__ = "catalog_sync_held"
    __table_args__ = (
        CheckConstraint(_WAYS, name="way"),
        UniqueConstraint("way", "partner", "kind", "thing"),
        Index(None, "kind", "thing"),
        Index(None, "region"),
        # Two sides compare what they hold in this order.
        Index(None, "way", "partner", "kind", "organisation", "day"),
        # Counted by kind from here alone, and listed page by page.
        Index("ix_catalog_sync_held_there", "way", "partner", "is_gone", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    way: Mapped[str] = mapped_column(String(16))
    partner: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    thing: Mapped[str] = mapped_column(String(THING_LENGTH))
    version: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str] = mapped_column(String(1))
    key: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    day: Mapped[date] = mapped_column(Date)
    needs: Mapped[list[list[str]]] = mapped_column(JSON)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    is_gone: Mapped[bool]
    first_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class HeldVersion(Base):
    """A record that was stored or refused, once by its key; its number is the receipt. Never changed.

    `place` names the member that a refusal is about, never what it says.
    """

    __tablename__ = "catalog_sync_held_versions"
    __table_args__ = (
        CheckConstraint(_WAYS, name="way"),
        UniqueConstraint("way", "partner", "key", "outcome", "code"),
        Index(None, "way", "partner", "number"),
        Index(None, "way", "partner", "kind", "thing"),
        # What was refused is counted by code.
        Index("ix_catalog_sync_held_versions_decided", "way", "partner", "outcome", "code"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    way: Mapped[str] = mapped_column(String(16))
    partner: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    thing: Mapped[str] = mapped_column(String(THING_LENGTH))
    version: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str] = mapped_column(String(1))
    key: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    place: Mapped[str] = mapped_column(String(REASON_LENGTH))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)


class LaidOut(Base):
    """A thing of a partner's region, at its newest version, laid out for the partner to fetch; it has one row.

    A thing that changes gets a new number, so that whoever reads on from a mark meets it again. Its new row is written
    before the old one goes: a number that was free again would be given out twice.
    """

    __tablename__ = "catalog_sync_returns"
    __table_args__ = (Index(None, "partner", "kind", "thing"), Index(None, "partner", "number"))

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    partner: Mapped[str] = mapped_column(ForeignKey("catalog_sync_partners.name"))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    thing: Mapped[str] = mapped_column(String(THING_LENGTH))
    version: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str] = mapped_column(String(1))
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    needs: Mapped[list[list[str]]] = mapped_column(JSON)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)


class Watermark(Base):
    """How far what a site returns to us was read; moved in the transaction of what was read."""

    __tablename__ = "catalog_sync_watermarks"

    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    mark: Mapped[str] = mapped_column(String(MARK_LENGTH))
    moved_at: Mapped[datetime] = mapped_column(Moment)
