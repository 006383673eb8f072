"""The tables of the exchange: directories with versions, steps and comments; duties with terms and tasks."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from base import search
from base.db import Base, Moment
from exchange.life import State

CODE_LENGTH: Final = 64
ORGANISATION_LENGTH: Final = 18
NAME_LENGTH: Final = 200
REGION_LENGTH: Final = 12
WORD_LENGTH: Final = 40
REASON_LENGTH: Final = 500
ACTOR_LENGTH: Final = 200
POINTER_LENGTH: Final = 200
COMMENT_LENGTH: Final = 2000

_OPEN: Final = text("state in ('draft', 'checking', 'reviewing')")
_READABLE: Final = text("state in ('published', 'withdrawing')")

DIRECTORY_SEARCH = search.search_table("exchange_directory_search", Base.metadata)


class Directory(Base):
    """A directory under its code; what it says stands in its versions, here only what lists and searches need."""

    __tablename__ = "exchange_directories"
    __table_args__ = (
        Index(None, "name", "code"),
        Index(None, "changed_at", "code"),
    )

    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    level: Mapped[str] = mapped_column(String(WORD_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    share_type: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    field_of_work: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    update_cycle: Mapped[str] = mapped_column(String(WORD_LENGTH))
    base_code: Mapped[str | None] = mapped_column(String(CODE_LENGTH), unique=True)
    theme_code: Mapped[str | None] = mapped_column(String(CODE_LENGTH), unique=True)
    published: Mapped[int | None]
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ResourceNumber(Base):
    """The last running number given out in a class of codes."""

    __tablename__ = "exchange_resource_numbers"

    classification: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    last: Mapped[int]


class DirectoryVersion(Base):
    """What a directory says, or is to say; published content is never changed."""

    __tablename__ = "exchange_directory_versions"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        Index(
            "uq_exchange_directory_versions_one_open",
            "directory",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_exchange_directory_versions_one_readable",
            "directory",
            unique=True,
            sqlite_where=_READABLE,
            postgresql_where=_READABLE,
        ),
    )

    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_sm3: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    author: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    published_at: Mapped[datetime | None] = mapped_column(Moment)


class StepTaken:
    """What every step in a life records: which, where it led, by whom, for whom and why."""

    step: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    on_behalf_of: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class DirectoryStep(StepTaken, Base):
    """A step in the life of a version; never changed."""

    __tablename__ = "exchange_directory_steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["directory", "number"], ["exchange_directory_versions.directory", "exchange_directory_versions.number"]
        ),
        Index(None, "directory", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH))
    number: Mapped[int]


class DirectoryComment(Base):
    """A remark on a field of a version."""

    __tablename__ = "exchange_directory_comments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["directory", "number"], ["exchange_directory_versions.directory", "exchange_directory_versions.number"]
        ),
        Index(None, "directory", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH))
    number: Mapped[int]
    pointer: Mapped[str] = mapped_column(String(POINTER_LENGTH))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
    resolved_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)


class Elevation(Base):
    """A published version on its way up: what the authority of each level above says to it."""

    __tablename__ = "exchange_elevations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["directory", "number"], ["exchange_directory_versions.directory", "exchange_directory_versions.number"]
        ),
        CheckConstraint("state in ('waiting', 'accepted', 'returned')", name="state"),
    )

    directory: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)


class Term(Base):
    """How many working days a duty has, and on what basis; `hours` of the clock where it cannot wait for a day."""

    __tablename__ = "exchange_terms"

    duty: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    zh: Mapped[str] = mapped_column(String(NAME_LENGTH))
    en: Mapped[str] = mapped_column(String(NAME_LENGTH))
    days: Mapped[int]
    hours: Mapped[int | None]
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Task(Base):
    """A duty that someone has now: of which organisation and role, until when, and the reminders still to come."""

    __tablename__ = "exchange_tasks"
    __table_args__ = (
        Index(None, "organisation", "role", "done_at"),
        Index(None, "thing_kind", "thing_id"),
        Index(None, "done_at", "next_reminder_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    duty: Mapped[str] = mapped_column(ForeignKey("exchange_terms.duty"))
    thing_kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    thing_id: Mapped[str] = mapped_column(String(CODE_LENGTH + 24))
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    role: Mapped[str] = mapped_column(String(WORD_LENGTH))
    opened_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    days: Mapped[int]
    next_reminder_at: Mapped[datetime | None] = mapped_column(Moment)
    reminded: Mapped[int]
    escalated_to: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    done_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))


class Substitution(Base):
    """Someone who acts for someone else for a while, with the other's roles in the exchange."""

    __tablename__ = "exchange_substitutions"

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), index=True)
    substitute: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), index=True)
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_until: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    created_at: Mapped[datetime] = mapped_column(Moment)
