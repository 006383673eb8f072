"""States of certificates as partners number them, both ways. Pure.

Only what is known to be valid is valid: a code that the table does not have gives nothing, and whoever asked treats it
as a certificate that does not serve.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from certs.life import Standing


@dataclass(frozen=True)
class States:
    """A partner's states: which of ours each code is, and by which code each of ours is written."""

    name: str
    read: Mapping[str, Standing]
    words: Mapping[str, str]
    written: Mapping[Standing, str]
    operations: Mapping[str, str]
    # Operations that must name the certificate which they supersede.
    names_superseded: frozenset[str]
    source: str
    confidence: str

    def standing(self, code: str) -> Standing | None:
        """Tell how a certificate stands that the partner gives this code; nothing for a code nobody defined."""
        return self.read.get(code.strip())

    def code(self, standing: Standing) -> str | None:
        """Give the partner's code; nothing for what never leaves this house (drafts, what was discarded)."""
        return self.written.get(standing)


@functools.cache
def states() -> Mapping[str, States]:
    """Give the states of every partner, by its name."""
    told = tomllib.loads(resources.files("certs.dialects").joinpath("states.toml").read_text("utf-8"))
    return {
        partner: States(
            each["name"],
            {code: Standing(state["standing"]) for code, state in each["states"].items()},
            {code: state["zh"] for code, state in each["states"].items()},
            {Standing(ours): code for ours, code in each["written"].items()},
            each.get("operations", {}),
            frozenset(each.get("names_superseded", ())),
            each["source"],
            each["confidence"],
        )
        for partner, each in told.items()
    }
