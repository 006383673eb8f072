"""The form of a directory, a page a stage; every page is kept on the server as it is sent, whole or not.

A draft is what the room keeps as one, so nothing typed is lost with a session. What two people changed from the same
draft is shown side by side, and who comes later chooses field by field; other pages of the form are never touched.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import PreconditionFailed, caller, limited, parts
from console import working
from console.login import for_people
from console.steward import acts, contents
from console.steward.contents import ITEMS
from console.steward.shown import Cell, Entry
from exchange import directories as verbs
from exchange import form, seeing
from exchange.directories import NewDirectory, directory_of, version_of
from exchange.directory_contents import LARGEST_CONTENT
from exchange.errors import FaultyDirectory
from exchange.models import DirectoryVersion
from exchange.schemas import NewDirectorySchema
from exchange.substitutions import LENT

draft_pages = Blueprint("draft_pages", __name__)
BLUEPRINTS = (draft_pages,)

WRITERS = {"steward"}
CODE = "/console/directories/<path:code>/versions/<int:number>/draft"
FIRST, PREVIEW = "basic", "preview"


@draft_pages.get("/console/directories/new")
@for_people(WRITERS)
def form_new() -> Response:
    """Show the first page of a new directory."""
    return _page("", 0, FIRST, {}, 0)


@draft_pages.post("/console/directories/new")
@limited(LARGEST_CONTENT)
@for_people(WRITERS)
def add() -> Response:
    """Keep a new directory as a draft."""

    def act(session: Session) -> Response:
        told = {"content": contents.filled(contents.of_stage(FIRST)), **working.filled("code")}
        new: NewDirectory = working.loaded(NewDirectorySchema(), told)
        row = verbs.add(session, new, caller(), clock.now())
        return _on(row.code, 1, FIRST, new.content)

    return acts.done(act, lambda refusal: _page("", 0, FIRST, {}, 0, refusal))


@draft_pages.get(f"{CODE}/<stage>")
@for_people(LENT)
def stage_form(code: str, number: int, stage: str) -> Response:
    """Show one page of the form."""
    with parts(Database).reading() as session:
        row = seeing.seen_version(session, code, number, caller())
        return _page(code, number, stage, row.content, row.version)


@draft_pages.post(f"{CODE}/<stage>")
@limited(LARGEST_CONTENT)
@for_people(LENT)
def write(code: str, number: int, stage: str) -> Response:
    """Keep one page; the fields of the others stay as they are."""
    fields = contents.of_stage(_known(stage))

    def act(session: Session) -> Response:
        row = _open(session, code, number)
        told = _chosen(contents.filled(fields), row.content)
        if stage == ITEMS:
            content = {**row.content, ITEMS: [*row.content.get(ITEMS, ()), told]}
        else:
            content = {**{name: value for name, value in row.content.items() if name not in fields}, **told}
        _write(session, code, row, content)
        return _on(code, number, stage, content)

    return acts.done(act, lambda refusal: _again(code, number, stage, None, refusal))


@draft_pages.get(f"{CODE}/items/<int:place>")
@for_people(LENT)
def item_form(code: str, number: int, place: int) -> Response:
    """Show one item."""
    with parts(Database).reading() as session:
        row = seeing.seen_version(session, code, number, caller())
        return _page(code, number, ITEMS, row.content, row.version, place=place)


@draft_pages.post(f"{CODE}/items/<int:place>")
@for_people(LENT)
def write_item(code: str, number: int, place: int) -> Response:
    """Keep one item, or with `remove` take it out."""

    def act(session: Session) -> Response:
        row = _open(session, code, number)
        items = list(row.content.get(ITEMS, ()))
        if not 0 <= place < len(items):
            raise NotFound
        told = _chosen(contents.filled(contents.of_stage(ITEMS)), items[place])
        items[place : place + 1] = [] if "remove" in request.form else [told]
        _write(session, code, row, {**row.content, ITEMS: items})
        return working.leads("draft_pages.stage_form", done="draft_kept", code=code, number=number, stage=ITEMS)

    return acts.done(act, lambda refusal: _again(code, number, ITEMS, place, refusal))


def _known(stage: str) -> str:
    if stage not in contents.stages():
        raise NotFound
    return stage


def _open(session: Session, code: str, number: int) -> DirectoryVersion:
    """Give a draft to be changed, if it stands as whoever sends the form saw it. Raises `PreconditionFailed`."""
    seeing.seen_version(session, code, number, caller())
    row = version_of(session, directory_of(session, code, locked=True), number)
    acts.require_unchanged(row.version)
    return row


def _chosen(told: dict[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Take the other's value for each field that the later one left to the other."""
    for name in request.form.getlist("theirs"):
        told.pop(name, None)
        if name in theirs:
            told[name] = theirs[name]
    return told


