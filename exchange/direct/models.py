"""The tables of direct delivery: what is offered, who subscribes for which region, and the rows by key and region."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.direct.standing import OFFER_STATES, STATES
from exchange.models import ACTOR_LENGTH, NAME_LENGTH, REASON_LENGTH, WORD_LENGTH
from exchange.mounting.models import ID_LENGTH

DIGEST_LENGTH: Final = 64
REGION_LENGTH: Final = 12
CURSOR_LENGTH: Final = 1024


def _among(states: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"state in ({', '.join(repr(each) for each in states)})", name="state")


class DirectOffer(Base):
    """A directory that its department delivers directly: by which items, to which levels of its own accord.

    `serial` numbers every change of its rows; `reading` is the reading under way, `cursor` how far it is.
    """

    __tablename__ = "exchange_direct_offers"
    __table_args__ = (_among(OFFER_STATES),)

    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), primary_key=True)
    key_item: Mapped[str] = mapped_column(String(NAME_LENGTH))
    region_item: Mapped[str] = mapped_column(String(NAME_LENGTH))
    levels: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    serial: Mapped[int] = mapped_column(BigInteger)
    reading: Mapped[int]
    cursor: Mapped[str | None] = mapped_column(String(CURSOR_LENGTH))
    mount: Mapped[str] = mapped_column(String(ID_LENGTH))
    mount_version: Mapped[int]
    rows: Mapped[int]
    nowhere: Mapped[int]
    doubles: Mapped[int]
    read_rows: Mapped[int]
    read_nowhere: Mapped[int]
    read_doubles: Mapped[int]
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DirectSubscription(Base):
    """A town or county that gets a directory's rows of its region, under the grant that its request became."""

    __tablename__ = "exchange_direct_subscriptions"
    __table_args__ = (_among(STATES), Index(None, "directory", "state"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_direct_offers.directory"))
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    request: Mapped[str] = mapped_column(ForeignKey("exchange_share_requests.id"), unique=True)
    grant: Mapped[str | None] = mapped_column(ForeignKey("exchange_grants.code"))
    purpose: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH), index=True)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    # One that stands per organisation and directory.
    open_as: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    given: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime | None] = mapped_column(Moment)
    taken: Mapped[int] = mapped_column(BigInteger)
    rejected: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DirectRow(Base):
    """A row by its key (hashed) and its region (twelve digits), sealed; one that is gone keeps its key alone."""

    __tablename__ = "exchange_direct_rows"
    __table_args__ = (Index(None, "directory", "serial", unique=True),)

    directory: Mapped[str] = mapped_column(ForeignKey("exchange_direct_offers.directory"), primary_key=True)
    key: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), primary_key=True)
    serial: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    is_gone: Mapped[bool]
    seen: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
