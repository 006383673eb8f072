"""Comparing with certificates below `/api/v1`: yes or no, signed, on record, and no data."""

from typing import Any

from flask import Response

from base import clock
from base.acting import request_id
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, limited, parts, takes
from certs.comparing.checking import Checking
from certs.comparing.schemas import CertificateCheckAnswerSchema, CertificateCheckSchema
from certs.queries import answering
from certs.queries.calls import Call
from certs.queries.wiring import Queries
from exchange.door.edges import attempts_recorded, judged_signature

certificate_checks = Blueprint("certificate-checks", __name__, description="证照核验比对 · comparing with certificates")

CLERKS = {"window"}
BODY_BYTES = 64 * 1024


@certificate_checks.route("/certificate-checks", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="cert:read", roles=CLERKS)
@attempts_recorded
@takes(CertificateCheckSchema)
@gives(CertificateCheckAnswerSchema)
def check(asked: dict[str, Any]) -> Response:
    """Compare with a certificate, or ask a predicate of it, and get a signed yes or no · 证照核验比对."""
    told = asked["told_purpose"]
    call = Call(
        caller(),
        (asked["query"],),
        asked["purpose"],
        clock.now(),
        told_purpose=told,
        request_id=request_id(),
        compares=True,
    )
    checking = Checking(parts(Queries), call, asked["checks"])
    answered = answering.answer(parts(Database), parts(Queries), call, judged_signature, checking)
    return Response(answered, content_type="application/json")
