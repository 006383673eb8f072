"""The workbook that goes back to whoever sent it: the same one with red cells, or one written anew where it cannot be.

A table or a catalogue has no cells to colour, and a large workbook would not fit into memory: both come back in the
form of the template, with everything that was told.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange.imports import uploads, workbook
from exchange.imports.models import DirectoryImport, ImportRow


def workbook_of(session: Session, of: DirectoryImport) -> bytes:
    """Give the workbook back with its faults. Raises `OriginalGone`."""
    if of.kind == "xlsx":
        found = workbook.marked(uploads.original(session, of), _faults(session, of))
        if found is not None:
            return found
    faults: list[Sequence[Mapping[str, Any]]] = []
    return workbook.filled(_told(session, of, faults), _drained(faults))


def _faults(session: Session, of: DirectoryImport) -> Iterator[Mapping[str, Any]]:
    query = select(ImportRow.faults).where(ImportRow.import_id == of.id, ImportRow.state == "error")
    for faults in session.scalars(query.order_by(ImportRow.number)):
        yield from faults


def _told(session: Session, of: DirectoryImport, faults: list[Sequence[Mapping[str, Any]]]) -> Iterator[workbook.Row]:
    """Go through the rows as they were told, leaving the faults of each behind for `_drained`."""
    for row in uploads.rows(session, of):
        faults.append(row.faults)
        yield row.told["cells"], [each["cells"] for each in row.told["items"] or ()]


def _drained(faults: list[Sequence[Mapping[str, Any]]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    while faults:
        yield faults.pop()
