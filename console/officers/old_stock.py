"""Batches of old certificates: a table in, its faults, the sign-off by a second person, making, looking, publishing.

How far a batch is stands in its rows, counted by state; the work itself is a task's, so the page is loaded again to see
it move on. Every step asks the same verbs as the API.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import MalformedRequest
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts, reads
from certs import own, types
from certs.life import Step
from certs.old_stock import batches, keeping
from certs.old_stock.edges import Bringer
from certs.old_stock.models import (
    MADE,
    OPEN,
    ROW_STATES,
    OldStock,
    OldStockObjection,
    OldStockRow,
)
from certs.old_stock.schemas import (
    OldStockDecisionSchema,
    OldStockFileQuery,
    OldStockLookSchema,
    OldStockPublicationSchema,
    OldStockRollbackSchema,
    OldStockSampleSchema,
    OldStockSignOffSchema,
)
from certs.old_stock.states import MOVES, BatchState, BatchStep
from certs.old_stock.tables import BYTES_LIMIT
from certs.wiring import Certs
from console import working
from console.login import for_people

officer_stock = Blueprint("officer_stock", __name__)
ISSUERS: Final = {"issuer"}
# The table, and the few fields beside it.
BODY_BYTES: Final = BYTES_LIMIT + 16 * 1024
MOST_LISTED: Final = 200
MARKS: Final = {
    **dict.fromkeys((BatchState.PUBLISHED, BatchState.CLOSED), "ok"),
    **dict.fromkeys((BatchState.DROPPED, BatchState.ROLLED_BACK), "plain"),
    BatchState.ROLLING_BACK: "warn",
}
# The stages that a batch goes through, as the stepper shows them, and the states that stand in each.
STAGES: Final[tuple[tuple[str, frozenset[BatchState]], ...]] = (
    ("profile", frozenset({BatchState.UPLOADED, BatchState.PROFILING})),
    ("sign_off", frozenset({BatchState.PROFILED})),
    ("make", frozenset({BatchState.SIGNED_OFF, BatchState.MAKING})),
    ("look", frozenset({BatchState.MADE, BatchState.SAMPLED})),
    ("publish", frozenset({BatchState.PUBLISHING, BatchState.PUBLISHED})),
    ("close", frozenset({BatchState.CLOSED})),
)
# Row states in which the work on a row is over for the stage that a batch is in.
WORKING: Final[Mapping[BatchState, frozenset[str]]] = {
    BatchState.PROFILING: frozenset({"sound", "faulty"}),
    BatchState.MAKING: frozenset({"made", "scanned", "failed", "faulty"}),
    BatchState.PUBLISHING: frozenset({"published", "scanned", "failed", "faulty"}),
    BatchState.ROLLING_BACK: frozenset({"rolled-back", "left", "failed", "faulty", "sound"}),
}
PLACE: Final = "/console/old-stock/<string:batch>"


@officer_stock.get("/console/old-stock")
@for_people(ISSUERS)
def listed() -> Response:
    """List the batches of the organ, the newest first, and take a new table in."""
    return _listed()


@officer_stock.post("/console/old-stock")
@limited(BODY_BYTES)
@for_people(ISSUERS)
def bring() -> Response:
    """Take a table in."""

    def brought(database: Database) -> Response:
        handed = request.files.get("file")
        content = handed.read() if handed is not None else b""
        if not content:
            raise MalformedRequest("no file was sent")
        name = (handed.filename or "") if handed is not None else ""
        told = working.loaded(OldStockFileQuery(), {"file_name": name[-200:], **working.filled("type")})
        batch = Bringer(database, parts(Certs), caller(), clock.now).bring(content, told["file_name"], told["type"])
        return working.leads("officer_stock.one", done="stock_brought", batch=batch)

    return working.transacted(brought, _listed)


@officer_stock.get(PLACE)
@for_people(ISSUERS)
def one(batch: str) -> Response:
    """Show a batch: where it stands, its faults, and what is next."""
    return _one(batch)


@officer_stock.get(f"{PLACE}/rows")
@for_people(ISSUERS)
@reads
def rows(session: Session, batch: str) -> Response:
    """List the rows of a batch with their faults; of what stands in them nothing is shown."""
    of = keeping.batch_of(session, batch, caller())
    state = request.args.get("state", "")
    sampled = request.args.get("sampled") == "1"
    query = select(OldStockRow).where(OldStockRow.batch == of.id)
    if state in ROW_STATES:
        query = query.where(OldStockRow.state == state)
    if sampled:
        query = query.where(OldStockRow.is_sampled.is_(True))
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    page = parts(Pager).page(session, query, (OldStockRow.number,), asked, f"stock-rows:{of.id}")
    return working.page(
        "officers/stock_rows.html",
        here="officer_stock.listed",
        batch=of,
        rows=page.items,
        wanted={"state": state, **({"sampled": "1"} if sampled else {})},
        states=ROW_STATES,
        may_look=sampled and of.state == BatchState.SAMPLED,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


@officer_stock.post(f"{PLACE}/rows/<int:number>/look")
@for_people(ISSUERS)
def look(batch: str, number: int) -> Response:
    """Say of a sampled certificate whether it is right."""

    def looked(session: Session) -> Response:
        told = working.loaded(OldStockLookSchema(), working.filled("look", "note"))
        of = keeping.batch_of(session, batch, caller(), locked=True)
        batches.look(session, of, number, told["look"], told["note"], caller(), clock.now())
        return working.leads("officer_stock.rows", done="stock_looked", batch=batch, sampled=1)

    return working.posted(looked, lambda refusal: _one(batch, refusal))


@officer_stock.post(f"{PLACE}/objections/<string:objection>")
@for_people(ISSUERS)
def decide(batch: str, objection: str) -> Response:
    """Uphold or reject an objection."""

    def decided(session: Session) -> Response:
        told = working.loaded(OldStockDecisionSchema(), working.filled("state", "decision"))
        of = keeping.batch_of(session, batch, caller(), locked=True)
        batches.decide(session, of, objection, told["state"], told["decision"], caller(), clock.now())
        return working.leads("officer_stock.one", done="stock_step", batch=batch)

    return working.posted(decided, lambda refusal: _one(batch, refusal))


@officer_stock.post(f"{PLACE}/steps/<string:step>")
@for_people(ISSUERS)
def take(batch: str, step: str) -> Response:
    """Take the step that a form of the page asks for."""

    def taken(session: Session) -> Response:
        act = ACTS.get(step)
        if act is None:
            raise MalformedRequest("no such step")
        act(session, keeping.batch_of(session, batch, caller(), locked=True))
        return working.leads("officer_stock.one", done="stock_step", batch=batch)

    return working.posted(taken, lambda refusal: _one(batch, refusal))


# --- the steps ----------------------------------------------------------------------------------------------------


def _sign_off(session: Session, of: OldStock) -> None:
    ticked = {name: True for name in ("leaves_out_faulty", "confirms_scans") if request.form.get(name) == "yes"}
    told = working.loaded(OldStockSignOffSchema(), {**working.filled("statement"), **ticked})
    batches.sign_off(session, of, told, caller(), clock.now())


def _make(session: Session, of: OldStock) -> None:
    batches.make(session, of, request.form.get("system", ""), caller(), clock.now())


def _sample(session: Session, of: OldStock) -> None:
    told = working.loaded(OldStockSampleSchema(), working.filled("size"))
    batches.sample(session, of, told["size"], caller(), clock.now())


def _publish(session: Session, of: OldStock) -> None:
    told = working.loaded(OldStockPublicationSchema(), working.filled("objection_days"))
    batches.publish(session, of, told["objection_days"], caller(), clock.now())


def _close(session: Session, of: OldStock) -> None:
    batches.close(session, of, caller(), clock.now())


def _drop(session: Session, of: OldStock) -> None:
    batches.drop(session, of, caller(), clock.now())


def _roll_back(session: Session, of: OldStock) -> None:
    told = working.loaded(OldStockRollbackSchema(), working.filled("reason"))
    batches.roll_back(session, of, told["reason"], caller(), clock.now())


ACTS: Final[Mapping[str, Callable[[Session, OldStock], None]]] = {
    BatchStep.SIGN_OFF.value: _sign_off,
    BatchStep.MAKE.value: _make,
    BatchStep.SAMPLE.value: _sample,
    BatchStep.PUBLISH.value: _publish,
    BatchStep.CLOSE.value: _close,
    BatchStep.DROP.value: _drop,
    BatchStep.ROLL_BACK.value: _roll_back,
}


# --- its pages ----------------------------------------------------------------------------------------------------


def _listed(refusal: DomainError | None = None) -> Response:
    organ = caller().organisation
    query = select(OldStock).where(OldStock.organisation == organ)
    with parts(Database).reading() as session:
        found = session.scalars(query.order_by(OldStock.uploaded_at.desc(), OldStock.id).limit(MOST_LISTED)).all()
    known = parts(Certs).types
    return working.page(
        "officers/stock.html",
        refusal,
        batches=found,
        types=known,
        issuable=sorted((each for each in known.values() if each.may_be_issued_by(organ)), key=lambda each: each.code),
        marks=MARKS,
        typed=request.form.get("type", ""),
    )


def _one(batch: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        of = keeping.batch_of(session, batch, caller())
        counts = keeping.counts(session, of)
        query = select(OldStockObjection).where(OldStockObjection.batch == of.id)
        objections = session.scalars(query.order_by(OldStockObjection.at, OldStockObjection.id)).all()
        systems = own.leave_holders(session, of.organisation, of.type, Step.DRAFT, clock.now())
    state = BatchState(of.state)
    return working.page(
        "officers/stock_one.html",
        refusal,
        here="officer_stock.listed",
        batch=of,
        type=types.type_of(parts(Certs).types, of.type),
        counts=counts,
        progress=_progress(state, counts),
        stages=[name for name, _ in STAGES],
        stage=next((place for place, (_, states) in enumerate(STAGES, 1) if state in states), 0),
        steps=[each.value for each in BatchStep if each.value in ACTS and state in MOVES[each][0]],
        objections=objections,
        open=OPEN,
        made=MADE,
        systems=systems,
        marks=MARKS,
        typed=request.form,
    )


def _progress(state: BatchState, counts: Mapping[str, int]) -> Mapping[str, Any] | None:
    """Tell how many rows a task has done of all, while one is at work."""
    if state not in WORKING:
        return None
    return {"done": sum(counts.get(each, 0) for each in WORKING[state]), "all": sum(counts.values())}
