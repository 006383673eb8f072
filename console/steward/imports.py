"""The desk of imports: a workbook in, its rows judged cell by cell, mended here or in the workbook, then applied."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock, problems
from base.api import MalformedRequest
from base.db import Database
from base.errors import DomainError
from base.paging import Pager
from base.web import caller, limited, parts
from console import working
from console.login import for_people
from console.steward import acts, shown
from console.steward.shown import Act, Cell, Column, Entry
from exchange.imports import applying, columns, returning, staging, tables, uploads, workbook
from exchange.imports.models import FILE_NAME_LENGTH, ROW_STATES, DirectoryImport, ImportRow
from exchange.imports.schemas import ImportRowQuery, RowCorrectionSchema
from exchange.imports.standing import Standing, settle, standings
from exchange.imports.tables import BYTES_LIMIT

import_pages = Blueprint("import_pages", __name__)
BLUEPRINTS = (import_pages,)

STEWARDS = {"steward"}
# The file, with the lines around it that multipart adds.
BODY_LIMIT: Final = BYTES_LIMIT + 16 * 1024
PLACE = "/console/imports/<import_id>"
APPLY, DROP = "apply", "drop"
# What a row tells beside its cells.
CELL: Final = "cell."


@import_pages.get("/console/imports")
@for_people(STEWARDS)
def listed() -> Response:
    """List the imports of the caller's organisation, the newest first."""
    with parts(Database).reading() as session:
        query = select(DirectoryImport).where(DirectoryImport.organisation == caller().organisation)
        found = session.scalars(query.order_by(DirectoryImport.created_at.desc(), DirectoryImport.id)).all()
        counted = uploads.counts(session, [each.id for each in found])
        standing = standings(session, found)
        rows = [
            [
                shown.link(each.file_name or each.id, url_for("import_pages.one", import_id=each.id)),
                shown.state(standing[each.id].state),
                *(shown.text(counted[each.id][name]) for name in ROW_STATES),
                shown.time(each.created_at),
            ]
            for each in found
        ]
    counts = [Column(f"rows_{name}", number=True) for name in ROW_STATES]
    links = [("upload", url_for("import_pages.form")), ("template", url_for("import_pages.template"))]
    return shown.listing("imports", [Column("file"), Column("state"), *counts, Column("since")], rows, links=links)


@import_pages.get("/console/imports/template")
@for_people(STEWARDS)
def template() -> Response:
    """Give the empty workbook, with drop-downs and code tables."""
    return _attached(workbook.template(), "directories-template.xlsx")


@import_pages.get("/console/imports/new")
@for_people(STEWARDS)
def form() -> Response:
    """Show the form for a file."""
    return _form()


@import_pages.post("/console/imports/new")
@limited(BODY_LIMIT)
@for_people(STEWARDS)
def take_in() -> Response:
    """Take a workbook, a table or a catalogue in; nothing is live before it is applied."""

    def act(session: Session) -> Response:
        sent = request.files.get("file")
        content = sent.read() if sent is not None else b""
        if sent is None or not content:
            raise MalformedRequest("no file was sent")
        table = tables.read(content)
        of = uploads.receive(session, table, content, (sent.filename or "")[:FILE_NAME_LENGTH], caller(), clock.now())
        staging.begin(session, of, table.expected, caller(), clock.now())
        return working.leads("import_pages.one", done="taken_in", import_id=of.id)

    return acts.done(act, _form)


@import_pages.get(PLACE)
@for_people(STEWARDS)
def one(import_id: str) -> Response:
    """Show an import, and its rows with what is wrong in each cell."""
    told = shown.asked(ImportRowQuery)
    with parts(Database).reading() as session:
        of = uploads.import_of(session, import_id, caller())
        standing = standings(session, [of])[of.id]
        counted = uploads.counts(session, [of.id])[of.id]
        query = select(ImportRow).where(ImportRow.import_id == of.id)
        if told["state"] is not None:
            query = query.where(ImportRow.state == told["state"])
        page = parts(Pager).page(session, query, (ImportRow.number,), told["page"], f"import-rows:{of.id}")
        rows = [_row(of.id, each) for each in page.items]
        return shown.listing(
            "import",
            [Column(key) for key in ("number", "state", "title", "faults", "directory")],
            rows,
            next_cursor=page.next_cursor,
            template="steward/import.html",
            file=of.file_name,
            standing=standing,
            stands=shown.state(standing.state),
            problem=_worded(standing),
            remarks=of.remarks,
            acts=_acts(of, standing, counted),
            workbook=url_for("import_pages.returned", import_id=of.id),
            facets=[("state", shown.facet("state", {k: v for k, v in counted.items() if v}, told["state"]))],
        )


@import_pages.get(f"{PLACE}/workbook")
@for_people(STEWARDS)
def returned(import_id: str) -> Response:
    """Give the workbook back, its faulty cells red and with a comment."""
    with parts(Database).reading() as session:
        of = uploads.import_of(session, import_id, caller())
        return _attached(returning.workbook_of(session, of), f"directories-{of.id[:8]}.xlsx")


@import_pages.get(f"{PLACE}/rows/<int:number>")
@for_people(STEWARDS)
def row_form(import_id: str, number: int) -> Response:
    """Show the cells of a row, to be mended in place."""
    return _row_page(import_id, number)


