"""Rows that were offered, checked: an entry of the mirror, or a reject with the fault and the member that has it. Pure.

What a row must have is a table of rules for each kind. Nothing is mended or cut: a row with a fault is a reject, and
what the mirror has of it stays as it was. The first fault of a row is told; whoever offers it mends one at a time.
"""

import enum
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from base.canonical import Json, canonical
from base.identifiers import read_credit_code
from base.readings import Fault as Spelling
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE, Offered
from exchange.dictionaries import dictionaries

# What a platform calls a thing: no address, no markup.
ID: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
REGION: Final = re.compile(r"[0-9]{6}|[0-9]{9}|[0-9]{12}")
# Bodies of the nation are also named by thirteen and seventeen signs, which have no check character that is known.
BODY: Final = re.compile(r"[0-9A-Z]{13}|[0-9A-Z]{17}")
CREDIT_LENGTH: Final = 18
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# The directory with the most items that was seen has some two hundred.
MOST_ITEMS: Final = 500
# The regions of the nation down to towns are some forty-four thousand.
MOST_CODES: Final = 50_000
LONGEST_MEMBER: Final = 60


class Fault(enum.StrEnum):
    """What may be wrong with a row."""

    MISSING = "missing-field"
    UNKNOWN_CODE = "unknown-code"
    CHECK_DIGIT = "wrong-check-digit"
    DUPLICATE = "duplicate"
    TOO_LONG = "too-long"
    WRONG_TYPE = "wrong-type"
    OLDER = "older-than-known"
    ALTERED = "same-version-altered"


@dataclass(frozen=True)
class Rule:
    """What a member must be: there, of a length, of a form (`text`, `time`, `region`, `body`, `code:TABLE`)."""

    name: str
    longest: int
    needed: bool = False
    form: str = "text"


@dataclass(frozen=True)
class Entry:
    """A row that is sound: what it is called there, its version, the digest of its content."""

    upstream_id: str
    version: str
    digest: str
    is_gone: bool
    content: Mapping[str, Json] = field(repr=False)


@dataclass(frozen=True)
class Reject:
    """A row that is not: what it is called there (empty where that is the fault), its fault, and where."""

    upstream_id: str
    fault: Fault
    member: str


CATALOG_RULES: Final = (
    Rule("code", 64),
    Rule("name", 200, needed=True),
    Rule("version", 32, needed=True, form="time"),
    Rule("organisation", CREDIT_LENGTH, needed=True, form="body"),
    Rule("organisation_name", 200),
    Rule("region", 12, form="region"),
    Rule("category", 64),
    Rule("summary", 2000),
    Rule("share_type", 40, needed=True, form="code:share_type"),
    Rule("share_conditions", 1000),
    Rule("update_cycle", 40, form="code:update_cycle"),
    Rule("published_at", 32, form="time"),
)
ITEM_RULES: Final = (
    Rule("id", 128),
    Rule("name", 200, needed=True),
    Rule("type", 40, form="code:item_type"),
    Rule("length", 12),
    Rule("sensitivity", 12),
    Rule("share_type", 40),
)
TABLE_RULES: Final = (
    Rule("name", 64, needed=True),
    Rule("title", 200, needed=True),
    Rule("version", 32, needed=True),
)
CODE_RULES: Final = (Rule("code", 64, needed=True), Rule("words", 200, needed=True), Rule("parent", 64))


class _Faulty(Exception):
    def __init__(self, fault: Fault, member: str) -> None:
        super().__init__(fault, member)
        self.fault, self.member = fault, member


def read(kind: str, row: Offered) -> Entry | Reject:
    """Check a row."""
    told = row.upstream_id
    if not isinstance(told, str) or not ID.fullmatch(told):
        return Reject("", Fault.MISSING if told in {None, ""} else Fault.WRONG_TYPE, "id")
    try:
        content = _withdrawn(row.content) if row.is_gone else _READERS[kind](row.content)
    except _Faulty as faulty:
        return Reject(told, faulty.fault, faulty.member[:LONGEST_MEMBER])
    return Entry(told, str(content["version"]), digest(content), row.is_gone, content)


