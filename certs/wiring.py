"""What the certificates' room can be told, and the parts built from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from base.settings import Settings, setting
from certs import types
from certs.contents import Keys
from certs.faces.template import templates
from certs.faces.typefaces import Typeface, typeface
from certs.types import Types, reading
from signing import kinds


@dataclass(frozen=True)
class CertsSettings:
    """What the certificates' room can be told."""

    SECTION: ClassVar[str] = "certs"
    types: str = setting("", "A folder of the site's own certificate types, one <code>.toml each.")
    typeface: str = setting("", "The typeface of faces; by default the best that the machine has.")
    links: str = setting("", "What the code on a face points to, before the token; by default this site's /v/.")
    demonstration: bool = setting(False, "Mark every face that is made as a demonstration without legal force.")


@dataclass(frozen=True)
class Certs:
    """The parts of the certificates' room."""

    settings: CertsSettings
    types: Types
    keys: Keys = field(repr=False)
    typeface: Callable[[], Typeface] = field(repr=False)
    # What the codes on faces point to, before their tokens.
    links: str

    @property
    def by_name(self) -> Mapping[str, str]:
        """Give the codes of types by their names."""
        return {each.name: code for code, each in self.types.items()}


def known() -> reading.Known:
    """Tell what types may name."""
    return reading.Known(kinds.kinds(), templates())


def built(read: Settings, keys: Keys, address: str) -> Certs:
    """Build the parts. Raises `FaultyCertificateTypes`; a missing typeface is told when a face is asked for."""
    told = read[CertsSettings]
    links = told.links or f"{address}/v/"
    return Certs(told, types.types(known(), _path(told.types)), keys, lambda: typeface(_path(told.typeface)), links)


def _path(told: str) -> Path | None:
    return Path(told) if told else None
