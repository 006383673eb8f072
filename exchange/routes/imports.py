"""Imports of directories below `/api/v1`: a file in, its rows judged, the same workbook back, good rows applied."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock, problems
from base.api import Blueprint, MalformedRequest
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, require_match, tagged, takes, transacts, writes
from exchange.imports import applying, returning, staging, tables, uploads, workbook
from exchange.imports.models import DirectoryImport, ImportRow
from exchange.imports.schemas import (
    ApplicationSchema,
    DirectoryImportSchema,
    DirectoryImportsSchema,
    ImportFileQuery,
    ImportRowPage,
    ImportRowQuery,
    ImportRowSchema,
    RowCorrectionSchema,
)
from exchange.imports.standing import Standing, settle, standings
from exchange.imports.tables import BYTES_LIMIT

imports = Blueprint("directory-imports", __name__, description="目录导入 · imports of directories")

STEWARDS = {"steward"}
SCOPE = "directory:write"
# The file, with the lines around it that multipart adds.
BODY_LIMIT = BYTES_LIMIT + 16 * 1024
PLACE = "/directory-imports/<import_id>"
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_PART = {"schema": {"type": "object", "properties": {"file": _BYTES["schema"]}, "required": ["file"]}}
_BINARY: Any = {"type": "string", "format": "binary"}
FILE = {
    "required": True,
    "content": {
        workbook.MEDIA_TYPE: _BYTES,
        "text/csv": _BYTES,
        "text/turtle": _BYTES,
        "application/ld+json": _BYTES,
        "multipart/form-data": _PART,
    },
}


@imports.route("/directory-imports/template", methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@gives(_BINARY, content_type=workbook.MEDIA_TYPE)
def template() -> Response:
    """Give the empty workbook, with drop-downs and code tables."""
    return attached(workbook.template(), "directories-template.xlsx", workbook.MEDIA_TYPE)


@imports.route("/directory-imports", methods=["POST"])
@guarded(scope=SCOPE, roles=STEWARDS)
@limited(BODY_LIMIT)
@transacts
@takes(ImportFileQuery, "query")
@gives(DirectoryImportSchema, 202)
@imports.doc(requestBody=FILE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def take_in(database: Database, asked: dict[str, str]) -> dict[str, Any]:
    """Take a workbook, a table or a catalogue in; its rows are judged afterwards, and live only when applied."""
    content, name = _sent(asked["file_name"])
    table = tables.read(content)
    with database.transaction() as session:
        by, at = caller(), clock.now()
        of = uploads.receive(session, table, content, name, by, at)
        staging.begin(session, of, table.expected, by, at)
        return _told(session, of)


@imports.route("/directory-imports", methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@reads
@gives(DirectoryImportsSchema)
def listed(session: Session) -> dict[str, Any]:
    """List the imports of the caller's organisation, the newest first."""
    query = select(DirectoryImport).where(DirectoryImport.organisation == caller().organisation)
    found = session.scalars(query.order_by(DirectoryImport.created_at.desc(), DirectoryImport.id)).all()
    counted = uploads.counts(session, [each.id for each in found])
    standing = standings(session, found)
    return {"items": [_shown(each, counted[each.id], standing[each.id]) for each in found]}


