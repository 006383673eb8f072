"""A certificate as it is asked for: its holders, number, dates and fields, read and judged, but not yet made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Holder:
    """Who holds it: the code and its kind, the name, and as what."""

    code: str = field(repr=False)
    type: str
    name: str = field(repr=False)
    role: str = "holder"


@dataclass(frozen=True)
class Content:
    """What a certificate says, once it is made."""

    number: str = field(repr=False)
    holders: tuple[Holder, ...] = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Draft:
    """What a certificate shall say. No number means that one is given; no last day, that the type says it."""

    holders: tuple[Holder, ...]
    issued_on: date
    valid_from: date
    data: Mapping[str, Any] = field(repr=False)
    number: str | None = None
    valid_until: date | None = None
    region: str = ""
    item_code: str = ""
