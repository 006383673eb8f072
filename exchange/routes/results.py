"""Large results below `/api/v1`: asked for, followed, downloaded in pieces, removed."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from base import clock
from base.acting import request_id
from base.api import Blueprint
from base.db import Database
from base.errors import DomainError
from base.web import View, caller, gives, guarded, limited, parts, reads, takes, transacts, writes
from exchange.door import result_files
from exchange.door.asking import Call, Query, prepare
from exchange.door.edges import attempts_recorded
from exchange.door.errors import RangeNotSatisfiable
from exchange.door.models import ResultFile
from exchange.door.recording import Refused
from exchange.door.result_files import Span
from exchange.door.schemas import ResultFileSchema, ResultQuerySchema
from exchange.door.usages import Attempt
from exchange.door.wiring import Gateway
from exchange.routes.gateway import BODY_BYTES, CODE

results = Blueprint("results", __name__, description="大结果集导出 · large results")

ID = "<string:result>"
LINES = "application/x-ndjson"
ONE_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})", re.ASCII)


def _documented(view: View) -> View:
    """Document that the view gives lines, whole or in part."""
    whole = {"description": "the file", "content": {LINES: {"schema": {"type": "string"}}}}
    told: View = results.doc(responses={200: whole, 206: {**whole, "description": "a part of the file"}})(view)
    return told


@results.route(f"/data/{CODE}/exports", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="data:read")
@attempts_recorded
@transacts
@takes(ResultQuerySchema)
@gives(ResultFileSchema, 202)
def ask(database: Database, query: Query, code: str) -> ResultFile:
    """Have a large result gathered · 发起大结果集导出."""
    at, gateway = clock.now(), parts(Gateway)
    call = Call(caller(), code, query, at, request_id())
    try:
        with database.transaction() as session:
            prepare(session, gateway, call)
            return result_files.ask(session, gateway, call, at)
    except DomainError as refusal:
        attempt = Attempt(at, call.by, code, refusal.code, query.purpose, call.request_id)
        gateway.recorder.record(database, Refused(attempt), at)
        raise


@results.route(f"/data-exports/{ID}", methods=["GET"])
@guarded(scope="data:read")
@reads
@gives(ResultFileSchema)
def one(session: Session, result: str) -> ResultFile:
    """Tell how far a result is · 导出进度."""
    return result_files.result_of(session, result, caller())


@results.route(f"/data-exports/{ID}", methods=["DELETE"])
@guarded(scope="data:read")
@writes
@gives(None, 204)
def remove(session: Session, result: str) -> None:
    """Remove a result before its time · 删除导出结果."""
    result_files.remove(session, result, caller(), clock.now())


@results.route(f"/data-exports/{ID}/content", methods=["GET"])
@guarded(scope="data:read")
@reads
@_documented
def content(session: Session, result: str) -> Response:
    """Download a result, or go on where a download broke off (Range) · 下载导出结果，支持断点续传."""
    row = result_files.result_of(session, result, caller())
    result_files.require_ready(row)
    span, status = _span(row)
    told: dict[str, Any] = {"Accept-Ranges": "bytes", "ETag": f'"{row.sm3}"'}
    told["Content-Disposition"] = f'attachment; filename="{row.id}.jsonl"'
    if status == HTTPStatus.PARTIAL_CONTENT:
        told["Content-Range"] = f"bytes {span.begins}-{span.ends - 1}/{row.size}"
    told["Content-Length"] = str(span.ends - span.begins)
    return Response(_pieces(result, span), status, told, content_type=LINES)


def _pieces(result: str, span: Span) -> Iterator[bytes]:
    """Send piece by piece, with a session of its own: the view's is closed before the first byte goes out."""
    by, database, gateway = caller(), parts(Database), parts(Gateway)

    def sent() -> Iterator[bytes]:
        with database.reading() as session:
            yield from result_files.pieces(session, gateway, result_files.result_of(session, result, by), span)

    return sent()


def _span(row: ResultFile) -> tuple[Span, HTTPStatus]:
    """Read `Range` (RFC 9110 14): one range of bytes; what belongs to another version of the file gets the whole.

    Raises `RangeNotSatisfiable`.
    """
    whole = Span(0, row.size)
    told, only_if = request.headers.get("Range"), request.headers.get("If-Range")
    if told is None or only_if not in {None, f'"{row.sm3}"'}:
        return whole, HTTPStatus.OK
    found = ONE_RANGE.fullmatch(told.strip())
    if found is None or not (found[1] or found[2]):
        raise RangeNotSatisfiable(row.size)
    if not found[1]:
        span = Span(max(0, row.size - int(found[2])), row.size)
    else:
        span = Span(int(found[1]), min(row.size, int(found[2]) + 1) if found[2] else row.size)
    if span.begins >= span.ends:
        raise RangeNotSatisfiable(row.size)
    return span, HTTPStatus.PARTIAL_CONTENT
