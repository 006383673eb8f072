"""Large results (导出): gathered page by page in the background, kept sealed, downloaded in pieces, gone after days.

Asking is a call like any other: the grant must give the mode *batch*, its quota is taken, and it is on record. The work
is then done by the clock, page by page: 1. in a transaction that reads, the grant is asked for anew, so that a revoked
one ends the gathering; 2. outside of any the source is asked; 3. in one transaction the page is sealed under the site's
data keys and kept, with the use that it was and the place where the next one begins. So a process that dies repeats
no page on record and leaves none out, and no slow source keeps a writer waiting (which is why this is no `base.bulk`
task: its step is a transaction).

The file is JSON lines, one row each. Its ETag is SM3 over the whole; a download goes on where it broke off (Range).
Not decided here: what may be had (`exchange.door.asking`), and pushes to a partner, which are for more than fits here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical
from base.db import Database
from base.errors import DomainError
from exchange.acting import ROOM
from exchange.door import gateway, quotas, usages
from exchange.door.asking import Call, Query, prepare
from exchange.door.errors import NoSuchResult, QuotaExceeded, ResultNotReady, TooManyResults
from exchange.door.gateway import Item
from exchange.door.models import EXPIRED, FAILED, READY, RUNNING, ResultFile, ResultPart
from exchange.door.outcomes import Outcome
from exchange.door.recording import Draft
from exchange.door.schemas import ResultQuerySchema
from exchange.door.wiring import Gateway
from exchange.models import WORD_LENGTH
from exchange.mounting.wiring import MountParts
from keys.algorithms.sm3 import SM3

THING: Final = "data-export"
# What an organisation's night run needs side by side; more is an archive of somebody else's data.
MOST_RESULTS: Final = 20
MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Page:
    """A page that was fetched: of which result, the how many-th, what came and its lines."""

    result: str
    number: int
    item: Item
    lines: bytes


@dataclass(frozen=True)
class Span:
    """A part of a file: where it begins and ends."""

    begins: int
    ends: int


def ask(session: Session, parts: Gateway, call: Call, at: datetime) -> ResultFile:
    """Have a large result gathered. Raises `TooManyResults`, and what `exchange.door.asking.prepare` raises."""
    waiting = select(func.count()).where(
        ResultFile.organisation == call.by.organisation, ResultFile.state.in_((RUNNING, READY))
    )
    if session.execute(waiting).scalar_one() >= MOST_RESULTS:
        raise TooManyResults(MOST_RESULTS)
    row = ResultFile(
        id=new_id(),
        caller=call.by.id,
        organisation=call.by.organisation,
        directory=call.directory,
        asked=b"",
        state=RUNNING,
        reason="",
        pages=0,
        cursor=None,
        rows=0,
        size=0,
        sm3="",
        created_at=at,
        expires_at=at + timedelta(days=parts.told.result_days),
    )
    row.asked = parts.data_keys.seal(session, canonical(call.query.body), _bound(row.id, "asked"))
    session.add(row)
    session.flush()
    ROOM.record(session, call.by, at, "data-export.asked", Thing(THING, row.id), directory=call.directory)
    return row


def result_of(session: Session, result: str, by: Caller) -> ResultFile:
    """Give a result of the caller's own. Raises `NoSuchResult`."""
    row = session.get(ResultFile, result)
    if row is None or row.caller != by.id or by.kind != "system" or row.state == EXPIRED:
        raise NoSuchResult(result)
    return row


def remove(session: Session, result: str, by: Caller, at: datetime) -> None:
    """Remove a result before its time. Raises `NoSuchResult`."""
    row = result_of(session, result, by)
    _end(session, row, EXPIRED, "removed")
    ROOM.record(session, by, at, "data-export.removed", Thing(THING, row.id))


def require_ready(row: ResultFile) -> None:
    """Let only a whole result be downloaded. Raises `ResultNotReady`."""
    if row.state != READY:
        raise ResultNotReady(row.id, row.state)


def pieces(session: Session, parts: Gateway, row: ResultFile, span: Span) -> Iterator[bytes]:
    """Give the bytes of a span, piece by piece, unsealed as they go."""
    fitting = (
        ResultPart.file == row.id,
        ResultPart.begins < span.ends,
        ResultPart.begins + ResultPart.size > span.begins,
    )
    for part in session.scalars(select(ResultPart).where(*fitting).order_by(ResultPart.number)):
        plain = parts.data_keys.open(session, part.sealed, _bound(row.id, str(part.number)))
        yield plain[max(0, span.begins - part.begins) : span.ends - part.begins]


