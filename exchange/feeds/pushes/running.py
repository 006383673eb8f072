"""A run of a push, chunk after chunk in the one form of bulk work.

1. Start: the grant is asked, a use of its quota taken, the run put on record; only then a row leaves.
2. Before each step, with no transaction of ours open: the push must stand and the grant is asked anew; then the next
   rows are read, judged and staged with the mark, unless the mark is ahead of us (a process died after staging and
   before we knew). When all is staged the destination puts it in its place.
3. Each step takes over what the mark tells: counts and rejects of that chunk, in one short transaction. At the end the
   run is closed with an entry of the ledger, the use of the grant, and the event `data.pushed`.

The mark and the staged rows are one transaction there, the counts and the task's position one transaction here; the
mark is at most one chunk ahead and carries that chunk's rejects, so nothing is lost and nothing doubled wherever a
process is killed. A grant that was revoked in the middle ends the run: the target stays as it was.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base import bulk
from base.acting import actor, new_id
from base.bulk import Advance, BulkJob, BulkTask, Chunk
from base.callers import Caller
from base.clock import rfc3339
from base.db import Database
from base.errors import DomainError, Kind
from exchange.acting import ROOM
from exchange.door import masking, quotas
from exchange.door.quotas import Taking
from exchange.feeds.errors import (
    NoSuchPushRun,
    PushDestinationFailed,
    PushSourceFailed,
    PushStepNotAllowed,
    PushUnderWay,
    TooManyRejects,
)
from exchange.feeds.models import ACTIVE, DONE, FAILED, RUNNING, Push, PushReject, PushRun
from exchange.feeds.pushes import closing, gate, registry, rows
from exchange.feeds.pushes.closing import BY
from exchange.feeds.pushes.destinations.destination import Destination
from exchange.feeds.pushes.plan import Load, Mark, Mode
from exchange.feeds.pushes.registry import Source
from exchange.feeds.pushes.rows import Judged
from exchange.feeds.wiring import Pushes
from exchange.sources import table
from exchange.sources.reading import Failed, Page
from exchange.sources.source import Condition, Question, Test, reason_of
from exchange.sources.values import ItemType, Mismatch, typed
from keys.algorithms.sm2 import SM2_SM3
from keys.signers.signer import signed

# A destination that takes no rows on so many tries of one chunk refuses them for no reason that a row has.
ROUNDS: Final = 4
# More rows of one key than this are no accident at the edge of a page; the probe of quality tells.
MOST_DOUBLES: Final = 100


@dataclass(frozen=True)
class Work:
    """One step's things: the run and its push, where rows come from, where they go."""

    run: PushRun
    push: Push
    source: Source
    landing: Destination
    load: Load
    parts: Pushes


def start(session: Session, row: Push, parts: Pushes, by: Caller, at: datetime) -> PushRun:
    """Begin a run: on record before a row leaves.

    Raises `PushUnderWay`, `PushStepNotAllowed`, `NotGranted`, `QuotaExceeded`, and what `source_of` raises.
    """
    if row.state != ACTIVE:
        raise PushStepNotAllowed("run", row.state)
    under_way = current(session, row)
    if under_way is not None:
        raise PushUnderWay(under_way.id)
    source = registry.source_of(session, row, parts, gate.caller_of(session, row.created_by), at)
    contract = source.allowed.contract
    over = quotas.take(session, [Taking(contract.id, source.allowed.quota, 1)], at)
    if over:
        raise over[contract.id]
    run = PushRun(
        id=new_id(),
        push=row.id,
        directory=row.directory,
        state=RUNNING,
        contract=contract.id,
        started_by=actor(by),
        started_at=at,
        mount=source.plan.mount,
        mount_version=source.plan.version,
        form=source.form,
        fields=list(source.allowed.fields),
        # A row of another shape could not be merged: then everything is read anew.
        floor=row.floor if row.shape_sm3 == source.order.shape else None,
    )
    session.add(run)
    session.flush()
    run.task = bulk.enqueue(session, JOB, {"run": run.id}, at)
    ROOM.record(session, by, at, "push.started", registry.thing(row), run=run.id, contract=contract.id)
    return run


def start_due(session: Session, push: str, parts: Pushes, at: datetime) -> None:
    """Begin a run that is due; one that may not begin is in the history with its reason."""
    row = registry.push_of(session, push, locked=True)
    row.next_run_at = registry.following(row, at)
    try:
        with session.begin_nested():
            start(session, row, parts, BY, at)
    except PushUnderWay:
        return
    except DomainError as refusal:
        told = {"push": row.id, "directory": row.directory, "started_by": actor(BY), "started_at": at, "fields": []}
        run = PushRun(id=new_id(), state=RUNNING, **told)
        session.add(run)
        session.flush()
        closing.closed(session, row, run, closing.state_of(refusal), refusal.code, at)


