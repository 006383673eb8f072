"""The form of a wire dialect: an outside request in, our question out; our answer in, an outside answer out. Pure.

A dialect decides how a request is read and how an answer is written, and nothing else: who calls is proven by the edge,
what is granted by the gate. What a request leaves unsaid of its purpose its account's defaults say, with one bound: a
request that names no matter itself never counts as statutory, whatever the defaults are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final
from urllib.parse import unquote

from base import strict_json
from base.canonical import LARGEST_INTEGER, Json
from base.errors import Kind
from exchange.agreements import purposes
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.partners.errors import DialectBodyRefused, DialectHeaderRefused, DialectPurposeRefused
from exchange.sources.questions import Asked
from exchange.sources.source import Test

# A percent-encoded name of 200 Chinese characters takes nine bytes each; nothing longer is a header of ours.
LONGEST_HEADER: Final = 2048
PURPOSE: Final = "purpose"
CURSOR_HEADER: Final = "yinxin-cursor"
MEMBERS: Final = frozenset("item_code item_name stage basis ground grant_code operator handling_region reason".split())
NESTED: Final = {"basis": frozenset({"kind", "number"}), "operator": frozenset({"kind", "name", "unit"})}


@dataclass(frozen=True)
class Outside:
    """A request freed of HTTP: header names in lower case with `-`, parameters of the address, the body's bytes."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    parameters: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Given:
    """What is told of a purpose, by a request or by its account's defaults; empty where nothing is."""

    item_code: str = ""
    item_name: str = ""
    stage: str = ""
    basis: str = ""
    basis_kind: str = ""
    ground: str = ""
    grant_code: str = ""
    operator: str = ""
    unit: str = ""
    region: str = ""
    reason: str = ""

    @classmethod
    def under_agreement(cls, purpose: Mapping[str, Any], agreement: str) -> "Given":
        """Take the defaults from a purpose as it is written outside, resting on an agreement instead of its basis.

        Without a matter of its own a call is never statutory; then it rests on this.
        """
        return cls(
            item_code=purpose["item_code"],
            item_name=purpose["item_name"],
            basis=agreement,
            ground="agreement",
            operator=purpose["operator"]["name"],
            unit=purpose["operator"]["unit"],
            region=purpose["handling_region"],
            reason=purpose["reason"],
        )


# A header for each: user-defined headers pass other people's gateways unchanged.
PURPOSE_HEADERS: Final = {f"yinxin-{each.name.replace('_', '-')}": each.name for each in fields(Given)}


@dataclass(frozen=True)
class Served:
    """A service of the dialect: its name there, and which of the directory's items each parameter asks by."""

    service: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Question:
    """What a request asks, in our words; `body` is what its receipt digests."""

    purpose: Purpose
    conditions: tuple[Asked, ...] = field(repr=False)
    cursor: str | None
    body: Json = field(repr=False)


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: our code and its kind, the telling fact if there is one, and words for a reader."""

    code: str
    kind: Kind
    reason: str
    zh: str
    en: str
    request_id: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Written:
    """An answer as it goes out."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Dialect:
    """A row of the table: who the request says calls which service, and the three translations."""

    name: str
    account_in: Callable[[Outside], str]
    service_in: Callable[[Outside], str]
    ask: Callable[[Outside, Served, Given], Question]
    answer: Callable[[Outside, bytes, str], Written]
    refuse: Callable[[Outside, Refusal], Written]


# --- reading ------------------------------------------------------------------------------------------------------


def header(outside: Outside, name: str, *, longest: int = LONGEST_HEADER) -> str:
    """Give a header that must be there, once. Raises `DialectHeaderRefused`."""
    value = optional(outside, name, longest=longest)
    if not value:
        raise DialectHeaderRefused(name, "missing")
    return value


def optional(outside: Outside, name: str, *, longest: int = LONGEST_HEADER) -> str:
    """Give a header, or nothing. Raises `DialectHeaderRefused`.

    Servers join a header that stands twice, or under two spellings, by a comma; no value of ours holds one.
    """
    value = outside.headers.get(name, "").strip()
    if "," in value:
        raise DialectHeaderRefused(name, "doubled")
    if len(value) > longest:
        raise DialectHeaderRefused(name, "too-long")
    if not value.isascii() or (value and not value.isprintable()):
        raise DialectHeaderRefused(name, "not-printable-ascii")
    return value


def told_in_headers(outside: Outside) -> dict[str, str]:
    """Give what the headers tell of the purpose, percent-decoded. Raises `DialectHeaderRefused`."""
    told: dict[str, str] = {}
    for name, member in PURPOSE_HEADERS.items():
        value = optional(outside, name)
        if value:
            told[member] = decoded(name, value)
    return told


def decoded(name: str, value: str) -> str:
    """Give a header's value percent-decoded. Raises `DialectHeaderRefused`."""
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise DialectHeaderRefused(name, "not-utf-8") from error


def object_in(outside: Outside) -> dict[str, Any]:
    """Give the body's members, or the address's parameters where there is no body. Raises `DialectBodyRefused`."""
    names = [name for name, _ in outside.parameters]
    if len(set(names)) != len(names):
        raise DialectBodyRefused("a parameter stands twice")
    if not outside.body:
        return dict(outside.parameters)
    if names:
        raise DialectBodyRefused("parameters in the address and in the body")
    try:
        found = strict_json.parse(outside.body)
    except strict_json.MalformedJson as error:
        raise DialectBodyRefused("no JSON with one meaning") from error
    if not isinstance(found, dict):
        raise DialectBodyRefused("no JSON object")
    return found


