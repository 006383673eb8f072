"""Private keys of SM2 as files: PKCS#8 (RFC 5958), SEC1 (RFC 5915), and their encryption under a password.

What is read is read strictly, and the public half that a file carries is handed back so that the caller can hold it
against the computed one. Keys of the other kinds pass through `opened` and `closed` as bytes.
"""

from typing import Final

from keys.algorithms import der, pbes2, spki
from keys.algorithms.pbes2 import INTERNATIONAL, NATIONAL, Suite
from keys.algorithms.sm2_curve import COORDINATE, require_point
from keys.errors import MalformedDer, UnusableKey, WrongKeyPassword

__all__ = [
    "INTERNATIONAL",
    "NATIONAL",
    "closed",
    "opened",
    "sec1_written",
    "sm2_scalar",
    "sm2_scalar_of_sec1",
    "sm2_written",
]

# An RSA key of 16,384 bits takes 9.3 KiB; nothing longer is a private key.
SIZE_LIMIT: Final = 16 * 1024

_PARAMETERS: Final = 0xA0
_PUBLIC: Final = 0xA1
_ATTRIBUTES: Final = 0xA0
_SEC1_VERSION: Final = 1


def opened(data: bytes, password: bytes | None) -> bytes:
    """Give the PrivateKeyInfo in the file. Raises `UnusableKey`, `WrongKeyPassword`."""
    if len(data) > SIZE_LIMIT:
        raise UnusableKey("pkcs8", "too-long")
    if not pbes2.is_encrypted(data):
        return data
    if password is None:
        raise WrongKeyPassword
    plain = pbes2.decrypted(data, password)
    if not _looks_like_a_key(plain):
        raise WrongKeyPassword
    return plain


def closed(plain: bytes, password: bytes, suite: Suite) -> bytes:
    """Encrypt a PrivateKeyInfo. Raises `UnusableKey`."""
    return pbes2.encrypted(plain, password, suite)


def is_sm2(data: bytes) -> bool:
    """Tell whether a PrivateKeyInfo holds an SM2 key. Raises `UnusableKey`."""
    try:
        inner = der.Reader(data).inside()
        inner.natural()
        return spki.is_sm2(*spki.read_identifier(inner))
    except MalformedDer as error:
        raise UnusableKey("pkcs8", error.reason) from error


def sm2_scalar(data: bytes) -> tuple[bytes, bytes | None]:
    """Read the private key of a PrivateKeyInfo, and the point beside it if there is one. Raises `UnusableKey`."""
    try:
        reader = der.Reader(data)
        inner = reader.inside()
        reader.end()
        if inner.natural() not in (0, 1):
            raise UnusableKey("pkcs8", "unknown-version")
        if not spki.is_sm2(*spki.read_identifier(inner)):
            raise UnusableKey("sm2", "another-algorithm-or-curve")
        key = inner.octets()
        if inner.next_tag == _ATTRIBUTES:
            inner.inside(_ATTRIBUTES)
        inner.end()
    except MalformedDer as error:
        raise UnusableKey("pkcs8", error.reason) from error
    return sm2_scalar_of_sec1(key, curve_named=False)


def sm2_scalar_of_sec1(data: bytes, *, curve_named: bool) -> tuple[bytes, bytes | None]:
    """Read an ECPrivateKey; standing alone it must name its curve. Raises `UnusableKey`."""
    try:
        reader = der.Reader(data)
        inner = reader.inside()
        reader.end()
        if inner.natural() != _SEC1_VERSION:
            raise UnusableKey("sec1", "unknown-version")
        scalar = inner.octets()
        curve, point = None, None
        if inner.next_tag == _PARAMETERS:
            curve = inner.inside(_PARAMETERS).whole()
        if inner.next_tag == _PUBLIC:
            public = inner.inside(_PUBLIC)
            point = public.bits()
            public.end()
        inner.end()
    except MalformedDer as error:
        raise UnusableKey("sec1", error.reason) from error
    if curve != der.oid(spki.SM2_CURVE) and (curve_named or curve is not None):
        raise UnusableKey("sm2", "another-algorithm-or-curve")
    if len(scalar) != COORDINATE:
        raise UnusableKey("sm2", "private-half-not-32-bytes")
    if point is not None:
        require_point(point)
    return scalar, point


def sm2_written(scalar: bytes, point: bytes) -> bytes:
    """Write PrivateKeyInfo with the public half inside."""
    identifier = der.sequence(der.oid(spki.EC_PUBLIC_KEY), der.oid(spki.SM2_CURVE))
    return der.sequence(der.integer(0), identifier, der.octets(sec1_written(scalar, point, curve_named=False)))


def sec1_written(scalar: bytes, point: bytes, *, curve_named: bool) -> bytes:
    """Write ECPrivateKey with the public half, and the curve where it stands alone."""
    curve = (der.element(_PARAMETERS, der.oid(spki.SM2_CURVE)),) if curve_named else ()
    return der.sequence(der.integer(_SEC1_VERSION), der.octets(scalar), *curve, der.element(_PUBLIC, der.bits(point)))


def _looks_like_a_key(plain: bytes) -> bool:
    """Tell a key from what a wrong password leaves: padding comes out right by chance once in 256."""
    try:
        reader = der.Reader(plain)
        inner = reader.inside()
        reader.end()
        inner.natural()
        spki.read_identifier(inner)
        inner.octets()
    except MalformedDer:
        return False
    return True
