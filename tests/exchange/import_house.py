"""A steward with an account, workbooks to take in, and a worker that carries the tasks out."""

import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import openpyxl
from sqlalchemy.orm import Session

from base import bulk, clock
from base.callers import Caller
from base.db import Database
from exchange.imports import columns, jobs, uploads, workbook
from exchange.imports.models import DirectoryImport, ImportRow
from exchange.imports.staging import OpenTables
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import MAKER, content
from tests.rooms import Door

BULK_JOBS = bulk.joined(jobs.BULK_JOBS)


def opened(database: Database, at: datetime) -> Caller:
    """Make the province, and a steward of its health commission who has an account."""
    departments.opened(database, at)
    return account(database, "import-steward", "health", at)


def account(database: Database, login: str, organisation: str, at: datetime, role: str = "steward") -> Caller:
    with database.transaction() as session:
        row = people.add(session, NewPerson(login, "演示编目员", code_of(organisation)), MAKER, at)
        people.assign_roles(session, row, (role,), MAKER, at)
        return Caller("person", row.id, row.name, row.organisation, frozenset({role}))


def unit(database: Database) -> Callable[[Callable[[Session], Any]], Any]:
    def run(act: Callable[[Session], Any]) -> Any:
        with database.transaction() as session:
            return act(session)

    return run


def taken_in(database: Database, sent: bytes, by: Caller, at: datetime, name: str = "目录.xlsx") -> str:
    return uploads.take_in(unit(database), sent, name, by, at)


def told(number: int, **peculiar: Any) -> dict[str, Any]:
    return content(**{"name": f"演示目录{number:05d}", **peculiar})


def row_of(directory: Mapping[str, Any], code: str = "") -> workbook.Row:
    cells = {columns.CODE: code, **columns.cells_of(directory)}
    return cells, [columns.item_cells_of(each) for each in directory.get("items", ())]


def book(contents: Iterable[Mapping[str, Any]]) -> bytes:
    return workbook.filled(row_of(each) for each in contents)


def edited(sent: bytes, **cells: object) -> bytes:
    """Change cells of the sheet of directories, or of `sheet__cell`, as somebody in a spreadsheet would."""
    found = openpyxl.load_workbook(io.BytesIO(sent))
    for name, value in cells.items():
        sheet, _, cell = name.rpartition("__")
        changed: Any = found[sheet or "目录"]
        changed[cell] = value
    file = io.BytesIO()
    found.save(file)
    return file.getvalue()


def place(name: str) -> str:
    """Give the letters of a directory's column in the template."""
    from base.spreadsheets import column_name

    return column_name([each.name for each in columns.directory_columns()].index(name))


def states(database: Database, known: str) -> dict[str, int]:
    with database.reading() as session:
        return {k: v for k, v in uploads.counts(session, [known])[known].items() if v}


def faults(database: Database, known: str) -> list[dict[str, Any]]:
    with database.reading() as session:
        of = session.get(DirectoryImport, known)
        assert of is not None
        return [fault for row in uploads.rows(session, of) for fault in row.faults]


def row(database: Database, known: str, number: int) -> ImportRow:
    with database.reading() as session:
        found = session.get(ImportRow, (known, number))
        assert found is not None
        session.expunge(found)
        return found


def work_off(
    database: Database, task: int, at: datetime, most: int = 10_000, open_ones: OpenTables | None = None
) -> int:
    """Carry a task out as a worker does, chunk by chunk; tell how many chunks it took."""
    with database.transaction() as session:
        taken = bulk.take(session, task, "test", at)
    assert taken is not None
    parts = {OpenTables: open_ones or OpenTables()}
    for chunks in range(1, most + 1):
        with database.transaction() as session:
            finished = bulk.step(session, BULK_JOBS[taken.job], taken, at, parts)
        if finished:
            return chunks
    with database.transaction() as session:
        bulk.give_back(session, taken)
    return most


def uploaded(door: Door, by: Caller, content: bytes, **told_: Any) -> Any:
    """Send a file and let a worker read it; give how the import stands then, or the refusal."""
    answer = door.call(by.id, "POST", "/directory-imports?file_name=a.xlsx", data=content, **told_)
    if answer.status_code != 202:
        return answer
    work_off(door.app.extensions["yinxin"][Database], answer.json["task"], clock.now())
    return door.call(by.id, "GET", f"/directory-imports/{answer.json['id']}")


def document(database: Database, known: str) -> DirectoryImport:
    with database.reading() as session:
        found = session.get(DirectoryImport, known)
        assert found is not None
        session.expunge(found)
        return found
