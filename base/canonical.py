r"""Canonical JSON: one value, one row of bytes, so that a hash of it can be made again by anyone.

The form: UTF-8 without a byte-order mark; no white space between tokens; an object's members sorted by their names'
Unicode code points (which is the order of their UTF-8 bytes); whole numbers only, within ±(2^53 - 1), so that every
JSON reader takes them for the same number; in strings only what JSON demands is escaped: as `\"`, `\\`, `\b`, `\f`,
`\n`, `\r`, `\t`, any other below U+0020 as `\u00xx` in lower case. Fractions are written as text by whoever has them.
U+0000 and unpaired surrogates are refused: the one cannot be kept by PostgreSQL, the other not be written in UTF-8.
"""

import json
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from base.errors import DomainError, Kind

# RFC 8259 6: beyond this, readers that hold numbers as doubles disagree.
LARGEST_INTEGER = 2**53 - 1
# What this house writes is three or four deep; a limit keeps recursion, here and in every reader, bounded.
DEEPEST = 32
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

Json = None | bool | int | str | list["Json"] | tuple["Json", ...] | dict[str, "Json"]


@dataclass(eq=False)
class NotCanonical(DomainError):
    """A value cannot be written as canonical JSON."""

    place: str
    reason: str
    code: ClassVar[str] = "not-canonical"
    kind: ClassVar[Kind] = Kind.MALFORMED


def canonical(value: Json) -> bytes:
    """Write a value in its one canonical form.

    Raises `NotCanonical`, naming the place.
    """
    _check(value, "", 0)
    return _written(value)


def read(content: bytes) -> Json:
    """Read bytes that must be canonical JSON.

    Raises `NotCanonical`.
    """
    try:
        value: Json = json.loads(content, parse_float=_no_fraction, parse_constant=_no_fraction)
        same = _written(value) == content
    except (ValueError, RecursionError) as error:
        raise NotCanonical("", "not-json") from error
    if not same:
        raise NotCanonical("", "another-form")
    return value


def _written(value: Json) -> bytes:
    return _ENCODER.encode(value).encode()


def _no_fraction(text: str) -> NoReturn:
    raise ValueError(text)


def _check(value: object, place: str, depth: int) -> None:
    if depth > DEEPEST:
        raise NotCanonical(place[:100], "too-deep")
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name, place)
            _check(member, f"{place}/{name}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _check(item, f"{place}/{index}", depth + 1)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(place, "number-too-large")
    elif value is not None:
        raise NotCanonical(place, f"not-json: {type(value).__name__}")


def _check_text(text: object, place: str) -> None:
    if not isinstance(text, str):
        raise NotCanonical(place, "name-is-no-text")
    if "\x00" in text:
        raise NotCanonical(place, "nul")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise NotCanonical(place, "surrogate")
