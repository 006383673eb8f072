"""OCSP requests (RFC 6960 4.1) as values, read strictly: which certificates are asked about, and the nonce.

A request may be signed and may name its maker; neither is needed here, so both are read for their form and left aside.
An extension that is critical and not known makes the request one that cannot be processed (RFC 6960 4.4).
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from keys import extensions
from keys.algorithms import der
from keys.authority.errors import MalformedOcspRequest
from keys.errors import MalformedDer
from keys.names import general_names
from keys.ocsp import NONCE, NONCE_LIMIT, CertId, take_certificate_id

# Twenty questions with SHA-512 have 4 KiB; a signed request with its chain somewhat more.
SIZE_LIMIT: Final = 1 << 14
# Whoever wants to know more of an authority fetches its list.
QUESTIONS_LIMIT: Final = 20
# RFC 5280 4.1.2.2; larger numbers were issued by nobody.
SERIAL_BITS_LIMIT: Final = 160
# Every extension of RFC 6960 4.4 that a requester may send; they change nothing that is said here.
_UNDERSTOOD: Final = frozenset({NONCE})


@dataclass(frozen=True)
class OcspRequest:
    """What is asked."""

    asked: tuple[CertId, ...]
    nonce: bytes | None


def read(data: bytes) -> OcspRequest:
    """Read an OCSPRequest in DER. Raises `MalformedOcspRequest`."""
    if len(data) > SIZE_LIMIT:
        raise MalformedOcspRequest("too-large", 0)
    try:
        der.require_der(data)
        return _read(data)
    except MalformedDer as error:
        raise MalformedOcspRequest(error.reason, error.offset) from error


def of_address(text: str) -> bytes:
    """Give the request that an address ends in: base64, once more encoded for addresses (RFC 6960 A.1).

    Raises `MalformedOcspRequest`.
    """
    try:
        return base64.b64decode(unquote_to_bytes(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedOcspRequest("not-base64", 0) from error


def _read(data: bytes) -> OcspRequest:
    outer = der.Reader(data)
    inner = outer.inside()
    outer.end()
    reader = inner.inside()
    if inner.next_tag == 0xA0:  # noqa: PLR2004 optionalSignature [0]
        inner.inside(0xA0).inside()
    inner.end()
    if reader.next_tag == 0xA0:  # noqa: PLR2004 version [0], whose default 0 is not written
        raise reader.refused("unknown-version")
    requestor = general_names(reader.inside(0xA1)) if reader.next_tag == 0xA1 else ()  # noqa: PLR2004 [1]
    if len(requestor) > 1:
        raise reader.refused("trailing-bytes")
    listed = reader.inside()
    asked: list[CertId] = []
    while not listed.ended:
        if len(asked) == QUESTIONS_LIMIT:
            raise listed.refused("too-many-questions")
        asked.append(_question(listed))
    if not asked:
        raise reader.refused("no-question")
    nonce = _nonce(_extensions(reader, 0xA2), reader)
    reader.end()
    return OcspRequest(tuple(asked), nonce)


def _question(reader: der.Reader) -> CertId:
    inner = reader.inside()
    asked = take_certificate_id(inner)
    if asked.serial.bit_length() > SERIAL_BITS_LIMIT:
        raise inner.refused("serial-too-long")
    for each in _extensions(inner, 0xA0):
        if each.critical:
            raise inner.refused("unknown-critical-extension")
    inner.end()
    return asked


def _extensions(reader: der.Reader, tag: int) -> tuple[extensions.Extension, ...]:
    if reader.next_tag != tag:
        return ()
    explicit = reader.inside(tag)
    found = extensions.take_all(explicit)
    explicit.end()
    return found


def _nonce(told: tuple[extensions.Extension, ...], place: der.Reader) -> bytes | None:
    nonce = None
    for each in told:
        if each.oid == NONCE:
            value = der.Reader(each.value)
            nonce = value.octets()
            value.end()
            # RFC 9654 2.1: other lengths are refused.
            if not 1 <= len(nonce) <= NONCE_LIMIT:
                raise place.refused("nonce-length")
        elif each.critical and each.oid not in _UNDERSTOOD:
            raise place.refused("unknown-critical-extension")
    return nonce
