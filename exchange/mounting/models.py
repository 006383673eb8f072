"""The tables of mounts: what is mounted, what probes showed, and how real calls ended, hour by hour."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.models import ACTOR_LENGTH, NAME_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
PROPOSED: Final = "proposed"
SERVING: Final = "serving"
SUSPENDED: Final = "suspended"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (PROPOSED, SERVING, SUSPENDED, WITHDRAWN)


class Mount(Base):
    """A source mounted to a directory: what serves now, and what is proposed in its place.

    A declaration is `{"kind": …, "declaration": {…}, "columns": {…}}`; it never holds a credential, only its name.
    """

    __tablename__ = "exchange_mounts"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        Index(None, "state", "next_probe_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), index=True)
    owner: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    serving: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    proposed: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    proposed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    proof: Mapped[str] = mapped_column(String(64))
    confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    health: Mapped[str] = mapped_column(String(WORD_LENGTH))
    health_since: Mapped[datetime | None] = mapped_column(Moment)
    data_updated_at: Mapped[datetime | None] = mapped_column(Moment)
    next_probe_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class MountProbe(Base):
    """What one look at a source showed; never changed, and forgotten after a season."""

    __tablename__ = "exchange_mount_probes"
    __table_args__ = (Index(None, "mount", "id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    mount: Mapped[str] = mapped_column(ForeignKey("exchange_mounts.id"))
    mount_version: Mapped[int]
    of_proposal: Mapped[bool]
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(NAME_LENGTH))
    rows: Mapped[int]
    milliseconds: Mapped[int]
    differences: Mapped[list[dict[str, str]]] = mapped_column(JSON)


class MountCount(Base):
    """How often real calls of one hour ended in one way."""

    __tablename__ = "exchange_mount_counts"

    mount: Mapped[str] = mapped_column(ForeignKey("exchange_mounts.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    outcome: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    calls: Mapped[int]
    milliseconds: Mapped[int]
