"""Reads certificate types from TOML: one file a type, every fault of every file told at once, with its place.

A fault is a value, so that whoever writes a type sees all of them in one go; a site does not start with a faulty type.
The codes of seals' kinds and the names of face templates are handed in: what exists is not decided here.
"""

import re
import string
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from base.identifiers import read_credit_code
from certs.holder_codes import holder_codes
from certs.types.certificate_type import (
    Body,
    CertificateType,
    Field,
    FieldKind,
    Holders,
    Holding,
    Lasting,
    Level,
    Numbering,
    Validity,
)

ACTS: Final = frozenset({"issue", "change", "renew", "revoke"})
NEEDED: Final = ("code", "name", "name_en", "defined_by", "holding", "holders", "number", "validity", "fields")
OPTIONAL: Final = ("level", "seals", "issuers", "face", "copies", "resource", "source", "takes_undecided", "confidence")
CODE: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}[0-9]{3}\Z")
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
LONGEST_FIELD: Final = 4000
MOST_FIELDS: Final = 200
MOST_SENSITIVE: Final = 4
# A certificate of two hundred co-owners is a land register, not a certificate.
MOST_HOLDERS: Final = 200
# What stands in a type as it stands in its file.
_PLAIN: Final = ("face", "copies", "resource", "source", "takes_undecided", "confidence")
PLACES_OF_NUMBER: Final = frozenset({"year", "serial", "region"})


@dataclass(frozen=True)
class TypeFault:
    """Something wrong in a type's file: where, a stable code, and what was expected."""

    file: str
    place: str
    code: str
    expected: str = ""

    def __str__(self) -> str:
        expected = f" ({self.expected})" if self.expected else ""
        return f"{self.file} {self.place}: {self.code}{expected}"


@dataclass(frozen=True)
class Known:
    """What types may name: kinds of seals, and templates of faces."""

    seal_kinds: Collection[str]
    faces: Collection[str]


def read(
    files: Iterable[tuple[str, bytes]], known: Known
) -> tuple[Mapping[str, CertificateType], tuple[TypeFault, ...]]:
    """Read types; with a fault anywhere the faulty ones are missing among them."""
    found: dict[str, CertificateType] = {}
    faults: list[TypeFault] = []
    for name, content in files:
        told, more = _parsed(name, content)
        more = more or tuple(_faults(name, told, known))
        if not more and told["code"] in found:
            more = (TypeFault(name, "code", "twice", told["code"]),)
        faults.extend(more)
        if not more:
            found[told["code"]] = _made(told)
    return found, tuple(faults)


def _parsed(name: str, content: bytes) -> tuple[dict[str, Any], tuple[TypeFault, ...]]:
    try:
        return tomllib.loads(content.decode("utf-8")), ()
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, (TypeFault(name, "", "not-toml", str(error)),)


def _faults(file: str, told: dict[str, Any], known: Known) -> Iterator[TypeFault]:
    for place, code, expected in _of_type(told, known):
        yield TypeFault(file, place, code, expected)
    if isinstance(told.get("code"), str) and file != f"{told['code']}.toml":
        yield TypeFault(file, "code", "file-named-otherwise", f"{told['code']}.toml")


def _of_type(told: dict[str, Any], known: Known) -> Iterator[tuple[str, str, str]]:
    yield from _members("", told, NEEDED, OPTIONAL)
    yield from _texts("", told, ("name", "name_en", "face", "resource", "source", "confidence"))
    yield from _of_code(told.get("code"))
    yield from _of_body(told.get("defined_by"))
    yield from _one_of("holding", told.get("holding"), Holding)
    yield from _one_of("level", told.get("level", Level.NORMAL), Level)
    yield from _of_holders(told.get("holders"))
    yield from _of_number(told.get("number"), is_issued=told.get("holding") == Holding.ISSUED)
    yield from _of_validity(told.get("validity"))
    yield from _of_seals(told, known)
    if not isinstance(told.get("takes_undecided", False), bool):
        yield "takes_undecided", "wrong-type", "boolean"
    for place, code in enumerate(told.get("issuers", [])):
        if not isinstance(code, str) or read_credit_code(code).faults:
            yield f"issuers/{place}", "check-digits", "credit-code"
    if told.get("holding") == Holding.ISSUED and told.get("face") not in known.faces:
        yield "face", "no-such-template", " | ".join(sorted(known.faces))
    if not isinstance(told.get("copies", 0), int) or not 0 <= told.get("copies", 0) <= 100:  # noqa: PLR2004 - 副本
        yield "copies", "out-of-range", "0 to 100"
    yield from _of_fields(told.get("fields"))


