"""What a mount says about an interface, read once and strictly.

{"origin": "https://data.example.gov.cn:8443", "intranet": false, "method": "GET", "path": "/v1/licences/{number}",
 "parameters": [{"in": "path", "name": "number", "item": "许可证编号", "test": "equal", "needed": true},
                {"in": "query", "name": "size", "gives": "limit"}, {"in": "query", "name": "f", "value": "json"}],
 "headers": {"X-App": "yinxin"}, "credential": {"name": "market-api", "header": "Authorization", "scheme": "Bearer"},
 "rows": "/data/list", "next": "/data/next", "omits_empty": false, "empty_statuses": [404],
 "probe": {"许可证编号": "…"}}
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from base.errors import DomainError
from base.fetch import Destination, require_allowed
from base.fetch.urls import Url, parse
from exchange.mounting.errors import UnusableMount
from exchange.sources.declarations import LONGEST_NAME, Declared, is_name
from exchange.sources.place import Place
from exchange.sources.questions import LONGEST_VALUE
from exchange.sources.source import Column, Test
from exchange.sources.values import is_plain

LIMIT: Final = "limit"
OFFSET: Final = "offset"
CURSOR: Final = "cursor"
PLACES: Final = ("path", "query", "body")
MOST_PARAMETERS: Final = 40
MOST_HEADERS: Final = 10
# Answers wrap their rows in two or three members; the same bound as base.strict_json would be no help to anyone.
DEEPEST_POINTER: Final = 8
# An answer that says "there is none" by its status: only these can mean that.
EMPTY_STATUSES: Final = frozenset({400, 404, 410})

ANY: Final = re.compile(r".{1,2048}")
PATH: Final = re.compile(r"(?:/(?:\{[A-Za-z][A-Za-z0-9_]{0,39}\}|[A-Za-z0-9._~!$'()*+,;=:@-]*))+")
PLACEHOLDER: Final = re.compile(r"\{(?P<name>[A-Za-z][A-Za-z0-9_]{0,39})\}")
PARAMETER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
POINTER: Final = re.compile(r"(?:/[^/]{1,64})*")
# Letters and digits of any script and the punctuation of document numbers; nothing that divides paths, also when a
# partner decodes twice.
SEGMENT_VALUE: Final = re.compile(r"[\w .,:@()（）〔〕\[\]【】·-]{1,200}")
OFFSET_DIGITS: Final = re.compile(r"[0-9]{1,7}")
HEADER: Final = re.compile(r"X-[A-Za-z0-9-]{1,60}", re.IGNORECASE)
HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")
CREDENTIAL_HEADER: Final = re.compile(r"Authorization|X-[A-Za-z0-9-]{1,60}|apikey", re.IGNORECASE)
SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")
# Such a header, or parameter, would hold a secret in the open.
SECRET: Final = re.compile(r"auth|token|secret|key|passw|pwd|cookie|session|credential|sign", re.IGNORECASE)


@dataclass(frozen=True)
class Parameter:
    """What fills one place of a request: a condition on an item, a figure of paging, or always the same."""

    place: str
    name: str
    item: str | None = None
    test: Test | None = None
    needed: bool = False
    gives: str | None = None
    value: str | int | bool | None = None


@dataclass(frozen=True)
class Credential:
    """Which header carries which of the organisation's credentials."""

    name: str
    header: str
    prefix: str


@dataclass(frozen=True)
class Interface:
    """An interface, ready to be called."""

    origin: str
    destination: Destination
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    headers: tuple[tuple[str, str], ...]
    credential: Credential | None
    rows: tuple[str, ...]
    next: tuple[str, ...]
    updated: tuple[str, ...]
    omits_empty: bool
    empty_statuses: frozenset[int]
    probe: tuple[tuple[str, object], ...] = field(repr=False)

    @property
    def paging(self) -> str | None:
        """How further pages are asked for, if they can be."""
        given = {parameter.gives for parameter in self.parameters}
        return next((each for each in (CURSOR, OFFSET) if each in given), None)


def declared(told: Declared, columns: Sequence[Column], place: Place) -> Interface:
    """Read the declaration. Raises `UnusableMount`."""
    origin, destination = _origin(told, place)
    items = {column.item for column in columns}
    interface = Interface(
        origin=origin,
        destination=destination,
        method=told.choice("method", ("GET", "POST"), "GET"),
        path=_path(told),
        parameters=tuple(_parameter(each, items) for each in told.objects("parameters", MOST_PARAMETERS)),
        headers=_headers(told),
        credential=_credential(told.object("credential")),
        rows=_pointer(told, "rows"),
        next=_pointer(told, "next"),
        updated=_pointer(told, "updated"),
        omits_empty=told.flag("omits_empty"),
        empty_statuses=frozenset(told.whole_numbers("empty_statuses", EMPTY_STATUSES)),
        probe=_probe(told, items),
    )
    told.end()
    _require_whole(told, interface)
    return interface


