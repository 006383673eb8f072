"""SD-JWT credentials (RFC 9901; SD-JWT VC): a certificate's row as claims that its holder shows one by one. Pure.

The issuer's JWT names who issued it, the certificate, how it stood, and SM3 of the sealed file, which binds the
credential to the document that counts; those are always shown. Everything that the certificate says of its holder is a
disclosure: salt, name and value in base64url, whose SHA-256 stands among the digests `_sd`. Decoys stand between them,
so that their number tells nothing, and their order is that of the digests.

    <header>.<claims>.<signature>~<disclosure>~<disclosure>~

Reading: 1. the parts are base64url in their one form; 2. the header has `alg` ES256, the type and a key id, nothing
else; 3. the signature is the key's; 4. each disclosure stands among the digests, once, and names what is no claim
already. A holder's own signature (key binding) is the verifier's to ask for and to check.
"""

import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from base import strict_json
from base.canonical import Json, canonical
from base.strict_json import MalformedJson
from keys.algorithms.algorithm import PublicKey
from keys.algorithms.international import SHA256
from keys.parties.key_signatures import ES256

TYPE: Final = "dc+sd-jwt"
MEDIA_TYPE: Final = "application/dc+sd-jwt"
DIGEST: Final = "sha-256"
# RFC 9901 9.3: 128 bits of salt at least.
SALT_BYTES: Final = 16
# Digests come in multiples of this, with decoys between the real ones.
DIGESTS_IN: Final = 8
# A certificate of the largest type has some forty fields of some hundred characters.
SIZE_LIMIT: Final = 256 * 1024
_PARTS: Final = 3

Random = Callable[[int], bytes]
Claims = dict[str, Any]


class FaultyCredential(ValueError):
    """The text is no credential that can be believed."""


@dataclass(frozen=True)
class Unsigned:
    """A credential that lacks its signature."""

    signing_input: bytes
    disclosures: tuple[str, ...] = field(repr=False)

    def embed(self, signature: bytes) -> str:
        """Put the signature (r ‖ s) in."""
        token = f"{self.signing_input.decode()}.{_encoded(signature)}"
        return "~".join((token, *self.disclosures, ""))


def unsigned(claims: Mapping[str, Json], hidden: Mapping[str, Json], kid: str, random: Random) -> Unsigned:
    """Prepare a credential: `claims` are shown always, each of `hidden` is a disclosure."""
    disclosures = tuple(disclosure(_encoded(random(SALT_BYTES)), name, value) for name, value in hidden.items())
    digests = sorted((*(digest(each) for each in disclosures), *_decoys(len(disclosures), random)))
    header = {"alg": ES256.jose, "kid": kid, "typ": TYPE}
    payload: dict[str, Json] = {**claims, "_sd": list(digests), "_sd_alg": DIGEST}
    return Unsigned(f"{_encoded(canonical(dict(header)))}.{_encoded(canonical(payload))}".encode(), disclosures)


def disclosure(salt: str, name: str, value: Json) -> str:
    """Write a disclosure (RFC 9901 4.2.1)."""
    return _encoded(json.dumps([salt, name, value], ensure_ascii=False, separators=(",", ":")).encode())


def digest(written: str) -> str:
    """Give the digest of a disclosure as it is written (RFC 9901 4.2.3)."""
    return _encoded(SHA256.of(written.encode("ascii")))


def read(text: str, key: PublicKey) -> tuple[Claims, Claims]:
    """Read a credential: what is always shown, and what is disclosed. Raises `FaultyCredential`."""
    token, *disclosures = text.split("~")
    parts = token.split(".")
    if len(text) > SIZE_LIMIT or len(parts) != _PARTS or not disclosures or disclosures.pop():
        raise FaultyCredential("shape")
    header, claims = _object(parts[0]), _object(parts[1])  # 1
    if header.keys() != {"alg", "kid", "typ"} or (header["alg"], header["typ"]) != (ES256.jose, TYPE):  # 2
        raise FaultyCredential("header")
    if not ES256.verify(key, _decoded(parts[2]), f"{parts[0]}.{parts[1]}".encode()):  # 3
        raise FaultyCredential("signature")
    return claims, _disclosed(claims, disclosures)


def _disclosed(claims: Claims, disclosures: Sequence[str]) -> Claims:
    """Carry out step 4 (RFC 9901 7.1)."""
    listed = claims.get("_sd")
    if claims.get("_sd_alg") != DIGEST or not isinstance(listed, list) or len(set(map(str, listed))) != len(listed):
        raise FaultyCredential("digests")
    told: Claims = {}
    for each in disclosures:
        value = _value(each)
        if not (isinstance(value, list) and len(value) == len(("salt", "name", "value"))):
            raise FaultyCredential("disclosure")
        _, name, told_value = value
        if digest(each) not in listed or not isinstance(name, str) or name in {*told, *claims, "..."}:
            raise FaultyCredential("disclosure")
        told[name] = told_value
    return told


def _decoys(count: int, random: Random) -> list[str]:
    return [_encoded(SHA256.of(random(SHA256.size))) for _ in range(-count % DIGESTS_IN)]


def _object(part: str) -> Claims:
    value = _value(part)
    if not isinstance(value, dict):
        raise FaultyCredential("not-an-object")
    return value


def _value(part: str) -> Any:
    try:
        return strict_json.parse(_decoded(part))
    except MalformedJson as error:
        raise FaultyCredential("not-json") from error


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii")


def _decoded(part: str) -> bytes:
    try:
        data = urlsafe_b64decode(part.encode("ascii"))
    except (binascii.Error, ValueError) as error:
        raise FaultyCredential("not-base64url") from error
    if _encoded(data) != part:
        raise FaultyCredential("not-base64url")
    return data
