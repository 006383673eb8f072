"""What anyone may ask: revocation lists, certificates of authorities, OCSP, time stamps; RFC bytes in and out."""

from datetime import timedelta
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, limited, open_to_all, parts, reads, tagged, takes
from keys.algorithms import pem
from keys.authority import edges, ocsp_requests, revocation_lists
from keys.authority.errors import MalformedOcspRequest
from keys.authority.ocsp import Answered
from keys.authority.ocsp_answers import Refusal, refused
from keys.authority.records import chain_of
from keys.authority.schemas import FormatQuery
from keys.authority.wiring import Authority
from keys.revocation_lists import PEM_LABEL

published = Blueprint("published", __name__, description="撤销列表、OCSP、时间戳 · lists, OCSP, time stamps")

CRL_TYPE = "application/pkix-crl"
CERTIFICATE_TYPE = "application/pkix-cert"
PEM_TYPE = "application/x-pem-file"
OCSP_QUESTION, OCSP_ANSWER = "application/ocsp-request", "application/ocsp-response"
STAMP_QUESTION, STAMP_ANSWER = "application/timestamp-query", "application/timestamp-reply"
# Requests have some hundred bytes; above their own limits they are refused in their own words, above this by HTTP.
BODY_LIMIT = 1 << 16
# How long a cache may keep a list or a certificate: a revocation must not be told an hour later than it could be.
KEPT_MOST = timedelta(minutes=10)
_BINARY = {"type": "string", "format": "binary"}


@published.route("/crl/<issuer>", methods=["GET"])
@open_to_all
@reads
@takes(FormatQuery, "query")
@gives(_BINARY, content_type=CRL_TYPE)  # type: ignore[arg-type] # bytes have no marshmallow schema
def revocation_list(session: Session, told: dict[str, Any], issuer: str) -> Response:
    """Give the newest revocation list of an authority, in DER or PEM."""
    found, at = revocation_lists.latest(session, issuer), clock.now()
    as_pem = _as_pem(told)
    tagged(f"crl:{issuer}:{found.number}:{as_pem}")
    data = found.der or b""
    response = Response(pem.written(PEM_LABEL, data) if as_pem else data, mimetype=PEM_TYPE if as_pem else CRL_TYPE)
    response.last_modified = found.this_update
    response.expires = found.next_update
    return _cached(response, found.next_update - at)


@published.route("/authority/authorities/<authority>/certificate", methods=["GET"])
@open_to_all
@reads
@takes(FormatQuery, "query")
@gives(_BINARY, content_type=CERTIFICATE_TYPE)  # type: ignore[arg-type] # bytes have no marshmallow schema
def own_certificate(session: Session, told: dict[str, Any], authority: str) -> Response:
    """Give an authority's own certificate in DER, or its whole chain in PEM."""
    chain = chain_of(session, authority)
    as_pem = _as_pem(told)
    tagged(f"certificate:{chain[0].label}:{as_pem}")
    data = b"".join(each.pem for each in chain) if as_pem else chain[0].der
    return _cached(Response(data, mimetype=PEM_TYPE if as_pem else CERTIFICATE_TYPE), KEPT_MOST)


@published.route("/ocsp", methods=["POST"])
@published.doc(requestBody={"required": True, "content": {OCSP_QUESTION: {"schema": _BINARY}}})  # type: ignore[untyped-decorator]
@open_to_all
@limited(BODY_LIMIT)
@gives(_BINARY, content_type=OCSP_ANSWER)  # type: ignore[arg-type] # bytes have no marshmallow schema
def answer() -> Response:
    """Answer an OCSP request (RFC 6960); refusals are answers too."""
    return _answered(edges.answer(parts(Database), parts(Authority), request.get_data(), clock.now()))


@published.route("/ocsp/<path:asked>", methods=["GET"], merge_slashes=False)
@open_to_all
@gives(_BINARY, content_type=OCSP_ANSWER)  # type: ignore[arg-type] # bytes have no marshmallow schema
def answer_address(asked: str) -> Response:
    """Answer an OCSP request that the address ends in, in base64 (RFC 6960 A.1)."""
    try:
        data = ocsp_requests.of_address(asked)
    except MalformedOcspRequest:
        return _answered(Answered(refused(Refusal.MALFORMED)))
    return _answered(edges.answer(parts(Database), parts(Authority), data, clock.now()))


@published.route("/timestamps", methods=["POST"])
@published.doc(requestBody={"required": True, "content": {STAMP_QUESTION: {"schema": _BINARY}}})  # type: ignore[untyped-decorator]
@open_to_all
@limited(BODY_LIMIT)
@gives(_BINARY, content_type=STAMP_ANSWER)  # type: ignore[arg-type] # bytes have no marshmallow schema
def stamp() -> Response:
    """Answer a time-stamp request (RFC 3161): an SM3 imprint with SM2, a SHA-2 one with ECDSA or RSA."""
    data = edges.stamp(parts(Database), parts(Authority), request.get_data(), caller(), clock.now())
    return Response(data, mimetype=STAMP_ANSWER)


def _as_pem(told: dict[str, Any]) -> bool:
    if told["format"] is not None:
        return bool(told["format"] == "pem")
    return PEM_TYPE in request.accept_mimetypes.values()


def _cached(response: Response, good_for: timedelta) -> Response:
    seconds = max(0, int(min(good_for, KEPT_MOST).total_seconds()))
    response.headers["Cache-Control"] = f"public, max-age={seconds}, must-revalidate"
    return response


def _answered(answered: Answered) -> Response:
    """Give an answer; one that anyone may be given is kept by caches for a while (RFC 5019 6.2)."""
    response = Response(answered.der, mimetype=OCSP_ANSWER)
    if answered.good_for is not None and request.method == "GET":
        return _cached(response, answered.good_for)
    response.headers["Cache-Control"] = "no-store"
    return response
