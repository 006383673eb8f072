"""The addresses of wire dialects, each below the prefix that the site gives it; refusals speak the dialect too.

A view here reads HTTP into `Outside`, has the caller proven, and asks the same gate as `POST /api/v1/data/{code}`.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from base import clock, problems
from base.acting import request_id
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.web import View, caller, guarded, limited, open_to_all, parts
from exchange.dialects import national_gateway
from exchange.dialects.dialect import Dialect, Outside, Refusal, Written
from exchange.dialects.national_gateway import NATIONAL_GATEWAY
from exchange.dialects.x_road import X_ROAD
from exchange.door import gateway as verbs
from exchange.door.asking import Call
from exchange.door.edges import is_signature_demanded, judged_signature
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts
from exchange.partners import accounts as dialect_accounts
from exchange.partners import calls as dialect_calls
from exchange.partners.calls import Known
from exchange.partners.errors import DialectBodyRefused
from exchange.partners.wiring import Dialects, DialectSettings
from keys.parties.errors import RequestNotSigned
from keys.parties.request_signers.national_gateway import sealed_secret
from keys.parties.request_signing import Judged, encoded_path

national_gateway_dialect = Blueprint("national_gateway_dialect", __name__)
x_road_dialect = Blueprint("x_road_dialect", __name__)

# As much as the gate itself takes.
BODY_BYTES: Final = 256 * 1024

Refuse = Callable[[Outside, Refusal], Written]


def served(told: DialectSettings) -> Iterator[tuple[Blueprint, str]]:
    """Tell which dialects are served, and below which address."""
    for blueprint, prefix in ((national_gateway_dialect, told.national_gateway), (x_road_dialect, told.x_road)):
        if prefix:
            yield blueprint, prefix


def speaks(refuse: Refuse) -> Callable[[View], View]:
    """Let a view answer, and every refusal of it be written, as the dialect does."""

    def wear(view: View) -> View:
        @functools.wraps(view)
        def speaking_view(*args: Any, **kwargs: Any) -> Response:
            try:
                outside = _outside()
            except RequestEntityTooLarge:
                outside = _outside(with_body=False)
                return _response(refuse(outside, _refusal(DialectBodyRefused(f"more than {BODY_BYTES} bytes"))))
            try:
                return _response(view(outside, *args, **kwargs))
            except DomainError as refusal:
                return _response(refuse(outside, _refusal(refusal)))

        return speaking_view

    return wear


@national_gateway_dialect.route("/sysapi/auth/refreshappsecret", methods=["POST"])
@open_to_all
@limited(BODY_BYTES)
@speaks(national_gateway.refresh_refused)
def refresh(outside: Outside) -> Written:
    """Hand out the secret of the day, sealed under the application key that signs the request · 刷新应用密钥."""
    at, database = clock.now(), parts(Database)
    headers = national_gateway.refresh_headers(outside)
    with database.reading() as session:
        known, secret, key = dialect_calls.refresh(session, parts(Dialects), headers, at)
    dialect_calls.spend(database, known)
    return national_gateway.refreshed(sealed_secret(key, secret), dialect_accounts.secret_ends(at))


@national_gateway_dialect.route("/httpproxy", methods=["GET", "POST"])
@open_to_all
@limited(BODY_BYTES)
@speaks(NATIONAL_GATEWAY.refuse)
def national_call(outside: Outside) -> Written:
    """Answer a call that is signed as the national gateway asks · 国家平台网关约定的接口代理."""
    at, database = clock.now(), parts(Database)
    with database.reading() as session:
        known = dialect_calls.signed_call(session, parts(Dialects), outside, at)
    call = _call(NATIONAL_GATEWAY, outside, known)
    return _answer(NATIONAL_GATEWAY, outside, call, _no_signature)


@x_road_dialect.route("/r1/<path:service>", methods=["GET", "POST"])
@limited(BODY_BYTES)
@speaks(X_ROAD.refuse)
@guarded(scope=dialect_accounts.SCOPE)
def x_road_call(outside: Outside, service: str) -> Written:  # noqa: ARG001 - the dialect reads it in the target
    """Answer an X-Road REST request of a caller that our token proves · X-Road REST 请求."""
    with _recorded(caller()), parts(Database).reading() as session:
        known = dialect_calls.under_name(session, outside, caller(), clock.now())
    return _answer(X_ROAD, outside, _call(X_ROAD, outside, known), judged_signature)


def _call(dialect: Dialect, outside: Outside, known: Known) -> Call:
    """Make the call that the gate is asked."""
    at, database = clock.now(), parts(Database)
    with _recorded(known.by):
        dialect_calls.spend(database, known)
        with database.reading() as session:
            return dialect_calls.call_of(session, dialect, outside, known, at)


@contextmanager
def _recorded(by: Caller) -> Iterator[None]:
    """Record what is refused to a proven caller before the gate is asked; the gate records its own refusals."""
    try:
        yield
    except DomainError as refusal:
        dialect_calls.attempted(parts(Database), parts(Gateway), by, refusal, clock.now())
        raise


def _answer(dialect: Dialect, outside: Outside, call: Call, judge: Callable[[Session], Judged | None]) -> Written:
    told = verbs.answer(parts(Database), parts(Gateway), parts(MountParts), call, judge)
    return dialect.answer(outside, told, request_id())


def _no_signature(_session: Session) -> None:
    """Refuse where every call must be signed beyond denial: a shared secret proves no such thing."""
    if is_signature_demanded():
        raise RequestNotSigned


def _outside(*, with_body: bool = True) -> Outside:
    query = request.environ.get("QUERY_STRING", "")
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    body = request.get_data() if with_body else b""
    path = encoded_path(request.environ.get("PATH_INFO", "/").encode("latin-1"))
    target = path + (f"?{query}" if query else "")
    return Outside(request.method, target, headers, tuple(request.args.items(multi=True)), body)


def _refusal(error: DomainError) -> Refusal:
    zh, en = (problems.problem(error, language, request_id()) for language in problems.LANGUAGES)
    reason, wait = error.facts.get("reason"), error.facts.get("retry_after")
    return Refusal(
        error.code,
        error.kind,
        str(reason or ""),
        zh.title,
        en.title,
        request_id(),
        wait if isinstance(wait, int) else None,
    )


def _response(written: Written) -> Response:
    return Response(written.body, written.status, dict(written.headers))
