"""What anybody learns of a filing document by the number on its code: that it is on record, of whom, and its digests.

Whoever holds the paper has the number; nothing of a person, of a case or of what was found is told. The file in hand is
held against the digests, or verified by its seal.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from certs.filing.lookups.models import FilingLookup
from certs.filing.sheets import sheets
from certs.filing.sheets.errors import NoSuchFilingDocument
from certs.filing.sheets.models import ID_LENGTH, RECEIPT, FilingSheet
from keys.parties import organisations


@dataclass(frozen=True)
class SealedFile:
    """A sealed file of a document, by what tells it from every other."""

    format: str
    size: int
    sm3: str


@dataclass(frozen=True)
class OnRecord:
    """A document on record."""

    kind: str
    organisation: str
    item_code: str
    item_name: str
    made_at: datetime
    files: tuple[SealedFile, ...]


def on_record(session: Session, number: str) -> list[OnRecord]:
    """Give the documents of a number, the newest first: every state of a look-up's receipt, or one notice.

    Raises `NoSuchFilingDocument`, also where nothing can have that number.
    """
    if not _is_number(number):
        raise NoSuchFilingDocument(number[:ID_LENGTH])
    of_lookup = (FilingSheet.kind == RECEIPT) & (FilingSheet.about == number)
    query = select(FilingSheet).where(or_(FilingSheet.id == number, of_lookup))
    found = session.scalars(query.order_by(FilingSheet.made_at.desc(), FilingSheet.id)).all()
    if not found:
        raise NoSuchFilingDocument(number)
    return [_told(session, row) for row in found]


def _told(session: Session, row: FilingSheet) -> OnRecord:
    lookup = session.get(FilingLookup, row.about) if row.kind == RECEIPT else None
    known = organisations.known(session, [row.organisation])
    return OnRecord(
        row.kind,
        known[row.organisation].name if row.organisation in known else row.organisation,
        row.item_code,
        lookup.item_name if lookup else "",
        row.made_at,
        tuple(SealedFile(each.format, each.size, each.sm3) for each in sheets.files_of(session, row)),
    )


def _is_number(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