def _of_code(code: Any) -> Iterator[tuple[str, str, str]]:
    if code is None:
        return
    if not isinstance(code, str) or not CODE.match(code):
        yield "code", "shape", "18 characters of the defining organisation and three digits"
    elif read_credit_code(code[:18]).faults:
        yield "code", "check-digits", "credit-code"


def _of_body(told: Any) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    if not isinstance(told, dict) or set(told) != {"code", "name"}:
        yield "defined_by", "wrong-type", "{code, name}"
    elif not isinstance(told["code"], str) or read_credit_code(told["code"]).faults:
        yield "defined_by/code", "check-digits", "credit-code"


def _of_holders(told: Any) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    if not isinstance(told, dict):
        yield "holders", "wrong-type", "table"
        return
    yield from _members("holders", told, ("types",), ("least", "most", "roles"))
    types = told.get("types", [])
    if not isinstance(types, list) or not types:
        yield "holders/types", "missing", ""
        return
    for place, each in enumerate(types):
        if each not in holder_codes():
            yield f"holders/types/{place}", "not-in-dictionary", "holder_codes"
    least, most = told.get("least", 1), told.get("most", 1)
    if not all(isinstance(each, int) for each in (least, most)) or not 1 <= least <= most <= MOST_HOLDERS:
        yield "holders/most", "out-of-range", f"1 <= least <= most <= {MOST_HOLDERS}"


def _of_number(told: Any, *, is_issued: bool) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    if not isinstance(told, dict):
        yield "number", "wrong-type", "table"
        return
    yield from _members("number", told, ("accepts", "rule") if is_issued else ("accepts",), ())
    yield from _texts("number", told, ("accepts", "rule"))
    try:
        pattern = re.compile(str(told.get("accepts", "")))
        if is_issued:
            yield from _of_rule(str(told.get("rule", "")), pattern)
    except (re.error, ValueError, KeyError, IndexError) as error:
        yield "number", "unreadable", str(error)


