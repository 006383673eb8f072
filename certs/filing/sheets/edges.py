"""The steps in which a filing document gets its seal: drawn, sealed, and kept with the use of the seal.

Not a verb: it is handed the database. What the document says is on record before (`sheets.keep`); drawing and signing
happen between transactions, the sealer puts the use on record before the key signs and verifies the work after, and the
file is kept in the transaction that settles the use. What was sealed once is handed out again, byte for byte. Of two
who ask at once, one document is kept and both are given that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from certs.choosing import SealForAct
from certs.copies import edges as copies
from certs.copies.wiring import Copying
from certs.filing.sheets import paper, sheets
from certs.filing.sheets.errors import FilingDocumentMeanwhile, FilingDocumentNotDrawn, NoSuchFilingDocument
from certs.filing.sheets.models import FilingSheet
from certs.filing.sheets.paper import Drawn
from certs.filing.sheets.sheet import Sheet
from certs.wiring import Certs
from signing.drafts import Manner
from signing.edges import Sealer
from signing.report import Place
from signing.sealing import Order, Sealed

# What the owner of the service seal allows it for, beside copies: both kinds of documents under one act.
ACT: Final = "filing-document"


@dataclass(frozen=True)
class FilingFile:
    """A sealed document as it is handed out."""

    content: bytes = field(repr=False)
    format: str
    name: str


@dataclass(frozen=True)
class SheetSealer:
    """Seals filing documents one by one; the seal is used by the platform's own system."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    copying: Copying
    sealer: Callable[[Caller], Sealer] = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def file(self, number: str, form: str) -> FilingFile:
        """Give a document's sealed file; sealed now where it was not yet.

        Raises `NoSuchFilingDocument`, `NoCopySeal`, `FilingDocumentNotDrawn`, and what the sealer raises.
        """
        with self.database.reading() as session:
            row = session.get(FilingSheet, number)
            if row is None:
                raise NoSuchFilingDocument(number)
            known = sheets.file_of(session, self.parts.keys, number, form)
            name = f"{row.kind}-{row.about or row.id}.{form}"
        if known is None:
            known = self._sealed(number, form)
        return FilingFile(known, form, name)

    def _sealed(self, number: str, form: str) -> bytes:
        with self.database.reading() as session:
            row = session.get_one(FilingSheet, number)
            told = sheets.said(session, self.parts.keys, row)
            seal = copies.service_seal(session, self.copying.settings.seal)
            platform = copies.platform_caller(session, self.copying.settings.system)
        drawn = self._drawn(told, form)
        at = self.now()

        def keeping(session: Session, sealed: Sealed) -> None:
            sheets.keep_file(session, self.parts.keys, row, form, sealed, self.by, at)

        try:
            return self.sealer(platform).seal(seal.id, _order(told, drawn, number, seal), keeping=keeping).document
        except FilingDocumentMeanwhile:
            with self.database.reading() as session:
                known = sheets.file_of(session, self.parts.keys, number, form)
            if known is None:
                raise
            return known

    def _drawn(self, told: Sheet, form: str) -> Drawn:
        found = paper.drawn(told, form, self.parts.typeface(), demonstration=self.parts.settings.demonstration)
        if not isinstance(found, Drawn):
            raise FilingDocumentNotDrawn(len(found), found[0].of, found[0].code)
        return found


def _order(told: Sheet, drawn: Drawn, number: str, seal: SealForAct) -> Order:
    x, y = drawn.seal.x - seal.width / 2, drawn.seal.y - seal.height / 2
    manner = Manner(
        places=(Place(drawn.page, x, y, seal.width, seal.height),),
        certify=drawn.format == "pdf",
        lock=drawn.format == "ofd",
    )
    return Order(drawn.document, f"{number}.{drawn.format}", f"filing-{told.kind}", ACT, told.region, number, manner)
