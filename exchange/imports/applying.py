"""Good rows become drafts, some at a time, by a bulk task that can be killed anywhere and goes on where it was.

A row, the draft that it became and the task's position are one transaction, so no row is applied twice. A row that is
refused when its turn comes (someone else was faster, a directory went under review) is kept with the reason; the others
go on. Whoever asked must still be allowed to write when their rows come: they are looked up again in every chunk.
"""

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import bulk
from base.acting import actor
from base.audit import Thing
from base.bulk import Advance, BulkJob, Chunk
from base.callers import Caller
from base.errors import DomainError
from exchange import directories
from exchange.acting import ROOM
from exchange.directories import NewDirectory
from exchange.imports import faults
from exchange.imports.errors import ApplierGone, ImportUnderWay, NothingToApply
from exchange.imports.models import PENDING, DirectoryImport, ImportRow
from exchange.imports.uploads import SETTLED, THING
from exchange.life import OPEN, State
from keys.parties import people
from keys.parties.models import Person

# Each row is some ten statements; a chunk stays below half a second, which is what other writers wait on SQLite.
ROWS_AT_ONCE: Final = 20
REASON: Final = "导入：{file}"
REASON_LENGTH: Final = 200


def apply(session: Session, of: DirectoryImport, by: Caller, at: datetime) -> int:
    """Leave a task that applies the new and changed rows; gives its number.

    Raises `ImportUnderWay`, `NothingToApply`.
    """
    if of.state not in SETTLED | {"refused"}:  # a refused one has no rows
        raise ImportUnderWay(of.state)
    if not _left(session, of.id, 0):
        wrong = select(func.count()).where(ImportRow.import_id == of.id, ImportRow.state == "error")
        raise NothingToApply(session.execute(wrong).scalar_one())
    argument: dict[str, Any] = {
        "import": of.id,
        "by": {"kind": by.kind, "id": by.id, "name": by.name, "organisation": by.organisation},
        "scopes": sorted(by.scopes),
    }
    of.state, of.task = "applying", bulk.enqueue(session, JOB, argument, at)
    of.version += 1
    of.changed_at = at
    ROOM.record(session, by, at, "directory-import.applying", Thing(THING, of.id))
    return of.task


def step(session: Session, chunk: Chunk) -> Advance:
    """Apply the next rows. Raises `ApplierGone`."""
    argument = cast("dict[str, Any]", chunk.argument)
    last = cast("int", chunk.position or 0)
    of = session.get(DirectoryImport, argument["import"], with_for_update=True)
    if of is None:
        return Advance(last, chunk.done, finished=True, note="the import was removed")
    by = _caller(session, argument)
    rows = _next(session, of.id, last)
    for row in rows:
        _apply_row(session, of, row, by, chunk.at)
    done = chunk.done + len(rows)
    if len(rows) < ROWS_AT_ONCE:
        of.state, of.changed_at = "applied", chunk.at
        of.version += 1
        ROOM.changed(session, by, chunk.at, "directory-import.applied", Thing(THING, of.id), of.version, rows=done)
        return Advance(rows[-1].number if rows else last, done, total=done, finished=True)
    return Advance(rows[-1].number, done, total=done + _left(session, of.id, rows[-1].number))


JOB: Final = BulkJob("exchange.apply-import", step)


def _apply_row(session: Session, of: DirectoryImport, row: ImportRow, by: Caller, at: datetime) -> None:
    try:
        with session.begin_nested():
            row.directory, row.directory_version = _drafted(session, of, row, by, at)
            row.state = "applied"
    except DomainError as refusal:
        session.refresh(row)
        row.state = "error"
        place = faults.place_of(of.layout, row.number, "#/code", None)
        row.faults = [*row.faults, faults.document("refused", place, refusal.code)]
    row.changed_at = at
    row.version += 1
    session.flush()


def _drafted(session: Session, of: DirectoryImport, row: ImportRow, by: Caller, at: datetime) -> tuple[str, int]:
    """Make a directory or a version of a row, as the caller would by hand."""
    if row.directory is None:
        made = directories.add(session, NewDirectory(row.content, row.code or None), by, at)
        return made.code, 1
    directory = directories.directory_of(session, row.directory, locked=True)
    version = next(
        (each for each in directories.versions(session, directory) if State(each.state) in OPEN), None
    ) or directories.revise(session, directory, REASON.format(file=of.file_name)[:REASON_LENGTH], by, at)
    written = directories.write(session, directory, version, row.content, by, at)
    return directory.code, written.number


def _caller(session: Session, argument: dict[str, Any]) -> Caller:
    """Give whoever asked, with what they may do now. Raises `ApplierGone`."""
    told = argument["by"]
    if told["kind"] == "system":
        return Caller(**told, scopes=frozenset(argument["scopes"]))
    person = session.get(Person, told["id"])
    found = people.caller_of(session, person) if person is not None else None
    if found is None or found.organisation != told["organisation"]:
        raise ApplierGone(actor(Caller(**told)))
    return found


def _next(session: Session, known: str, last: int) -> list[ImportRow]:
    query = select(ImportRow).where(ImportRow.import_id == known, ImportRow.number > last, ImportRow.state.in_(PENDING))
    return list(session.scalars(query.order_by(ImportRow.number).limit(ROWS_AT_ONCE)))


def _left(session: Session, known: str, last: int) -> int:
    query = select(func.count()).where(
        ImportRow.import_id == known, ImportRow.number > last, ImportRow.state.in_(PENDING)
    )
    return session.execute(query).scalar_one()
