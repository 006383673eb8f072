"""The extensions of a certificate (RFC 5280 4.2) as one value, each read strictly.

What is read here is read whole, so that two readers cannot disagree; an extension that is not known is kept by number.
Whether a critical one may be left unknown, and whether the values allow a use, is decided in `keys.chain`.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from keys.algorithms.der import BIT_STRING, INTEGER, Reader, sequence
from keys.names import SET, GeneralKind, GeneralName, Name, general_names

BASIC_CONSTRAINTS: Final = "2.5.29.19"
KEY_USAGE: Final = "2.5.29.15"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
SUBJECT_KEY_ID: Final = "2.5.29.14"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
ALTERNATIVE_NAME: Final = "2.5.29.17"
POLICIES: Final = "2.5.29.32"
POLICY_MAPPINGS: Final = "2.5.29.33"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
INHIBIT_ANY_POLICY: Final = "2.5.29.54"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_POINTS: Final = "2.5.29.31"
FRESHEST_CRL: Final = "2.5.29.46"
AUTHORITY_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"

OCSP_ACCESS: Final = "1.3.6.1.5.5.7.48.1"
ISSUERS_ACCESS: Final = "1.3.6.1.5.5.7.48.2"

_HTTP: Final = ("http://", "https://")

BOOLEAN: Final = 0x01
# A certificate of the field has about ten; a hundred is a way to keep a reader busy.
EXTENSIONS_LIMIT: Final = 64


class Usage(enum.StrEnum):
    """The bits of keyUsage, in their order (RFC 5280 4.2.1.3)."""

    DIGITAL_SIGNATURE = "digital-signature"
    NON_REPUDIATION = "non-repudiation"
    KEY_ENCIPHERMENT = "key-encipherment"
    DATA_ENCIPHERMENT = "data-encipherment"
    KEY_AGREEMENT = "key-agreement"
    CERT_SIGN = "cert-sign"
    CRL_SIGN = "crl-sign"
    ENCIPHER_ONLY = "encipher-only"
    DECIPHER_ONLY = "decipher-only"


@dataclass(frozen=True)
class BasicConstraints:
    """Whether the subject is an authority, and how many authorities may stand below it."""

    authority: bool
    path_length: int | None = None


@dataclass(frozen=True)
class AuthorityKeyId:
    """How the issuer's key is told from others of the same name."""

    key_id: bytes | None = None
    issuer: tuple[GeneralName, ...] = ()
    serial: int | None = None


