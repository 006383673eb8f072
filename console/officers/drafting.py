"""A form that asks for what a certificate shall say: made from its type, read into what the API's schema takes.

The names of its fields are the pointers of the schema with points for slashes, so that a fault finds its field. What
is wrong with what was typed is told by `certs.checks`; nothing is judged here.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from flask import request

from certs.checks import Fault
from certs.drafts import Content
from certs.models import Certificate
from certs.types.certificate_type import CertificateType, FieldKind, Lasting

DATA: Final = "data."
HOLDERS: Final = "holders."
# A family or a partnership at a counter; larger groups come by the API.
MOST_ROWS: Final = 6
FLAGS: Final = {"true": True, "false": False}
# What every certificate has, as the words for faults call it; and what roles of holders have words.
PARTS: Final = frozenset(
    {"holders", "code", "type", "name", "role", "number", "issued_on", "valid_from", "valid_until"}
)
ROLES: Final = frozenset({"holder", "vehicle_owner", "head", "member", "owner", "ship_owner", "spouse"})
DATES: Final = ("issued_on", "valid_from", "valid_until")
PLAIN: Final = ("number", "region", "item_code", *DATES)


@dataclass(frozen=True)
class Filled:
    """What stands in the form: texts by the names of its fields, and how many holders it asks for."""

    texts: Mapping[str, str] = field(repr=False)
    holders: int

    def __getitem__(self, name: str) -> str:
        """Give what stands in a field."""
        return self.texts.get(name, "")


def empty(type_: CertificateType, today: date) -> Filled:
    """Give the form as it is handed out first."""
    texts = {"issued_on": today.isoformat(), "valid_from": today.isoformat()}
    if len(type_.holders.types) == 1:
        texts[f"{HOLDERS}0.type"] = type_.holders.types[0]
    return Filled(texts, _rows(type_, 0))


def of(type_: CertificateType, row: Certificate, content: Content, first: date, last: date | None) -> Filled:
    """Give the form with what a certificate says, for its next version."""
    texts = {"issued_on": first.isoformat(), "valid_from": first.isoformat(), "number": content.number}
    texts |= {"region": row.region, "item_code": row.item_code}
    if last is not None and type_.validity.lasting is Lasting.AS_TOLD:
        texts["valid_until"] = last.isoformat()
    for place, each in enumerate(content.holders):
        texts |= {f"{HOLDERS}{place}.{name}": getattr(each, name) for name in ("type", "code", "name", "role")}
    for name, value in content.data.items():
        texts[DATA + name] = str(value).lower() if isinstance(value, bool) else str(value)
    return Filled(texts, _rows(type_, len(content.holders)))


def sent(type_: CertificateType) -> Filled:
    """Read the form as it was sent; a picture that came before stays until another is chosen."""
    texts = {name: value.strip() for name, value in request.form.items()}
    for each in type_.fields:
        handed = request.files.get(DATA + each.name)
        if each.kind is FieldKind.PICTURE and handed is not None and handed.filename:
            texts[DATA + each.name] = base64.b64encode(handed.read()).decode()
    given = {name.split(".")[1] for name, value in texts.items() if name.startswith(HOLDERS) and value}
    more = 1 if request.form.get("go") == "more" else 0
    return Filled(texts, _rows(type_, len([each for each in given if each.isdecimal()]) + more))


def told(type_: CertificateType, filled: Filled) -> dict[str, Any]:
    """Give what the schema of the API takes."""
    holders = [
        {name: filled[f"{HOLDERS}{place}.{name}"] for name in ("code", "type", "name", "role")}
        for place in range(filled.holders)
        if any(filled[f"{HOLDERS}{place}.{name}"] for name in ("code", "name"))
    ]
    for each in holders:
        each["code"] = each["code"].upper()
        each["type"] = each["type"] or type_.holders.types[0]
        each["role"] = each["role"] or type_.holders.roles[0]
    data = {each.name: _value(each.kind, filled[DATA + each.name]) for each in type_.fields if filled[DATA + each.name]}
    plain = {name: filled[name] for name in PLAIN if filled[name]}
    case = {"case": {"number": filled["case.number"]}} if filled["case.number"] else {}
    seal = {"seal": filled["seal"]} if filled["seal"] else {}
    return {**plain, **case, **seal, "holders": holders, "data": data}


def said(found: Iterable[Fault], type_: CertificateType) -> dict[str, dict[str, str]]:
    """Give each fault of a draft by the field that it is about, as pages put it into words: the first of each."""
    told: dict[str, dict[str, str]] = {}
    for each in found:
        name = each.pointer.removeprefix("#/").replace("/", ".")
        told.setdefault(name, {"code": each.code.replace("-", "_"), **_named(each, type_)})
    return told


def _rows(type_: CertificateType, given: int) -> int:
    return min(type_.holders.most, MOST_ROWS, max(type_.holders.least, given, 1))


def _value(kind: FieldKind, text: str) -> Any:
    """Give a field's text as the value that its kind is; what is none stays text, which the check refuses."""
    if kind is FieldKind.INTEGER and text.isascii() and text.isdecimal() and len(text) <= len(str(10**15)):
        return int(text)
    if kind is FieldKind.FLAG:
        return FLAGS.get(text, text)
    return text


def _named(fault: Fault, type_: CertificateType) -> dict[str, str]:
    """Name the field that a fault is about: by the type's own words, or by its place in every certificate."""
    named = type_.by_name.get(fault.pointer.removeprefix("#/data/"))
    if named is not None:
        return {"part": "", "zh": named.zh, "en": named.en}
    part = fault.pointer.rsplit("/", 1)[-1]
    return {"part": part if part in PARTS else "other"}
