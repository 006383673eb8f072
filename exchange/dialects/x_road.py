"""X-Road's message protocol for REST, version r1 (PR-REST 1.0.4), as far as its headers go. Pure.

This service is no security server: it speaks no message transport protocol, signs no X-Road message and knows no global
configuration. It takes the same requests, proves the caller by its own means, reads X-Road-Issue as the number under
which the use is on file and X-Road-UserId as the operator, and answers with the same headers.

X-Road-Request-Hash is Base64(SHA-512(SHA-512(head) ‖ SHA-512(body))), or of the head alone where there is no body. A
security server hashes the head as it arrived; a server behind WSGI has lost its order and letter case, so that the head
is fixed here: the method, the target, and each header below as `name:value`, in the order of the names, a line each.
"""

import base64
import hashlib
import json
import re
from typing import Final
from urllib.parse import quote, unquote

from base.errors import Kind
from exchange.dialects import dialect
from exchange.dialects.dialect import Dialect, Given, Outside, Question, Refusal, Served, Written
from exchange.partners.errors import DialectHeaderRefused

NAME: Final = "x-road"
CLIENT, SERVICE, ID, USER, ISSUE = "x-road-client", "x-road-service", "x-road-id", "x-road-userid", "x-road-issue"
PARTY, SECURITY_SERVER = "x-road-represented-party", "x-road-security-server"
HASHED: Final = (
    "content-type",
    *sorted({CLIENT, SERVICE, ID, USER, ISSUE, PARTY, SECURITY_SERVER}),
    *sorted(dialect.PURPOSE_HEADERS),
)
# PR-REST 4.8: identifiers hold neither slash, backslash, colon, semicolon nor percent sign, and no path steps.
_PART: Final = r"(?!\.{1,2}(?:/|\Z))[\w.-]{1,60}"
CLIENT_ID: Final = re.compile(rf"{_PART}(?:/{_PART}){{2,3}}")
SERVICE_ID: Final = re.compile(rf"{_PART}(?:/{_PART}){{4}}")
PARTY_ID: Final = re.compile(rf"(?:{_PART}/)?{_PART}")
MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
LONGEST_ISSUE: Final = 64
LONGEST_ID: Final = 400

# PR-REST 4.6: 400 for the client's faults, 500 for the rest. 401 and 429 are ours, as are their types: what a security
# server settles by certificates and leaves without bound is settled here by tokens and quotas.
ERRORS: Final = {
    Kind.MALFORMED: (400, "Client.BadRequest"),
    Kind.UNSUPPORTED: (400, "Client.BadRequest"),
    Kind.TOO_LARGE: (400, "Client.BadRequest"),
    Kind.UNAUTHENTICATED: (401, "Client.AuthenticationFailed"),
    Kind.FORBIDDEN: (500, "Server.ServerProxy.AccessDenied"),
    Kind.MISSING: (500, "Server.ServerProxy.AccessDenied"),
    Kind.TOO_MANY: (429, "Server.ServerProxy.LimitExceeded"),
    Kind.CONFLICT: (500, "Server.ServerProxy.ServiceFailed"),
    Kind.UNAVAILABLE: (500, "Server.ServerProxy.ServiceFailed"),
}


def represented_in(outside: Outside) -> str | None:
    """Give the code, without its class, of whom the caller says it acts for. Raises `DialectHeaderRefused`."""
    told = _identifier(outside, PARTY, PARTY_ID) if PARTY in outside.headers else None
    return told and told.rpartition("/")[2]


def request_hash(outside: Outside) -> str:
    """Compute X-Road-Request-Hash over the head as it is fixed here, and the body."""
    lines = [outside.method, outside.target]
    lines += [f"{name}:{outside.headers[name]}" for name in HASHED if name in outside.headers]
    digest = hashlib.sha512("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogatepass")).digest()
    if outside.body:
        digest = hashlib.sha512(digest + hashlib.sha512(outside.body).digest()).digest()
    return base64.b64encode(digest).decode("ascii")


def _account(outside: Outside) -> str:
    return _identifier(outside, CLIENT, CLIENT_ID)


def _service(outside: Outside) -> str:
    """Read the service in the address; a request that brings X-Road-Service, which is an answer's, says the same."""
    path = outside.target.partition("?")[0]
    service = unquote(path.partition("/r1/")[2])
    if not SERVICE_ID.fullmatch(service):
        raise DialectHeaderRefused("/r1/{serviceId}", "malformed")
    if SERVICE in outside.headers and _identifier(outside, SERVICE, SERVICE_ID) != service:
        raise DialectHeaderRefused(SERVICE, "told-twice")
    return service


def _ask(outside: Outside, served: Served, defaults: Given) -> Question:
    told = {
        "basis": dialect.decoded(ISSUE, dialect.optional(outside, ISSUE, longest=LONGEST_ISSUE)),
        "operator": dialect.decoded(USER, dialect.optional(outside, USER)),
    }
    return dialect.question(outside, NAME, served, told, defaults)


def _answer(outside: Outside, answer: bytes, request_id: str) -> Written:
    return Written(200, _headers(outside, request_id), answer)


def _refuse(outside: Outside, refusal: Refusal) -> Written:
    status, kind = ERRORS[refusal.kind]
    headers = _headers(outside, refusal.request_id) | {"X-Road-Error": kind}
    if status == 401:  # noqa: PLR2004 - the status of the line above
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    told = {"type": kind, "message": f"{refusal.en} ({refusal.code})", "detail": refusal.request_id}
    return Written(status, headers, json.dumps(told, ensure_ascii=False).encode())


def _headers(outside: Outside, request_id: str) -> dict[str, str]:
    """Write the headers of an answer; what of the request is not well-formed is not said again."""
    told = {
        "Content-Type": "application/json;charset=utf-8",
        "Cache-Control": "no-store",
        "X-Road-Id": request_id,
        "X-Road-Request-Id": request_id,
        "X-Road-Request-Hash": request_hash(outside),
    }
    if MESSAGE_ID.fullmatch(outside.headers.get(ID, "")):
        told["X-Road-Id"] = outside.headers[ID]
    for name, read in (("X-Road-Client", _account), ("X-Road-Service", _service)):
        try:
            told[name] = quote(read(outside), safe="/")
        except DialectHeaderRefused:
            continue
    return told


def _identifier(outside: Outside, name: str, shape: re.Pattern[str]) -> str:
    value = dialect.decoded(name, dialect.header(outside, name, longest=LONGEST_ID))
    if not shape.fullmatch(value):
        raise DialectHeaderRefused(name, "malformed")
    return value


X_ROAD: Final = Dialect(NAME, _account, _service, _ask, _answer, _refuse)
