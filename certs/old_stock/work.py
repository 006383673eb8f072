"""The bulk task of a batch: judges its rows, makes the faces, publishes, or takes back, whichever the batch waits for.

It can be killed anywhere. Judging, publishing and taking back do some rows with each step, in the step's transaction.
Making is one row at a time and done before the step, which only counts, since sealing is two transactions with a
signature between them:

1. The row's number and try are a step of a case, so that a row which another process began is found again and not made
   twice (`issuing.begin`); the face is sealed and the certificate *staged*: it serves nothing until it is published.
2. A row that is refused keeps the refusal; a draft that it left is discarded and its number given back, and the next
   row has its turn. What would refuse all others too (no seal, no leave, the ceiling) stops the task.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import bulk, clock
from base.bulk import Advance, BulkJob, Chunk
from base.calendar import calendar
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.errors import DomainError
from base.workdays import deadline
from certs import contents, issuing, library, types
from certs.edges import Issuer
from certs.errors import NoSealForAct, NotTheIssuer
from certs.issuing import Asked, Case
from certs.library import Entry
from certs.life import MOVES, State, Step
from certs.models import Certificate, CertificateFile, CertificateNumber, CertificateStep
from certs.old_stock import keeping, profile, successions
from certs.old_stock.models import (
    FAILED,
    FAULTY,
    LEFT,
    MADE,
    PUBLISHED,
    ROLLED_BACK,
    SCANNED,
    SOUND,
    WAITING,
    OldStock,
    OldStockRow,
)
from certs.old_stock.profile import Tally
from certs.old_stock.states import BatchState, BatchStep
from certs.wiring import Certs
from keys.algorithms.sm3 import SM3
from keys.authority.wiring import Authority
from signing.batches import keeping as seal_batches
from signing.edges import Sealer
from signing.errors import CeilingReached, NoSuchSeal, SealNotUsable, UseNotAuthorised
from signing.report import Verdict
from signing.sealing_command_errors import SystemNeeded
from signing.wiring import Signing

log = structlog.get_logger(__name__)
# So many rows are judged, published or taken back in some 200 ms.
PIECE: Final = 100
# After these every other row would be refused as well.
STOPPING: Final = (
    NoSealForAct,
    NotTheIssuer,
    SealNotUsable,
    CeilingReached,
    UseNotAuthorised,
    SystemNeeded,
    NoSuchSeal,
)
_ROLLED_BACK_FROM: Final = MOVES[Step.ROLL_BACK].sources


def before(database: Database, chunk: Chunk) -> None:
    """Make the next row's certificate, or keep why not; for anything but making there is nothing to do here."""
    with database.reading() as session:
        batch = session.get(OldStock, _batch(chunk))
        if batch is None or batch.state != BatchState.MAKING or batch.stopped is not None:
            return
        row = _next(session, batch, SOUND)
        if row is None:
            return
    try:
        _make(database, chunk, batch, row)
    except STOPPING as refusal:
        with database.transaction() as session:
            session.get_one(OldStock, batch.id, with_for_update=True).stopped = refusal.code
    except DomainError as refusal:
        if refusal.retryable:
            raise
        _refuse(database, batch, row.number, refusal)
    except Exception as fault:  # a fault of ours over one row does not stop the others
        log.exception("old_stock_row_faulted", batch=batch.id, number=row.number)
        _refuse(database, batch, row.number, bulk.refusal_of(fault))


def step(session: Session, chunk: Chunk) -> Advance:
    """Do the next rows, or count how far making is."""
    batch = session.get(OldStock, _batch(chunk), with_for_update=True)
    if batch is None or (work := _STEPS.get(BatchState(batch.state))) is None:
        return Advance(chunk.position, chunk.done, finished=True, note="nothing to do")
    return work(session, chunk, batch)


JOB: Final = BulkJob("certs.old-stock", step, before=before)


def _judge(session: Session, chunk: Chunk, batch: OldStock) -> Advance:
    parts, at = chunk.part(Certs), chunk.at
    type_ = types.type_of(parts.types, batch.type)
    position = cast("dict[str, Any]", chunk.position or {"tally": Tally().document()})
    tally = Tally.of(position["tally"])
    rows = _some(session, batch, (WAITING,))
    told = {each.number: keeping.cells_of(session, parts, each) for each in rows}
    ground = successions.ground(session, batch.organisation)
    seen, taken = _seen(session, batch, rows), _taken(session, batch, rows)
    for row in rows:
        cells, hashed = told[row.number], row.number_hash
        number = cells.get("number", "")
        stands = {number: seen[hashed]} if number and seen.get(hashed, row.number) < row.number else {}
        has = frozenset({number}) if number and hashed in taken else frozenset()
        found = profile.judged(cells, type_, replace(ground, seen=stands, taken=has), at)
        row.state, row.is_paper = (FAULTY if found.is_faulty else SOUND), found.is_paper
        row.faults = [vars(each) for each in found.faults]
        seen.setdefault(hashed, row.number)
        tally.count(cells, found)
    told_on: dict[str, Json] = {"tally": tally.document()}
    if len(rows) == PIECE:
        return Advance(told_on, tally.rows)
    batch.profile = tally.document()
    facts = {"rows": tally.rows, "sound": tally.sound, "faulty": tally.faulty, "papers": tally.papers}
    keeping.advance(session, batch, BatchStep.PROFILED, _by(chunk), at, **facts)
    return Advance(told_on, tally.rows, tally.rows, finished=True)


