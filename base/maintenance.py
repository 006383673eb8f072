"""Maintenance: a window in which nothing is written, announced with words for visitors in both languages.

One window stands at a time: announced for later or entered at once, over by itself when its end comes, or ended before.
While it lasts, requests that write are answered 503 with when to come back; reading goes on, and pages say why. Logging
in goes on too, and so does the page on which the window is ended. Jobs are not stopped here: `yinxin jobs serve` is.

Each process looks at the table every few seconds only, so that a request that writes is not asked one question more.
"""

import math
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from flask import Flask, request
from sqlalchemy import BigInteger, Index, Integer, String, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from base import audit, clock
from base.acting import actor, request_id
from base.audit import Entry, Thing
from base.callers import Caller
from base.db import Base, Database, Moment
from base.errors import DomainError, Kind

LONGEST_WORDS: Final = 300
ACTOR_LENGTH: Final = 200
THING: Final = "maintenance"
# How long a process goes on by what it read; a window that is entered at once is everywhere after this.
LOOK_EVERY_SECONDS: Final = 2.0
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_Number = BigInteger().with_variant(Integer, "sqlite")


class MaintenanceWindow(Base):
    """A window: from when until when, what visitors are told, and whether it was ended before."""

    __tablename__ = "base_maintenance_windows"

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    zh: Mapped[str] = mapped_column(String(LONGEST_WORDS))
    en: Mapped[str] = mapped_column(String(LONGEST_WORDS))
    announced_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    announced_at: Mapped[datetime] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


Index(None, MaintenanceWindow.ended_at, MaintenanceWindow.ends_at)


@dataclass(frozen=True)
class Window:
    """A window as a value."""

    begins_at: datetime
    ends_at: datetime
    zh: str
    en: str

    def lasts(self, at: datetime) -> bool:
        """Tell whether nothing is written now."""
        return self.begins_at <= at < self.ends_at


@dataclass(eq=False)
class UnderMaintenance(DomainError):
    """Nothing is written while the site is maintained."""

    until: str
    zh: str
    en: str
    retry_after: int
    code: ClassVar[str] = "under-maintenance"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class MaintenanceStands(DomainError):
    """A maintenance window stands already."""

    until: str
    code: ClassVar[str] = "maintenance-stands"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class UnusableWindow(DomainError):
    """The window ends before it begins, or has passed already."""

    code: ClassVar[str] = "unusable-maintenance-window"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoMaintenance(DomainError):
    """No maintenance window stands."""

    code: ClassVar[str] = "no-maintenance"
    kind: ClassVar[Kind] = Kind.CONFLICT


class Maintenance:
    """What one process knows of the window that stands."""

    def __init__(self, database: Database) -> None:
        """Know nothing yet."""
        self._database = database
        self._looked: float | None = None
        self._window: Window | None = None

    def window(self, at: datetime) -> Window | None:
        """Give the window that stands, begun or announced, as it was a moment ago.

        Where the table cannot be read, what was known before goes on: a request meets for itself what is wrong.
        """
        now = clock.stopwatch()
        if self._looked is None or now - self._looked > LOOK_EVERY_SECONDS:
            with suppress(DomainError, SQLAlchemyError), self._database.reading() as session:
                row = standing(session, at)
                self._window = None if row is None else Window(row.begins_at, row.ends_at, row.zh, row.en)
            self._looked = now
        window = self._window
        return window if window is not None and at < window.ends_at else None

    def look_again(self) -> None:
        """Forget what was read: the window has just been changed."""
        self._looked = None

    def require_writing(self, at: datetime) -> None:
        """Let requests that write pass. Raises `UnderMaintenance` while a window lasts."""
        window = self.window(at)
        if window is not None and window.lasts(at):
            left = math.ceil((window.ends_at - at).total_seconds())
            raise UnderMaintenance(clock.rfc3339(window.ends_at), window.zh, window.en, left)


def install(app: Flask, known: Maintenance, passing: Collection[str]) -> None:
    """Ask before every request that writes, but for those of the blueprints that pass."""

    @app.before_request
    def ask() -> None:
        if request.method not in READING and request.blueprint not in passing:
            known.require_writing(clock.now())


def announce(session: Session, told: Window, by: Caller, at: datetime) -> MaintenanceWindow:
    """Announce a window; one that begins now or has begun is entered at once.

    Raises `UnusableWindow`, `MaintenanceStands`.
    """
    if told.ends_at <= max(told.begins_at, at):
        raise UnusableWindow
    if (there := standing(session, at, locked=True)) is not None:
        raise MaintenanceStands(clock.rfc3339(there.ends_at))
    row = MaintenanceWindow(
        begins_at=told.begins_at,
        ends_at=told.ends_at,
        zh=told.zh,
        en=told.en,
        announced_by=actor(by),
        announced_at=at,
        ended_by=None,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    _record(session, row, "maintenance.announced", by, at)
    return row


def end(session: Session, by: Caller, at: datetime) -> MaintenanceWindow:
    """End the window that stands, begun or not. Raises `NoMaintenance`."""
    row = standing(session, at, locked=True)
    if row is None:
        raise NoMaintenance
    row.ended_by, row.ended_at = actor(by), at
    _record(session, row, "maintenance.ended", by, at)
    return row


def standing(session: Session, at: datetime, *, locked: bool = False) -> MaintenanceWindow | None:
    """Give the window that is not over, begun or announced."""
    open_ = MaintenanceWindow.ended_at.is_(None), MaintenanceWindow.ends_at > at
    query = select(MaintenanceWindow).where(*open_).order_by(MaintenanceWindow.begins_at).limit(1)
    return session.scalars(query.with_for_update() if locked else query).one_or_none()


def _record(session: Session, row: MaintenanceWindow, act: str, by: Caller, at: datetime) -> None:
    facts = {"begins_at": clock.rfc3339(row.begins_at), "ends_at": clock.rfc3339(row.ends_at)}
    thing = Thing(THING, str(row.id))
    audit.record(session, Entry(at, actor(by), by.organisation, act, thing, facts=facts, request_id=request_id()))
