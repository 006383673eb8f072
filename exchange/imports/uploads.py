"""Files taken in: read, judged row by row and kept, with nothing live until someone applies the good rows.

Steps: 1. the file is on record, with its bytes, once it is known to be a table with a heading; 2. its rows are judged
and kept in pieces, each piece one transaction, so that no other writer waits long and memory stays bounded; 3. it is
told as staged. Who goes from piece to piece is not decided here: the command does it at once (`take_in`), for a request
a bulk task does it (`exchange.imports.staging`).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.errors import DomainError
from exchange import form
from exchange.acting import ROOM
from exchange.imports import judging, tables
from exchange.imports.columns import directory_columns
from exchange.imports.errors import (
    ImportUnderWay,
    NoSuchImport,
    NoSuchImportRow,
    OriginalGone,
    RowAlreadyApplied,
    TooManyImports,
    UnknownColumns,
)
from exchange.imports.models import FILE_NAME_LENGTH, ROW_STATES, DirectoryImport, ImportRow
from exchange.imports.tables import Table, Told
from keys.algorithms.sm3 import SM3

THING: Final = "directory-import"
# A week: long enough for a returned workbook to be mended by whoever knows, short enough that copies do not pile up.
KEPT: Final = timedelta(days=7)
# Of one department at a time; with the largest files this is 400 MB.
IMPORTS_KEPT: Final = 20
# Judged and kept in one transaction: some 100 ms.
PIECE: Final = 250
# An import of these states has all its rows, and nobody is working on it.
SETTLED: Final = frozenset({"staged", "applied"})

T = TypeVar("T")
Unit = Callable[[Callable[[Session], T]], T]


def take_in(unit: Unit[Any], content: bytes, file_name: str, by: Caller, at: datetime) -> str:
    """Take a file in and judge its rows; `unit` runs a function in a transaction of its own. Gives the import's id.

    A file that turns out unreadable on the way leaves nothing behind.
    Raises `UnreadableTable`, `TableTooLarge`, `UnreadableCatalogue`, `RemoteContext`, `TooManyImports`.
    """
    table = tables.read(content)
    known: str = unit(lambda session: receive(session, table, content, file_name, by, at).id)
    seen: set[str] = set()
    try:
        while piece := list(islice(table.rows, PIECE)):
            seen |= unit(partial(_staged, known=known, told=piece, seen=seen, at=at))
        unit(lambda session: finish(session, session.get_one(DirectoryImport, known), table.remarks, by, at))
    except DomainError:
        unit(lambda session: _remove(session, known))
        raise
    return known


def receive(
    session: Session, table: Table, content: bytes, file_name: str, by: Caller, at: datetime
) -> DirectoryImport:
    """Put a file on record that was opened, before its rows are read. Raises `TooManyImports`."""
    mine = select(func.count()).where(DirectoryImport.organisation == by.organisation)
    if session.execute(mine).scalar_one() >= IMPORTS_KEPT:
        raise TooManyImports(IMPORTS_KEPT)
    row = DirectoryImport(
        id=new_id(),
        organisation=by.organisation,
        by=actor(by),
        file_name="".join(sign for sign in file_name if sign.isprintable())[:FILE_NAME_LENGTH],
        kind=table.kind,
        size=len(content),
        sm3=SM3.of(content).hex(),
        original=content,
        state="reading",
        layout=table.layout,
        remarks=[],
        problem=None,
        task=None,
        version=1,
        created_at=at,
        changed_at=at,
        expires_at=at + KEPT,
    )
    session.add(row)
    session.flush()
    ROOM.record(session, by, at, "directory-import.received", Thing(THING, row.id), size=row.size, sm3=row.sm3)
    return row


def stage(session: Session, of: DirectoryImport, told: list[Told], seen: set[str], at: datetime) -> set[str]:
    """Judge rows and keep them; gives the keys that they add to those of the rows before."""
    on = judging.ground(session, of.organisation, of.layout, told)
    # A transaction may be run again after a conflict; what it saw the first time must not count twice.
    fresh = set(seen)
    judged = [judging.judge(each, on, fresh) for each in told]
    session.add_all(
        ImportRow(import_id=of.id, number=each.told.number, version=1, **_columns(each, at)) for each in judged
    )
    session.flush()
    return fresh - seen


def finish(session: Session, of: DirectoryImport, remarks: list[dict[str, Any]], by: Caller, at: datetime) -> None:
    """Tell an import as staged whose rows are all judged."""
    of.state, of.remarks, of.changed_at = "staged", remarks, at
    of.version += 1
    told = counts(session, [of.id])[of.id]
    ROOM.record(session, by, at, "directory-import.staged", Thing(THING, of.id), **told)


def refuse(session: Session, of: DirectoryImport, refusal: DomainError, by: Caller, at: datetime) -> None:
    """Keep of a file that cannot be read to its end only what was wrong with it."""
    session.execute(delete(ImportRow).where(ImportRow.import_id == of.id))
    of.state, of.original, of.changed_at = "refused", None, at
    of.problem = {"code": refusal.code, "facts": dict(refusal.facts)}
    of.version += 1
    ROOM.record(session, by, at, "directory-import.refused", Thing(THING, of.id), code=refusal.code)


def seen_of(session: Session, of: DirectoryImport) -> set[str]:
    """Give the keys of the rows that are kept already, as `stage` adds to them."""
    query = select(ImportRow.directory, ImportRow.code, ImportRow.name).where(ImportRow.import_id == of.id)
    return {judging.key_of(*each) for each in session.execute(query)}


def import_of(session: Session, known: str, by: Caller, *, locked: bool = False) -> DirectoryImport:
    """Give an import of the caller's own organisation. Raises `NoSuchImport` for any other."""
    query = select(DirectoryImport).where(DirectoryImport.id == known, DirectoryImport.organisation == by.organisation)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchImport(known)
    return found


