"""The tables of sharing: requests with steps and messages, grants with versions, use lists, kinds of callers."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.life import GrantState, RequestState
from exchange.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    NAME_LENGTH,
    ORGANISATION_LENGTH,
    REASON_LENGTH,
    REGION_LENGTH,
    WORD_LENGTH,
    StepTaken,
)

ID_LENGTH: Final = 36
MATTER_LENGTH: Final = 33
BASIC_LENGTH: Final = 12


def _one_of(column: str, allowed: type[Any]) -> str:
    return f"{column} in ({', '.join(repr(each.value) for each in allowed)})"


class ShareRequest(Base):
    """A request to use a directory's data: what is asked for, what was offered instead, and where it stands."""

    __tablename__ = "exchange_share_requests"
    __table_args__ = (
        CheckConstraint(_one_of("state", RequestState), name="state"),
        Index(None, "requester", "state"),
        Index(None, "provider", "state"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), index=True)
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    requester: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    provider: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    provider_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    share_type: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    legal_basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    scene: Mapped[str] = mapped_column(String(REASON_LENGTH))
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    offered: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    extended: Mapped[bool]
    forwarded_at: Mapped[datetime | None] = mapped_column(Moment)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    grant: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    author: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class ShareRequestStep(StepTaken, Base):
    """A step in the life of a request; never changed."""

    __tablename__ = "exchange_share_request_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(ForeignKey("exchange_share_requests.id"), index=True)


class ShareRequestMessage(Base):
    """What requester, provider and authority say to each other about a request."""

    __tablename__ = "exchange_share_request_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(ForeignKey("exchange_share_requests.id"), index=True)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class Grant(Base):
    """A grant as it is in force: the clauses of its newest version, and where it stands.

    `salt` is what hashing masks are keyed with: a value of its own for each grant, never told.
    """

    __tablename__ = "exchange_grants"
    __table_args__ = (
        CheckConstraint(_one_of("state", GrantState), name="state"),
        Index(None, "grantee", "directory"),
        Index(None, "state", "ends_at"),
    )

    code: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), index=True)
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    provider: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    provider_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    grantee: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    mandate: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    request: Mapped[str | None] = mapped_column(ForeignKey("exchange_share_requests.id"), index=True)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    suspended_by_authority: Mapped[bool]
    warned: Mapped[bool]
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    clauses: Mapped[dict[str, Any]] = mapped_column(JSON)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    number: Mapped[int]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class GrantVersion(Base):
    """What a grant said in one of its versions; never changed."""

    __tablename__ = "exchange_grant_versions"

    grant: Mapped[str] = mapped_column(ForeignKey("exchange_grants.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    clauses: Mapped[dict[str, Any]] = mapped_column(JSON)
    clauses_sm3: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class GrantStep(Base):
    """A step in the life of a grant; never changed."""

    __tablename__ = "exchange_grant_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    grant: Mapped[str] = mapped_column(ForeignKey("exchange_grants.code"), index=True)
    step: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class RegisteredCaller(Base):
    """What kind of caller an organisation is, and in whose name it acts until when; without a row: a department."""

    __tablename__ = "exchange_callers"
    __table_args__ = (CheckConstraint(_one_of("kind", CallerKind), name="kind"),)

    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    mandate: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    paper: Mapped[str] = mapped_column(String(REASON_LENGTH))
    valid_until: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class UseList(Base):
    """A use list (用证清单) of an authority: in force from one moment until the next version's."""

    __tablename__ = "exchange_use_lists"
    __table_args__ = (
        CheckConstraint("state in ('draft', 'published', 'discarded')", name="state"),
        Index(None, "authority", "state"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    authority: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    rows: Mapped[int]
    author: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    effective_from: Mapped[datetime | None] = mapped_column(Moment)
    effective_until: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class UseListItem(Base):
    """A row of a use list: for which matter which material is taken from which directory or certificate type."""

    __tablename__ = "exchange_use_list_items"
    __table_args__ = (Index(None, "resource", "basic_code"),)

    use_list: Mapped[str] = mapped_column(ForeignKey("exchange_use_lists.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item_code: Mapped[str] = mapped_column(String(MATTER_LENGTH))
    basic_code: Mapped[str] = mapped_column(String(BASIC_LENGTH))
    item_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    material: Mapped[str] = mapped_column(String(NAME_LENGTH))
    resource: Mapped[str] = mapped_column(String(CODE_LENGTH))
    fields: Mapped[list[str]] = mapped_column(JSON)
    organs: Mapped[list[str]] = mapped_column(JSON)
    stages: Mapped[list[str]] = mapped_column(JSON)
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
