"""The addresses of the dialects of certificates, each below the prefix that the site gives it.

A view here reads HTTP into `Outside` and serves it (`certs.dialects.edges`); every refusal is written as the dialect
writes one, with our own code in the header `Yinxin-Problem`. There is no Idempotency-Key here: keeping an answer would
keep somebody's data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from base import clock, problems
from base.acting import request_id
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.web import limited, open_to_all, parts
from certs.copies.edges import Copier
from certs.copies.wiring import Copying
from certs.dialects import DIALECTS, edges
from certs.dialects.codes import codes
from certs.dialects.desk import Tools
from certs.dialects.dialect import Dialect
from certs.dialects.wiring import CertificateDialects, CertificateDialectSettings
from certs.queries.wiring import Queries
from certs.wiring import Certs
from exchange.dialects.dialect import Outside, Refusal, Written
from exchange.door.edges import is_signature_demanded
from exchange.door.wiring import Gateway
from exchange.partners.errors import DialectBodyRefused
from keys.authority.wiring import Authority
from keys.parties.errors import RequestNotSigned
from keys.parties.request_signing import encoded_path
from signing import public_verification
from signing.edges import Sealer
from signing.verification_wiring import Verifying
from signing.verifications import Handed
from signing.wiring import Signing

# As much as the API's own look-ups take.
BODY_BYTES: Final = 256 * 1024
# A document of the usual bound, 20 MiB, in base64 and inside JSON.
FILE_BYTES: Final = 28 * 1024 * 1024
VERIFY_FILE: Final = "verifyFile"
# Every method, so that one that an operation does not have is refused in the dialect too.
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROBLEM: Final = "Yinxin-Problem"


def served(told: CertificateDialectSettings) -> Iterator[tuple[Blueprint, str]]:
    """Tell which dialects are served, and below which address."""
    for name, dialect in DIALECTS.items():
        prefix = getattr(told, name)
        if prefix:
            yield _blueprint(dialect), prefix


def _blueprint(dialect: Dialect) -> Blueprint:
    blueprint = Blueprint(f"certificate_dialect_{dialect.name}", __name__)

    @blueprint.route("/", methods=METHODS, defaults={"operation": ""}, endpoint="root", strict_slashes=False)
    @blueprint.route("/<path:operation>", methods=METHODS, endpoint="operation")
    @open_to_all
    @limited(BODY_BYTES)
    def operate(operation: str) -> Response:
        """Serve an operation of the dialect · 电子证照对接方言."""
        return _answered(dialect, operation, BODY_BYTES)

    if VERIFY_FILE in dialect.operations:

        @blueprint.route(f"/{VERIFY_FILE}", methods=METHODS, endpoint="verify_file")
        @open_to_all
        @limited(FILE_BYTES)
        def verify_file() -> Response:
            """Serve the operation that takes a whole document · 核验证照文件."""
            return _answered(dialect, VERIFY_FILE, FILE_BYTES)

    return blueprint


def _answered(dialect: Dialect, operation: str, most: int) -> Response:
    try:
        outside = _outside()
        written = edges.served(_tools(), parts(CertificateDialects), dialect, operation, outside, request_id())
    except RequestEntityTooLarge:
        written = _refused(dialect, operation, DialectBodyRefused(f"more than {most} bytes"))
    except DomainError as refusal:
        written = _refused(dialect, operation, refusal)
    return Response(written.body, written.status, dict(written.headers))


def _refused(dialect: Dialect, operation: str, refusal: DomainError) -> Written:
    told = _refusal(refusal)
    written = dialect.refuse(operation.strip("/"), told, codes(dialect.name))
    headers = {**written.headers, PROBLEM: refusal.code}
    if told.retry_after is not None:
        headers["Retry-After"] = str(told.retry_after)
    return replace(written, headers=headers)


def _tools() -> Tools:
    database, told = parts(Database), parts(CertificateDialects)

    def copier(by: Caller) -> Copier:
        def sealer(platform: Caller) -> Sealer:
            return Sealer(database, parts(Signing), parts(Authority), platform, clock.now)

        return Copier(database, parts(Certs), parts(Copying), parts(Gateway), sealer, by, clock.now)

    def examining(document: bytes, by: Caller, at: datetime) -> Mapping[str, Any]:
        handed = Handed(document, "document")
        kept = public_verification.verified(database, parts(Verifying), parts(Signing), handed, by, at)
        return kept.report

    queries, certs, gateway = parts(Queries), parts(Certs), parts(Gateway)
    return Tools(database, certs, queries, gateway, copier, examining, _no_signature, clock.now, told.session_lasts)


def _no_signature(_session: Session) -> None:
    """Refuse where every call must be signed beyond denial: a shared secret proves no such thing."""
    if is_signature_demanded():
        raise RequestNotSigned


def _outside() -> Outside:
    query = request.environ.get("QUERY_STRING", "")
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    path = encoded_path(request.environ.get("PATH_INFO", "/").encode("latin-1"))
    target = path + (f"?{query}" if query else "")
    return Outside(request.method, target, headers, tuple(request.args.items(multi=True)), request.get_data())


def _refusal(error: DomainError) -> Refusal:
    zh, en = (problems.problem(error, language, request_id()) for language in problems.LANGUAGES)
    reason, wait = error.facts.get("reason"), error.facts.get("retry_after")
    seconds = wait if isinstance(wait, int) else None
    return Refusal(error.code, error.kind, str(reason or ""), zh.title, en.title, request_id(), seconds)
