"""Whom a certificate names: a few attributes, each once, each of its length; written in one order and one encoding.

A name from a request is read into a `Subject` and written anew, never copied: what stands in a certificate is what was
looked at. Which attributes a kind of certificate needs is its template's word.
"""

import re
from dataclasses import dataclass, fields
from typing import Final

from keys.algorithms import der
from keys.authority.errors import UnfitSubject
from keys.errors import MalformedDer
from keys.names import SET, Name

UTF8: Final = 0x0C
PRINTABLE: Final = 0x13
# X.680 41.4.
_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class _Attribute:
    """How an attribute is written; the longest it may be is RFC 5280 A.1's upper bound."""

    oid: str
    form: int
    longest: int


_ATTRIBUTES: Final = {
    "country": _Attribute("2.5.4.6", PRINTABLE, 2),
    "province": _Attribute("2.5.4.8", UTF8, 128),
    "locality": _Attribute("2.5.4.7", UTF8, 128),
    "organisation": _Attribute("2.5.4.10", UTF8, 64),
    "organisation_identifier": _Attribute("2.5.4.97", UTF8, 64),
    "unit": _Attribute("2.5.4.11", UTF8, 64),
    "serial_number": _Attribute("2.5.4.5", PRINTABLE, 64),
    "common_name": _Attribute("2.5.4.3", UTF8, 64),
}
_BY_OID: Final = {each.oid: name for name, each in _ATTRIBUTES.items()}


@dataclass(frozen=True)
class Subject:
    """Whom a certificate names; an empty text leaves its attribute out."""

    common_name: str
    organisation: str = ""
    unit: str = ""
    country: str = "CN"
    province: str = ""
    locality: str = ""
    organisation_identifier: str = ""
    serial_number: str = ""

    def __post_init__(self) -> None:
        """Hold every attribute to its length and characters. Raises `UnfitSubject`."""
        for field in fields(self):
            _require(field.name, getattr(self, field.name))
        try:
            Name.of(self.der)
        except MalformedDer as error:
            raise UnfitSubject("name", error.reason) from error

    @classmethod
    def of(cls, name: Name) -> "Subject":
        """Read a name. Raises `UnfitSubject` for what would not be written again as it stands."""
        told: dict[str, str] = {"country": ""}
        for part in name.parts:
            if len(part) != 1:
                raise UnfitSubject("name", "several-in-one-part")
            attribute = _BY_OID.get(part[0].oid)
            if attribute is None:
                raise UnfitSubject(part[0].oid, "not-accepted")
            if told.get(attribute):
                raise UnfitSubject(attribute, "twice")
            told[attribute] = part[0].text
        if not told.get("common_name"):
            raise UnfitSubject("common_name", "missing")
        return cls(**told)

    @property
    def der(self) -> bytes:
        """Write the name, from the widest attribute to the narrowest."""
        return der.sequence(*(_part(each, getattr(self, name)) for name, each in _ATTRIBUTES.items()))

    @property
    def name(self) -> Name:
        """Give the name as a value."""
        return Name.of(self.der)

    @property
    def told(self) -> frozenset[str]:
        """Name the attributes that are there."""
        return frozenset(field.name for field in fields(self) if getattr(self, field.name))


def _require(name: str, text: str) -> None:
    attribute = _ATTRIBUTES[name]
    if name == "common_name" and not text:
        raise UnfitSubject(name, "missing")
    if len(text) > attribute.longest:
        raise UnfitSubject(name, "too-long")
    if text != text.strip() or "  " in text:
        raise UnfitSubject(name, "spaces-at-the-ends-or-doubled")
    if attribute.form == PRINTABLE and not _PRINTABLE.fullmatch(text):
        raise UnfitSubject(name, "not-printable")
    if name == "country" and text and not _COUNTRY.fullmatch(text):
        raise UnfitSubject(name, "not-two-capital-letters")


def _part(attribute: _Attribute, text: str) -> bytes:
    if not text:
        return b""
    try:
        value = der.element(attribute.form, text.encode())
    except UnicodeEncodeError as error:
        raise UnfitSubject("name", "not-text") from error
    return der.element(SET, der.sequence(der.oid(attribute.oid), value))