def _count_made(session: Session, chunk: Chunk, batch: OldStock) -> Advance:
    position = cast("int", chunk.position or 0) + 1
    counted = keeping.counts(session, batch)
    done = sum(counted.get(each, 0) for each in (MADE, SCANNED, FAILED))
    left = counted.get(SOUND, 0)
    if left and batch.stopped is None:
        return Advance(position, done, done + left)
    facts = {"made": counted.get(MADE, 0), "scanned": counted.get(SCANNED, 0), "failed": counted.get(FAILED, 0)}
    end = BatchStep.STOP if left else BatchStep.MADE
    keeping.advance(session, batch, end, _by(chunk), chunk.at, why=batch.stopped or "", **facts)
    return Advance(position, done, done + left, note=batch.stopped or "", finished=True)


def _publish(session: Session, chunk: Chunk, batch: OldStock) -> Advance:
    """Publish the next certificates; one that is a scan stays one. With the last the window for objections opens."""
    rows, by = _some(session, batch, (MADE,)), _by(chunk)
    for row in rows:
        certificate = library.certificate_of(session, str(row.identifier), locked=True)
        library.advance(session, certificate, Step.PUBLISH, "", by, chunk.at, batch=batch.id)
        row.state = PUBLISHED
    done = chunk.done + len(rows)
    if len(rows) == PIECE:
        return Advance(done, done)
    window = deadline(calendar(session), chunk.at, batch.objection_days)
    batch.published_at, batch.objections_until = chunk.at, window.ends_at
    facts = {"certificates": done, "objections_until": window.last_day.isoformat()}
    keeping.advance(session, batch, BatchStep.PUBLISHED, by, chunk.at, **facts)
    return Advance(done, done, done, finished=True)


def _roll_back(session: Session, chunk: Chunk, batch: OldStock) -> Advance:
    """Cancel the next certificates, each by its own event, and give their numbers back; what has ended is left."""
    rows, by = _some(session, batch, (MADE, SCANNED, PUBLISHED)), _by(chunk)
    for row in rows:
        certificate = library.certificate_of(session, str(row.identifier), locked=True)
        if State(certificate.state) in _ROLLED_BACK_FROM and certificate.superseded_by is None:
            library.advance(session, certificate, Step.ROLL_BACK, batch.reason, by, chunk.at, batch=batch.id)
            library.free_number(session, certificate)
            row.state = ROLLED_BACK
        else:
            row.state = LEFT
    done = chunk.done + len(rows)
    if len(rows) == PIECE:
        return Advance(done, done)
    _discard(session, batch, by, chunk.at)
    counted = keeping.counts(session, batch)
    facts = {"rolled_back": counted.get(ROLLED_BACK, 0), "left": counted.get(LEFT, 0)}
    keeping.advance(session, batch, BatchStep.ROLLED_BACK, by, chunk.at, **facts)
    return Advance(done, done, done, finished=True)


def _discard(session: Session, batch: OldStock, by: Caller, at: datetime) -> None:
    """Give up what was begun and never sealed, because the seal was refused."""
    query = (
        select(Certificate)
        .join(CertificateStep, CertificateStep.identifier == Certificate.identifier)
        .where(CertificateStep.organisation == batch.organisation, CertificateStep.case_number == batch.id)
        .where(Certificate.state == State.TO_BE_SIGNED.value)
    )
    for each in session.scalars(query.with_for_update(of=Certificate)):
        issuing.discard(session, each, batch.reason, by, at)
        library.free_number(session, each)


_STEPS: Final = {
    BatchState.PROFILING: _judge,
    BatchState.MAKING: _count_made,
    BatchState.PUBLISHING: _publish,
    BatchState.ROLLING_BACK: _roll_back,
}


