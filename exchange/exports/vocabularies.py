"""The names of DCAT and what our codes are called there, read from `dcat.toml`; for the way out and the way in."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Final

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcterms": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "yx": "urn:yinxin:directory#",
    }
)


@dataclass(frozen=True)
class Vocabulary:
    """A code table's names elsewhere, both ways."""

    prefix: str
    codes: Mapping[str, str]

    def iri(self, code: str) -> str | None:
        """Name a code; one that is not in the table has no name."""
        return self.prefix + self.codes[code] if code in self.codes else None

    def code(self, iri: str) -> str | None:
        """Find the one code that a name means; nothing where it means several."""
        found = [code for code, name in self.codes.items() if self.prefix + name == iri]
        return found[0] if len(found) == 1 else None


@functools.cache
def vocabularies() -> Mapping[str, Vocabulary]:
    """Give every vocabulary by name."""
    read = tomllib.loads(resources.files("exchange.exports").joinpath("dcat.toml").read_text("utf-8"))
    return MappingProxyType({name: Vocabulary(told["prefix"], told["codes"]) for name, told in read.items()})


def full(name: str) -> str:
    """Write a prefixed name out."""
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
