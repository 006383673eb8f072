"""A row as a line of JSON, the same whichever database it came from, so that a backup of one loads into the other.

Text, whole numbers, truth and nothing stand as themselves; every other value is a pair of a letter and its text. JSON
columns are carried as the text that the database keeps, so that a stored `null` and no value stay two things.
"""

import binascii
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

Plain = None | bool | int | str | list[Any]

_AS_THEY_ARE: Final = frozenset({type(None), bool, int, str})
# Made once: a site has millions of rows.
_encoded: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_decoded: Final = json.JSONDecoder().decode

_WRITERS: Final[Mapping[type, Callable[[Any], Plain]]] = MappingProxyType(
    {
        bytes: lambda value: ["b", binascii.b2a_base64(value, newline=False).decode()],
        datetime: lambda value: ["t", _utc(value)],
        date: lambda value: ["d", value.isoformat()],
        float: lambda value: ["f", value.hex()],
        Decimal: lambda value: ["n", str(value)],
        uuid.UUID: lambda value: ["u", value.hex],
        list: lambda value: ["v", value],
        dict: lambda value: ["v", value],
    }
)
_READERS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "b": lambda text: binascii.a2b_base64(text, strict_mode=True),
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "f": float.fromhex,
        "n": Decimal,
        "u": uuid.UUID,
        "v": lambda value: value,
    }
)


class UnknownType(Exception):
    """A value of this position has a type that no line carries."""

    def __init__(self, position: int, kind: str) -> None:
        super().__init__(position, kind)
        self.position, self.kind = position, kind


def written(values: tuple[Any, ...]) -> bytes:
    """Write a row as one line, its end included. Raises `UnknownType`."""
    plain = [value if type(value) in _AS_THEY_ARE else _plain(position, value) for position, value in enumerate(values)]
    return _encoded(plain).encode() + b"\n"


def read(line: bytes, columns: int) -> tuple[Any, ...]:
    """Read a row of so many columns. Raises `ValueError`."""
    plain = _decoded(line.decode())
    if not isinstance(plain, list) or len(plain) != columns:
        raise ValueError(columns)
    return tuple([_value(each) if type(each) is list else each for each in plain])


def head(line: bytes) -> tuple[str, list[str]]:
    """Read the first line of a table: its name and its columns; what is none names no table."""
    try:
        told = json.loads(line)
        return str(told["table"]), [str(each) for each in told["columns"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", []


def _plain(position: int, value: Any) -> Plain:
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise UnknownType(position, type(value).__name__)
    return writer(value)


def _value(plain: list[Any]) -> Any:
    letter, value = plain
    reader = _READERS.get(letter)
    if reader is None:
        raise ValueError(letter)
    return reader(value)


def _utc(value: datetime) -> str:
    """Write a moment; one without a zone, as a bare DateTime column has it, stays without."""
    return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat()
