"""A draft against its type: every fault at once, each with a pointer and a stable code, never with the value itself.

What is asked: who holds it and how many, the number's form, dates that can be, and every field of the type. Whether the
issuer may issue, whether the number is taken, and whether the holder exists is not decided here.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from base.identifiers import read_credit_code, read_id_number, read_region_code
from base.workdays import local_day
from certs.drafts import Draft, Holder
from certs.holder_codes import holder_codes
from certs.types.certificate_type import NO_LAST_DAY, CertificateType, Field, FieldKind

# Nothing that a state of this name issued is older.
EARLIEST: Final = date(1949, 10, 1)
LONGEST_NAME: Final = 200
LONGEST_NUMBER: Final = 128  # varchar(128) in the national front library
# A photograph of 358 × 441 dots as it is asked for on faces, with room; partners take 50 KB.
LARGEST_PICTURE: Final = 200 * 1024
LARGEST_INTEGER: Final = 10**15
MOST_DIGITS: Final = 18
DECIMAL: Final = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place: a JSON pointer, a stable code, and what was expected."""

    pointer: str
    code: str
    expected: str = ""


def check(draft: Draft, type_: CertificateType, at: datetime) -> tuple[Fault, ...]:
    """Tell every fault of a draft."""
    return (
        *_of_holders(draft.holders, type_, at),
        *_of_number(draft.number, type_),
        *_of_dates(draft, type_, local_day(at)),
        *_of_data(draft.data, type_, at),
    )


def _of_holders(holders: tuple[Holder, ...], type_: CertificateType, at: datetime) -> Iterator[Fault]:
    bounds = type_.holders
    if not bounds.least <= len(holders) <= bounds.most:
        yield Fault("#/holders", "number-of-holders", f"{bounds.least} to {bounds.most}")
    seen: dict[tuple[str, str], int] = {}
    for place, each in enumerate(holders):
        pointer = f"#/holders/{place}"
        if each.type not in bounds.types:
            yield Fault(f"{pointer}/type", "not-for-this-type", " | ".join(bounds.types))
        elif fault := holder_codes()[each.type].fault(each.code, at):
            yield Fault(f"{pointer}/code", fault)
        if not each.name.strip() or len(each.name) > LONGEST_NAME or not each.name.isprintable():
            yield Fault(f"{pointer}/name", "unreadable", f"1 to {LONGEST_NAME} characters")
        if each.role not in bounds.roles:
            yield Fault(f"{pointer}/role", "not-one-of", " | ".join(bounds.roles))
        if seen.setdefault((each.type, each.code), place) != place:
            yield Fault(f"{pointer}/code", "twice", f"#/holders/{seen[each.type, each.code]}")


def _of_number(number: str | None, type_: CertificateType) -> Iterator[Fault]:
    if number is None:
        if not type_.is_issued_here:
            yield Fault("#/number", "missing")
    elif len(number) > LONGEST_NUMBER or not type_.numbering.accepts.fullmatch(number):
        yield Fault("#/number", "shape", type_.numbering.accepts.pattern)


def _of_dates(draft: Draft, type_: CertificateType, today: date) -> Iterator[Fault]:
    last = draft.valid_until or type_.validity.last_day(draft.valid_from)
    if not EARLIEST <= draft.issued_on <= today:
        yield Fault("#/issued_on", "impossible-date", f"{EARLIEST} to {today}")
    if draft.valid_from < EARLIEST:
        yield Fault("#/valid_from", "impossible-date", f"from {EARLIEST}")
    if last is None:
        yield Fault("#/valid_until", "missing")
    elif not draft.valid_from <= last <= NO_LAST_DAY:
        yield Fault("#/valid_until", "before-it-begins")


def _of_data(data: Mapping[str, Any], type_: CertificateType, at: datetime) -> Iterator[Fault]:
    known = type_.by_name
    for name in data:
        if name not in known:
            yield Fault(f"#/data/{_escaped(name)}", "unknown-field")
    for name, field in known.items():
        value = data.get(name)
        pointer = f"#/data/{name}"
        if value is None or value == "":
            if field.needed:
                yield Fault(pointer, "missing")
        else:
            yield from (Fault(pointer, code, expected) for code, expected in _CHECKS[field.kind](field, value, at))


_Faults = Iterator[tuple[str, str]]


def _text(field: Field, value: Any, _at: datetime) -> _Faults:
    if not isinstance(value, str):
        yield "wrong-type", "string"
    elif len(value) > field.longest:
        yield "too-long", str(field.longest)
    elif any(not sign.isprintable() and sign != "\n" for sign in value):
        yield "control-characters", ""


def _integer(_field: Field, value: Any, _at: datetime) -> _Faults:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < LARGEST_INTEGER:
        yield "wrong-type", "whole number, not negative"


def _decimal(_field: Field, value: Any, _at: datetime) -> _Faults:
    """Take decimals as text, so that 0.10 stays 0.10; a JSON number has no last noughts to lose but is refused too."""
    if not isinstance(value, str) or len(value) > MOST_DIGITS or not DECIMAL.fullmatch(value):
        yield "wrong-type", "decimal as text, not negative"


def _date(_field: Field, value: Any, _at: datetime) -> _Faults:
    try:
        read = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None  # noqa: PLR2004
    except ValueError:
        read = None
    if read is None:
        yield "wrong-type", "YYYY-MM-DD"


def _flag(_field: Field, value: Any, _at: datetime) -> _Faults:
    if not isinstance(value, bool):
        yield "wrong-type", "boolean"


def _choice(field: Field, value: Any, _at: datetime) -> _Faults:
    if not isinstance(value, str) or value not in field.choices:
        yield "not-in-dictionary", " | ".join(field.choices)


def _credit_code(_field: Field, value: Any, _at: datetime) -> _Faults:
    read = read_credit_code(value) if isinstance(value, str) else None
    if read is None or not read.exact or read.text != value:
        yield "check-digits", "credit-code"


def _id_number(_field: Field, value: Any, at: datetime) -> _Faults:
    read = read_id_number(value, at) if isinstance(value, str) else None
    if read is None or not read.exact or read.text != value:
        yield "check-digits", "id-number"


def _region(_field: Field, value: Any, _at: datetime) -> _Faults:
    if not isinstance(value, str) or not read_region_code(value).exact:
        yield "check-digits", "region"


def _picture(_field: Field, value: Any, _at: datetime) -> _Faults:
    """Look at the size and the first bytes; whether it can be drawn is seen when the face is made."""
    try:
        content = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        content = b""
    if len(content) > LARGEST_PICTURE:
        yield "too-long", f"{LARGEST_PICTURE} bytes"
    elif not content.startswith(PICTURES):
        yield "wrong-type", "PNG or JPEG in base64"


_CHECKS: Final[Mapping[FieldKind, Callable[[Field, Any, datetime], _Faults]]] = {
    FieldKind.TEXT: _text,
    FieldKind.LONG: _text,
    FieldKind.INTEGER: _integer,
    FieldKind.DECIMAL: _decimal,
    FieldKind.DATE: _date,
    FieldKind.FLAG: _flag,
    FieldKind.CHOICE: _choice,
    FieldKind.CREDIT_CODE: _credit_code,
    FieldKind.ID_NUMBER: _id_number,
    FieldKind.REGION: _region,
    FieldKind.PICTURE: _picture,
}


def _escaped(name: str) -> str:
    """Write a name into a JSON pointer (RFC 6901 3)."""
    return name.replace("~", "~0").replace("/", "~1")
