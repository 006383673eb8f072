"""How calls of JSON are signed here: RFC 9421 with SM2 over SM3, read from the text and from no client. Pure.

Covered must be `@method`, `@path`, `@query` and `content-digest`; a call is believed within five minutes of `created`,
and its nonce counts once (which the door keeps).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from catalog_sync.simulator.wire import Request
from keys.algorithms.algorithm import PublicKey
from keys.algorithms.sm2 import SM2_SM3

WINDOW_SECONDS: Final = 300
COVERED: Final = ("@method", "@path", "@query", "content-digest")
HALF: Final = 32
_INPUT: Final = re.compile(r"([a-z][a-z0-9_-]*)=(\(([^()]*)\)((?:;[a-z]+=(?:\"[^\"]*\"|[0-9]+))*))")
_PARAMETER: Final = re.compile(r";([a-z]+)=(?:\"([^\"]*)\"|([0-9]+))")


@dataclass(frozen=True)
class SignedCall:
    """What a signature says of itself: who signed, when, and what may not come twice."""

    client: str
    nonce: str
    created: int


def judged(request: Request, public: PublicKey, at: float) -> SignedCall | str:
    """Judge a call's signature; what is wrong with it where it does not hold."""
    found = _INPUT.fullmatch(request.headers.get("signature-input", ""))
    if found is None:
        return "no signature"
    label, parameters = found[1], {name: text or digits for name, text, digits in _PARAMETER.findall(found[4])}
    covered = tuple(re.findall(r"\"([^\"]*)\"", found[3]))
    call = SignedCall(parameters.get("keyid", ""), parameters.get("nonce", ""), int(parameters.get("created") or 0))
    if covered != COVERED or parameters.get("alg") != "sm2-sm3" or not call.nonce:
        return "not all is covered"
    if abs(call.created - at) > WINDOW_SECONDS:
        return "time"
    if _bytes(request.headers.get("content-digest", ""), "sm3") != hashlib.new("sm3", request.body).digest():
        return "digest"
    raw = _bytes(request.headers.get("signature", ""), label)
    lines = [*(f'"{name}": {_value(request, name)}' for name in covered), f'"@signature-params": {found[2]}']
    is_right = len(raw) == 2 * HALF and SM2_SM3.verify(public, _der(raw), "\n".join(lines).encode())
    return call if is_right else "signature"


def _value(request: Request, name: str) -> str:
    query = "&".join(f"{key}={value}" for key, value in request.parameters.items())
    values = {"@method": request.method, "@path": request.path, "@query": f"?{query}"}
    return values.get(name, request.headers.get(name, ""))


def _bytes(header: str, name: str) -> bytes:
    """Read a byte sequence of a structured field; empty where there is none of that name."""
    found = re.search(rf"(?:^|,\s*){re.escape(name)}=:([A-Za-z0-9+/=]*):", header)
    try:
        return base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        return b""


def _der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:HALF], "big"), int.from_bytes(raw[HALF:], "big"))
