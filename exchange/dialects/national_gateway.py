"""The national gateway's convention (国家数据共享交换平台): headers rid, sid, rtime, sign; answers with a code. Pure.

Two generations of header names are known, and a request speaks one of them. Codes are data, in the file beside this
one. An answer's `data` is the gateway's own answer, whole, so that its receipt can be verified. Refusals have HTTP
status 200, as callers of this convention look at `code` alone.
Signatures are judged in `keys.parties.request_signers`; that they bind neither method nor body is the convention's.
"""

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from base.canonical import canonical
from base.errors import Kind
from exchange.dialects import dialect
from exchange.dialects.dialect import Dialect, Given, Outside, Question, Refusal, Served, Written
from exchange.partners.errors import DialectBodyRefused, DialectHeaderRefused

NAME: Final = "national-gateway"
FIRST, NEWER = "gjgxjhpt", "gjzwfwpt"
PARTS: Final = ("rid", "sid", "rtime", "sign")
# A rid is a UUID with an optional `@suffix` of a sub-requester; a sid is `s_<organ>_<number>`.
SHAPES: Final = {
    "rid": re.compile(r"[A-Za-z0-9_.@-]{1,128}"),
    "sid": re.compile(r"[A-Za-z0-9_.-]{1,128}"),
    "rtime": re.compile(r"[0-9]{13}"),
    "sign": re.compile(r"[A-Za-z0-9+/]{43}="),
}
LONGEST: Final = 128
NO_STORE: Final = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
SERVED: Final = frozenset({"found", "not_found", "pending"})


@functools.cache
def codes(generation: str) -> Mapping[str, str]:
    """Give the codes of a generation."""
    told = tomllib.loads(resources.files("exchange.dialects").joinpath("national_gateway.toml").read_text("utf-8"))
    return MappingProxyType(told[generation])


def generation(outside: Outside) -> str:
    """Tell which header names the request uses. Raises `DialectHeaderRefused` for none, and for both."""
    found = [each for each in (FIRST, NEWER) if any(f"{each}-{part}" in outside.headers for part in PARTS)]
    if len(found) != 1:
        raise DialectHeaderRefused(f"{FIRST}_rid", "doubled" if found else "missing")
    return found[0]


def signed_headers(outside: Outside) -> dict[str, str]:
    """Give the four values under the names that their signing scheme knows. Raises `DialectHeaderRefused`."""
    prefix = generation(outside)
    told: dict[str, str] = {}
    for part, shape in SHAPES.items():
        name = f"{prefix}_{part}"
        value = dialect.header(outside, f"{prefix}-{part}", longest=LONGEST)
        if not shape.fullmatch(value):
            raise DialectHeaderRefused(name, "malformed")
        told[name] = value
    return told


def refresh_headers(outside: Outside) -> dict[str, str]:
    """Give the four values of a refresh: in the body; in the headers too, if at all, the same.

    Raises `DialectHeaderRefused`, `DialectBodyRefused`.
    """
    members = dialect.object_in(outside)
    named = {f"{FIRST}_{part}": members.get(f"{FIRST}_{part}") for part in PARTS}
    if set(members) - set(named) or not all(isinstance(each, str) for each in named.values()):
        raise DialectBodyRefused("not the four members rid, sid, rtime and sign")
    headers = {name.replace("_", "-"): str(value) for name, value in named.items()}
    for name, value in headers.items():
        if dialect.optional(outside, name, longest=LONGEST) not in {"", value}:
            raise DialectHeaderRefused(name, "told-twice")
    return signed_headers(Outside(outside.method, outside.target, headers))


def refreshed(sealed: str, ends: datetime) -> Written:
    """Write the answer to a refresh: the secret, sealed under the application key, and until when it counts."""
    data = {"secret": sealed, "secretEndTime": ends.strftime("%Y-%m-%d %H:%M:%S")}
    return _written(codes(FIRST)["success"], codes(FIRST)["success_words"], data)


def refresh_refused(_outside: Outside, refusal: Refusal) -> Written:
    """Write the refusal of a refresh."""
    told = codes(FIRST)
    code = told["refresh"] if refusal.kind is Kind.FORBIDDEN else told[_meaning(refusal)]
    return _written(code, _words(refusal), "")


def _account(outside: Outside) -> str:
    return signed_headers(outside)[f"{generation(outside)}_rid"]


def _service(outside: Outside) -> str:
    return signed_headers(outside)[f"{generation(outside)}_sid"]


def _ask(outside: Outside, served: Served, defaults: Given) -> Question:
    return dialect.question(outside, NAME, served, {}, defaults)


def _answer(outside: Outside, answer: bytes, _request_id: str) -> Written:
    told, ours = codes(generation(outside)), json.loads(answer)
    outcome = ours["outcome"]
    if outcome in SERVED:
        return _written(told["success"], told["success_words"], ours)
    code = told["not_authorised" if outcome == "denied" else "other"]
    return _written(code, f"{ours['reason']['zh']}（{ours['reason']['code']}）", ours)


def _refuse(outside: Outside, refusal: Refusal) -> Written:
    try:
        spoken = generation(outside)
    except DialectHeaderRefused:
        spoken = FIRST
    return _written(codes(spoken)[_meaning(refusal)], _words(refusal), "")


def _meaning(refusal: Refusal) -> str:
    if refusal.kind is Kind.UNAUTHENTICATED:
        return "time" if refusal.reason == "time" else "signature"
    if refusal.kind in {Kind.FORBIDDEN, Kind.MISSING}:
        return "not_authorised"
    return "rate" if refusal.kind is Kind.TOO_MANY else "other"


def _words(refusal: Refusal) -> str:
    return f"{refusal.zh}（{refusal.code}，{refusal.request_id}）"


def _written(code: str, message: str, data: Any) -> Written:
    return Written(200, NO_STORE, canonical({"code": code, "message": message, "data": data}))


NATIONAL_GATEWAY: Final = Dialect(NAME, _account, _service, _ask, _answer, _refuse)
