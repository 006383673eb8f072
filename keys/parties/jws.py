"""Signed tokens (RFC 7515 compact form, RFC 7519) in the narrow form in which they are read and written here.

Reading: 1. size and shape: three parts of unpadded base64url in their one form; 2. the header is JSON with one meaning
and holds `alg`, `kid` and `typ`, nothing else (so no `jku`, `x5u`, `jwk`, `x5c`, `crit`, `b64`, `zip`); 3. the type is
the expected one (RFC 8725 3.11); 4. the caller finds the key by its id, in its own records and nowhere else; 5. `alg`
is the one that this key has (RFC 8725 3.1); 6. joserfc checks the signature; 7. the claims are JSON with one meaning.
What the claims must say is the caller's to decide.

joserfc does the encoding and the dispatch with a registry of ours that knows two algorithms; it accepts only key
classes of its own, so ours derives from `ECKey` and carries a key of `keys.algorithms`.
"""

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, KeyParameters
from joserfc.jws import JWSRegistry
from joserfc.registry import JWS_HEADER_REGISTRY
from joserfc.util import urlsafe_b64decode

from base import strict_json
from base.canonical import Json, canonical
from base.strict_json import MalformedJson
from keys.algorithms.algorithm import PrivateKey, PublicKey
from keys.parties import jwk
from keys.parties.errors import UnfitJws
from keys.parties.key_signatures import BY_JOSE_NAME, KEY_SIGNATURES, KeySignature

# All scopes, two addresses of 200 characters and a signature take 1.3 KiB; headers of common servers end at 8 KiB.
SIZE_LIMIT: Final = 8 * 1024
HEADER_LIMIT: Final = 512
_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_PARTS: Final = 3

Claims = dict[str, Any]


@dataclass(frozen=True)
class Header:
    """What the header of a token says, before anything is believed."""

    alg: str
    kid: str
    typ: str | None


FindKey = Callable[[Header, Claims], PublicKey]


class _Key(ECKey):
    """A key of `keys.algorithms` in the dress that joserfc asks for."""

    def __init__(self, public: PublicKey, private: PrivateKey | None = None) -> None:
        # joserfc never touches the raw value: every operation goes through our algorithm below.
        super().__init__(cast("Any", None), cast("Any", jwk.written(public)), KeyParameters())
        self.ours = public
        self.our_private = private


class _Algorithm(JWSAlgModel):
    """An algorithm of `keys.parties.key_signatures` in the dress that joserfc asks for."""

    key_type = "EC"

    def __init__(self, signature: KeySignature) -> None:
        self.name = signature.jose
        self.description = signature.http
        self._signature = signature

    def sign(self, msg: bytes, key: _Key) -> bytes:
        """Sign with the private half."""
        if key.our_private is None:
            raise UnfitJws("no-private-key")
        return self._signature.sign(key.our_private, msg)

    def verify(self, msg: bytes, sig: bytes, key: _Key) -> bool:
        """Verify with the public half."""
        return self._signature.verify(key.ours, sig, msg)


class _Registry(JWSRegistry):
    """Two algorithms, three header members, our sizes; nothing of joserfc's own tables."""

    algorithms = {name: _Algorithm(each) for name, each in BY_JOSE_NAME.items()}  # noqa: RUF012 - joserfc's form
    recommended: list[str] = []  # noqa: RUF012 - joserfc's form
    default_header_registry = {name: JWS_HEADER_REGISTRY[name] for name in _MEMBERS}  # noqa: RUF012 - joserfc's form
    max_header_length = HEADER_LIMIT
    max_payload_length = SIZE_LIMIT


_REGISTRY: Final = _Registry(algorithms=list(BY_JOSE_NAME))


def written(claims: dict[str, Json], typ: str, kid: str, private: PrivateKey) -> str:
    """Sign claims. Raises `KeyDoesNotFit`, `SigningUnavailable`, `NotCanonical`."""
    header = {"typ": typ, "alg": KEY_SIGNATURES[private.kind].jose, "kid": kid}
    key = _Key(private.public, private)
    return jws.serialize_compact(header, canonical(claims), key, registry=_REGISTRY)


def read(text: str, types: frozenset[str | None], find: FindKey) -> Claims:
    """Read a token whose signature fits the key that `find` gives for its header and its unproven claims.

    Raises `UnfitJws`, and what `find` raises.
    """
    header, claims = unproven(text)
    if header.typ not in types:
        raise UnfitJws("typ")
    public = find(header, claims)
    if KEY_SIGNATURES[public.kind].jose != header.alg:
        raise UnfitJws("alg")
    try:
        jws.deserialize_compact(text, _Key(public), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise UnfitJws("signature") from error
    return claims


def unproven(text: str) -> tuple[Header, Claims]:
    """Take a token apart strictly; nothing in it is believed yet. Raises `UnfitJws`."""
    if len(text) > SIZE_LIMIT:
        raise UnfitJws("size")
    parts = text.split(".")
    if len(parts) != _PARTS or not text.isascii() or not all(parts):
        raise UnfitJws("shape")
    if len(parts[0]) > HEADER_LIMIT:
        raise UnfitJws("size")
    header = _object(parts[0], "header")
    if not {"alg", "kid"} <= set(header) <= _MEMBERS:
        raise UnfitJws("header-members")
    if not all(isinstance(value, str) for value in header.values()):
        raise UnfitJws("header-members")
    if header["alg"] not in BY_JOSE_NAME:
        raise UnfitJws("alg")
    if not jwk.KID_SHAPE.fullmatch(header["kid"]):
        raise UnfitJws("kid")
    return Header(header["alg"], header["kid"], header.get("typ")), _object(parts[1], "claims")


def _object(part: str, name: str) -> Claims:
    try:
        value = strict_json.parse(urlsafe_b64decode(part.encode()))
    except (binascii.Error, MalformedJson) as error:
        raise UnfitJws(name) from error
    if not isinstance(value, dict):
        raise UnfitJws(name)
    return value
