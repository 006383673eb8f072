"""Use lists, the register of callers and the code list of matters, below `/api/v1`."""

from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, MalformedRequest, PageQuery
from base.callers import Caller
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, open_to_all, parts, reads, tagged, takes, writes
from exchange.agreements import caller_kinds, callers, matters, use_list_tables
from exchange.agreements import use_lists as verbs
from exchange.agreements.callers import Registration
from exchange.agreements.errors import FaultyUseList, NoSuchUseList
from exchange.agreements.models import RegisteredCaller, UseList, UseListItem
from exchange.agreements.use_list_schemas import (
    CallerKindsSchema,
    MatterCodesSchema,
    RegisteredCallerSchema,
    RegistrationSchema,
    UseListEndSchema,
    UseListItemPage,
    UseListItemQuery,
    UseListPage,
    UseListPublicationSchema,
    UseListQuery,
    UseListSchema,
)
from exchange.agreements.use_lists import use_list_of
from keys.parties.tables import BYTES_LIMIT

use_lists = Blueprint("use-lists", __name__, description="用证清单、用数类别与事项代码 · use lists, callers, matters")

READERS = {"steward", "reviewer", "requester", "provider", "authority", "auditor", "operator", "window", "issuer"}
AUTHORITY = {"authority"}
PLACE = "/use-lists/<list_id>"
# The file, with the lines around it that multipart adds.
BODY_LIMIT = BYTES_LIMIT + 16 * 1024
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_PART = {"schema": {"type": "object", "properties": {"file": _BYTES["schema"]}, "required": ["file"]}}
FILE = {"required": True, "content": {"text/csv": _BYTES, "multipart/form-data": _PART}}


@use_lists.route("/use-lists", methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@reads
@takes(PageQuery, "query")
@gives(UseListPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[UseList]:
    """List the published use lists, and one's own authority's drafts."""
    query = _visible(caller())
    return parts(Pager).page(session, query, (UseList.created_at, UseList.id), asked["page"], "use-lists")


@use_lists.route("/use-lists", methods=["POST"])
@guarded(roles=AUTHORITY)
@limited(BODY_LIMIT)
@writes
@takes(UseListQuery, "query")
@gives(UseListSchema, 201)
@use_lists.doc(requestBody=FILE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def draft(session: Session, asked: dict[str, str]) -> UseList:
    """Take a CSV or a workbook in as the draft of a new list; every fault is told with its row."""
    read = use_list_tables.read(_sent())
    if read.faults:
        raise _faulty(read.faults)
    return _shown(verbs.draft(session, asked["title"], asked["basis"], read.rows, caller(), clock.now()))


@use_lists.route(PLACE, methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@reads
@gives(UseListSchema)
def one(session: Session, list_id: str) -> UseList:
    """Give one list."""
    return _shown(_seen(session, list_id))


@use_lists.route(f"{PLACE}/items", methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@reads
@takes(UseListItemQuery, "query")
@gives(UseListItemPage)
def items(session: Session, asked: dict[str, Any], list_id: str) -> Page[UseListItem]:
    """Give the rows of a list."""
    row = _seen(session, list_id)
    query = select(UseListItem).where(UseListItem.use_list == row.id)
    if asked["resource"] is not None:
        query = query.where(UseListItem.resource == asked["resource"])
    return parts(Pager).page(session, query, (UseListItem.place,), asked["page"], f"use-list:{row.id}")


@use_lists.route(f"{PLACE}/publications", methods=["POST"])
@guarded(roles=AUTHORITY)
@writes
@takes(UseListPublicationSchema)
@gives(UseListSchema)
def publish(session: Session, told: dict[str, datetime | None], list_id: str) -> UseList:
    """Let a draft come into force, now or at a moment ahead; by another person than its writer."""
    row, at = _seen(session, list_id, locked=True), clock.now()
    return _shown(verbs.publish(session, row, told["effective_from"] or at, caller(), at))


@use_lists.route(f"{PLACE}/ends", methods=["POST"])
@guarded(roles=AUTHORITY)
@writes
@takes(UseListEndSchema)
@gives(UseListSchema)
def end(session: Session, told: dict[str, str], list_id: str) -> UseList:
    """End a list at once; the next statutory use needs another ground."""
    row = _seen(session, list_id, locked=True)
    return _shown(verbs.end(session, row, told["reason"], caller(), clock.now()))


@use_lists.route(PLACE, methods=["DELETE"])
@guarded(roles=AUTHORITY)
@writes
@gives(UseListSchema)
def discard(session: Session, list_id: str) -> UseList:
    """Discard a draft; its record stays."""
    return _shown(verbs.discard(session, _seen(session, list_id, locked=True), caller(), clock.now()))


@use_lists.route("/caller-kinds", methods=["GET"])
@guarded(scope="data:read", roles=READERS)
@reads
@gives(CallerKindsSchema)
def kinds(session: Session) -> dict[str, Any]:
    """Tell what each kind of caller may, and who is registered as something else than a department."""
    told = [_kind(each) for each in caller_kinds.kinds().values()]
    return {"kinds": told, "registered": callers.all_registered(session)}


@use_lists.route("/caller-kinds/<organisation>", methods=["PUT"])
@guarded(roles=AUTHORITY)
@writes
@takes(RegistrationSchema)
@gives(RegisteredCallerSchema)
def register(session: Session, told: Registration, organisation: str) -> RegisteredCaller:
    """Register what an organisation is: department, agent for government, outside scene, other platform."""
    return callers.register(session, organisation, told, caller(), clock.now())


@use_lists.route("/matter-codes", methods=["GET"])
@open_to_all
@gives(MatterCodesSchema)
def matter_codes() -> dict[str, Any]:
    """Give the code list of matters that grants name."""
    return {"source": matters.source(), "items": matters.matters()}


def _sent() -> bytes:
    sent = request.files.get("file") if request.mimetype == "multipart/form-data" else None
    content = sent.read() if sent is not None else request.get_data()
    if not content:
        raise MalformedRequest("no file was sent")
    return content


def _faulty(faults: tuple[use_list_tables.RowFault, ...]) -> FaultyUseList:
    first = faults[0]
    error = FaultyUseList(len(faults), first.row, first.column, first.code)
    error.members = {"errors": [{"row": each.row, "column": each.column, "detail": each.code} for each in faults]}
    return error


def _kind(of: caller_kinds.KindOfCaller) -> dict[str, Any]:
    sets = {name: sorted(getattr(of, name)) for name in ("grounds", "stages", "modes", "needs")}
    return {"code": of.code, "zh": of.zh, "en": of.en, **sets}


def _visible(by: Caller) -> Select[UseList]:
    return select(UseList).where((UseList.state == verbs.PUBLISHED) | (UseList.authority == by.organisation))


def _seen(session: Session, list_id: str, *, locked: bool = False) -> UseList:
    """Give a list that the caller may see. Raises `NoSuchUseList`."""
    seen = _visible(caller()).where(UseList.id == list_id).with_only_columns(UseList.id)
    if session.execute(seen).one_or_none() is None:
        raise NoSuchUseList(list_id)
    return use_list_of(session, list_id, locked=locked)


def _shown(row: UseList) -> UseList:
    tagged(f"use-list:{row.id}:{row.version}")
    return row