@import_pages.post(f"{PLACE}/rows/<int:number>")
@for_people(STEWARDS)
def correct(import_id: str, number: int) -> Response:
    """Correct cells of a row, if nobody else did meanwhile, and judge it again."""

    def act(session: Session) -> Response:
        by, at = caller(), clock.now()
        of = uploads.import_of(session, import_id, by, locked=True)
        settle(session, of, at)
        row = uploads.row_of(session, of, number, locked=True)
        acts.require_unchanged(row.version)
        before = row.told.get("cells", {})
        sent = {name.removeprefix(CELL): text for name, text in request.form.items() if name.startswith(CELL)}
        changed = {name: text for name, text in sent.items() if text != before.get(name, "")}
        told = working.loaded(RowCorrectionSchema(), {"cells": changed})
        row = uploads.correct(session, of, row, told["cells"], told["items"], by, at)
        if row.state == "error":
            return working.leads("import_pages.row_form", done="row_kept", import_id=import_id, number=number)
        return working.leads("import_pages.one", done="row_kept", import_id=import_id)

    return acts.done(act, lambda refusal: _row_page(import_id, number, refusal))


@import_pages.get(f"{PLACE}/acts/<step>")
@for_people(STEWARDS)
def act_form(import_id: str, step: str) -> Response:
    """Ask whether the good rows are to be applied, or the import thrown away."""
    return _act_page(import_id, step)


@import_pages.post(f"{PLACE}/acts/<step>")
@for_people(STEWARDS)
def act(import_id: str, step: str) -> Response:
    """Do it."""
    acts.among({APPLY: None, DROP: None}, step)

    def taken(session: Session) -> Response:
        of = uploads.import_of(session, import_id, caller(), locked=True)
        settle(session, of, clock.now())
        if step == APPLY:
            applying.apply(session, of, caller(), clock.now())
            return working.leads("import_pages.one", done="applying", import_id=import_id)
        uploads.drop(session, of, caller(), clock.now())
        return working.leads("import_pages.listed", done="dropped")

    return acts.done(taken, lambda refusal: _act_page(import_id, step, refusal))


def _row(import_id: str, row: ImportRow) -> list[Cell]:
    language = problems.language()
    faults = [str(each[language]) for each in row.faults]
    mended = row.state != "applied"
    href = url_for("import_pages.row_form", import_id=import_id, number=row.number)
    directory = url_for("directory_pages.one", code=row.directory) if row.directory else ""
    return [
        shown.link(str(row.number), href) if mended else shown.text(row.number),
        shown.state(row.state),
        shown.text(row.name),
        Cell("list", faults) if faults else shown.text(""),
        shown.link(row.directory, directory) if row.directory else shown.text(row.code),
    ]


def _row_page(import_id: str, number: int, refusal: DomainError | None = None) -> Response:
    language = problems.language()
    with parts(Database).reading() as session:
        of = uploads.import_of(session, import_id, caller())
        row = uploads.row_of(session, of, number)
        cells: Mapping[str, str] = row.told.get("cells", {})
        wrong = {each["field"]: each[language] for each in row.faults}
        entries = [
            Entry(
                CELL + each.name,
                "textarea" if each.field is not None and each.field.kind == "long" else "text",
                cells.get(each.name, ""),
                label=each.zh if language == "zh" else each.en,
            )
            for each in columns.table_columns()
            if each.name != columns.ITEMS
        ]
        filled = [
            Entry(e.name, e.kind, e.value, e.choices, e.label, e.hint, wrong.get(e.name.removeprefix(CELL), e.error))
            for e in acts.filled_in(entries, refusal)
        ]
        loose = [each[language] for each in row.faults if not any(e.name == CELL + each["field"] for e in filled)]
        facts = [("state", shown.state(row.state)), *([("faults", Cell("list", loose))] if loose else [])]
        back = url_for("import_pages.one", import_id=import_id)
        seen = Entry(acts.SEEN, "hidden", str(row.version))
        return acts.page("imports", "mend", row.name or str(number), back, [], refusal, facts, fixed=[seen, *filled])


def _acts(of: DirectoryImport, standing: Standing, counted: Mapping[str, int]) -> list[Act]:
    def act(step: str, *, danger: bool = False) -> Act:
        return Act(step, url_for("import_pages.act_form", import_id=of.id, step=step), danger)

    applies = standing.state not in {"reading", "applying"} and counted["new"] + counted["changed"]
    drops = standing.state != "applying"
    return [*([act(APPLY)] if applies else []), *([act(DROP, danger=True)] if drops else [])]


def _act_page(import_id: str, step: str, refusal: DomainError | None = None) -> Response:
    acts.among({APPLY: None, DROP: None}, step)
    with parts(Database).reading() as session:
        of = uploads.import_of(session, import_id, caller())
        counted = uploads.counts(session, [of.id])[of.id]
        facts = [(f"rows_{name}", shown.text(counted[name])) for name in ROW_STATES]
        back = url_for("import_pages.one", import_id=import_id)
        return acts.page("imports", step, of.file_name or of.id, back, [], refusal, facts, danger=step == DROP)


def _form(refusal: DomainError | None = None) -> Response:
    back = url_for("import_pages.listed")
    return acts.page("imports", "take_in", "", back, [Entry("file", "file", hint="file")], refusal)


def _worded(standing: Standing) -> str:
    """Say why a file could not be read to its end."""
    if standing.problem is None:
        return ""
    said = problems.words()[standing.problem["code"]][problems.language()]
    told = f"{said['detail']} {said['fix']}"
    for name, value in standing.problem["facts"].items():
        told = told.replace("{" + name + "}", str(value))
    return told


def _attached(content: Any, name: str) -> Response:
    response = Response(content, content_type=workbook.MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
