"""Public keys of systems as JSON Web Keys (RFC 7517): which are accepted, how they are written, what names them.

Two kinds are accepted: `{"kty": "EC", "crv": "P-256", "x": …, "y": …}` and, with a curve name of our own since none is
registered, `{"kty": "EC", "crv": "SM2", "x": …, "y": …}`, each coordinate as 32 bytes in base64url. A key is named by
its RFC 7638 thumbprint unless its owner names it. Members that point elsewhere (`x5u`, `x5c` …) are refused, not
ignored: whoever writes them expects them to count. When a key is valid is not decided here.
"""

import binascii
import re
from collections.abc import Mapping
from typing import Final

from joserfc import jwk
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from keys.algorithms import asymmetric, der, spki
from keys.algorithms.algorithm import KeyKind, PublicKey
from keys.errors import MalformedPem, UnusableKey
from keys.parties.errors import PrivateKeyOffered, UnfitJwk

CURVES: Final[Mapping[str, KeyKind]] = {"P-256": KeyKind.P256, "SM2": KeyKind.SM2}
CURVE_NAMES: Final = {kind: name for name, kind in CURVES.items()}
KID_SHAPE: Final = re.compile(r"[A-Za-z0-9._~-]{1,64}")

_COORDINATE: Final = 32
_POINT: Final = 1 + 2 * _COORDINATE
_UNCOMPRESSED: Final = b"\x04"
_P256: Final = "1.2.840.10045.3.1.7"
_MAY_STAND: Final = frozenset({"kty", "crv", "x", "y", "kid", "use", "alg", "key_ops"})
_PRIVATE_PEM: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def written(key: PublicKey) -> dict[str, str]:
    """Write a key's members in the order in which the documentation shows them."""
    point = key.spki[-_POINT:]
    x, y = (urlsafe_b64encode(point[at : at + _COORDINATE]).decode() for at in (1, 1 + _COORDINATE))
    return {"kty": "EC", "crv": CURVE_NAMES[key.kind], "x": x, "y": y}


def thumbprint(key: PublicKey) -> str:
    """Name a key by itself (RFC 7638, SHA-256): 43 characters."""
    return jwk.thumbprint(dict(written(key)))


def read(told: Mapping[str, object], alg: str | None = None) -> PublicKey:
    """Read a key; with `alg` told elsewhere, the JWK's own must be the same.

    Raises `UnfitJwk`, `PrivateKeyOffered`.
    """
    if "d" in told:
        raise PrivateKeyOffered
    strangers = sorted(set(told) - _MAY_STAND)
    if strangers:
        raise UnfitJwk(f"unknown member {strangers[0][:40]}")
    curve = told.get("crv")
    if told.get("kty") != "EC" or not isinstance(curve, str) or curve not in CURVES:
        raise UnfitJwk("not kty EC with crv P-256 or SM2")
    if told.get("use", "sig") != "sig" or told.get("key_ops", ["verify"]) != ["verify"]:
        raise UnfitJwk("not for signatures")
    if alg is not None and told.get("alg", alg) != alg:
        raise UnfitJwk("another alg")
    return _of_point(CURVES[curve], _UNCOMPRESSED + _coordinate(told, "x") + _coordinate(told, "y"))


def read_pem(text: bytes) -> PublicKey:
    """Read a PEM with one public key of an accepted kind.

    Raises `UnfitJwk`, `PrivateKeyOffered`.
    """
    if _PRIVATE_PEM.search(text):
        raise PrivateKeyOffered
    try:
        key = asymmetric.public_key_of_pem(text)
    except (MalformedPem, UnusableKey) as error:
        raise UnfitJwk(error.reason) from error
    if key.kind not in CURVE_NAMES:
        raise UnfitJwk("neither P-256 nor SM2")
    return key


def _of_point(kind: KeyKind, point: bytes) -> PublicKey:
    curve = _P256 if kind is KeyKind.P256 else spki.SM2_CURVE
    identifier = der.sequence(der.oid(spki.EC_PUBLIC_KEY), der.oid(curve))
    try:
        return asymmetric.public_key(der.sequence(identifier, der.bits(point)))
    except UnusableKey as error:
        raise UnfitJwk(error.reason) from error


def _coordinate(told: Mapping[str, object], name: str) -> bytes:
    """Take 32 bytes, neither more nor fewer (RFC 7518 6.2.1.2), in their one base64url form."""
    text = told.get(name)
    if not isinstance(text, str) or not text.isascii():
        raise UnfitJwk(f"no {name}")
    try:
        decoded = urlsafe_b64decode(text.encode())
    except (binascii.Error, IndexError) as error:
        raise UnfitJwk(f"{name} is not base64url") from error
    if len(decoded) != _COORDINATE:
        raise UnfitJwk(f"{name} is not 32 bytes")
    return decoded