def counts(session: Session, imports: list[str]) -> dict[str, dict[str, int]]:
    """Count the rows of each state, for many imports in one query."""
    found = {each: dict.fromkeys(ROW_STATES, 0) for each in imports}
    query = select(ImportRow.import_id, ImportRow.state, func.count()).where(ImportRow.import_id.in_(imports))
    for known, state, count in session.execute(query.group_by(ImportRow.import_id, ImportRow.state)):
        found[known][state] = count
    return found


def row_of(session: Session, of: DirectoryImport, number: int, *, locked: bool = False) -> ImportRow:
    """Give one row. Raises `NoSuchImportRow`."""
    query = select(ImportRow).where(ImportRow.import_id == of.id, ImportRow.number == number)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchImportRow(number)
    return found


def correct(
    session: Session,
    of: DirectoryImport,
    row: ImportRow,
    cells: Mapping[str, str],
    items: list[dict[str, str]] | None,
    by: Caller,
    at: datetime,
) -> ImportRow:
    """Change cells of a row, or all its items, and judge it again.

    Raises `RowAlreadyApplied`, `ImportUnderWay`, `UnknownColumns`.
    """
    _require_settled(of)
    if row.state == "applied":
        raise RowAlreadyApplied(row.number)
    strange = sorted(set(cells) - {each.name for each in directory_columns()})
    strange += sorted({name for item in items or () for name in item} - set(form.item_fields()))
    if strange:
        raise UnknownColumns(strange[0][:100])
    before = row.told
    told = Told(
        row.number,
        {**before["cells"], **{name: text.strip() for name, text in cells.items()}},
        before["items"] if items is None else [{"row": None, "cells": each} for each in items],
    )
    judged = judging.judge(told, judging.ground(session, of.organisation, of.layout, [told]), _others(session, row))
    for name, value in _columns(judged, at).items():
        setattr(row, name, value)
    row.version += 1
    ROOM.record(session, by, at, "directory-import.corrected", Thing(THING, of.id), row=row.number, state=row.state)
    return row


def drop(session: Session, of: DirectoryImport, by: Caller, at: datetime) -> None:
    """Throw an import away; what was applied stays. Raises `ImportUnderWay`."""
    if of.state == "applying":
        raise ImportUnderWay(of.state)
    ROOM.record(session, by, at, "directory-import.dropped", Thing(THING, of.id))
    _remove(session, of.id)


def original(session: Session, of: DirectoryImport) -> bytes:
    """Give the file as it was sent. Raises `OriginalGone`."""
    found = session.scalar(select(DirectoryImport.original).where(DirectoryImport.id == of.id))
    if found is None:
        raise OriginalGone(of.id)
    return found


def rows(session: Session, of: DirectoryImport) -> Iterator[ImportRow]:
    """Go through every row in order, some at a time."""
    last = 0
    while True:
        query = select(ImportRow).where(ImportRow.import_id == of.id, ImportRow.number > last)
        piece = session.scalars(query.order_by(ImportRow.number).limit(PIECE)).all()
        yield from piece
        if len(piece) < PIECE:
            return
        last = piece[-1].number
        for each in piece:
            session.expunge(each)


def forget(session: Session, at: datetime) -> int:
    """Remove the imports whose days are over; what was applied stays. Tells how many.

    One that is being applied has as many days again, since its task may only have failed.
    """
    settled = (DirectoryImport.state != "applying") | (DirectoryImport.expires_at <= at - KEPT)
    over = select(DirectoryImport.id).where(DirectoryImport.expires_at <= at, settled)
    found = list(session.scalars(over.limit(IMPORTS_KEPT)))
    for each in found:
        _remove(session, each)
    return len(found)


def _staged(session: Session, known: str, told: list[Told], seen: set[str], at: datetime) -> set[str]:
    return stage(session, session.get_one(DirectoryImport, known), told, seen, at)


def _columns(judged: judging.Judged, at: datetime) -> dict[str, Any]:
    return {
        "state": judged.state,
        "code": judged.code,
        "name": judged.name,
        "told": judged.told.document(),
        "content": judged.content,
        "faults": judged.faults,
        "directory": judged.directory,
        "directory_version": None,
        "changed_at": at,
    }


def _others(session: Session, row: ImportRow) -> set[str]:
    """Give the codes and names of the other rows, which must not stand again in this one."""
    query = select(ImportRow.directory, ImportRow.code, ImportRow.name).where(
        ImportRow.import_id == row.import_id, ImportRow.number != row.number, ImportRow.state != "error"
    )
    return {judging.key_of(*each) for each in session.execute(query)}


def _require_settled(of: DirectoryImport) -> None:
    if of.state not in SETTLED:
        raise ImportUnderWay(of.state)


def _remove(session: Session, known: str) -> None:
    session.execute(delete(ImportRow).where(ImportRow.import_id == known))
    session.execute(delete(DirectoryImport).where(DirectoryImport.id == known))