def run_of(session: Session, push: Push, run: str) -> PushRun:
    """Give a run. Raises `NoSuchPushRun`."""
    found = session.get(PushRun, run)
    if found is None or found.push != push.id:
        raise NoSuchPushRun(run)
    return found


def current(session: Session, row: Push) -> PushRun | None:
    """Give the run that is under way, if there is one."""
    query = select(PushRun).where(PushRun.push == row.id, PushRun.state == RUNNING)
    return session.scalars(query).first()


def before(database: Database, chunk: Chunk) -> None:
    """Stage the next rows, or swap at the end, while no transaction of ours is open.

    Raises `PushSourceFailed`, `PushDestinationFailed`: tried again after a pause.
    """
    parts, argument = chunk.part(Pushes), cast("dict[str, str]", chunk.argument)
    try:
        with database.reading() as session:
            run = session.get(PushRun, argument["run"])
            if run is None or run.state != RUNNING:
                return
            work = _work(session, registry.push_of(session, run.push), run, parts, chunk.at)
        mark = _onward(work)
        if mark.is_loaded:
            work.landing.finished(work.load, mark)
    except DomainError as refusal:
        if refusal.retryable or refusal.kind is Kind.UNAVAILABLE:
            raise
        with database.transaction() as session:
            closing.given_up(session, argument["run"], parts, refusal, chunk.at)


def step(session: Session, chunk: Chunk) -> Advance:
    """Keep here what the mark tells of the last chunk, or of the end. Raises `PushDestinationFailed`."""
    parts, argument = chunk.part(Pushes), cast("dict[str, str]", chunk.argument)
    run = session.get(PushRun, argument["run"], with_for_update=True, populate_existing=True)
    if run is None or run.state != RUNNING:
        return Advance(chunk.position, chunk.done, finished=True, note=run.code if run is not None else "")
    push = registry.push_of(session, run.push)
    landing = parts.landing_of(push.id)
    mark = None if landing is None else landing.marked(run.id)
    if mark is None:
        raise PushDestinationFailed("no-mark")
    _keep(session, run, mark)
    if mark.applied is None:
        return Advance(run.chunk, run.read)
    closing.ended(session, push, run, mark, chunk.at)
    return Advance(run.chunk, run.read, total=run.read, finished=True, note=DONE)


JOB: Final = BulkJob("exchange.push", step, before=before)


def settle(session: Session, at: datetime) -> None:
    """Close the runs whose task failed or was cancelled: their numbers stay, their target is as it was."""
    over = (bulk.TaskState.FAILED, bulk.TaskState.CANCELLED)
    query = select(PushRun, BulkTask).join(BulkTask, BulkTask.id == PushRun.task)
    for run, task in session.execute(query.where(PushRun.state == RUNNING, BulkTask.state.in_(over))).all():
        code = str(task.errors[-1]["code"]) if task.errors else str(task.state)
        closing.closed(session, registry.push_of(session, run.push), run, FAILED, code, at)


def _work(session: Session, push: Push, run: PushRun, parts: Pushes, at: datetime) -> Work:
    """Ask everything anew. Raises what the gate raises, `PushStepNotAllowed`, `PushNotServed`."""
    if push.state != ACTIVE:
        raise PushStepNotAllowed("run", push.state)
    by = gate.caller_of(session, push.created_by)
    # The place in one source says nothing of another: a run keeps to the mount that it began with.
    source = registry.source_of(session, push, parts, by, at, (run.mount, run.mount_version))
    if run.form != source.form:
        raise PushStepNotAllowed("go on", "another form")
    whole = Mode(push.mode) is not Mode.VERSION or run.floor is None
    made_at = rfc3339(run.started_at)
    load = Load(source.order, run.id, whole, push.directory, made_at, _signing(session, parts))
    return Work(run, push, source, parts.landing(source.order, push.organisation), load, parts)


def _onward(work: Work) -> Mark:
    """Take over what is staged ahead of us, or stage the next chunk."""
    mark = work.landing.begun(work.load)
    if mark.chunk > work.run.chunk or mark.is_loaded:
        return mark
    page = _page(work, mark)
    judged = _judged(work, page, mark)
    for _ in range(ROUNDS):
        ahead = _ahead(work, mark, page, judged)
        refused = work.landing.staged(judged.rows, ahead)
        if not refused:
            return ahead
        judged = rows.without(judged, work.source.order, refused)
    raise PushDestinationFailed("rows-refused")


