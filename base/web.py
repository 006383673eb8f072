"""The edge to HTTP: guards, schemas, transactions, limits and headers, in the order in which a view wears them.

    @blueprint.route("/things", methods=["POST"])
    @guarded(scope="cert:issue", roles={"issuer"})   who may call, asked before anything is read
    @writes                                          one transaction around the view; honours Idempotency-Key
    @takes(ThingSchema)                              body or query, checked; unknown fields refused
    @gives(ThingSchema, 201)                         what the answer looks like
    def make(session, thing): ...

A route without a guard stops the start of the service: forgetting it must not be possible.
"""

import functools
import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, ClassVar, TypeVar

import marshmallow as ma
import structlog
from flask import Flask, Request, Response, current_app, g, jsonify, request
from flask.json.provider import DefaultJSONProvider
from sqlalchemy.orm import Session
from werkzeug.routing import IntegerConverter, Map

from base import callers, clock, idempotency, problems, strict_json
from base.api import DOCUMENTING, SESSION_COOKIE, MalformedRequest
from base.callers import ANONYMOUS, Authenticator, Caller, Credentials
from base.db import Database
from base.errors import DomainError, Kind
from base.metrics import REQUESTS_RUNNING, Metrics
from base.paging import Pager
from base.settings import setting

P = TypeVar("P")
View = Callable[..., Any]

FORM_TYPE = "application/x-www-form-urlencoded"
FORMS = frozenset({FORM_TYPE, "multipart/form-data"})
# SQLite and PostgreSQL count rows in signed 64 bits.
MOST_ROWS = 2**63 - 1
REQUEST_ID_SHAPE = re.compile(r"[A-Za-z0-9._-]{8,64}")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class WebSettings:
    """What the web edge can be told."""

    SECTION: ClassVar[str] = "web"
    host: str = setting("127.0.0.1", "The address to listen on.")
    port: int = setting(8080, "The port to listen on.")
    workers: int = setting(2, "Server processes; about one a core.")
    threads: int = setting(32, "Threads of one process that may wait for the database or a partner.")
    backlog: int = setting(256, "Connections that may wait to be accepted.")
    environment: str = setting("production", "demo | test | production: the word on every page.")
    trusted_hosts: tuple[str, ...] = setting((), "Host names this service answers to; empty: any.")
    secret: str = setting("", "Signs page cursors and links; at least 32 characters, from a file.", secret=True)
    body_bytes: int = setting(1024 * 1024, "Largest body of a JSON request; uploads have limits of their own.")
    debug: bool = setting(False, "Show the page of components at /_ui; never in production.")


@dataclass(eq=False)
class PreconditionRequired(DomainError):
    """The change names no version that it was made from."""

    code: ClassVar[str] = "precondition-required"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PreconditionFailed(DomainError):
    """The thing was changed by someone else meanwhile."""

    code: ClassVar[str] = "precondition-failed"
    kind: ClassVar[Kind] = Kind.CONFLICT


class UnguardedRoute(Exception):
    """A route says neither who may call it nor that everyone may."""


@dataclass(frozen=True)
class Guard:
    """Who may call a route: everyone, every person, or systems with the scope and people with one of the roles."""

    scope: str | None = None
    roles: frozenset[str] = frozenset()
    open_to_all: bool = False
    signed_in: bool = False


# --- the parts of the house -------------------------------------------------------------------------------------


def parts(kind: type[P]) -> P:
    """Give the running house's part of that class."""
    found: P = current_app.extensions["yinxin"][kind]
    return found


def furnish(app: Flask, *given: object) -> None:
    """Hand parts to the app, each found again by its class."""
    app.extensions.setdefault("yinxin", {}).update({type(part): part for part in given})


def caller() -> Caller:
    """Tell who asks, proven once a request.

    Raises what the Authenticator raises.
    """
    if "caller" not in g:
        credentials = Credentials(
            request.headers.get("Authorization"),
            _session_cookie(),
            _csrf_token(),
            unsafe=request.method not in {"GET", "HEAD", "OPTIONS"},
        )
        nothing = credentials.authorization is None and credentials.session_cookie is None
        g.caller = ANONYMOUS if nothing else parts(AuthenticatorPart).authenticate(credentials)
    found: Caller = g.caller
    return found


@dataclass(frozen=True)
class AuthenticatorPart:
    """Holds the authenticator that the rooms above hand in."""

    authenticate: Authenticator


# --- what a view wears ------------------------------------------------------------------------------------------


def open_to_all(view: View) -> View:
    """Let everyone call; said aloud, so that a forgotten guard differs from an open door."""
    view.__guard__ = Guard(open_to_all=True)  # type: ignore[attr-defined]
    return view


def guarded(*, scope: str | None = None, roles: frozenset[str] | set[str] = frozenset()) -> Callable[[View], View]:
    """Let systems with the scope and people with one of the roles call."""
    unknown = ({scope} - callers.SCOPES - {None}) | (set(roles) - callers.ROLES)
    if unknown:
        message = f"unknown scope or role: {unknown}"
        raise ValueError(message)
    guard = Guard(scope, frozenset(roles))

    def wear(view: View) -> View:
        @functools.wraps(view)
        def guarded_view(*args: Any, **kwargs: Any) -> Any:
            callers.require(caller(), scope=guard.scope, roles=guard.roles)
            return view(*args, **kwargs)

        guarded_view.__guard__ = guard  # type: ignore[attr-defined]
        return guarded_view

    return wear


