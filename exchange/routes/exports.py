"""Directories given out below `/api/v1`: as a table, as the workbook that can be taken in again, as a catalogue."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, parts, reads, takes
from exchange.exports import dcat, reading, tables
from exchange.imports import columns, workbook
from exchange.imports.schemas import CatalogueQuery, ExportQuery
from exchange.imports.tables import ROWS_LIMIT
from exchange.routes.directories import READERS
from exchange.routes.imports import SCOPE, STEWARDS, attached
from keys.parties.errors import TableTooLarge
from keys.parties.wiring import Parties

exports = Blueprint("directory-exports", __name__, description="目录导出 · exports of directories")

_BINARY: Any = {"type": "string", "format": "binary"}
_TEXT: Any = {"type": "string"}
_CATALOGUE: Any = {"type": "object"}
CSV_TYPE = {"utf-8": "text/csv; charset=utf-8", "gb18030": "text/csv; charset=gb18030"}


@exports.route("/directory-exports/table", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@takes(ExportQuery, "query")
@gives(_TEXT, content_type="text/csv")
def table(asked: dict[str, Any]) -> Response:
    """Give published directories as CSV, in UTF-8 or GB 18030."""
    encoding, owner = asked["encoding"], asked["owner"]

    def written(session: Session) -> Iterator[bytes]:
        yield from tables.comma_separated(reading.published(session, owner), encoding)

    return attached(_streamed(written), "directories.csv", CSV_TYPE[encoding])


@exports.route("/directory-exports/workbook", methods=["GET"])
@guarded(scope=SCOPE, roles=STEWARDS)
@reads
@gives(_BINARY, content_type=workbook.MEDIA_TYPE)
def own_workbook(session: Session) -> Response:
    """Give the caller's own directories as the workbook that an import takes in."""
    return attached(workbook.filled(_rows(session)), "directories.xlsx", workbook.MEDIA_TYPE)


@exports.route("/directory-exports/catalogue", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@takes(CatalogueQuery, "query")
@gives(_CATALOGUE, content_type="application/ld+json")
def catalogue(asked: dict[str, Any]) -> Response:
    """Give every published directory as a DCAT-AP catalogue, in JSON-LD or Turtle.

    What is named below the site's configured address keeps its name, by whichever name the site was called.
    """
    write, base, organisation = dcat.WRITERS[asked["form"]], parts(Parties).issuer, caller().organisation

    def written(session: Session) -> Iterator[bytes]:
        for text in write(reading.facts(session, organisation, base), reading.published(session)):
            yield text.encode()

    return Response(_streamed(written), content_type=dcat.MEDIA_TYPES[asked["form"]])


def _rows(session: Session) -> Iterator[workbook.Row]:
    for place, (code, content) in enumerate(reading.own(session, caller().organisation)):
        if place == ROWS_LIMIT:
            raise TableTooLarge("rows", ROWS_LIMIT)
        items = [columns.item_cells_of(each) for each in content.get("items") or ()]
        yield {columns.CODE: code, **columns.cells_of(content)}, items


def _streamed(written: Callable[[Session], Iterator[bytes]]) -> Iterator[bytes]:
    """Write on a session of its own, which lives as long as the answer is being sent."""
    database = parts(Database)

    def pieces() -> Iterator[bytes]:
        with database.reading() as session:
            yield from written(session)

    return pieces()
