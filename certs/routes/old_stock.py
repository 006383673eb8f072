"""Old stock below `/api/v1`: a table in, its profile, the department's sign-off, and everything until it is closed."""

from collections.abc import Callable
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, MalformedRequest
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, transacts, writes
from certs.old_stock import batches, keeping, successions
from certs.old_stock.batches import SignOff
from certs.old_stock.edges import Bringer
from certs.old_stock.models import OldStock, OldStockObjection, OldStockRow, Succession
from certs.old_stock.schemas import (
    NewOldStockObjectionSchema,
    NewSuccessionSchema,
    OldStockDecisionSchema,
    OldStockFileQuery,
    OldStockLookSchema,
    OldStockMakingSchema,
    OldStockObjectionSchema,
    OldStockObjectionsSchema,
    OldStockPublicationSchema,
    OldStockRollbackSchema,
    OldStockRowPage,
    OldStockRowQuery,
    OldStockRowSchema,
    OldStockSampleSchema,
    OldStockSchema,
    OldStockSignOffSchema,
    OldStocksSchema,
    SuccessionSchema,
    SuccessionsSchema,
)
from certs.old_stock.successions import NewSuccession
from certs.old_stock.tables import BYTES_LIMIT
from certs.wiring import Certs

old_stock = Blueprint("old-stock", __name__, description="存量转换 · old stock")

SCOPE = "cert:issue"
ISSUERS = {"issuer"}
# Who keeps the register of organs knows what became of them.
RECORDERS = {"steward", "sysadmin", "authority"}
PLACE = "/old-stock/<string:batch>"
# The file, with the lines around it that multipart adds.
BODY_LIMIT = BYTES_LIMIT + 16 * 1024
SCAN_LIMIT = batches.LARGEST_SCAN + 16 * 1024
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_PART = {"schema": {"type": "object", "properties": {"file": _BYTES["schema"]}, "required": ["file"]}}
FILE: Any = {
    "required": True,
    "content": {
        "text/csv": _BYTES,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _BYTES,
        "multipart/form-data": _PART,
    },
}
SCAN: Any = {"required": True, "content": {"application/pdf": _BYTES, "image/png": _BYTES, "image/jpeg": _BYTES}}