def signed_in(view: View) -> View:
    """Let every person with a session call, whatever their roles, also while a step of the login is still due."""

    @functools.wraps(view)
    def personal_view(*args: Any, **kwargs: Any) -> Any:
        asking = caller()
        if asking.kind == "anonymous":
            raise callers.NotAuthenticated
        if asking.kind != "person":
            raise callers.NotAllowed(needed="session")
        return view(*args, **kwargs)

    personal_view.__guard__ = Guard(signed_in=True)  # type: ignore[attr-defined]
    return personal_view


def reads(view: View) -> View:
    """Hand the view a session that only reads."""

    @functools.wraps(view)
    def reading_view(*args: Any, **kwargs: Any) -> Any:
        with parts(Database).reading() as session:
            return view(session, *args, **kwargs)

    return reading_view


def writes(view: View) -> View:
    """Hand the view a session whose transaction commits with the answer; honour the caller's Idempotency-Key."""

    @functools.wraps(view)
    def writing_view(*args: Any, **kwargs: Any) -> Any:
        def answer(database: Database, held: idempotency.Claim | None) -> Any:
            with database.transaction() as session:
                response = view(session, *args, **kwargs)
                return response if held is None else kept(session, held, response)

        return _once(answer)

    writing_view.__writes__ = True  # type: ignore[attr-defined]
    return writing_view


def transacts(view: View) -> View:
    """Hand the view the database: for an act that is put on record in one transaction and settled in another.

    An Idempotency-Key is honoured; its answer is kept right after the act, so that a service that dies in between
    leaves an act without a kept answer: what such an act left on record says how far it came.
    """

    @functools.wraps(view)
    def transacting_view(*args: Any, **kwargs: Any) -> Any:
        def answer(database: Database, held: idempotency.Claim | None) -> Any:
            response = view(database, *args, **kwargs)
            if held is None:
                return response
            with database.transaction() as session:
                return kept(session, held, response)

        return _once(answer)

    transacting_view.__writes__ = True  # type: ignore[attr-defined]
    return transacting_view


def _once(answer: Callable[[Database, idempotency.Claim | None], Any]) -> Any:
    return once(request.headers.get("Idempotency-Key"), answer)


def once(key: str | None, answer: Callable[[Database, idempotency.Claim | None], Any]) -> Any:
    """Answer, or give again what was answered to the same key; what is to be given again is `kept` with the act."""
    database = parts(Database)
    if not key:
        return answer(database, None)
    held = idempotency.claim(database, _claimant(), _key(key), _digest(), clock.now())
    if isinstance(held, idempotency.StoredAnswer):
        replayed = {**held.headers, "Idempotency-Replayed": "true"}
        return Response(held.body, held.status, replayed)
    try:
        return answer(database, held)
    except BaseException:
        idempotency.release(database, held)
        raise


def kept(session: Session, held: idempotency.Claim, made: Any) -> Response:
    """Keep an answer in the act's own transaction."""
    response = current_app.make_response(made)
    headers = {"Content-Type": response.content_type, **_of(response, "Location", "ETag")}
    idempotency.keep(session, held, idempotency.StoredAnswer(response.status_code, headers, response.data))
    return response


def takes(schema: type[ma.Schema], location: str = "json", **told: Any) -> Callable[[View], View]:
    """Check the body or the query by the schema and hand its value to the view.

    The schema is made once: loading leaves nothing in it, and making it anew took longer than loading.
    """
    decorator: Callable[[View], View] = DOCUMENTING.arguments(schema(), location=location, **told)
    return decorator


def gives(schema: type[ma.Schema] | None, status: int = 200, **told: Any) -> Callable[[View], View]:
    """Write the view's value by the schema, and document it."""
    decorator: Callable[[View], View] = DOCUMENTING.response(status, schema, **told)
    return decorator


def limited(body_bytes: int) -> Callable[[View], View]:
    """Give one route a body limit of its own: for uploads. The number carries its reason where it is named."""

    def wear(view: View) -> View:
        @functools.wraps(view)
        def limited_view(*args: Any, **kwargs: Any) -> Any:
            request.max_content_length = body_bytes
            request.max_form_memory_size = body_bytes
            return view(*args, **kwargs)

        return limited_view

    return wear


def tagged(version: object) -> str:
    """Remember the answer's ETag from what identifies the thing's version; a matching If-None-Match answers 304."""
    tag = hashlib.sha256(str(version).encode()).hexdigest()[:32]
    g.etag = tag
    return tag


def require_match(version: object) -> None:
    """Let a change pass only when it was made from this version.

    Raises `PreconditionRequired` and `PreconditionFailed`.
    """
    if not request.if_match:
        raise PreconditionRequired
    if tagged(version) not in request.if_match:
        g.pop("etag")
        raise PreconditionFailed


