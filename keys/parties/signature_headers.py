"""The headers of a signed request, read strictly as structured fields (RFC 9651): what a signature says of itself.

http-sf parses and writes the fields. What is more than this service's narrow form (several signatures, components with
parameters, unknown parameters, a key that stands twice) is refused here; whether anything said is true is judged in
`request_signing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import http_sf
from http_sf.innerlist import ser_innerlist
from http_sf.types import BareItemType

from keys.parties import jwk
from keys.parties.errors import MalformedRequestSignature, RequestNotSigned

NONCE_SHORTEST, NONCE_LONGEST = 16, 128
# A request of the contract covers six components; its canonical string takes under 1 KiB.
COMPONENTS_LIMIT: Final = 30
HEADER_LIMIT: Final = 4096
DERIVED: Final = ("@method", "@path", "@query", "@authority")

_PARAMETERS: Final = frozenset({"created", "expires", "nonce", "keyid", "alg", "tag"})

Parameters = Mapping[str, BareItemType]


@dataclass(frozen=True)
class SignatureInput:
    """What a signature says of itself."""

    components: tuple[str, ...]
    created: int
    nonce: str
    keyid: str
    alg: str
    expires: int | None
    parameters: str


def read(headers: Mapping[str, str]) -> tuple[SignatureInput, bytes]:
    """Read the two signature headers strictly; nothing in them is believed yet.

    Raises `RequestNotSigned`, `MalformedRequestSignature`.
    """
    if "signature-input" not in headers and "signature" not in headers:
        raise RequestNotSigned
    inputs = dictionary(headers, "signature-input")
    values = dictionary(headers, "signature")
    if len(inputs) != 1 or inputs.keys() != values.keys():
        raise MalformedRequestSignature("not exactly one signature")
    (listed,), (value,) = inputs.values(), values.values()
    if not isinstance(listed[0], list):
        raise MalformedRequestSignature("signature-input is no list")
    if not isinstance(value[0], bytes) or value[1]:
        raise MalformedRequestSignature("signature is no byte sequence")
    return _signature_input(listed[0], listed[1]), value[0]


def dictionary(headers: Mapping[str, str], name: str) -> dict[str, tuple[object, Parameters]]:
    """Read a header as a dictionary; a key that stands twice has no one meaning here.

    Raises `MalformedRequestSignature`.
    """
    text = headers.get(name, "")
    if len(text) > HEADER_LIMIT:
        raise MalformedRequestSignature(f"{name} is too long")

    def twice(key: str, _context: str) -> None:
        raise MalformedRequestSignature(f"{name}: {key[:40]} stands twice")

    try:
        parsed = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=twice)
    except (http_sf.StructuredFieldError, UnicodeEncodeError, ValueError) as error:
        raise MalformedRequestSignature(f"{name} is no dictionary") from error
    return parsed  # type: ignore[return-value]


def written(components: Sequence[str], told: Parameters) -> str:
    """Write the components and parameters in the one form in which they are signed (RFC 9421 2.3)."""
    return ser_innerlist(([(name, {}) for name in components], dict(told)))


def _signature_input(items: list[object], told: Parameters) -> SignatureInput:
    components = tuple(_component_name(item) for item in items)
    if len(set(components)) != len(components) or not 1 <= len(components) <= COMPONENTS_LIMIT:
        raise MalformedRequestSignature("components stand twice or are too many")
    strangers = sorted(set(told) - _PARAMETERS)
    if strangers:
        raise MalformedRequestSignature(f"unknown parameter {strangers[0][:40]}")
    nonce = _text(told, "nonce")
    if not NONCE_SHORTEST <= len(nonce) <= NONCE_LONGEST:
        raise MalformedRequestSignature("nonce is not 16 to 128 characters long")
    keyid = _text(told, "keyid")
    if not jwk.KID_SHAPE.fullmatch(keyid):
        raise MalformedRequestSignature("keyid")
    expires = _number(told, "expires") if "expires" in told else None
    parameters = written(components, told)
    return SignatureInput(components, _number(told, "created"), nonce, keyid, _text(told, "alg"), expires, parameters)


def _component_name(item: object) -> str:
    name, parameters = item if isinstance(item, tuple) else (item, {})
    if type(name) is not str or parameters:
        raise MalformedRequestSignature("a component is no plain string")
    if name != name.lower() or (name.startswith("@") and name not in DERIVED):
        raise MalformedRequestSignature(f"unknown component {name[:40]}")
    return name


def _text(told: Parameters, name: str) -> str:
    value = told.get(name)
    if type(value) is not str:
        raise MalformedRequestSignature(f"{name} is no string")
    return value


def _number(told: Parameters, name: str) -> int:
    value = told.get(name)
    if type(value) is not int:
        raise MalformedRequestSignature(f"{name} is no integer")
    return value
