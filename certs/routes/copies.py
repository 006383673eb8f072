"""Copies below `/api/v1`: asked for with a purpose, and taken once from a link."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, request

from base import clock
from base.api import Blueprint
from base.callers import Caller
from base.db import Database
from base.web import caller, gives, guarded, parts, takes, transacts
from certs.copies import copies
from certs.copies.edges import Answer, Asked, Copier
from certs.copies.schemas import CopyAnswerSchema, CopyQuestionSchema
from certs.copies.wiring import Copying
from certs.queries import outcomes
from certs.wiring import Certs
from exchange.door.wiring import Gateway
from keys.authority.wiring import Authority
from signing.edges import Sealer
from signing.wiring import Signing

copy_routes = Blueprint("certificate-copies", __name__, description="加注件 · copies")

WINDOWS: Final = frozenset({"window"})
ONCE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_FILE: Final[Any] = {"type": "string", "format": "binary"}


@copy_routes.route("/certificate-copies", methods=["POST"])
@guarded(scope="cert:read", roles=WINDOWS)
@transacts
@takes(CopyQuestionSchema)
@gives(CopyAnswerSchema)
def make(database: Database, told: dict[str, Any]) -> dict[str, Any]:
    """Make a copy for one purpose, marked with it, sealed with the platform's service seal; its link works once."""
    asked = Asked(told["identifier"], told["purpose"], _body(), told["format"], told["days"])
    return _shown(asked, _copier(database, caller()).make(asked))


@copy_routes.route("/copies/<string:token>", methods=["GET"])
@guarded(scope="cert:read", roles=WINDOWS)
@gives(_FILE, content_type="application/octet-stream")
def take(token: str) -> Response:
    """Hand the copy out to the organisation that asked for it, once and within ten minutes."""
    database, keys, by, at = parts(Database), parts(Certs).keys, caller(), clock.now()
    if request.method == "HEAD":
        # Mail programs and browsers look before somebody opens; looking does not use the link up.
        with database.reading() as session:
            row = copies.standing(session, keys, token, by, at)
        return Response(status=200, mimetype=copies.MEDIA_TYPES[row.format], headers=ONCE)
    with database.transaction() as session:
        fetched = copies.fetch(session, keys, token, by, at)
    response = Response(fetched.document, mimetype=copies.MEDIA_TYPES[fetched.format], headers=ONCE)
    response.headers.set("Content-Disposition", "attachment", filename=fetched.name)
    return response


def _copier(database: Database, by: Caller) -> Copier:
    def sealer(platform: Caller) -> Sealer:
        return Sealer(database, parts(Signing), parts(Authority), platform, clock.now)

    return Copier(database, parts(Certs), parts(Copying), parts(Gateway), sealer, by, clock.now)


def _body() -> Mapping[str, Any]:
    told: Mapping[str, Any] = request.get_json()
    return told


def _shown(asked: Asked, answer: Answer) -> dict[str, Any]:
    made = answer.copy
    return {
        "outcome": answer.outcome.value,
        "reason": outcomes.reason(answer.reason),
        "usage_id": answer.usage,
        "identifier": asked.identifier,
        "status": answer.status,
        "copy": made
        and {
            **{name: getattr(made, name) for name in ("id", "format", "link_ends_at", "expires_at", "sm3")},
            "original_sm3": made.original_sm3,
            "size": made.size,
            "link": f"/api/v1/copies/{answer.token}",
        },
    }
