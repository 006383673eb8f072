"""The tables of being a case centre's client: how far its list was read, and what came of each project in it."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.cases.models import KEY_LENGTH, NUMBER_LENGTH
from certs.models import DIGEST_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36


class CentreCursor(Base):
    """How far one list of the centre was read."""

    __tablename__ = "certs_centre_cursors"

    name: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    value: Mapped[str] = mapped_column(String(KEY_LENGTH * 4))
    read_at: Mapped[datetime] = mapped_column(Moment)


class CentreProject(Base):
    """A project that the centre sent: taken as a case, or refused with a code; the centre is told either."""

    __tablename__ = "certs_centre_projects"

    number: Mapped[str] = mapped_column(String(NUMBER_LENGTH), primary_key=True)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    code: Mapped[str] = mapped_column(String(WORD_LENGTH * 2))
    # What was sent, sealed, so that a refusal can be looked into.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    came_at: Mapped[datetime] = mapped_column(Moment)
    # When the centre was told; none as long as it was not.
    told_at: Mapped[datetime | None] = mapped_column(Moment)


class ItemPull(Base):
    """A page of the item centre: taken in with so many matters, or refused; the same page again is the same row."""

    __tablename__ = "certs_item_pulls"
    __table_args__ = (UniqueConstraint("after", "sm3"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    # The mark that it was asked for after.
    after: Mapped[str] = mapped_column(String(KEY_LENGTH * 4))
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    code: Mapped[str] = mapped_column(String(WORD_LENGTH * 2))
    # The page as it came, sealed, where something in it has to be looked into.
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    came_at: Mapped[datetime] = mapped_column(Moment)
