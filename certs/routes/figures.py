"""The figures of a month below `/api/v1/figures`, as JSON and as a table; what is said of a use, and its answer."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs.figures import csv_table, reading
from certs.figures.figures import FIGURES
from certs.figures.reading import Table
from certs.figures.schemas import FiguresQuery, FiguresSchema, FiguresTableQuery
from certs.figures.wiring import Figures
from certs.holders import voices
from certs.holders.schemas import UseEvaluationAnswerSchema, UseEvaluationSchema
from certs.wiring import Certs

figure_routes = Blueprint("figures", __name__, description="通报指标 · figures for leaders")

# Counts alone, of everybody and of nobody in particular: whoever leads, audits or runs the site may compare.
READERS: Final = frozenset({"authority", "auditor", "operator"})
ANSWERING: Final = frozenset({"window", "requester"})
USE: Final = "/usages/<string:usage>"
_TEXT: Final[Any] = {"type": "string"}


@figure_routes.route("/figures", methods=["GET"])
@guarded(roles=READERS)
@reads
@takes(FiguresQuery, location="query")
@gives(FiguresSchema)
def figures(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Give the figures of a month by city, county or department, ranked, with the month before."""
    table = _table(session, asked)
    return {
        "month": str(table.month),
        "by": table.by,
        "order": table.order,
        "counted_at": table.standing.counted_at,
        "waiting": table.standing.waiting,
        "figures": FIGURES,
        "total": table.total,
        "items": table.lines,
    }


@figure_routes.route("/figures/table", methods=["GET"])
@guarded(roles=READERS)
@reads
@takes(FiguresTableQuery, location="query")
@gives(_TEXT, content_type="text/csv")
def table(session: Session, asked: dict[str, Any]) -> Response:
    """Give the same as CSV, for a spreadsheet."""
    found = _table(session, asked)
    response = Response(csv_table.written(found, asked["language"]), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"figures-{found.month}-{found.by.value}.csv")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@figure_routes.route(f"{USE}/evaluations", methods=["POST"])
@guarded(scope="cert:read", roles={"window"})
@writes
@takes(UseEvaluationSchema)
@gives(None, 204)
def evaluate(session: Session, told: dict[str, Any], usage: str) -> None:
    """Keep at the window what the person there says of a use that this organisation made (好差评), once."""
    voices.evaluate_for(session, usage, told["level"], told["text"], caller(), clock.now())


@figure_routes.route(f"{USE}/evaluation-answers", methods=["POST"])
@guarded(scope="cert:read", roles=ANSWERING)
@writes
@takes(UseEvaluationAnswerSchema)
@gives(None, 204)
def answer(session: Session, told: dict[str, Any], usage: str) -> None:
    """Answer a bad evaluation of a use of one's organisation: what was found, and what was put right."""
    voices.answer(session, parts(Certs).keys, usage, told["text"], caller(), clock.now())


def _table(session: Session, asked: dict[str, Any]) -> Table:
    return reading.table(session, parts(Figures), asked["month"], asked["by"], asked["order"], clock.now())