def _of_rule(rule: str, accepted: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    places = {name for _, name, _, _ in string.Formatter().parse(rule) if name is not None}
    if not places <= PLACES_OF_NUMBER or "serial" not in places:
        yield "number/rule", "unknown-place", "{year} {serial} {region}"
    elif not accepted.fullmatch(rule.format(year=2026, serial=1, region="320000")):
        yield "number/accepts", "refuses-its-own-rule", rule


def _of_validity(told: Any) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    if not isinstance(told, dict):
        yield "validity", "wrong-type", "table"
        return
    yield from _members("validity", told, ("lasting",), ("years", "review_months", "review_name"))
    yield from _one_of("validity/lasting", told.get("lasting"), Lasting)
    years = told.get("years", 0)
    if (told.get("lasting") == Lasting.YEARS) != (isinstance(years, int) and 1 <= years <= 100):  # noqa: PLR2004
        yield "validity/years", "out-of-range", "1 to 100 where it lasts years"
    months = told.get("review_months", 0)
    if not isinstance(months, int) or not 0 <= months <= 1200:  # noqa: PLR2004 - a hundred years
        yield "validity/review_months", "out-of-range", "0 to 1200"


def _of_seals(told: dict[str, Any], known: Known) -> Iterator[tuple[str, str, str]]:
    seals = told.get("seals", {})
    if not isinstance(seals, dict):
        yield "seals", "wrong-type", "table"
        return
    for act, kind in seals.items():
        if act not in ACTS:
            yield f"seals/{act}", "unknown-act", " | ".join(sorted(ACTS))
        if kind not in known.seal_kinds:
            yield f"seals/{act}", "no-such-seal-kind", " | ".join(sorted(known.seal_kinds))
    if told.get("holding") == Holding.ISSUED and "issue" not in seals:
        yield "seals/issue", "missing", ""


def _of_fields(told: Any) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    if not isinstance(told, list) or len(told) > MOST_FIELDS:
        yield "fields", "wrong-type", f"a list of at most {MOST_FIELDS}"
        return
    seen: dict[str, int] = {}
    for number, each in enumerate(told):
        yield from _of_field(f"fields/{number}", each)
        name = each.get("name") if isinstance(each, dict) else None
        if isinstance(name, str) and seen.setdefault(name, number) != number:
            yield f"fields/{number}/name", "twice", name


def _of_field(place: str, told: Any) -> Iterator[tuple[str, str, str]]:
    if not isinstance(told, dict):
        yield place, "wrong-type", "table"
        return
    yield from _members(
        place, told, ("name", "zh", "en", "kind", "sensitivity"), ("needed", "longest", "choices", "unit")
    )
    yield from _texts(place, told, ("zh", "en", "unit"))
    yield from _one_of(f"{place}/kind", told.get("kind"), FieldKind)
    if not isinstance(told.get("name"), str) or not NAME.match(told["name"]):
        yield f"{place}/name", "shape", "lower-case letters, digits and _"
    if told.get("sensitivity") not in range(1, MOST_SENSITIVE + 1):
        yield f"{place}/sensitivity", "out-of-range", f"1 to {MOST_SENSITIVE}"
    if not isinstance(told.get("longest", 1), int) or not 1 <= told.get("longest", 1) <= LONGEST_FIELD:
        yield f"{place}/longest", "out-of-range", f"1 to {LONGEST_FIELD}"
    choices = told.get("choices")
    if (told.get("kind") == FieldKind.CHOICE) != (isinstance(choices, dict) and bool(choices)):
        yield f"{place}/choices", "missing" if choices is None else "not-for-this-kind", "{code = words}"


def _members(
    place: str, told: Mapping[str, Any], needed: Collection[str], optional: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    for name in needed:
        if name not in told:
            yield _at(place, name), "missing", ""
    for name in told:
        if name not in needed and name not in optional:
            yield _at(place, name), "unknown", ""


def _texts(place: str, told: Mapping[str, Any], names: Collection[str]) -> Iterator[tuple[str, str, str]]:
    for name in names:
        if name in told and not isinstance(told[name], str):
            yield _at(place, name), "wrong-type", "text"


def _one_of(place: str, value: Any, table: Any) -> Iterator[tuple[str, str, str]]:
    if value is not None and value not in set(table):
        yield place, "not-one-of", " | ".join(each.value for each in table)


def _at(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name


def _made(told: dict[str, Any]) -> CertificateType:
    number, validity, holders = told["number"], told["validity"], told["holders"]
    return CertificateType(
        told["code"],
        told["name"],
        told["name_en"],
        Body(**told["defined_by"]),
        Holding(told["holding"]),
        Level(told.get("level", Level.NORMAL)),
        Holders(**{**holders, **{name: tuple(holders[name]) for name in ("types", "roles") if name in holders}}),
        Numbering(re.compile(number["accepts"]), number.get("rule", "")),
        Validity(**{**validity, "lasting": Lasting(validity["lasting"])}),
        tuple(Field(**{**each, "kind": FieldKind(each["kind"])}) for each in told["fields"]),
        told.get("seals", {}),
        tuple(told.get("issuers", ())),
        **{name: told[name] for name in _PLAIN if name in told},
    )