def _write(session: Session, code: str, row: DirectoryVersion, content: dict[str, Any]) -> None:
    verbs.write(session, directory_of(session, code), row, content, caller(), clock.now())


def _on(code: str, number: int, stage: str, content: Mapping[str, Any]) -> Response:
    """Lead to the next page, or back to this one where a code is wrong; what is only missing may wait."""
    place = len(content.get(ITEMS, ())) - 1 if stage == ITEMS else None
    begins = f"#/items/{place}/" if stage == ITEMS else "#/"
    known = contents.of_stage(stage)
    wrong = any(
        fault.code != "missing" and fault.pointer.startswith(begins) and fault.pointer.split("/")[-1] in known
        for fault in form.check(content)
    )
    order = [*contents.stages(), PREVIEW]
    following = stage if stage == ITEMS or "stay" in request.form else order[order.index(stage) + 1]
    checked = {"check": "1"} if wrong else {}
    if wrong and stage == ITEMS:
        told = {"code": code, "number": number, "place": place, **checked}
        return working.leads("draft_pages.item_form", done="draft_kept", **told)
    if following == PREVIEW and not wrong:
        return working.leads("directory_pages.version", done="draft_kept", code=code, number=number)
    going = stage if wrong else following
    return working.leads("draft_pages.stage_form", done="draft_kept", code=code, number=number, stage=going, **checked)


def _again(code: str, number: int, stage: str, place: int | None, refusal: DomainError) -> Response:
    with parts(Database).reading() as session:
        row = seeing.seen_version(session, code, number, caller())
        return _page(code, number, stage, row.content, row.version, refusal, place)


def _page(
    code: str,
    number: int,
    stage: str,
    content: Mapping[str, Any],
    version: int,
    refusal: DomainError | None = None,
    place: int | None = None,
) -> Response:
    """Show a page of the form: what stands in the draft, or what was sent and could not be kept."""
    fields = contents.of_stage(_known(stage))
    items = content.get(ITEMS) or []
    if place is not None and not 0 <= place < len(items):
        raise NotFound
    stands: Mapping[str, Any] = content if stage != ITEMS else items[place] if place is not None else {}
    wrong = contents.faults_of(content, stage, place) if "check" in request.args else {}
    if isinstance(refusal, FaultyDirectory):
        wrong = {refusal.first.split("/")[-1]: acts.said(refusal.first_code), **wrong}
    own = url_for(request.endpoint or "", **(request.view_args or {}))
    return working.page(
        "steward/draft.html",
        acts.kindly(refusal),
        here="directory_lists.listed",
        code=code,
        number=number,
        stage=stage,
        stages=list(contents.stages()),
        entries=[*contents.entries(fields, stands, wrong), *([] if code else [_given_code()])],
        theirs=_theirs(fields, stands) if isinstance(refusal, PreconditionFailed) else {},
        version=version,
        action=own,
        place=place,
        items=contents.item_rows(content) if stage == ITEMS else [],
        item_columns=contents.item_columns(),
        name=str(content.get("name") or ""),
        wrong=wrong,
    )


def _given_code() -> Entry:
    """Give the field for a code that the site gave out before; left empty, the platform numbers it."""
    return acts.filled_in([Entry("code", hint="given_code")])[0]


def _theirs(fields: Mapping[str, Any], stands: Mapping[str, Any]) -> dict[str, Cell]:
    """Show what stands in the draft now, for each field in which that differs from what was sent."""
    mine = contents.filled(fields)
    return {
        name: contents.cell(field, stands.get(name))
        for name, field in fields.items()
        if mine.get(name) != (None if form.blank(stands.get(name)) else stands.get(name))
    }
