"""What catalogues are read into: statements, each a thing, a property and a value."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from exchange.exports.vocabularies import PREFIXES
from exchange.imports.errors import UnreadableCatalogue

TYPE: Final = PREFIXES["rdf"] + "type"
DEEPEST: Final = 32


@dataclass(frozen=True)
class Value:
    """What a statement says: a name, or a text with its language."""

    text: str
    is_name: bool = False
    language: str = ""


Statement = tuple[str, str, Value]


def joined(base: str, iri: str) -> str:
    """Write a name out against a base. Raises `UnreadableCatalogue`."""
    try:
        return urljoin(base, iri) if base else iri
    except ValueError as error:
        raise UnreadableCatalogue("a name") from error
