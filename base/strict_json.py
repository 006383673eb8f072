"""JSON as we accept it: one meaning for every reader.

Duplicate keys, NaN and infinities, NUL and lone surrogates mean different things to different programs; whoever can
choose between two meanings can show one and store the other. They are refused here, before any schema looks.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from base.errors import DomainError, Kind

# Bodies of the contract are five levels deep; certificates' data may nest a few more.
DEPTH_LIMIT = 32
# Longer than any number of the field (18-digit codes, amounts in cents); Python's own limit is 4,300 digits.
DIGITS_LIMIT = 40


@dataclass(eq=False)
class MalformedJson(DomainError):
    """The text is not JSON with one meaning."""

    reason: str
    code: ClassVar[str] = "malformed-json"
    kind: ClassVar[Kind] = Kind.MALFORMED


def parse(text: bytes | str) -> Any:
    """Read JSON with one meaning.

    Raises `MalformedJson`.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(
            decoded,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
        )
        _check(value, DEPTH_LIMIT)
    except UnicodeDecodeError as error:
        raise MalformedJson("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(f"line {error.lineno} column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise MalformedJson(f"deeper than {DEPTH_LIMIT} levels") from error
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("a key stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or len(text) > DIGITS_LIMIT:
        raise MalformedJson("a number out of range")
    return value


def _short(text: str) -> int:
    if len(text) > DIGITS_LIMIT:
        raise MalformedJson("a number out of range")
    return int(text)


def _check(value: Any, left: int) -> None:
    if left < 0:
        raise MalformedJson(f"deeper than {DEPTH_LIMIT} levels")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, below in value.items():
            _check_text(key)
            _check(below, left - 1)
    elif isinstance(value, list):
        for below in value:
            _check(below, left - 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedJson("a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedJson("half of a surrogate pair")
