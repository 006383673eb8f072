"""Refusals as RFC 9457 documents: the one map from kind to status, and the words in Chinese and English.

The words of every code stand in a `problems.toml` beside the room that raises it. What has no code says nothing: an
unforeseen fault answers 500 with an instance that is also in the log.
"""

import functools
import importlib.resources
import importlib.util
import tomllib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Literal

import structlog
from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from base.errors import DomainError, Fact, Kind

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
ROOMS = ("base", "keys", "signing", "exchange", "certs", "catalog_sync", "console")
MEDIA_TYPE = "application/problem+json"
# How long a caller should wait before it asks an unavailable service again, when nothing better is known.
RETRY_SECONDS = 5

STATUS_OF_KIND = {
    Kind.MALFORMED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.MISSING: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
# HTTP itself gives these refusals a status of their own.
STATUS_OF_CODE = {
    "malformed-json": HTTPStatus.BAD_REQUEST,
    "malformed-request": HTTPStatus.BAD_REQUEST,
    "no-document": HTTPStatus.BAD_REQUEST,
    "precondition-required": HTTPStatus.PRECONDITION_REQUIRED,
    "precondition-failed": HTTPStatus.PRECONDITION_FAILED,
    "idempotency-key-reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "change-cursor-gone": HTTPStatus.GONE,
    "copy-link-spent": HTTPStatus.GONE,
}
# What the web server itself refuses, in our words; any other status of its own speaks as `malformed-request`.
CODE_OF_STATUS = {
    400: "malformed-request",
    403: "page-forbidden",
    404: "no-such-address",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "request-too-slow",
    413: "body-too-large",
    414: "address-too-long",
    415: "unsupported-media-type",
    431: "headers-too-large",
}
INTERNAL = "internal-fault"

log = structlog.get_logger()


@dataclass(frozen=True)
class Problem:
    """One refusal in a reader's language, ready to be written as JSON or as a page."""

    code: str
    status: int
    title: str
    detail: str
    cause: str
    fix: str
    retryable: bool
    language: Language
    request_id: str
    instance: str | None = None
    members: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """Give the RFC 9457 members, ours after the standard's."""
        told: dict[str, Any] = {
            **(self.members or {}),
            "type": f"/docs/errors/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "cause": self.cause,
            "fix": self.fix,
            "request_id": self.request_id,
            "retryable": self.retryable,
        }
        return {**told, "instance": self.instance} if self.instance else told


@functools.cache
def words() -> dict[str, dict[Language, dict[str, str]]]:
    """Read the words of every code from the rooms' tables; a code that two rooms claim is refused."""
    found: dict[str, dict[Language, dict[str, str]]] = {}
    for room in ROOMS:
        if importlib.util.find_spec(room) is None:
            continue
        file = importlib.resources.files(room) / "problems.toml"
        table = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        for code, entry in table.items():
            if code in found:
                message = f"the code {code} stands in two tables"
                raise ValueError(message)
            found[code] = entry
    return found


def problem(error: DomainError, language: Language, request_id: str) -> Problem:
    """Say a refusal in the reader's words."""
    status = STATUS_OF_CODE.get(error.code) or STATUS_OF_KIND[error.kind]
    told = getattr(error, "members", None)
    return _worded(error.code, status, error.facts, language, request_id, error.retryable, told)


def sentence(error: DomainError, language: Language) -> str:
    """Say a refusal in one line for a terminal: what happened and what to do."""
    entry = words()[error.code][language]
    return f"{_filled(entry['detail'], error.facts)} {_filled(entry['fix'], error.facts)}"


def _worded(
    code: str,
    status: int,
    facts: Mapping[str, Fact],
    language: Language,
    request_id: str,
    retryable: bool,  # noqa: FBT001 - a member of the document, passed through
    members: Mapping[str, Any] | None = None,
) -> Problem:
    entry = words()[code][language]
    return Problem(
        code,
        int(status),
        entry["title"],
        _filled(entry["detail"], facts),
        entry["cause"],
        _filled(entry["fix"], facts),
        retryable,
        language,
        request_id,
        members={**facts, **(members or {})},
    )


def _filled(text: str, facts: Mapping[str, Fact]) -> str:
    for name, value in facts.items():
        text = text.replace("{" + name + "}", "" if value is None else str(value))
    return text


Page = Callable[[Problem], Response]


def install(app: Flask, page: Page) -> None:
    """Answer every refusal of the app: as a page where a reader asks for one, as a problem document elsewhere."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> Response:
        if error.kind is Kind.UNAVAILABLE:
            log.warning("refused", code=error.code)
        return _answer(problem(error, language(), g.get("request_id", "")), page)

    @app.errorhandler(HTTPException)
    def refused_by_http(error: HTTPException) -> Response:
        return _http_answer(error, page)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        instance = uuid.uuid4().urn
        log.error("internal_fault", instance=instance, exc_info=error)
        told = _worded(INTERNAL, 500, {}, language(), g.get("request_id", ""), retryable=False)
        return _answer(replace(told, instance=instance), page)


def _http_answer(error: HTTPException, page: Page) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status=status, headers=dict(error.get_headers()))
    theirs = status < HTTPStatus.INTERNAL_SERVER_ERROR
    code = CODE_OF_STATUS.get(status, "malformed-request" if theirs else INTERNAL)
    response = _answer(_worded(code, status, {}, language(), g.get("request_id", ""), retryable=False), page)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _answer(told: Problem, page: Page) -> Response:
    if _wants_page():
        response = page(told)
    else:
        response = jsonify(told.document())
        response.mimetype = MEDIA_TYPE
    response.status_code = told.status
    response.headers["Content-Language"] = told.language
    response.headers["Cache-Control"] = "no-store"
    if told.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        response.headers.setdefault("Retry-After", str((told.members or {}).get("retry_after", RETRY_SECONDS)))
    if told.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def language() -> Language:
    """Tell the reader's language: asked in the address, remembered in a cookie, preferred by the client, or Chinese."""
    asked = request.args.get("lang") or request.cookies.get("lang")
    if asked in LANGUAGES:
        return asked
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh")
    return "en" if best == "en" else "zh"


def _wants_page() -> bool:
    best = request.accept_mimetypes.best_match([MEDIA_TYPE, "application/json", "text/html"], "application/json")
    return best == "text/html" and not request.path.startswith(("/api/", "/oauth/"))
