"""Matters brought as tables, below `/api/v1`: files that are sent, or the front library of the site."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, MalformedRequest
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from base.workdays import local_day
from certs.filing.matters import import_files, importing
from certs.filing.matters.import_files import BYTES_LIMIT, MOST_FILES, File
from certs.filing.matters.import_tables import Read
from certs.filing.matters.importing import Source
from certs.filing.matters.schemas import ImportQuery, MatterImportSchema
from certs.filing.matters.wiring import FrontLibrary
from certs.wiring import Certs
from exchange.imports import workbook
from keys.parties.errors import TableTooLarge

matter_imports = Blueprint("matter-imports", __name__, description="事项导入 · matters brought as tables")

SPEAKERS = {"steward", "authority"}
AUTHORITY = {"authority"}
# Several files, with the lines around them that multipart adds.
BODY_LIMIT = MOST_FILES * BYTES_LIMIT + 64 * 1024
_BYTES = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
_BINARY: Any = {"type": "string", "format": "binary"}
_FILES = {"type": "array", "items": _BYTES["schema"]}
_PARTS = {"schema": {"type": "object", "properties": {"file": _FILES}, "required": ["file"]}}
FILE = {"required": True, "content": {"text/csv": _BYTES, "multipart/form-data": _PARTS}}


@matter_imports.route("/matter-imports", methods=["POST"])
@guarded(roles=SPEAKERS)
@limited(BODY_LIMIT)
@writes
@takes(ImportQuery, location="query")
@gives(MatterImportSchema)
@matter_imports.doc(requestBody=FILE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def bring(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Bring matters as CSV or workbooks, own or national tables; a dry run unless it is told · 导入事项."""
    files = _sent()
    tables = [each for file in files for each in import_files.read(file)]
    return _taken_in(session, tables, "、".join(each.name for each in files)[:200], asked)


@matter_imports.route("/matter-imports/front-library", methods=["POST"])
@guarded(roles=AUTHORITY)
@writes
@takes(ImportQuery, location="query")
@gives(MatterImportSchema)
def bring_from_front_library(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Bring the task tables of the site's front library · 从前置库导入事项."""
    with parts(FrontLibrary).reading() as connection:
        tables = import_files.of_database(connection)
    return _taken_in(session, tables, "政务服务前置库", asked)


@matter_imports.route("/matter-imports/workbook", methods=["POST"])
@guarded(roles=SPEAKERS)
@limited(BODY_LIMIT)
@reads
@takes(ImportQuery, location="query")
@gives(_BINARY, content_type=workbook.MEDIA_TYPE)
@matter_imports.doc(requestBody=FILE)  # type: ignore[untyped-decorator] # flask-smorest has no types
def look_through(session: Session, asked: dict[str, Any]) -> Response:
    """Look through one workbook, and give it back with its faulty cells red; nothing is taken in · 标红退回."""
    file, *more = _sent()
    if more:
        raise MalformedRequest("one workbook is looked through at a time")
    at = clock.now()
    source = Source(file.name, asked["effective_from"] or local_day(at), dry_run=True)
    report = importing.take_in(session, import_files.read(file), parts(Certs).types, source, caller(), at)
    found = import_files.marked(file, report.faults)
    if found is None:
        raise TableTooLarge("cells", workbook.MARKED_CELLS_LIMIT)
    response = Response(found, content_type=workbook.MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="matters-looked-through.xlsx"'
    return response


def _taken_in(session: Session, tables: Sequence[Read], name: str, asked: dict[str, Any]) -> dict[str, Any]:
    at = clock.now()
    source = Source(name, asked["effective_from"] or local_day(at), asked["dry_run"])
    report = importing.take_in(session, tables, parts(Certs).types, source, caller(), at)
    faults = [{**vars(each), "zh": each.words[0], "en": each.words[1]} for each in report.faults]
    return {**vars(report), "faults": [{**each, "table": each["table"].value} for each in faults]}


def _sent() -> list[File]:
    """Give the files of the body, or the body as one file. Raises `MalformedRequest`."""
    if request.mimetype == "multipart/form-data":
        sent = request.files.getlist("file")
        if len(sent) > MOST_FILES:
            raise MalformedRequest(f"more than {MOST_FILES} files were sent")
        found = [File(_printable(each.filename or ""), each.read()) for each in sent]
    else:
        found = [File("", request.get_data())]
    if not found or not all(each.content for each in found):
        raise MalformedRequest("no file was sent, or an empty one")
    return found


def _printable(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[:100]
