"""The kinds of callers, and what each may at most: a table read from `caller_kinds.toml`.

A department acts by duty or on the holder's word; an agent takes in for a department and only under its mandate; a
scene outside government needs an agreement and the holder; another platform speaks for its own departments. A contract
never gives more than its grantee's kind may, and whoever runs it asks again. Which organisation is of which kind is a
row of the register (`exchange.agreements.callers`), not decided here.
"""

import enum
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from exchange.agreements.purposes import Ground, Stage


class CallerKind(enum.StrEnum):
    """What a caller is to the government."""

    DEPARTMENT = "department"
    AGENT = "agent"
    OUTSIDE = "outside"
    PLATFORM = "platform"


class Mode(enum.StrEnum):
    """How data is handed over: one question, many at once, sent by itself, or told of as it changes."""

    QUERY = "query"
    BATCH = "batch"
    PUSH = "push"
    SUBSCRIBE = "subscribe"


class Need(enum.StrEnum):
    """What a kind must have on record: a department's mandate, or an agreement."""

    MANDATE = "mandate"
    AGREEMENT = "agreement"


@dataclass(frozen=True)
class KindOfCaller:
    """What a kind of caller may at most."""

    code: CallerKind
    zh: str
    en: str
    grounds: frozenset[Ground]
    stages: frozenset[Stage]
    modes: frozenset[Mode]
    needs: frozenset[Need]


@functools.cache
def kinds() -> Mapping[CallerKind, KindOfCaller]:
    """Give every kind of caller."""
    told = tomllib.loads(resources.files("exchange.agreements").joinpath("caller_kinds.toml").read_text("utf-8"))
    return MappingProxyType({kind: _read(kind, told[kind]) for kind in CallerKind})


def _read(kind: CallerKind, told: Mapping[str, object]) -> KindOfCaller:
    def each(name: str) -> list[str]:
        values = told[name]
        return list(values) if isinstance(values, list) else []

    return KindOfCaller(
        kind,
        str(told["zh"]),
        str(told["en"]),
        frozenset(map(Ground, each("grounds"))),
        frozenset(map(Stage, each("stages"))),
        frozenset(map(Mode, each("modes"))),
        frozenset(map(Need, each("needs"))),
    )
