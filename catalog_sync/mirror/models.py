"""The tables of the mirror: how far each kind of each platform was read, loads with their rows, and the copies.

A copy has its source, what it is called there, its version and digest, when it was first and last seen, and since when
it is gone: nothing is removed. Of a code table each version is a row, and those before the last are gone. What comes
here is public within the administration and names nobody, so it is not sealed.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base import search
from base.db import Base, Moment
from catalog_sync.models import ACTOR_LENGTH, DIGEST_LENGTH, KIND_LENGTH, REASON_LENGTH, TARGET_LENGTH, Number

OPEN: Final = "open"
READ: Final = "read"
HELD: Final = "held"
APPLIED: Final = "applied"
DROPPED: Final = "dropped"
STATES: Final = (OPEN, READ, HELD, APPLIED, DROPPED)

UPSTREAM_LENGTH: Final = 128
PLACE_LENGTH: Final = 500
VERSION_LENGTH: Final = 32
NAME_LENGTH: Final = 200
FAULT_LENGTH: Final = 32
MEMBER_LENGTH: Final = 60
CODE_LENGTH: Final = 64

MIRROR_SEARCH = search.search_table("catalog_sync_mirror_search", Base.metadata)


class MirrorPlace(Base):
    """How far a kind was read from a platform; `asked_at` is when somebody asked for a reading now."""

    __tablename__ = "catalog_sync_mirror_places"

    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH), primary_key=True)
    mark: Mapped[str] = mapped_column(String(PLACE_LENGTH), default="")
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    whole_at: Mapped[datetime | None] = mapped_column(Moment)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    whole_asked: Mapped[bool] = mapped_column(default=False)


class MirrorLoad(Base):
    """One reading: since which mark, at which page it stands, what it brought, and how it ended."""

    __tablename__ = "catalog_sync_mirror_loads"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        Index(None, "target", "kind", "state"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    state: Mapped[str] = mapped_column(String(16), default=OPEN)
    since: Mapped[str] = mapped_column(String(PLACE_LENGTH))
    token: Mapped[str] = mapped_column(String(PLACE_LENGTH), default="")
    mark: Mapped[str] = mapped_column(String(PLACE_LENGTH), default="")
    pages: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    rejects: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH), default="")


class MirrorStaged(Base):
    """A row of a load, in its order; good ones go when the load ends, rejects stay with their fault."""

    __tablename__ = "catalog_sync_mirror_staged"
    __table_args__ = (Index(None, "load", "upstream_id"),)

    load: Mapped[int] = mapped_column(ForeignKey("catalog_sync_mirror_loads.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    upstream_id: Mapped[str] = mapped_column(String(UPSTREAM_LENGTH))
    version: Mapped[str] = mapped_column(String(VERSION_LENGTH))
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    is_gone: Mapped[bool]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    fault: Mapped[str] = mapped_column(String(FAULT_LENGTH))
    member: Mapped[str] = mapped_column(String(MEMBER_LENGTH))


class MirrorCatalog(Base):
    """A directory of another platform."""

    __tablename__ = "catalog_sync_mirror_catalogs"
    __table_args__ = (UniqueConstraint("source", "upstream_id"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    source: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    upstream_id: Mapped[str] = mapped_column(String(UPSTREAM_LENGTH))
    version: Mapped[str] = mapped_column(String(VERSION_LENGTH))
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    gone_since: Mapped[datetime | None] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    region: Mapped[str] = mapped_column(String(12), index=True)
    share_type: Mapped[str] = mapped_column(String(40), index=True)
    update_cycle: Mapped[str] = mapped_column(String(40))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class MirrorCodeTable(Base):
    """A version of a code table of another platform, with its codes."""

    __tablename__ = "catalog_sync_mirror_code_tables"
    __table_args__ = (UniqueConstraint("source", "upstream_id", "version"), Index(None, "name", "source"))

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    source: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    upstream_id: Mapped[str] = mapped_column(String(UPSTREAM_LENGTH))
    version: Mapped[str] = mapped_column(String(VERSION_LENGTH))
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    gone_since: Mapped[datetime | None] = mapped_column(Moment)
    name: Mapped[str] = mapped_column(String(CODE_LENGTH))
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    content: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
