"""The tables of imports: a file that was taken in, and its rows as they were read and judged."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from base.db import Base, Moment
from exchange.models import ACTOR_LENGTH, CODE_LENGTH, NAME_LENGTH, ORGANISATION_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
FILE_NAME_LENGTH: Final = 200
# Of a directory's name as a file tells it; a longer one is a fault, and stands whole in the cells.
STATES: Final = ("reading", "staged", "refused", "applying", "applied")
ROW_STATES: Final = ("new", "changed", "same", "error", "applied")
PENDING: Final = ("new", "changed")


class DirectoryImport(Base):
    """A file that was taken in: whose it is, how far it is, and for some days the file itself.

    `problem` is the refusal that its reading ended in: its code and its facts.
    """

    __tablename__ = "exchange_imports"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        Index(None, "organisation", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    file_name: Mapped[str] = mapped_column(String(FILE_NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    size: Mapped[int]
    sm3: Mapped[str] = mapped_column(String(64))
    original: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    layout: Mapped[dict[str, Any]] = mapped_column(JSON)
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    task: Mapped[int | None]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class ImportRow(Base):
    """One row of a file: what it told, cell by cell, what that comes to, and what is wrong with it."""

    __tablename__ = "exchange_import_rows"
    __table_args__ = (
        CheckConstraint("state in ('new', 'changed', 'same', 'error', 'applied')", name="state"),
        Index(None, "import_id", "state", "number"),
        Index(None, "import_id", "name"),
    )

    import_id: Mapped[str] = mapped_column(ForeignKey("exchange_imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    directory: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
    directory_version: Mapped[int | None]
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Moment)
