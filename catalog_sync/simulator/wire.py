"""A request and an answer, freed of HTTP; how an answer goes over the wire, whole or as on links that fail. Pure."""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

JSON: Final = "application/json; charset=utf-8"


class Wire(enum.StrEnum):
    """How an answer goes out."""

    WHOLE = "whole"
    HALF = "half"
    """The length is told, half of the bytes come, then the connection ends."""
    DRIP = "drip"
    """Byte by byte, `seconds` apart."""
    SILENT = "silent"
    """Nothing comes for `seconds`, then the connection ends."""
    RESET = "reset"
    """The connection is torn down."""


@dataclass(frozen=True)
class Request:
    """A request: header names in lower case with `-`, parameters of the address, the body's bytes."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> dict[str, Any] | None:
        """Read the body as an object; none where it is not one."""
        try:
            told = json.loads(self.body or b"{}")
        except ValueError:
            return None
        return told if isinstance(told, dict) else None


@dataclass(frozen=True)
class Answer:
    """An answer, and how it goes over the wire."""

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    wire: Wire = Wire.WHOLE
    seconds: float = 0.0


def told(value: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())
