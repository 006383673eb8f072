"""Signed requests at the edge: a decorator for routes that demand one, and the record that proves it afterwards.

    @blueprint.route("/signatures", methods=["POST"])
    @guarded(scope="seal:use")
    @signature_demanded(basis=True)      judged after the guard and before the act's own transaction
    @writes …

The signature is judged while only reading, so that forgeries keep no writer waiting. The nonce is then spent in a
transaction of its own, which commits before the act begins: a request whose act was refused is no less received. The
same transaction keeps the canonical string and the signature in the audit record, so that the caller cannot deny the
request later. Only systems sign; a person's request at such a route is refused.
"""

import base64
import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import g, request
from sqlalchemy.orm import Session

from base import clock
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from base.web import View, caller, parts
from keys.algorithms.algorithm import PublicKey
from keys.parties import request_signing, spending, system_keys
from keys.parties.acting import record
from keys.parties.errors import RequestNotSigned, RequestReplayed
from keys.parties.request_signing import NONCE_KEPT, Judged, Message


def signature_demanded(*, basis: bool = False) -> Callable[[View], View]:
    """Let only signed requests through; with `basis` they must carry and cover the case number."""

    def wear(view: View) -> View:
        @functools.wraps(view)
        def signed_view(*args: Any, **kwargs: Any) -> Any:
            by, at, database = caller(), clock.now(), parts(Database)
            with database.reading() as session:
                judged = judge(session, message(), by, at, basis_needed=basis)
            with database.transaction() as session:
                accept(session, judged, by, at)
            g.signed_request = judged
            return view(*args, **kwargs)

        return signed_view

    return wear


def signed_request() -> Judged:
    """Give the signature that this request was let through with.

    Raises `RequestNotSigned` on a route that demands none.
    """
    found: Judged | None = g.get("signed_request")
    if found is None:
        raise RequestNotSigned
    return found


def judge(session: Session, told: Message, by: Caller, at: datetime, *, basis_needed: bool = False) -> Judged:
    """Judge a request's signature by the caller's keys; reading is enough.

    Raises what `request_signing.judge` raises.
    """
    if by.kind != "system":
        raise RequestNotSigned

    def find(kid: str) -> PublicKey | None:
        return system_keys.valid_key(session, by.id, kid, at)

    return request_signing.judge(told, find, at, basis_needed=basis_needed)


def accept(session: Session, judged: Judged, by: Caller, at: datetime) -> None:
    """Spend the nonce, so that the request counts once on all nodes and after any restart, and keep the evidence.

    Raises `RequestReplayed`.
    """
    if not spending.spend(session, spending.REQUEST, by.id, judged.input.nonce, at + NONCE_KEPT):
        raise RequestReplayed
    keep(session, judged, by, at)


def keep(session: Session, judged: Judged, by: Caller, at: datetime) -> None:
    """Keep the evidence that the caller sent the request; its nonce must have been spent in this transaction."""
    kept = base64.b64encode(judged.signature).decode()
    record(
        session,
        by,
        at,
        "request.signed",
        Thing("system-key", judged.input.keyid),
        canonical=judged.canonical,
        alg=judged.input.alg,
        signature=kept,
    )


def message() -> Message:
    """Give the present request as it is signed; WSGI hands the path over decoded, which the canonical form allows for.

    `Host` is left as the caller wrote it.
    """
    path = request.environ.get("PATH_INFO", "/").encode("latin-1")
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    query = request.environ.get("QUERY_STRING", "")
    return Message(request.method, request_signing.encoded_path(path), query, headers, request.get_data())