def _origin(told: Declared, place: Place) -> tuple[str, Destination]:
    """Read scheme, host and port; an address in plain sight is judged now, a name at each connection."""
    text = told.text("origin", ANY)
    try:
        url: Url = parse(text)
        destination = Destination(*url.origin, told.flag("intranet"), lane=place.lane)
        require_allowed(destination, place.opened)
    except DomainError as error:
        raise UnusableMount("#/declaration/origin", f"{error.code}: {getattr(error, 'reason', '')}") from error
    if url.target != "/" or text.endswith("/"):
        told.refuse("origin", "only scheme, host and port")
    if place.hosts and f"{url.host}:{url.port}" not in place.hosts:
        told.refuse("origin", "not on the site's list")
    return f"{url.scheme}://{url.authority}", destination


def _path(told: Declared) -> str:
    path = told.text("path", PATH)
    if any(segment in {".", ".."} for segment in path.split("/")):
        told.refuse("path", "shape")
    return path


def _parameter(told: Declared, items: set[str]) -> Parameter:
    where, name = told.choice("in", PLACES), told.text("name", PARAMETER)
    if "value" in told:
        parameter = Parameter(where, name, value=told.plain("value"))
        if SECRET.search(name):
            told.refuse("name", "credentials are named, not written")
    elif "gives" in told:
        parameter = Parameter(where, name, gives=told.choice("gives", (LIMIT, OFFSET, CURSOR)))
    else:
        item, test = told.choice("item", items), Test(told.choice("test", [each.value for each in Test], "equal"))
        parameter = Parameter(where, name, item, test, told.flag("needed"))
    told.end()
    if where == "path" and (parameter.test is not Test.EQUAL or not parameter.needed):
        told.refuse("in", "a path takes needed, equal conditions")
    return parameter


def _headers(told: Declared) -> tuple[tuple[str, str], ...]:
    given = told.object("headers")
    members = {} if given is None else given.members()
    if len(members) > MOST_HEADERS:
        told.refuse("headers", f"at most {MOST_HEADERS}")
    for name, value in members.items():
        if not HEADER.fullmatch(name) or SECRET.search(name):
            told.refuse("headers", "only X- headers without secrets")
        if not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
            told.refuse("headers", "printable ASCII")
    return tuple(members.items())


def _credential(told: Declared | None) -> Credential | None:
    if told is None:
        return None
    name, header = told.reference("name"), told.text("header", CREDENTIAL_HEADER, "Authorization")
    scheme = told.text("scheme", SCHEME, "")
    told.end()
    return Credential(name, header, f"{scheme} " if scheme else "")


def _pointer(told: Declared, name: str) -> tuple[str, ...]:
    """Read a JSON pointer that goes through objects only (RFC 6901 3 and 4)."""
    text = told.text(name, POINTER, "")
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    if len(parts) > DEEPEST_POINTER or re.search("~(?![01])", text) or not all(is_plain(part) for part in parts):
        told.refuse(name, "pointer")
    return tuple(parts)


def _probe(told: Declared, items: set[str]) -> tuple[tuple[str, object], ...]:
    given = told.object("probe")
    members = {} if given is None else given.members()
    for item, value in members.items():
        if item not in items:
            told.refuse("probe", "unknown item")
        if not isinstance(value, str | int | float | bool) or len(str(value)) > LONGEST_VALUE:
            told.refuse("probe", "value")
    return tuple(members.items())


def _require_whole(told: Declared, interface: Interface) -> None:
    """Refuse a declaration whose parts do not fit together."""
    holes = PLACEHOLDER.findall(interface.path)
    filled = [each.name for each in interface.parameters if each.place == "path"]
    if sorted(holes) != sorted(filled) or len(set(holes)) != len(holes):
        told.refuse("path", "each placeholder is filled by one parameter")
    if interface.method == "GET" and any(each.place == "body" for each in interface.parameters):
        told.refuse("parameters", "a GET has no body")
    given = [each.gives for each in interface.parameters if each.gives]
    if len(set(given)) != len(given) or {OFFSET, CURSOR} <= set(given):
        told.refuse("parameters", "one way of paging")
    if (OFFSET in given or CURSOR in given) and LIMIT not in given:
        told.refuse("parameters", "paging needs a limit")
    if bool(interface.next) != (CURSOR in given):
        told.refuse("next", "a cursor needs next, and next a cursor")
    if interface.path and not is_name(interface.path[:LONGEST_NAME].replace("/", "x")):
        told.refuse("path", "shape")