def _make(database: Database, chunk: Chunk, batch: OldStock, row: OldStockRow) -> None:
    """Make one row's certificate: sealed and staged, or, of paper alone, kept as a scan."""
    parts, at = chunk.part(Certs), clock.now()
    type_ = types.type_of(parts.types, batch.type)
    with database.reading() as session:
        by = seal_batches.user_of(session, str(batch.system))
        draft = profile.draft_of(keeping.cells_of(session, parts, row), type_, batch.uploaded_at)[0]
    asked = Asked(type_.code, draft, _case(batch, row), origin=library.CONVERTED)
    if row.is_paper:
        with database.transaction() as session:
            _keep_scan(session, parts, batch, row.number, asked, by, at)
        return
    sealer = Sealer(database, chunk.part(Signing), chunk.part(Authority), by, clock.now)
    identifier = Issuer(database, parts, sealer, by, clock.now, ends_as=Step.STAGE).issue(asked)
    with database.transaction() as session:
        kept = keeping.row_of(session, batch, row.number, locked=True)
        kept.state, kept.identifier = MADE, identifier


def _keep_scan(
    session: Session, parts: Certs, batch: OldStock, number: int, asked: Asked, by: Caller, at: datetime
) -> None:
    """Enter a certificate that is only a scan: it stands *scanned* and never becomes valid."""
    row = keeping.row_of(session, batch, number, locked=True)
    if row.state != SOUND:
        return
    if row.scan is None or row.scan_format is None:
        row.state, row.code = FAILED, "scan-missing"
        return
    type_, draft = types.type_of(parts.types, batch.type), asked.draft
    region = draft.region or batch.organisation[2:8]
    written = issuing.next_identifier(session, type_, batch.organisation, region, at)[0].text
    last = draft.valid_until or type_.validity.last_day(draft.valid_from) or draft.valid_from
    entry = Entry(
        written,
        type_,
        batch.organisation,
        str(draft.number),
        replace(draft, region=region),
        last,
        State.SCANNED,
        Step.SCAN,
        origin=library.CONVERTED,
        grade=library.SCAN,
        facts={"batch": batch.id, "confirmed_by": batch.signed_off_by},
    )
    library.enter(session, parts.keys, entry, by, at)
    scan = parts.keys.open(session, row.scan, keeping.bound(batch.id, number, "scan"))
    session.add(
        CertificateFile(
            identifier=written,
            format=row.scan_format,
            sm3=SM3.of(scan).hex(),
            size=len(scan),
            content=contents.sealed_file(session, parts.keys, written, row.scan_format, scan),
            verdict=Verdict.UNSIGNED.value,
            seal_use=None,
            kept_at=at,
        )
    )
    row.state, row.identifier = SCANNED, written


def _refuse(database: Database, batch: OldStock, number: int, refusal: DomainError) -> None:
    """Keep why a row was not made; a draft that it left is discarded, and its number is free again."""
    with database.transaction() as session:
        row = keeping.row_of(session, batch, number, locked=True)
        if row.state != SOUND:
            return
        case, by = _case(batch, row), seal_batches.user_of(session, str(batch.system))
        begun = session.get(CertificateStep, (batch.organisation, case.number, case.step))
        if begun is not None and begun.identifier:
            certificate = library.certificate_of(session, begun.identifier, locked=True)
            issuing.discard(session, certificate, refusal.code, by, clock.now())
            library.free_number(session, certificate)
        row.state, row.code, row.tries = FAILED, refusal.code, row.tries + 1


def _case(batch: OldStock, row: OldStockRow) -> Case:
    return Case(batch.id, f"{row.number}.{row.tries}")


def _next(session: Session, batch: OldStock, state: str) -> OldStockRow | None:
    query = select(OldStockRow).where(OldStockRow.batch == batch.id, OldStockRow.state == state)
    return session.scalars(query.order_by(OldStockRow.number).limit(1)).first()


def _some(session: Session, batch: OldStock, wanted: tuple[str, ...]) -> list[OldStockRow]:
    query = select(OldStockRow).where(OldStockRow.batch == batch.id, OldStockRow.state.in_(wanted))
    return list(session.scalars(query.order_by(OldStockRow.number).limit(PIECE)))


def _seen(session: Session, batch: OldStock, rows: list[OldStockRow]) -> dict[str, int]:
    """Tell in which row each of these numbers stands first."""
    query = select(OldStockRow.number_hash, OldStockRow.number).where(
        OldStockRow.batch == batch.id, OldStockRow.number_hash.in_([each.number_hash for each in rows])
    )
    found: dict[str, int] = {}
    for hashed, number in session.execute(query):
        found[hashed] = min(found.get(hashed, number), number)
    return found


def _taken(session: Session, batch: OldStock, rows: list[OldStockRow]) -> set[str]:
    """Tell which of these numbers the library has."""
    query = select(CertificateNumber.number_hash).where(
        CertificateNumber.type == batch.type,
        CertificateNumber.number_hash.in_([each.number_hash for each in rows]),
    )
    return set(session.scalars(query))


def _by(chunk: Chunk) -> Caller:
    return Caller(**cast("dict[str, Any]", chunk.argument)["by"])


def _batch(chunk: Chunk) -> str:
    return str(cast("dict[str, Any]", chunk.argument)["batch"])
