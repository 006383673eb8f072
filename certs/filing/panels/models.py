"""The tables of panels: what was asked for, how it ended without a datum of anybody, and who may frame a panel."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.lookups.models import BASIS_LENGTH
from certs.filing.matters.models import ITEM_LENGTH, NAME_LENGTH
from certs.models import CODE_LENGTH, DIGEST_LENGTH
from keys.parties.models import System

ID_LENGTH: Final = 36
# A scheme, a host name of at most 253 characters (RFC 1035 2.3.4) and a port.
ORIGIN_LENGTH: Final = 270


class FilingPanel(Base):
    """One panel: ticket and session stand in it as keyed hashes, the persons encrypted and only while it is open."""

    __tablename__ = "certs_filing_panels"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    system: Mapped[str] = mapped_column(ForeignKey(System.id))
    item_code: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    item_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    basis: Mapped[str] = mapped_column(String(BASIS_LENGTH))
    ticket_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    session_hash: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    # What is looked up, with the persons; gone when the panel is over.
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    situation: Mapped[dict[str, Any]] = mapped_column(JSON)
    lookup: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    # Of the ticket, and from its use on of the session.
    ends_at: Mapped[datetime] = mapped_column(Moment)
    looked_up_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class PanelOrigin(Base):
    """An origin in whose pages the panels of a system may stand."""

    __tablename__ = "certs_panel_origins"

    system: Mapped[str] = mapped_column(ForeignKey(System.id), primary_key=True)
    origin: Mapped[str] = mapped_column(String(ORIGIN_LENGTH), primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