@old_stock.route("/old-stock", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@limited(BODY_LIMIT)
@transacts
@takes(OldStockFileQuery, "query")
@gives(OldStockSchema, 202)
@old_stock.doc(requestBody=FILE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def bring(database: Database, asked: dict[str, str]) -> dict[str, Any]:
    """Take a table of old certificates in; its rows are judged afterwards, and nothing becomes a certificate yet."""
    content, name = _sent(asked["file_name"])
    bringer = Bringer(database, parts(Certs), caller(), clock.now)
    batch = bringer.bring(content, name, asked["type"])
    with database.reading() as session:
        return _shown(session, keeping.batch_of(session, batch, caller()))


@old_stock.route("/old-stock", methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@gives(OldStocksSchema)
def listed(session: Session) -> dict[str, Any]:
    """List the batches of the caller's organ, the newest first."""
    query = select(OldStock).where(OldStock.organisation == caller().organisation)
    found = session.scalars(query.order_by(OldStock.uploaded_at.desc(), OldStock.id).limit(200))
    return {"items": [_shown(session, each) for each in found]}


@old_stock.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@gives(OldStockSchema)
def one(session: Session, batch: str) -> dict[str, Any]:
    """Give a batch, its profile and where it stands."""
    return _shown(session, keeping.batch_of(session, batch, caller()))


@old_stock.route(PLACE, methods=["DELETE"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@gives(None, 204)
def drop(session: Session, batch: str) -> None:
    """Throw a batch away that nobody signed off."""
    batches.drop(session, keeping.batch_of(session, batch, caller(), locked=True), caller(), clock.now())


@old_stock.route(f"{PLACE}/rows", methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@takes(OldStockRowQuery, "query")
@gives(OldStockRowPage)
def rows(session: Session, asked: dict[str, Any], batch: str) -> Page[dict[str, Any]]:
    """List the rows of a batch with their faults, all or those of one state."""
    of = keeping.batch_of(session, batch, caller())
    query = select(OldStockRow).where(OldStockRow.batch == of.id)
    for name in ("state", "is_sampled"):
        if asked[name] is not None:
            query = query.where(getattr(OldStockRow, name) == asked[name])
    page = parts(Pager).page(session, query, (OldStockRow.number,), asked["page"], f"old-stock:{of.id}")
    return Page([_row(each) for each in page.items], page.next_cursor)


@old_stock.route(f"{PLACE}/rows/<int:number>/scan", methods=["PUT"])
@guarded(scope=SCOPE, roles=ISSUERS)
@limited(SCAN_LIMIT)
@writes
@gives(OldStockRowSchema)
@old_stock.doc(requestBody=SCAN)  # type: ignore[untyped-decorator] # flask-smorest has no types
def scan(session: Session, batch: str, number: int) -> dict[str, Any]:
    """Attach the scan of a paper to a row that has nothing but paper."""
    of, content = keeping.batch_of(session, batch, caller(), locked=True), request.get_data()
    batches.scan(session, parts(Certs), of, number, content, caller(), clock.now())
    return _row(keeping.row_of(session, of, number))


@old_stock.route(f"{PLACE}/sign-off", methods=["POST"])
@guarded(roles=ISSUERS)
@writes
@takes(OldStockSignOffSchema)
@gives(OldStockSchema)
def sign_off(session: Session, told: SignOff, batch: str) -> dict[str, Any]:
    """Answer for a batch as the department, as another person than the one who brought it."""
    return _acted(session, batch, lambda of: batches.sign_off(session, of, told, caller(), clock.now()))


@old_stock.route(f"{PLACE}/makings", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@takes(OldStockMakingSchema)
@gives(OldStockSchema, 202)
def make(session: Session, told: dict[str, str], batch: str) -> dict[str, Any]:
    """Have the certificates made and sealed; they serve nothing until they are published."""
    system = told["system"] or caller().id
    return _acted(session, batch, lambda of: batches.make(session, of, system, caller(), clock.now()))


@old_stock.route(f"{PLACE}/samples", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@takes(OldStockSampleSchema)
@gives(OldStockSchema)
def sample(session: Session, told: dict[str, int], batch: str) -> dict[str, Any]:
    """Draw certificates that somebody has to look at."""
    return _acted(session, batch, lambda of: batches.sample(session, of, told["size"], caller(), clock.now()))


@old_stock.route(f"{PLACE}/rows/<int:number>/look", methods=["PUT"])
@guarded(roles=ISSUERS)
@writes
@takes(OldStockLookSchema)
@gives(OldStockRowSchema)
def look(session: Session, told: dict[str, str], batch: str, number: int) -> dict[str, Any]:
    """Say of a sampled certificate whether it is right."""
    of = keeping.batch_of(session, batch, caller(), locked=True)
    return _row(batches.look(session, of, number, told["look"], told["note"], caller(), clock.now()))


@old_stock.route(f"{PLACE}/publications", methods=["POST"])
@guarded(roles=ISSUERS)
@writes
@takes(OldStockPublicationSchema)
@gives(OldStockSchema, 202)
def publish(session: Session, told: dict[str, int], batch: str) -> dict[str, Any]:
    """Publish what was made, and open the window for objections."""
    days = told["objection_days"]
    return _acted(session, batch, lambda of: batches.publish(session, of, days, caller(), clock.now()))


@old_stock.route(f"{PLACE}/objections", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS | {"window"})
@writes
@takes(NewOldStockObjectionSchema)
@gives(OldStockObjectionSchema, 201)
def object_to(session: Session, told: dict[str, str], batch: str) -> OldStockObjection:
    """Say that a published certificate is wrong, while the window is open."""
    of = keeping.batch_of(session, batch, caller(), locked=True)
    return batches.object_to(session, of, told["identifier"], told["reason"], caller(), clock.now())


@old_stock.route(f"{PLACE}/objections", methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS)
@reads
@gives(OldStockObjectionsSchema)
def objections(session: Session, batch: str) -> dict[str, Any]:
    """List the objections to a batch, oldest first."""
    of = keeping.batch_of(session, batch, caller())
    query = select(OldStockObjection).where(OldStockObjection.batch == of.id)
    return {"items": list(session.scalars(query.order_by(OldStockObjection.at, OldStockObjection.id)))}


@old_stock.route(f"{PLACE}/objections/<string:objection>/decision", methods=["PUT"])
@guarded(roles=ISSUERS)
@writes
@takes(OldStockDecisionSchema)
@gives(OldStockObjectionSchema)
def decide(session: Session, told: dict[str, str], batch: str, objection: str) -> OldStockObjection:
    """Uphold or reject an objection."""
    of = keeping.batch_of(session, batch, caller(), locked=True)
    return batches.decide(session, of, objection, told["state"], told["decision"], caller(), clock.now())


@old_stock.route(f"{PLACE}/closing", methods=["POST"])
@guarded(scope=SCOPE, roles=ISSUERS)
@writes
@gives(OldStockSchema)
def close(session: Session, batch: str) -> dict[str, Any]:
    """Close a batch after its window."""
    return _acted(session, batch, lambda of: batches.close(session, of, caller(), clock.now()))


@old_stock.route(f"{PLACE}/rollbacks", methods=["POST"])
@guarded(roles=ISSUERS)
@writes
@takes(OldStockRollbackSchema)
@gives(OldStockSchema, 202)
def roll_back(session: Session, told: dict[str, str], batch: str) -> dict[str, Any]:
    """Take the whole batch back: each certificate cancelled by its own event, each number free again."""
    return _acted(session, batch, lambda of: batches.roll_back(session, of, told["reason"], caller(), clock.now()))


@old_stock.route("/successions", methods=["POST"])
@guarded(roles=RECORDERS)
@writes
@takes(NewSuccessionSchema)
@gives(SuccessionSchema, 201)
def succeed(session: Session, new: NewSuccession) -> Succession:
    """Put on record who succeeded an organ that is gone."""
    return successions.record(session, new, caller(), clock.now())


@old_stock.route("/successions", methods=["GET"])
@guarded(scope=SCOPE, roles=ISSUERS | RECORDERS)
@reads
@gives(SuccessionsSchema)
def every_succession(session: Session) -> dict[str, Any]:
    """List who succeeded whom."""
    return {"items": successions.listed(session)}


def _acted(session: Session, batch: str, act: Callable[[OldStock], object]) -> dict[str, Any]:
    of = keeping.batch_of(session, batch, caller(), locked=True)
    act(of)
    return _shown(session, of)


def _shown(session: Session, of: OldStock) -> dict[str, Any]:
    members = {name: getattr(of, name) for name in OldStockSchema().fields if name != "rows"}
    return {**members, "rows": keeping.counts(session, of)}


def _row(row: OldStockRow) -> dict[str, Any]:
    members = {name: getattr(row, name) for name in OldStockRowSchema().fields if name != "has_scan"}
    return {**members, "has_scan": row.scan_format is not None}


def _sent(name: str) -> tuple[bytes, str]:
    """Take the table out of the request. Raises `MalformedRequest`."""
    if request.mimetype == "multipart/form-data":
        sent = request.files.get("file")
        content, name = (sent.read(), name or sent.filename or "") if sent is not None else (b"", name)
    else:
        content = request.get_data()
    if not content:
        raise MalformedRequest("no file was sent")
    return content, name[-200:]
