"""Looking certificates up below `/api/v1`: for a purpose that is granted, on record before it is answered."""

from typing import Any

from flask import Response, request

from base import clock
from base.acting import request_id
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, limited, parts, takes
from certs.libraries.peer import PASSED_ON
from certs.queries import answering
from certs.queries.calls import Call
from certs.queries.schemas import CertificateAnswerSchema, CertificateQuerySchema
from certs.queries.wiring import Queries
from exchange.door.edges import attempts_recorded, judged_signature

certificate_queries = Blueprint("certificate-queries", __name__, description="用证查询 · looking certificates up")

# A clerk at a window, who works for a matter; what may be asked for is decided by the grant.
CLERKS = {"window"}
# A hundred queries with fields of their own.
BODY_BYTES = 256 * 1024


@certificate_queries.route("/certificate-queries", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="cert:read", roles=CLERKS)
@attempts_recorded
@takes(CertificateQuerySchema)
@gives(CertificateAnswerSchema)
def query(asked: dict[str, Any]) -> Response:
    """Look certificates up for a purpose: by identifier, by holder, by type and number, or up to a hundred · 用证查询.

    An Idempotency-Key is not honoured: an answer that is kept would be somebody's data, kept.
    """
    call = Call(
        caller(),
        asked["queries"],
        asked["purpose"],
        clock.now(),
        asked["is_batch"],
        asked["told_purpose"],
        request_id(),
        is_passed_on=PASSED_ON in request.headers,
    )
    told = answering.answer(parts(Database), parts(Queries), call, judged_signature)
    return Response(told, content_type="application/json")
