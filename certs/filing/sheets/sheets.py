"""Filing documents on record: what says the same about the same is one document, and each format is sealed once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical
from base.db import inserting
from certs.acting import ROOM
from certs.contents import Keys
from certs.filing.sheets import sheet
from certs.filing.sheets.errors import FilingDocumentMeanwhile
from certs.filing.sheets.models import FilingSheet, FilingSheetFile
from certs.filing.sheets.sheet import Sheet
from keys.algorithms.sm3 import SM3
from signing.sealing import Sealed

THING: Final = "filing-document"
MEDIA_TYPES: Final[Mapping[str, str]] = {"ofd": "application/ofd", "pdf": "application/pdf"}
# The number is given when the document is kept; until then it has this.
NO_NUMBER: Final = ""


def keep(
    session: Session, keys: Keys, told: Sheet, about: str, item_code: str, by: Caller, at: datetime
) -> tuple[FilingSheet, bool]:
    """Keep a document, or give the one that says the same; the second value tells whether it is new."""
    digest = SM3.of(canonical(told.said)).hex()
    if (known := _same(session, by.organisation, told.kind, about, digest)) is not None:
        return known, False
    number = new_id()
    whole = replace(told, number=told.number or number, link=told.link.replace("{number}", number))
    values = {
        "id": number,
        "kind": told.kind,
        "about": about,
        "said_sm3": digest,
        "organisation": by.organisation,
        "item_code": item_code,
        "region": told.region,
        "content": keys.seal(session, whole.written, _bound(number)),
        "made_by": actor(by),
        "made_at": at,
    }
    query = inserting(session, FilingSheet).values(values).on_conflict_do_nothing().returning(FilingSheet.id)
    if session.execute(query).one_or_none() is None:  # somebody else made it in this moment
        known = _same(session, by.organisation, told.kind, about, digest)
        if known is None:
            raise FilingDocumentMeanwhile(about)
        return known, False
    thing = Thing(THING, number)
    ROOM.changed(session, by, at, f"filing-{told.kind}.made", thing, 1, about=about, said_sm3=digest)
    return session.get_one(FilingSheet, number), True


def said(session: Session, keys: Keys, row: FilingSheet) -> Sheet:
    """Open what a document says."""
    return sheet.of(keys.open(session, row.content, _bound(row.id)))


def file_of(session: Session, keys: Keys, number: str, form: str) -> bytes | None:
    """Open the sealed file of a document; none while it is not sealed in this format."""
    row = session.get(FilingSheetFile, (number, form))
    return None if row is None else keys.open(session, row.content, _bound(number, form))


def keep_file(
    session: Session, keys: Keys, row: FilingSheet, form: str, sealed: Sealed, by: Caller, at: datetime
) -> None:
    """Keep the sealed file of a document, once. Raises `FilingDocumentMeanwhile`."""
    values = {
        "sheet": row.id,
        "format": form,
        "sm3": sealed.sm3,
        "size": len(sealed.document),
        "seal_use": sealed.use,
        "content": keys.seal(session, sealed.document, _bound(row.id, form)),
        "made_at": at,
    }
    query = inserting(session, FilingSheetFile).values(values).on_conflict_do_nothing().returning(FilingSheetFile.sheet)
    if session.execute(query).one_or_none() is None:
        raise FilingDocumentMeanwhile(row.id)
    facts = {"about": row.about, "format": form, "sm3": sealed.sm3}
    ROOM.record(session, by, at, f"filing-{row.kind}.sealed", Thing(THING, row.id), **facts)


def of(session: Session, kind: str, abouts: Sequence[str]) -> list[FilingSheet]:
    """List the documents of a kind about look-ups or cases, the oldest first."""
    query = select(FilingSheet).where(FilingSheet.kind == kind, FilingSheet.about.in_(abouts))
    return list(session.scalars(query.order_by(FilingSheet.made_at, FilingSheet.id)))


def files_of(session: Session, row: FilingSheet) -> list[FilingSheetFile]:
    """List the sealed files of a document, still encrypted."""
    query = select(FilingSheetFile).where(FilingSheetFile.sheet == row.id)
    return list(session.scalars(query.order_by(FilingSheetFile.format)))


def _same(session: Session, organisation: str, kind: str, about: str, digest: str) -> FilingSheet | None:
    query = select(FilingSheet).where(
        FilingSheet.organisation == organisation,
        FilingSheet.kind == kind,
        FilingSheet.about == about,
        FilingSheet.said_sm3 == digest,
    )
    return session.scalars(query).one_or_none()


def _bound(number: str, form: str = "said") -> bytes:
    return f"certs:filing-sheet:{number}:{form}".encode()