@imports.route(PLACE, methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@reads
@gives(DirectoryImportSchema)
def one(session: Session, import_id: str) -> dict[str, Any]:
    """Give one import and how far it is."""
    return _told(session, uploads.import_of(session, import_id, caller()))


@imports.route(PLACE, methods=["DELETE"])
@guarded(scope=SCOPE, roles=STEWARDS)
@writes
@gives(None, 204)
def drop(session: Session, import_id: str) -> None:
    """Throw an import away; what was applied stays."""
    of = uploads.import_of(session, import_id, caller(), locked=True)
    settle(session, of, clock.now())
    uploads.drop(session, of, caller(), clock.now())


@imports.route(f"{PLACE}/rows", methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@reads
@takes(ImportRowQuery, "query")
@gives(ImportRowPage)
def rows(session: Session, asked: dict[str, Any], import_id: str) -> Page[ImportRow]:
    """List the rows of an import, all or those of one state."""
    of = uploads.import_of(session, import_id, caller())
    query = select(ImportRow).where(ImportRow.import_id == of.id)
    if asked["state"] is not None:
        query = query.where(ImportRow.state == asked["state"])
    return parts(Pager).page(session, query, (ImportRow.number,), asked["page"], f"import-rows:{of.id}")


@imports.route(f"{PLACE}/rows/<int:number>", methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@reads
@gives(ImportRowSchema)
def row(session: Session, import_id: str, number: int) -> ImportRow:
    """Give one row."""
    of = uploads.import_of(session, import_id, caller())
    return _tagged(uploads.row_of(session, of, number))


@imports.route(f"{PLACE}/rows/<int:number>", methods=["PATCH"])
@guarded(scope=SCOPE, roles=STEWARDS)
@writes
@takes(RowCorrectionSchema)
@gives(ImportRowSchema)
def correct(session: Session, told: dict[str, Any], import_id: str, number: int) -> ImportRow:
    """Correct cells of a row and judge it again; If-Match names the version of the row it was made from."""
    by, at = caller(), clock.now()
    of = uploads.import_of(session, import_id, by, locked=True)
    settle(session, of, at)
    found = uploads.row_of(session, of, number, locked=True)
    require_match(_tag(found))
    return _tagged(uploads.correct(session, of, found, told["cells"], told["items"], by, at))


@imports.route(f"{PLACE}/workbook", methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@reads
@gives(_BINARY, content_type=workbook.MEDIA_TYPE)
def returned(session: Session, import_id: str) -> Response:
    """Give the workbook back, its faulty cells red and with a comment."""
    of = uploads.import_of(session, import_id, caller())
    return attached(returning.workbook_of(session, of), f"directories-{of.id[:8]}.xlsx", workbook.MEDIA_TYPE)


@imports.route(f"{PLACE}/applications", methods=["POST"])
@guarded(scope=SCOPE, roles=STEWARDS)
@writes
@gives(ApplicationSchema, 202)
def apply(session: Session, import_id: str) -> dict[str, Any]:
    """Have the new and changed rows applied as drafts; faulty ones stay for correction."""
    of = uploads.import_of(session, import_id, caller(), locked=True)
    settle(session, of, clock.now())
    task = applying.apply(session, of, caller(), clock.now())
    return {"task": task, "state": of.state}


def attached(content: Any, name: str, media_type: str) -> Response:
    """Give bytes as a file to be kept."""
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _sent(name: str) -> tuple[bytes, str]:
    if request.mimetype == "multipart/form-data":
        sent = request.files.get("file")
        content, name = (sent.read(), name or sent.filename or "") if sent is not None else (b"", name)
    else:
        content = request.get_data()
    if not content:
        raise MalformedRequest("no file was sent")
    return content, name


def _told(session: Session, of: DirectoryImport) -> dict[str, Any]:
    return _shown(of, uploads.counts(session, [of.id])[of.id], standings(session, [of])[of.id])


def _shown(of: DirectoryImport, counted: dict[str, int], standing: Standing) -> dict[str, Any]:
    told: dict[str, Any] = {"rows": counted, "state": standing.state, "problem": _worded(standing.problem)}
    told["progress"] = None if standing.done is None else {"done": standing.done, "total": standing.total}
    members = {name: getattr(of, name) for name in DirectoryImportSchema().fields if name not in told}
    return {**members, **told}


def _worded(problem: dict[str, Any] | None) -> dict[str, str] | None:
    """Say a refusal that was kept, as it would have been answered."""
    if problem is None:
        return None
    said = problems.words()[problem["code"]]
    return {"code": problem["code"], **{each: _filled(said[each], problem["facts"]) for each in problems.LANGUAGES}}


def _filled(words: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    """Say in one line what happened and what can be done."""
    text = f"{words['detail']} {words['fix']}"
    for name, value in facts.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def _tagged(found: ImportRow) -> ImportRow:
    tagged(_tag(found))
    return found


def _tag(found: ImportRow) -> str:
    return f"import-row:{found.import_id}:{found.number}:{found.version}"