def question(outside: Outside, dialect: str, served: Served, told: Mapping[str, str], defaults: Given) -> Question:
    """Put a question together from the parameters and what is told of the purpose.

    Raises `DialectBodyRefused`, `DialectHeaderRefused`, `DialectPurposeRefused`.
    """
    members = object_in(outside)
    given = _given([_flat(members.pop(PURPOSE, None)), told_in_headers(outside), told])
    cursor = optional(outside, CURSOR_HEADER) or None
    body: dict[str, Json] = {"dialect": dialect, "service": served.service, "parameters": members}
    return Question(purpose_of(given, defaults), conditions(members, served), cursor, body)


def conditions(members: Mapping[str, Any], served: Served) -> tuple[Asked, ...]:
    """Read each parameter as a condition: equal to its value, or one of a list. Raises `DialectBodyRefused`."""
    found = []
    for name, value in members.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(_is_plain(each) for each in values):
            raise DialectBodyRefused("a parameter is neither a text, a whole number, yes or no, nor a list of these")
        test = Test.IN if isinstance(value, list) else Test.EQUAL
        found.append(Asked(served.parameters.get(name, name), test.value, tuple(values)))
    return tuple(found)


# --- the purpose --------------------------------------------------------------------------------------------------


def purpose_of(given: Given, defaults: Given) -> Purpose:
    """Make the purpose of a request. Raises `DialectPurposeRefused`.

    A request that names its matter is taken at its word, statutory unless it says otherwise. One that names none is
    recorded under its account's matter, and rests on the holder's act or the account's agreement, never on the statute.
    """
    own = bool(given.item_code)
    ground = Ground(_member("ground", Ground, given.ground, Ground.STATUTORY if own else defaults.ground))
    if not own and ground not in {Ground.HOLDER, Ground.AGREEMENT}:
        ground = Ground.AGREEMENT
    usual = Stage.AGREEMENT if ground is Ground.AGREEMENT else Stage.ACCEPTANCE
    stage = Stage(_member("stage", Stage, given.stage, usual))
    operator = OperatorKind.PERSON if given.operator else OperatorKind.SYSTEM
    purpose = Purpose(
        given.item_code or defaults.item_code,
        given.item_name or defaults.item_name,
        stage,
        _basis(given, defaults, stage),
        ground,
        given.grant_code or None,
        Operator(operator, given.operator or defaults.operator, given.unit or defaults.unit),
        given.region or defaults.region,
        given.reason or defaults.reason,
    )
    for fault in purposes.faults(purpose):
        raise DialectPurposeRefused(fault.pointer, fault.code)
    return purpose


def _basis(given: Given, defaults: Given, stage: Stage) -> Basis | None:
    """An agreed use names its agreement; any other the number that the request brings."""
    if stage is Stage.AGREEMENT:
        number = given.basis if given.basis_kind == BasisKind.AGREEMENT else defaults.basis
        return Basis(BasisKind.AGREEMENT, number) if number else None
    if not given.basis:
        return None
    usual = BasisKind.TASK if stage is Stage.INSPECTION else BasisKind.CASE
    return Basis(BasisKind(_member("basis/kind", BasisKind, given.basis_kind, usual)), given.basis)


def _member(place: str, among: Iterable[str], told: str, usual: str) -> str:
    if told and told not in set(among):
        raise DialectPurposeRefused(f"#/{place}", "unknown-word")
    return told or usual or Ground.AGREEMENT


def _given(tellings: Iterable[Mapping[str, str]]) -> Given:
    """Join what body and headers tell; a member that is told twice and differently has no one meaning."""
    joined: dict[str, str] = {}
    for telling in tellings:
        for name, value in telling.items():
            if value and joined.setdefault(name, value) != value:
                raise DialectPurposeRefused(f"#/{name}", "told-twice")
    return Given(**joined)


def _flat(told: Any) -> dict[str, str]:
    """Read the purpose as the API writes it, every member optional. Raises `DialectPurposeRefused`."""
    whole = _object("#", told, MEMBERS)
    basis = _object("#/basis", whole.pop("basis", None), NESTED["basis"])
    operator = _object("#/operator", whole.pop("operator", None), NESTED["operator"])
    flat = {
        **{name: value for name, value in whole.items() if name != "handling_region"},
        "region": whole.get("handling_region"),
        "basis": basis.get("number"),
        "basis_kind": basis.get("kind"),
        "operator": operator.get("name"),
        "unit": operator.get("unit"),
    }
    for name, value in flat.items():
        if not isinstance(value, str | None):
            raise DialectPurposeRefused(f"#/{name}", "no-text")
    return {name: value for name, value in flat.items() if value}


def _object(pointer: str, told: Any, members: frozenset[str]) -> dict[str, Any]:
    if told is None:
        return {}
    if not isinstance(told, dict) or set(told) - members:
        raise DialectPurposeRefused(pointer, "no-object" if not isinstance(told, dict) else "unknown-member")
    return dict(told)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, int) and abs(value) <= LARGEST_INTEGER
