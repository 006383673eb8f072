"""The tables of undertakings: letters, promises and later papers in one, and every use of a paper handed in before."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.cases.models import KEY_LENGTH, NAME_LENGTH, NUMBER_LENGTH
from certs.filing.undertakings.undertaking import Kind, State
from certs.models import ACTOR_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36


class Undertaking(Base):
    """A letter of assistance, a promise, or a paper that comes later: about which material, whose duty, until when."""

    __tablename__ = "certs_undertakings"
    __table_args__ = (
        CheckConstraint(f"kind in ({', '.join(repr(each.value) for each in Kind)})", name="kind"),
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        Index(None, "case", "id"),
        Index(None, "owner", "kind", "state"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"))
    material: Mapped[str] = mapped_column(String(KEY_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    # Who made it, and whose duty it is: the organ that is asked, that checks, or that waits for the paper.
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    owner: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    days: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Moment)
    # Digests, kinds of proof, the verdict on a reply's file, what happens when it is missed: nothing personal.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Question and reply, the text of a promise, reasons: sealed. A reply's file beside it.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    file: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    made_at: Mapped[datetime] = mapped_column(Moment)
    settled_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]


class MaterialReuse(Base):
    """A paper of one case that served again in another."""

    __tablename__ = "certs_material_reuses"

    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"), primary_key=True)
    material: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    from_case: Mapped[str] = mapped_column(String(NUMBER_LENGTH), index=True)
    from_material: Mapped[str] = mapped_column(String(KEY_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