def clear_away(session: Session, at: datetime) -> None:
    """Remove results that have expired; that they were asked for stays on record."""
    over = select(ResultFile).where(ResultFile.state != EXPIRED, ResultFile.expires_at <= at).limit(100)
    for row in session.scalars(over).all():
        _end(session, row, EXPIRED, "expired")


def waiting(session: Session, limit: int) -> list[str]:
    """Name results that are to be gathered, the oldest first."""
    query = select(ResultFile.id).where(ResultFile.state == RUNNING).order_by(ResultFile.created_at, ResultFile.id)
    return list(session.scalars(query.limit(limit)))


def gather(database: Database, parts: Gateway, sources: MountParts, result: str, at: datetime) -> bool:
    """Gather one page of a result; tell whether there are more now. A refusal ends the result and is its reason.

    A minute's quota fills up again: what it refuses goes on in the next round.
    """
    parts.open(database)
    try:
        return _page(database, parts, sources, result, at)
    except DomainError as refusal:
        if isinstance(refusal, QuotaExceeded):
            if refusal.window == quotas.MINUTE:
                return False
        elif refusal.retryable:
            raise
        with database.transaction() as session:
            row = session.get(ResultFile, result)
            if row is not None and row.state == RUNNING:
                _end(session, row, FAILED, refusal.code[:WORD_LENGTH])
        return False


def _page(database: Database, parts: Gateway, sources: MountParts, result: str, at: datetime) -> bool:
    with database.reading() as session:  # 1
        row = session.get(ResultFile, result)
        if row is None or row.state != RUNNING:
            return False
        call, number = _call(session, parts, row, at), row.pages
        prepared = prepare(session, parts, call)
    (item,), asked = gateway.ask(parts, sources, call, prepared)  # 2
    if item.outcome is Outcome.PENDING:
        return False  # nothing is told yet, so nothing is recorded; the next round asks again
    if item.outcome not in {Outcome.FOUND, Outcome.NOT_FOUND}:
        raise ResultNotReady(result, item.reason)
    lines = b"".join(canonical(row) + b"\n" for row in item.rows)
    draft = gateway.drafted(parts, call, prepared, [item], asked, usages.new_id(at), lines)
    with database.transaction() as session:  # 3
        return _kept(session, parts, draft, Page(result, number, item, lines), at)


def _kept(session: Session, parts: Gateway, draft: Draft, page: Page, at: datetime) -> bool:
    """Keep a page, unless somebody else did, or the result was removed meanwhile."""
    row = session.scalars(select(ResultFile).where(ResultFile.id == page.result).with_for_update()).one()
    if row.state != RUNNING or row.pages != page.number:
        return row.state == RUNNING
    (error,) = parts.recorder.write(session, [draft], at)
    if error is not None:
        raise error
    sealed = parts.data_keys.seal(session, page.lines, _bound(row.id, str(page.number)))
    session.add(
        ResultPart(
            file=row.id, number=page.number, begins=row.size, size=len(page.lines), usage=draft.use.id, sealed=sealed
        )
    )
    row.rows, row.size = row.rows + len(page.item.rows), row.size + len(page.lines)
    row.pages, row.cursor = page.number + 1, page.item.next_cursor
    session.flush()
    if row.rows > parts.told.result_rows or row.size > parts.told.result_mib * MIB:
        _end(session, row, FAILED, "answer-too-large")
    elif row.cursor is None:
        _finish(session, parts, row)
    return row.state == RUNNING


def _call(session: Session, parts: Gateway, row: ResultFile, at: datetime) -> Call:
    body = parts.data_keys.open(session, row.asked, _bound(row.id, "asked"))
    query: Query = replace(ResultQuerySchema().load(json.loads(body)), cursor=row.cursor)
    return Call(Caller("system", row.caller, "", row.organisation), row.directory, query, at)


def _finish(session: Session, parts: Gateway, row: ResultFile) -> None:
    """Digest the whole; its size is bounded, so that this takes well under a second."""
    running = SM3.start()
    for piece in pieces(session, parts, row, Span(0, row.size)):
        running.update(piece)
    row.sm3, row.state = running.finish().hex(), READY


def _end(session: Session, row: ResultFile, state: str, reason: str) -> None:
    row.state, row.reason, row.asked = state, reason, b""
    session.flush()
    gone = delete(ResultPart).where(ResultPart.file == row.id)
    session.execute(gone.execution_options(synchronize_session=False))


def _bound(result: str, place: str) -> bytes:
    return f"exchange_result_files {result} {place}".encode()
