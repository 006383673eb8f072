"""A certificate before it is signed: what it is to say, and the bytes that a signature will go over.

The order of extensions and every criticality are RFC 5280 4.2's. Whether a draft may be signed is decided in
`keys.authority.lint`, by reading it as a stranger would.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import extensions as ext
from keys.algorithms import der
from keys.algorithms.algorithm import SignatureAlgorithm
from keys.authority.templates import Template
from keys.authority.writing import TRUE, authority_key_id, extension, key_id, named_bits, time
from keys.extensions import Usage
from keys.names import GeneralKind

# CA/Browser Forum BR 7.1: at least 64 bits of a generator that cannot be foretold; we take 126, so that no register of
# ours will see one twice. The length is always the same, and the first octet neither zero nor negative.
SERIAL_OCTETS: Final = 16
_VERSION_3: Final = der.element(0xA0, der.integer(2))
_BITS: Final = {usage: bit for bit, usage in enumerate(Usage)}


@dataclass(frozen=True)
class Places:
    """Where a reader of the certificate finds the revocation list, the responder and the issuer's certificate."""

    crl: str
    ocsp: str
    issuer: str


@dataclass(frozen=True)
class Draft:
    """What a certificate is to say; names and general names are in DER."""

    template: Template
    serial: int
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    spki: bytes
    issuer_spki: bytes
    algorithm: SignatureAlgorithm
    places: Places | None = None
    alternative: tuple[bytes, ...] = ()

    @property
    def tbs(self) -> bytes:
        """Write the TBSCertificate (RFC 5280 4.1)."""
        return der.sequence(
            _VERSION_3,
            der.integer(self.serial),
            self.algorithm.identifier,
            self.issuer,
            der.sequence(time(self.not_before), time(self.not_after)),
            self.subject,
            self.spki,
            der.element(0xA3, der.sequence(*_extensions(self))),
        )


def serial_of(random: bytes) -> int:
    """Make a serial number of the bytes that a generator gave: positive, and always of the same length."""
    if len(random) != SERIAL_OCTETS:
        raise ValueError("a serial number is made of 16 octets")
    return int.from_bytes(bytes((random[0] & 0x3F | 0x40,)) + random[1:])


def assembled(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """Put signed bytes, algorithm and signature together: a certificate or a revocation list."""
    return der.sequence(tbs, algorithm.identifier, der.bits(signature))


def _extensions(draft: Draft) -> list[bytes]:
    told = draft.template
    constraints = der.sequence(
        TRUE if told.authority else b"", b"" if told.path_length is None else der.integer(told.path_length)
    )
    found = [
        extension(ext.BASIC_CONSTRAINTS, constraints, critical=True),
        extension(ext.KEY_USAGE, named_bits(_BITS[each] for each in told.usages), critical=True),
    ]
    if told.extended:
        value = der.sequence(*(der.oid(each) for each in told.extended))
        found.append(extension(ext.EXTENDED_KEY_USAGE, value, critical=told.extended_critical))
    found.append(extension(ext.SUBJECT_KEY_ID, der.octets(key_id(draft.spki))))
    found.append(authority_key_id(key_id(draft.issuer_spki)))
    if draft.alternative:
        found.append(extension(ext.ALTERNATIVE_NAME, der.sequence(*draft.alternative)))
    if draft.places is not None:
        found.extend(_places(draft.places, listed=not told.no_check))
    if told.no_check:
        found.append(extension(ext.OCSP_NO_CHECK, der.null()))
    return found


def _places(places: Places, *, listed: bool) -> list[bytes]:
    """Write where revocations are asked; a responder's own certificate is not asked about (RFC 6960 4.2.2.2.1)."""
    issuer = der.sequence(der.oid(ext.ISSUERS_ACCESS), _uri(places.issuer))
    if not listed:
        return [extension(ext.AUTHORITY_ACCESS, der.sequence(issuer))]
    point = der.sequence(der.element(0xA0, der.element(0xA0, _uri(places.crl))))
    responder = der.sequence(der.oid(ext.OCSP_ACCESS), _uri(places.ocsp))
    return [
        extension(ext.CRL_POINTS, der.sequence(point)),
        extension(ext.AUTHORITY_ACCESS, der.sequence(responder, issuer)),
    ]


def _uri(text: str) -> bytes:
    return der.element(GeneralKind.URI, text.encode("ascii"))