# --- the app ----------------------------------------------------------------------------------------------------


class StrictJson(DefaultJSONProvider):
    """JSON in by our strict reading, out in UTF-8 with the order that the schema has."""

    ensure_ascii = False
    sort_keys = False

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read JSON with one meaning."""
        return strict_json.parse(s)


class InMemoryRequest(Request):
    """Keeps uploads in memory: a document that is only verified must never touch the disk."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


class RowNumber(IntegerConverter):
    """A number in an address; one that is larger than any row's names nothing."""

    def __init__(self, map: Map, *args: Any, **told: Any) -> None:  # noqa: A002 - werkzeug hands it on by this name
        """Bound what may stand there."""
        super().__init__(map, *args, **{"max": MOST_ROWS, **told})


def new_app(settings: WebSettings, page: problems.Page, metrics: Metrics) -> Flask:
    """Make the bare app: strict JSON, memory-only uploads, limits, request ids, headers and problem documents."""
    app = Flask("yinxin", static_folder=None)
    app.json = StrictJson(app)
    app.request_class = InMemoryRequest
    app.config.update(
        MAX_CONTENT_LENGTH=settings.body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.body_bytes,
        MAX_FORM_PARTS=100,
        TRUSTED_HOSTS=list(settings.trusted_hosts) or None,
        API_TITLE="Yinxin 印信",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
    )
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = RowNumber
    problems.install(app, page)
    app.before_request(_begin)
    app.after_request(_finish)
    furnish(app, Pager(settings.secret), metrics)
    app.wsgi_app = _counted(app.wsgi_app, metrics)  # type: ignore[method-assign]
    return app


def check_guards(app: Flask) -> None:
    """Look at every route once before the service starts.

    Raises `UnguardedRoute` with the paths that say nothing.
    """
    bare = [
        str(rule) for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "__guard__")
    ]
    if bare:
        raise UnguardedRoute(", ".join(sorted(bare)))


def openapi(document: Callable[[], dict[str, Any]]) -> View:
    """Make the view that serves the OpenAPI document, built when it is first asked for."""
    built = functools.cache(document)

    @open_to_all
    def openapi_json() -> Response:
        return jsonify(built())

    return openapi_json


def guard_of(view: View) -> Guard | None:
    """Give the guard that a view wears."""
    return getattr(view, "__guard__", None)


def _counted(wsgi: View, metrics: Metrics) -> View:
    """Count every request as running until it is answered, also one that no route takes."""

    def answer(*call: Any) -> Any:
        with metrics.running(REQUESTS_RUNNING):
            return wsgi(*call)

    return answer


def _begin() -> None:
    asked = request.headers.get("X-Request-Id", "")
    g.began = clock.stopwatch()
    g.request_id = asked if REQUEST_ID_SHAPE.fullmatch(asked) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    for text in (request.path, *request.args.keys(), *request.args.values()):
        if "\0" in text or "\ufffd" in text:
            raise MalformedRequest("a NUL or broken UTF-8 in the address")


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    route = str(request.url_rule) if request.url_rule else None
    parts(Metrics).request(route, request.method, response.status_code, clock.stopwatch() - g.began)
    if response.status_code < 300 and "etag" in g:  # noqa: PLR2004
        response.set_etag(g.etag)
        response.make_conditional(request)
    return response


def _session_cookie() -> str | None:
    """Give the session cookie; two of that name mean that somebody else planted one, and neither is believed.

    Raises `MalformedRequest`.
    """
    given = request.cookies.getlist(SESSION_COOKIE)
    if len(given) > 1:
        raise MalformedRequest("the session cookie stands twice")
    return given[0] if given else None


def _csrf_token() -> str | None:
    """Give the token from its header, or from the hidden field of a plain form, which cannot set headers."""
    if request.mimetype in FORMS:
        return request.headers.get("X-CSRF-Token") or request.form.get("csrf_token")
    return request.headers.get("X-CSRF-Token")


def _claimant() -> str:
    asking = caller()
    return f"{asking.kind}:{asking.id}" if asking.kind != "anonymous" else f"address:{request.remote_addr}"


def _key(key: str) -> str:
    if len(key) > idempotency.KEY_LENGTH_LIMIT or not key.isprintable() or not key.isascii():
        raise MalformedRequest("the Idempotency-Key is too long or not printable ASCII")
    return key


def _digest() -> str:
    """Name a request by what it asks; a form is read in parts, so that its bytes are gone and its fields are taken."""
    asked = hashlib.sha256(b"\0".join([request.method.encode(), request.full_path.encode()]))
    if request.mimetype not in FORMS:
        asked.update(b"\0" + request.get_data())
        return asked.hexdigest()
    asked.update(repr(sorted(request.form.items(multi=True))).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda each: (each[0], each[1].filename or "")):
        asked.update(repr((name, file.filename, hashlib.sha256(file.read()).hexdigest())).encode())
        file.seek(0)
    return asked.hexdigest()


def _of(response: Response, *names: str) -> dict[str, str]:
    return {name: response.headers[name] for name in names if name in response.headers}