def digest(content: Mapping[str, Json]) -> str:
    """Give SM3 over a content in its canonical form."""
    return hashlib.new("sm3", canonical(dict(content))).hexdigest()


def _catalog(told: Mapping[str, Any]) -> dict[str, Json]:
    content = dict(_members(CATALOG_RULES, told, ""))
    items = _rows(told, "items", MOST_ITEMS)
    content["items"] = [dict(_members(ITEM_RULES, each, f"items[{place}].")) for place, each in enumerate(items)]
    return content


def _code_table(told: Mapping[str, Any]) -> dict[str, Json]:
    content = dict(_members(TABLE_RULES, told, ""))
    rows = _rows(told, "entries", MOST_CODES)
    if not rows:
        raise _Faulty(Fault.MISSING, "entries")
    entries = [dict(_members(CODE_RULES, each, f"entries[{place}].")) for place, each in enumerate(rows)]
    known: set[Json] = set()
    for place, each in enumerate(entries):
        if each["code"] in known:
            raise _Faulty(Fault.DUPLICATE, f"entries[{place}].code")
        known.add(each["code"])
    for place, each in enumerate(entries):
        if each.get("parent") is not None and each["parent"] not in known:
            raise _Faulty(Fault.UNKNOWN_CODE, f"entries[{place}].parent")
    content["entries"] = [*entries]
    return content


_READERS: Final = {CATALOG: _catalog, CODE_TABLE: _code_table}


def _withdrawn(told: Mapping[str, Any]) -> dict[str, Json]:
    """Of what was withdrawn only the version is asked for, and that only where it is told."""
    version = told.get("version")
    return {"version": version if isinstance(version, str) and len(version) <= 32 else ""}  # noqa: PLR2004 - the rule's


def _members(rules: Sequence[Rule], told: Mapping[str, Any], place: str) -> Iterator[tuple[str, Json]]:
    for rule in rules:
        value = told.get(rule.name)
        if value is None or value == "":
            if rule.needed:
                raise _Faulty(Fault.MISSING, place + rule.name)
            continue
        fault = _fault(rule, value)
        if fault is not None:
            raise _Faulty(fault, place + rule.name)
        yield rule.name, value


def _rows(told: Mapping[str, Any], name: str, most: int) -> list[Mapping[str, Any]]:
    value = told.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise _Faulty(Fault.WRONG_TYPE, name)
    if len(value) > most:
        raise _Faulty(Fault.TOO_LONG, name)
    return value


def _fault(rule: Rule, value: Any) -> Fault | None:
    if not isinstance(value, str) or CONTROL.search(value):
        return Fault.WRONG_TYPE
    form, _, table = rule.form.partition(":")
    if form == "code":
        return None if value in dictionaries()[table] else Fault.UNKNOWN_CODE
    if len(value) > rule.longest:
        return Fault.TOO_LONG
    return _FORMS[form](value)


def _text(_value: str) -> Fault | None:
    return None


def _time(value: str) -> Fault | None:
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        return Fault.WRONG_TYPE
    return Fault.WRONG_TYPE if told.tzinfo is None else None


def _region(value: str) -> Fault | None:
    return None if REGION.fullmatch(value) else Fault.WRONG_TYPE


def _body(value: str) -> Fault | None:
    if len(value) != CREDIT_LENGTH:
        return None if BODY.fullmatch(value) else Fault.WRONG_TYPE
    faults = set(read_credit_code(value).faults)
    if not faults:
        return None
    return Fault.CHECK_DIGIT if faults <= {Spelling.CHECK, Spelling.ORGANISATION_CHECK} else Fault.WRONG_TYPE


_FORMS: Final = {"text": _text, "time": _time, "region": _region, "body": _body}