@dataclass(frozen=True)
class DistributionPoint:
    """Where a revocation list is found, in full or `relative` to the issuer's name; a foreign `issuer` may make it."""

    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = None
    reasons: frozenset[int] | None = None
    issuer: tuple[GeneralName, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """Give the addresses of the list that can be asked over HTTP."""
        return tuple(each.text for each in self.names if each.tag == GeneralKind.URI and each.text.startswith(_HTTP))


@dataclass(frozen=True)
class Extensions:
    """What the extensions of one certificate say; None where an extension is absent."""

    basic: BasicConstraints | None = None
    key_usage: frozenset[Usage] | None = None
    extended_usage: tuple[str, ...] | None = None
    subject_key_id: bytes | None = None
    authority_key_id: AuthorityKeyId | None = None
    alternative_names: tuple[GeneralName, ...] = ()
    policies: tuple[str, ...] = ()
    crl_points: tuple[DistributionPoint, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    ocsp_no_check: bool = False
    constrains_names: bool = False
    present: frozenset[str] = field(default_factory=frozenset)
    critical: frozenset[str] = field(default_factory=frozenset)

    @property
    def unknown_critical(self) -> frozenset[str]:
        """Give the critical extensions that are not understood."""
        return self.critical - _KNOWN


@dataclass(frozen=True)
class Extension:
    """One extension as it stands: its number, whether it is critical, and its value in DER."""

    oid: str
    critical: bool
    value: bytes
    spells_out_default: bool = False


def take_all(reader: Reader) -> tuple[Extension, ...]:
    """Take the elements of Extensions, none of them twice. Raises `MalformedDer`."""
    inner = reader.inside()
    found: list[Extension] = []
    while not inner.ended:
        if len(found) == EXTENSIONS_LIMIT:
            raise inner.refused("too-many-extensions")
        found.append(_take(inner))
    if not found:
        raise inner.refused("no-extensions")
    if len({each.oid for each in found}) != len(found):
        raise inner.refused("extension-twice")
    return tuple(found)


def read(extensions: tuple[Extension, ...]) -> Extensions:
    """Read the values that are known here. Raises `MalformedDer`."""
    said = Extensions(
        present=frozenset(each.oid for each in extensions),
        critical=frozenset(each.oid for each in extensions if each.critical),
    )
    for each in extensions:
        reading = _READINGS.get(each.oid)
        if reading is None:
            continue
        reader = Reader(each.value)
        said = reading(said, reader)
        reader.end()
    return said


def distribution_point_name(reader: Reader) -> tuple[tuple[GeneralName, ...], bytes | None]:
    """Take a DistributionPointName: full names, or the part behind the issuer's name. Raises `MalformedDer`."""
    if reader.next_tag == 0xA0:  # noqa: PLR2004 fullName [0]
        return general_names(reader.inside(0xA0)), None
    if reader.next_tag == 0xA1:  # noqa: PLR2004 nameRelativeToCRLIssuer [1], an implicit SET
        part = bytes((SET,)) + reader.whole()[1:]
        Name.of(sequence(part))
        return (), part
    raise reader.refused("unexpected-tag")


def named_bits(content: bytes, reader: Reader, limit: int) -> frozenset[int]:
    """Read a named bit list, whose last bit is 1 in DER (X.690 11.2.2). Raises `MalformedDer`."""
    unused = content[0] if content else 8
    if unused > 7 or (len(content) == 1 and unused):  # noqa: PLR2004 at most seven bits of a byte are unused
        raise reader.refused("unused-bits")
    data = content[1:]
    if data and not (data[-1] >> unused) & 1:
        raise reader.refused("bits-not-minimal")
    if data and data[-1] & ((1 << unused) - 1):
        raise reader.refused("unused-bits")
    bits = frozenset(8 * at + bit for at, byte in enumerate(data) for bit in range(8) if byte & (0x80 >> bit))
    if any(bit >= limit for bit in bits):
        raise reader.refused("unknown-bits")
    return bits


def take_boolean(reader: Reader) -> bool:
    """Take a BOOLEAN in its one form of each value. Raises `MalformedDer`."""
    content = reader.content(BOOLEAN)
    if content not in (b"\x00", b"\xff"):
        raise reader.refused("boolean-not-minimal")
    return content == b"\xff"


def _take(reader: Reader) -> Extension:
    inner = reader.inside()
    oid = inner.oid()
    critical = spelt_out = False
    if inner.next_tag == BOOLEAN:
        critical = take_boolean(inner)
        spelt_out = not critical
    value = inner.octets()
    inner.end()
    return Extension(oid, critical, value, spelt_out)


def _basic(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    authority = False
    if inner.next_tag == BOOLEAN:
        authority = take_boolean(inner)
        if not authority:
            raise inner.refused("default-spelt-out")
    length = None
    if inner.next_tag == INTEGER:
        length = inner.natural()
        # RFC 5280 4.2.1.9: the length is only there where the subject is an authority.
        if not authority:
            raise inner.refused("path-length-without-authority")
    inner.end()
    return replace(said, basic=BasicConstraints(authority, length))


def _key_usage(said: Extensions, reader: Reader) -> Extensions:
    bits = named_bits(reader.content(BIT_STRING), reader, len(_USAGES))
    if not bits:
        raise reader.refused("no-key-usage")
    return replace(said, key_usage=frozenset(_USAGES[bit] for bit in bits))


def _extended_usage(said: Extensions, reader: Reader) -> Extensions:
    return replace(said, extended_usage=_oids(reader.inside()))


def _subject_key_id(said: Extensions, reader: Reader) -> Extensions:
    return replace(said, subject_key_id=reader.octets())


def _authority_key_id(said: Extensions, reader: Reader) -> Extensions:
    return replace(said, authority_key_id=authority_key_id(reader))


def authority_key_id(reader: Reader) -> AuthorityKeyId:
    """Take an AuthorityKeyIdentifier, of certificates and of lists. Raises `MalformedDer`."""
    inner = reader.inside()
    key_id = inner.content(0x80) if inner.next_tag == 0x80 else None  # noqa: PLR2004 keyIdentifier [0]
    issuer = general_names(inner.inside(0xA1)) if inner.next_tag == 0xA1 else ()  # noqa: PLR2004 [1]
    serial = None
    if inner.next_tag == 0x82:  # noqa: PLR2004 authorityCertSerialNumber [2]
        serial = int.from_bytes(inner.content(0x82), signed=True)
    inner.end()
    # RFC 5280 4.2.1.1: issuer and serial number are both there or both absent.
    if (serial is None) != (not issuer):
        raise reader.refused("half-an-issuer-and-serial")
    return AuthorityKeyId(key_id, issuer, serial)


def _alternative_names(said: Extensions, reader: Reader) -> Extensions:
    return replace(said, alternative_names=general_names(reader.inside()))


def _policies(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    found = []
    while not inner.ended:
        policy = inner.inside()
        found.append(policy.oid())
        if not policy.ended:
            policy.whole()  # qualifiers are words for readers and decide nothing
        policy.end()
    if not found or len(set(found)) != len(found):
        raise inner.refused("no-policy-or-one-twice")
    return replace(said, policies=tuple(found))


def _crl_points(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    found = []
    while not inner.ended:
        found.append(_distribution_point(inner))
    if not found:
        raise inner.refused("no-distribution-point")
    return replace(said, crl_points=tuple(found))


def _distribution_point(reader: Reader) -> DistributionPoint:
    inner = reader.inside()
    names: tuple[GeneralName, ...] = ()
    relative = None
    if inner.next_tag == 0xA0:  # noqa: PLR2004 distributionPoint [0]
        explicit = inner.inside(0xA0)
        names, relative = distribution_point_name(explicit)
        explicit.end()
    reasons = named_bits(inner.content(0x81), inner, 9) if inner.next_tag == 0x81 else None  # noqa: PLR2004 [1]
    issuer = general_names(inner.inside(0xA2)) if inner.next_tag == 0xA2 else ()  # noqa: PLR2004 cRLIssuer [2]
    inner.end()
    # RFC 5280 4.2.1.13: a point names a place or an issuer.
    if not names and relative is None and not issuer:
        raise reader.refused("empty-distribution-point")
    return DistributionPoint(names, relative, reasons, issuer)


def _authority_access(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    found: dict[str, list[str]] = {OCSP_ACCESS: [], ISSUERS_ACCESS: []}
    if inner.ended:
        raise inner.refused("no-access-description")
    while not inner.ended:
        description = inner.inside()
        method = description.oid()
        (place, *others) = general_names(description)
        if others:
            raise description.refused("trailing-bytes")
        if place.tag == GeneralKind.URI and method in found:
            found[method].append(place.text)
    return replace(said, ocsp_urls=tuple(found[OCSP_ACCESS]), issuer_urls=tuple(found[ISSUERS_ACCESS]))


def _no_check(said: Extensions, reader: Reader) -> Extensions:
    reader.null()
    return replace(said, ocsp_no_check=True)


def _constrains_names(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    if inner.ended:
        raise inner.refused("empty-name-constraints")
    for tag in (0xA0, 0xA1):  # permittedSubtrees [0], excludedSubtrees [1]
        if inner.next_tag == tag:
            _subtrees(inner.inside(tag))
    inner.end()
    return replace(said, constrains_names=True)


def _subtrees(reader: Reader) -> None:
    if reader.ended:
        raise reader.refused("no-names")
    while not reader.ended:
        subtree = reader.inside()
        base = subtree.whole()
        if base[0] == GeneralKind.DIRECTORY:
            Name.of(Reader(base).content(GeneralKind.DIRECTORY))
        # RFC 5280 4.2.1.10: minimum is its default 0 and so absent, maximum is not used.
        subtree.end()


def _mappings(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    if inner.ended:
        raise inner.refused("no-policy-mapping")
    while not inner.ended:
        mapping = inner.inside()
        mapping.oid()
        mapping.oid()
        mapping.end()
    return said


def _policy_constraints(said: Extensions, reader: Reader) -> Extensions:
    inner = reader.inside()
    if inner.ended:
        raise inner.refused("empty-policy-constraints")
    for tag in (0x80, 0x81):
        if inner.next_tag == tag:
            _count(inner.content(tag), inner)
    inner.end()
    return said


def _inhibit_any(said: Extensions, reader: Reader) -> Extensions:
    reader.natural()
    return said


def _count(content: bytes, reader: Reader) -> None:
    number = Reader(bytes((INTEGER, len(content) & 0x7F)) + content)
    number.natural()
    if not number.ended:
        raise reader.refused("trailing-bytes")


def _oids(reader: Reader) -> tuple[str, ...]:
    found = []
    while not reader.ended:
        found.append(reader.oid())
    if not found or len(set(found)) != len(found):
        raise reader.refused("no-number-or-one-twice")
    return tuple(found)


_USAGES: Final = tuple(Usage)
_READINGS: Final[dict[str, Callable[[Extensions, Reader], Extensions]]] = {
    BASIC_CONSTRAINTS: _basic,
    KEY_USAGE: _key_usage,
    EXTENDED_KEY_USAGE: _extended_usage,
    SUBJECT_KEY_ID: _subject_key_id,
    AUTHORITY_KEY_ID: _authority_key_id,
    ALTERNATIVE_NAME: _alternative_names,
    POLICIES: _policies,
    POLICY_MAPPINGS: _mappings,
    POLICY_CONSTRAINTS: _policy_constraints,
    INHIBIT_ANY_POLICY: _inhibit_any,
    NAME_CONSTRAINTS: _constrains_names,
    CRL_POINTS: _crl_points,
    AUTHORITY_ACCESS: _authority_access,
    OCSP_NO_CHECK: _no_check,
}
# Delta lists are not used, so an address of one can be left aside even where it is critical (RFC 5280 5.2.6).
_KNOWN: Final = frozenset(_READINGS) | {FRESHEST_CRL}
