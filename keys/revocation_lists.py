"""A certificate revocation list as a value (RFC 5280 clause 5): read strictly, with the bytes that were signed.

Read is what the list says: of whom, since when, with which scope. Whether it is authentic, fresh, and speaks about a
certificate is decided in `keys.revocation`.
"""

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from keys import extensions, times
from keys.algorithms import der, pem
from keys.algorithms.sm3 import SM3
from keys.errors import MalformedDer, MalformedPem
from keys.extensions import AuthorityKeyId, named_bits
from keys.names import GeneralName, Name
from keys.trust_errors import MalformedRevocationList

# A list of a million entries has about 40 MB; a national authority splits its lists long before.
SIZE_LIMIT: Final = 1 << 26
# RFC 5280 5.2.3: a list's number has at most 20 octets.
NUMBER_OCTETS_LIMIT: Final = 20

PEM_LABEL: Final = "X509 CRL"

CRL_NUMBER: Final = "2.5.29.20"
DELTA: Final = "2.5.29.27"
ISSUING_POINT: Final = "2.5.29.28"
REASON_CODE: Final = "2.5.29.21"
INVALIDITY_DATE: Final = "2.5.29.24"
CERTIFICATE_ISSUER: Final = "2.5.29.29"
ENUMERATED: Final = 0x0A

_KNOWN: Final = frozenset({CRL_NUMBER, DELTA, ISSUING_POINT, extensions.AUTHORITY_KEY_ID, extensions.FRESHEST_CRL})
_KNOWN_OF_ENTRY: Final = frozenset({REASON_CODE, INVALIDITY_DATE, CERTIFICATE_ISSUER})


class Reason(enum.StrEnum):
    """Why a certificate was revoked (RFC 5280 5.3.1)."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key-compromise"
    CA_COMPROMISE = "ca-compromise"
    AFFILIATION_CHANGED = "affiliation-changed"
    SUPERSEDED = "superseded"
    CESSATION = "cessation-of-operation"
    HOLD = "certificate-hold"
    REMOVED = "remove-from-crl"
    PRIVILEGE_WITHDRAWN = "privilege-withdrawn"
    AA_COMPROMISE = "aa-compromise"


_CODES: Final = {
    0: Reason.UNSPECIFIED,
    1: Reason.KEY_COMPROMISE,
    2: Reason.CA_COMPROMISE,
    3: Reason.AFFILIATION_CHANGED,
    4: Reason.SUPERSEDED,
    5: Reason.CESSATION,
    6: Reason.HOLD,
    8: Reason.REMOVED,
    9: Reason.PRIVILEGE_WITHDRAWN,
    10: Reason.AA_COMPROMISE,
}


@dataclass(frozen=True)
class Entry:
    """A revoked certificate: since when, why, and since when its key is held to be in other hands."""

    when: datetime
    why: Reason = Reason.UNSPECIFIED
    invalid_since: datetime | None = None


@dataclass(frozen=True)
class Scope:
    """What part of an issuer's certificates a list speaks about (RFC 5280 5.2.5)."""

    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = None
    users_only: bool = False
    authorities_only: bool = False
    attributes_only: bool = False
    reasons: frozenset[int] | None = None
    indirect: bool = False


@dataclass(frozen=True, eq=False)
class RevocationList:
    """A list: two are equal when their bytes are."""

    der: bytes
    tbs: bytes
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    algorithm: bytes
    signature: bytes
    entries: Mapping[int, Entry]
    number: int | None = None
    authority_key_id: AuthorityKeyId | None = None
    scope: Scope | None = None
    is_delta: bool = False
    unknown_critical: frozenset[str] = frozenset()
    unknown_critical_of_entries: frozenset[str] = frozenset()

    @classmethod
    def of(cls, data: bytes) -> "RevocationList":
        """Read one list in DER. Raises `MalformedRevocationList`."""
        if len(data) > SIZE_LIMIT:
            raise MalformedRevocationList("too-large", 0)
        try:
            return _read(data)
        except MalformedDer as error:
            raise MalformedRevocationList(error.reason, error.offset) from error

    @functools.cached_property
    def sm3(self) -> bytes:
        """Give the fingerprint by SM3."""
        return SM3.of(self.der)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as bytes, to be read again there."""
        return RevocationList.of, (self.der,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RevocationList) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.sm3)

    def __repr__(self) -> str:
        return f"<revocation list {self.sm3.hex()[:32]}>"


def of_file(data: bytes) -> tuple[RevocationList, ...]:
    """Read a file of lists: one in DER, or any number in PEM. Raises `MalformedRevocationList`."""
    if data[:1] == bytes((der.SEQUENCE,)):
        return (RevocationList.of(data),)
    try:
        blocks = pem.blocks(data)
    except MalformedPem as error:
        raise MalformedRevocationList(error.reason, 0) from error
    if not blocks or any(label != PEM_LABEL for label, _ in blocks):
        raise MalformedRevocationList("not-a-revocation-list", 0)
    return tuple(RevocationList.of(block) for _, block in blocks)


def _read(data: bytes) -> RevocationList:
    outer = der.Reader(data)
    inner = outer.inside()
    outer.end()
    tbs = inner.whole()
    algorithm = inner.whole()
    signature = inner.bits()
    inner.end()
    reader = der.Reader(tbs).inside()
    if reader.next_tag == der.INTEGER and reader.integer() != 1:
        raise reader.refused("not-version-2")
    if reader.whole() != algorithm:
        raise reader.refused("algorithms-differ")
    issuer = Name.take(reader)
    if issuer.is_empty:
        raise reader.refused("no-issuer")
    # GeneralizedTime before 2050 is against RFC 5280 5.1.2.4 and changes no meaning; PKITS 4.4.13 has it accepted.
    this_update, _ = times.take(reader)
    next_update = None
    if reader.next_tag in (times.UTC_TIME, times.GENERALIZED_TIME):
        next_update, _ = times.take(reader)
    entries, unknown_of_entries = _entries(reader)
    said = _Said()
    if not reader.ended:
        explicit = reader.inside(0xA0)
        for each in extensions.take_all(explicit):
            said.take(each)
        explicit.end()
    reader.end()
    return RevocationList(
        data,
        tbs,
        issuer,
        this_update,
        next_update,
        algorithm,
        signature,
        MappingProxyType(entries),
        said.number,
        said.authority_key_id,
        said.scope,
        said.is_delta,
        frozenset(said.unknown_critical),
        unknown_of_entries,
    )


class _Said:
    """What the extensions of one list say, gathered."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.authority_key_id: AuthorityKeyId | None = None
        self.scope: Scope | None = None
        self.is_delta = False
        self.unknown_critical: set[str] = set()

    def take(self, extension: extensions.Extension) -> None:
        reader = der.Reader(extension.value)
        if extension.oid == CRL_NUMBER:
            self.number = _number(reader)
        elif extension.oid == DELTA:
            _number(reader)
            self.is_delta = True
        elif extension.oid == extensions.AUTHORITY_KEY_ID:
            self.authority_key_id = extensions.authority_key_id(reader)
        elif extension.oid == ISSUING_POINT:
            self.scope = _scope(reader)
        else:
            if extension.critical and extension.oid not in _KNOWN:
                self.unknown_critical.add(extension.oid)
            return
        reader.end()