def _page(work: Work, mark: Mark) -> Page:
    """Read the next rows as they are. Raises `PushSourceFailed`."""
    source = work.source
    fields = tuple(cell.item for cell in source.order.cells)
    conditions = [*_granted_rows(source), *_newer(work)]
    question = Question(fields, tuple(conditions), work.parts.settings.chunk_rows, mark.cursor)
    try:
        page = work.parts.reader(source.plan).read(question)
    except Failed as failed:
        raise PushSourceFailed(failed.failure.outcome.value, reason_of(failed.failure)[:40]) from failed
    missing = [name for item, name in source.names.items() if item in fields and name not in (page.names or (name,))]
    if missing:
        raise PushSourceFailed("drift", "missing")
    return Page([*page.rows, *_at_the_edge(work, page)], page.names, page.next)


def _at_the_edge(work: Work, page: Page) -> list[Mapping[str, object]]:
    """Give again a page's last row for each that shares its key beyond the edge, so that it is rejected as a double.

    Pages of a table go on after the last key: where the key does not name one row, the others would never be seen.
    """
    plan = work.source.plan
    if plan.kind != table.KIND or page.next is None:
        return []
    column = next(each for each in plan.columns if each.item == plan.declaration["key"])
    last = page.rows[-1]
    try:
        same = Condition(column.item, Test.EQUAL, (typed(last[column.name], column.type),))
        found = work.parts.reader(plan).read(
            Question((column.item,), (same, *_granted_rows(work.source)), MOST_DOUBLES)
        )
    except (Failed, Mismatch, KeyError):
        return []  # a key that cannot be asked for is rejected with its row
    within = sum(row[column.name] == last[column.name] for row in page.rows)
    return [last] * max(0, len(found.rows) - within)


def _judged(work: Work, page: Page, mark: Mark) -> Judged:
    source = work.source
    masks = {cell.item: source.allowed.masks[cell.item] for cell in source.order.cells if cell.masked}
    mask = partial(masking.masked, masks=masks, salt=source.allowed.contract.salt) if masks else None
    return rows.judged(page.rows, source.order, source.names, mark.read + 1, work.push.version_item, mask)


def _ahead(work: Work, mark: Mark, page: Page, judged: Judged) -> Mark:
    """Say how far the load is once this chunk is staged. Raises `TooManyRejects`."""
    rejected = mark.rejected + judged.rejected
    limit = work.parts.settings.most_rejects
    if rejected > limit:
        raise TooManyRejects(limit)
    return Mark(
        work.run.id,
        mark.chunk + 1,
        page.next,
        mark.read + len(page.rows),
        mark.staged + len(judged.rows),
        rejected,
        _highest(work, mark.version, judged),
        page.next is None,
        None,
        judged.rejects,
    )


def _highest(work: Work, before: str | None, judged: Judged) -> str | None:
    if judged.version is None:
        return before
    kind = _version_type(work)
    seen: Any = None if before is None else typed(before, kind)
    highest: Any = judged.version
    return before if seen is not None and seen >= highest else rows.version_text(judged.version)


def _granted_rows(source: Source) -> list[Condition]:
    """Give which rows are granted, as the source judges them."""
    types = {each.item: each.type for each in source.plan.columns}
    return [
        Condition(each.item, Test(each.test), tuple(typed(value, types[each.item]) for value in each.values))
        for each in source.allowed.conditions
    ]


def _newer(work: Work) -> list[Condition]:
    """Give which rows are new enough: at least as new as the floor of this run."""
    if work.run.floor is None or work.push.version_item is None:
        return []
    return [Condition(work.push.version_item, Test.AT_LEAST, (typed(work.run.floor, _version_type(work)),))]


def _version_type(work: Work) -> ItemType:
    return next(cell.type for cell in work.source.order.cells if cell.item == work.push.version_item)


def _keep(session: Session, run: PushRun, mark: Mark) -> None:
    """Keep counts and rejects of a chunk here; one that we knew already changes nothing."""
    if mark.chunk <= run.chunk:
        return
    if mark.chunk != run.chunk + 1:
        raise PushDestinationFailed("moved-on")
    if mark.rejects:
        given = [{"run": run.id, "row": each.row, "item": each.item, "reason": each.reason} for each in mark.rejects]
        session.execute(insert(PushReject), given)
    run.chunk, run.read, run.staged, run.rejected = mark.chunk, mark.read, mark.staged, mark.rejected
    session.flush()


def _signing(session: Session, parts: Pushes) -> Callable[[bytes], Mapping[str, str]] | None:
    """Give what signs manifests, where this site names a key."""
    if not parts.key:
        return None
    signer = parts.signer_for(session, parts.key)

    def sign(message: bytes) -> Mapping[str, str]:
        return {
            "algorithm": "SM2-SM3",
            "key": parts.key,
            "public_key": base64.b64encode(signer.public.spki).decode(),
            "signature": base64.b64encode(signed(signer, SM2_SM3, message)).decode(),
        }

    return sign
