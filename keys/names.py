"""Distinguished names and general names as values: read strictly, compared as RFC 5280 says, shown without tricks.

A name that would not be shown as it is spelt is refused: NUL and other controls, marks that turn the direction of
writing, marks without width. A name that mixes scripts inside one word is read, and told (`mixes_scripts`): whether
that is a fault is policy. A name is never an identity: equality here only finds candidates, signatures decide.
"""

import functools
import unicodedata
from dataclasses import dataclass
from typing import Final

from keys.algorithms.der import SEQUENCE, Reader, sequence

SET: Final = 0x31

# RFC 5280 4.1.2.4 and appendix A.1; the text forms that occur in certificates, with how each is decoded.
_ENCODINGS: Final = {
    0x0C: "utf-8",
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # TeletexString: what old authorities wrote there is Latin-1, whatever T.61 says
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}
# The vowel separator of Mongolian, an official script of Inner Mongolia, is a format character without tricks.
_ALLOWED_FORMAT: Final = "\u180e"

_LABELS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.46": "dnQualifier",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
COMMON_NAME: Final = "2.5.4.3"
ORGANISATION: Final = "2.5.4.10"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a name: its number and its text; a value that is no text is shown as # and its DER in hex."""

    oid: str
    text: str

    @property
    def label(self) -> str:
        """Give the short name of the attribute, or its number."""
        return _LABELS.get(self.oid, self.oid)


@dataclass(frozen=True, eq=False)
class Name:
    """A distinguished name: `der` is what was signed; two are equal when RFC 5280 7.1 calls them the same."""

    der: bytes
    parts: tuple[tuple[Attribute, ...], ...]

    @classmethod
    def of(cls, data: bytes) -> "Name":
        """Read a name that stands alone. Raises `MalformedDer`."""
        reader = Reader(data)
        name = cls.take(reader)
        reader.end()
        return name

    @classmethod
    def take(cls, reader: Reader) -> "Name":
        """Take the name that comes next. Raises `MalformedDer`."""
        data = reader.whole()
        inner = Reader(data).inside()
        parts = []
        while not inner.ended:
            parts.append(_part(inner))
        return cls(data, tuple(parts))

    @functools.cached_property
    def key(self) -> tuple[frozenset[tuple[str, str]], ...]:
        """Give what is equal for equal names: case, width and runs of spaces do not count (RFC 5280 7.1)."""
        return tuple(frozenset((each.oid, _prepared(each.text)) for each in part) for part in self.parts)

    @property
    def is_empty(self) -> bool:
        """Tell whether the name says nothing."""
        return not self.parts

    @property
    def text(self) -> str:
        """Write the name in its own order, with what could be mistaken for a separator escaped."""
        return ", ".join(
            "+".join(f"{each.label}={_escaped(each.text)}" for each in sorted(part, key=lambda each: each.oid))
            for part in self.parts
        )

    @property
    def mixes_scripts(self) -> bool:
        """Tell whether a word mixes Latin with Cyrillic or Greek letters, as lookalike names do."""
        return any(mixes_scripts(each.text) for part in self.parts for each in part)

    def with_part(self, part: bytes) -> "Name":
        """Give the name with one more part at its end, a SET in DER. Raises `MalformedDer`."""
        return Name.of(sequence(Reader(self.der).content(SEQUENCE), part))

    def first(self, oid: str) -> str | None:
        """Give the text of the first attribute of that number."""
        return next((each.text for part in self.parts for each in part if each.oid == oid), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and (self.der == other.der or self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text


class GeneralKind:
    """The tags of a GeneralName (RFC 5280 4.2.1.6) that are told apart; the others are kept and not read."""

    MAIL: Final = 0x81
    DNS: Final = 0x82
    DIRECTORY: Final = 0xA4
    URI: Final = 0x86
    IP: Final = 0x87


@dataclass(frozen=True)
class GeneralName:
    """A general name: its tag, its text where it has one, and its DER."""

    tag: int
    text: str
    der: bytes
    directory: Name | None = None


def general_names(reader: Reader) -> tuple[GeneralName, ...]:
    """Take all general names up to the end of the reader, at least one. Raises `MalformedDer`."""
    if reader.ended:
        raise reader.refused("no-names")
    found = []
    while not reader.ended:
        found.append(_general_name(reader))
    return tuple(found)


def require_plain(text: str, reader: Reader) -> str:
    """Insist that a text shows as it is spelt. Raises `MalformedDer`."""
    for character in text:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Cn"}:
            raise reader.refused("control-in-name")
        if category == "Cf" and character not in _ALLOWED_FORMAT:
            raise reader.refused("hidden-mark-in-name")
    return text


def mixes_scripts(text: str) -> bool:
    """Tell whether a word of the text has Latin letters beside Cyrillic or Greek ones."""
    for word in text.split():
        scripts = {unicodedata.name(each, "").split(" ")[0] for each in word if each.isalpha()}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
            return True
    return False


def _part(reader: Reader) -> tuple[Attribute, ...]:
    """Take a RelativeDistinguishedName: a SET OF, so its members stand in the order of their bytes (X.690 11.6)."""
    inner = reader.inside(SET)
    attributes: list[Attribute] = []
    last = b""
    while not inner.ended:
        data = inner.whole()
        if data <= last:
            raise inner.refused("set-not-in-order")
        last = data
        attributes.append(_attribute(data, inner))
    if not attributes:
        raise reader.refused("empty-name-part")
    return tuple(attributes)


def _attribute(data: bytes, place: Reader) -> Attribute:
    outer = Reader(data)
    if outer.next_tag != SEQUENCE:
        raise place.refused("unexpected-tag")
    inner = outer.inside()
    oid = inner.oid()
    tag = inner.next_tag
    if tag is None:
        raise place.refused("truncated")
    if tag not in _ENCODINGS:
        value = inner.whole()
        inner.end()
        return Attribute(oid, "#" + value.hex())
    content = inner.content(tag)
    inner.end()
    try:
        text = content.decode(_ENCODINGS[tag])
    except UnicodeDecodeError as error:
        raise place.refused("undecodable-name") from error
    return Attribute(oid, require_plain(text, place))


def _general_name(reader: Reader) -> GeneralName:
    tag = reader.next_tag
    if tag is None:
        raise reader.refused("truncated")
    data = reader.whole()
    inner = Reader(data)
    if tag == GeneralKind.DIRECTORY:
        explicit = inner.inside(tag)
        name = Name.take(explicit)
        explicit.end()
        return GeneralName(tag, name.text, data, name)
    if tag in (GeneralKind.MAIL, GeneralKind.DNS, GeneralKind.URI):
        try:
            text = inner.content(tag).decode("ascii")
        except UnicodeDecodeError as error:
            raise reader.refused("undecodable-name") from error
        return GeneralName(tag, require_plain(text, reader), data)
    if tag not in (0x87, 0x88, 0xA0, 0xA3, 0xA5):
        raise reader.refused("unknown-general-name")
    return GeneralName(tag, "", data)


def _prepared(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _escaped(text: str) -> str:
    for character in '\\,+"<>;=':
        text = text.replace(character, "\\" + character)
    return text