def _number(reader: der.Reader) -> int:
    number = reader.natural()
    if number.bit_length() > 8 * NUMBER_OCTETS_LIMIT:
        raise reader.refused("number-too-long")
    return number


def _scope(reader: der.Reader) -> Scope:
    inner = reader.inside()
    names: tuple[GeneralName, ...] = ()
    relative = None
    if inner.next_tag == 0xA0:  # noqa: PLR2004 distributionPoint [0]
        explicit = inner.inside(0xA0)
        names, relative = extensions.distribution_point_name(explicit)
        explicit.end()
    users = _flag(inner, 0x81)
    authorities = _flag(inner, 0x82)
    reasons = named_bits(inner.content(0x83), inner, 9) if inner.next_tag == 0x83 else None  # noqa: PLR2004 [3]
    indirect = _flag(inner, 0x84)
    attributes = _flag(inner, 0x85)
    inner.end()
    if users + authorities + attributes > 1:
        raise reader.refused("contradictory-scope")
    return Scope(names, relative, users, authorities, attributes, reasons, indirect)


def _flag(reader: der.Reader, tag: int) -> bool:
    """Take an implicit BOOLEAN DEFAULT FALSE, which is there only when it is TRUE."""
    if reader.next_tag != tag:
        return False
    if reader.content(tag) != b"\xff":
        raise reader.refused("default-spelt-out")
    return True


def _entries(reader: der.Reader) -> tuple[dict[int, Entry], frozenset[str]]:
    entries: dict[int, Entry] = {}
    unknown: set[str] = set()
    if reader.next_tag != der.SEQUENCE:
        return entries, frozenset()
    inner = reader.inside()
    seen: dict[bytes, _SaidOfEntry] = {}
    while not inner.ended:
        serial, entry, oids = _entry(inner, seen)
        unknown |= oids
        known = entries.get(serial)
        # Listed twice (a hold that became final): the earlier moment counts.
        if known is None or entry.when < known.when:
            entries[serial] = entry
    return entries, frozenset(unknown)


_SaidOfEntry = tuple[Reason, datetime | None, frozenset[str]]
_SAYS_NOTHING: Final[_SaidOfEntry] = (Reason.UNSPECIFIED, None, frozenset())


def _entry(reader: der.Reader, seen: dict[bytes, _SaidOfEntry]) -> tuple[int, Entry, frozenset[str]]:
    """Take one entry; extensions that were `seen` before, as most of a long list's are, are not read again."""
    inner = reader.inside()
    serial = inner.integer()
    when, _ = times.take(inner)
    if inner.ended:
        why, invalid_since, unknown = _SAYS_NOTHING
    else:
        data = inner.whole()
        inner.end()
        said = seen.get(data)
        if said is None:
            said = seen[data] = _said_of_entry(data)
        why, invalid_since, unknown = said
    return serial, Entry(when, why, invalid_since), unknown


def _said_of_entry(data: bytes) -> _SaidOfEntry:
    why, invalid_since, unknown = Reason.UNSPECIFIED, None, set()
    for each in extensions.take_all(der.Reader(data)):
        value = der.Reader(each.value)
        if each.oid == REASON_CODE:
            why = take_reason(value)
            value.end()
        elif each.oid == INVALIDITY_DATE:
            invalid_since = times.take_generalized(value)
            value.end()
        # An entry of another issuer's certificate makes the list an indirect one, whatever it calls itself.
        if each.critical and (each.oid not in _KNOWN_OF_ENTRY or each.oid == CERTIFICATE_ISSUER):
            unknown.add(each.oid)
    return why, invalid_since, frozenset(unknown)


def take_reason(reader: der.Reader) -> Reason:
    """Take a CRLReason. Raises `MalformedDer`."""
    content = reader.content(ENUMERATED)
    reason = _CODES.get(content[0]) if len(content) == 1 else None
    if reason is None:
        raise reader.refused("unknown-reason")
    return reason
