"""What partners' codes mean: data with source and confidence, one file a dialect. Pure.

A dialect never chooses a number; it has an outcome of this house, how a certificate stands, or a refusal, and the file
says which meaning that is there and how it is written. `tests` see to it that nothing of ours is left without a code.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from exchange.dialects.dialect import Refusal

OK: Final = "ok"
OTHER: Final = "other"


@dataclass(frozen=True)
class Code:
    """A code as it is written, and the words beside it."""

    code: str | int
    words: str


@dataclass(frozen=True)
class Codes:
    """The codes of one dialect, and what leads to them."""

    codes: Mapping[str, Code]
    outcomes: Mapping[str, str]
    standings: Mapping[str, str]
    refusals: Mapping[str, str]
    kinds: Mapping[str, str]
    results: Mapping[str, Code]
    result_of: Mapping[str, str]
    read: Mapping[str, str]
    source: str
    confidence: str

    @property
    def ok(self) -> Code:
        """Give the code of success."""
        return self.codes[OK]

    def of_outcome(self, outcome: str, reason: str) -> Code:
        """Give the code of how looking up ended."""
        return self.codes[self.outcomes.get(f"{outcome}/{reason}") or self.outcomes[outcome]]

    def of_standing(self, standing: str) -> Code:
        """Give the code of a certificate that stands so."""
        return self.codes[self.standings.get(standing, OTHER)]

    def of_refusal(self, refusal: Refusal) -> Code:
        """Give the code of a refusal: by its code and reason, by its code, or by its kind."""
        told = self.refusals.get(f"{refusal.code}/{refusal.reason}") or self.refusals.get(refusal.code)
        return self.codes[told or self.kinds[refusal.kind.value]]


@functools.cache
def codes(dialect: str) -> Codes:
    """Read a dialect's codes."""
    told = _read(f"{dialect}.toml")
    return Codes(
        _codes(told["codes"]),
        told["outcomes"],
        told["standings"],
        told["refusals"],
        told["kinds"],
        _codes(told.get("results", {})),
        told.get("result_of", {}),
        told.get("read", {}),
        told["source"],
        told["confidence"],
    )


def _codes(told: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Code]:
    return MappingProxyType({name: Code(each["code"], each["words"]) for name, each in told.items()})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("certs.dialects").joinpath(name).read_text("utf-8"))
