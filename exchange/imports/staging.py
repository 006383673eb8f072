"""The rows of an upload are judged by a bulk task, some at a time, which can be killed anywhere and goes on there.

The request only looks whether the file is a table with a heading and leaves it with this task. A piece of rows, and how
far the task is, are one transaction. Between two pieces the file stays open in this process (`OpenTables`), since
reading it from the start for each piece would take longer every time; whoever comes new to it, after a kill or in
another process, opens it again and passes over what is kept. Nothing becomes live here, so nobody's rights are asked.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy.orm import Session

from base import bulk
from base.bulk import Advance, BulkJob, Chunk
from base.callers import Caller
from base.canonical import Json
from base.errors import DomainError
from exchange.imports import tables, uploads
from exchange.imports.models import DirectoryImport
from exchange.imports.tables import Table, Told
from exchange.imports.uploads import PIECE

# With the largest files some 200 MB each; a process has as many bulk threads at the most.
MOST_OPEN: Final = 4
# Rows that are only passed over cost as much as reading them: ten pieces' worth between two looks at the clock.
PASSED_AT_ONCE: Final = 2_500


@dataclass
class Reading:
    """A file that is being read: how far, as the task has it, and the keys of the rows so far."""

    table: Table
    seen: set[str]
    position: dict[str, Any]
    is_gathered: bool = field(default=False)


class OpenTables:
    """The files that this process is reading, by their import."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Reading] = OrderedDict()

    def take(self, known: str, position: object) -> Reading | None:
        """Take out the reading of an import, if it stands exactly there; any other one is of no use."""
        with self._lock:
            found = self._open.pop(known, None)
        return found if found is not None and found.position == position else None

    def keep(self, known: str, reading: Reading) -> None:
        """Keep a reading for the next piece; the one that waited longest makes room."""
        with self._lock:
            self._open[known] = reading
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)


def begin(session: Session, of: DirectoryImport, expected: int | None, by: Caller, at: datetime) -> int:
    """Leave a task that judges the rows of an import; gives its number."""
    who: dict[str, Json] = {"kind": by.kind, "id": by.id, "name": by.name, "organisation": by.organisation}
    of.task = bulk.enqueue(session, JOB, {"import": of.id, "by": who, "expected": expected}, at)
    session.flush()
    return of.task


def step(session: Session, chunk: Chunk) -> Advance:
    """Judge the next rows; a file that cannot be read any further ends the import."""
    argument, position = cast("dict[str, Any]", chunk.argument), cast("dict[str, Any]", chunk.position or _START)
    of = session.get(DirectoryImport, argument["import"], with_for_update=True)
    if of is None or of.state != "reading":
        return Advance(position, chunk.done, finished=True, note="the import was removed")
    by = Caller(**argument["by"])
    reading = chunk.part(OpenTables).take(of.id, position)
    try:
        reading = reading or Reading(tables.read(uploads.original(session, of)), uploads.seen_of(session, of), position)
        told, is_over = _piece(reading, position["row"])
    except DomainError as refusal:
        uploads.refuse(session, of, refusal, by, chunk.at)
        return Advance(position, chunk.done, finished=True, note=refusal.code)
    reading.seen |= uploads.stage(session, of, told, reading.seen, chunk.at)
    done = chunk.done + len(told)
    reading.position = {"row": told[-1].number if told else position["row"], "piece": position["piece"] + 1}
    if is_over:
        uploads.finish(session, of, reading.table.remarks, by, chunk.at)
        return Advance(reading.position, done, total=done, finished=True)
    chunk.part(OpenTables).keep(of.id, reading)
    return Advance(reading.position, done, total=argument["expected"])


JOB: Final = BulkJob("exchange.stage-import", step)
_START: Final = {"row": 0, "piece": 0}


def _piece(reading: Reading, last: int) -> tuple[list[Told], bool]:
    """Read on until there is a piece, or it is time to let others; tell whether the file is over."""
    if not reading.is_gathered:
        reading.is_gathered = next(reading.table.gathered, _GATHERED) is _GATHERED
        return [], False
    found: list[Told] = []
    for looked, told in enumerate(reading.table.rows, start=1):
        if told.number > last:
            found.append(told)
        if len(found) == PIECE or looked == PASSED_AT_ONCE:
            return found, False
    return found, True


_GATHERED: Final = object()
