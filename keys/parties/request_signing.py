"""Signed requests after RFC 9421 with Content-Digest (RFC 9530): the canonical string, its signature, its judgement.

A signature of a caller's covers, in an order that it tells: `@method`, `@path`, `@query`, `content-digest` where there
is a body, `yinxin-basis` (the case number) where the request carries one, and any other header it likes; with the
parameters `created`, `nonce`, `keyid`, `alg`. Judging takes these steps: 1. one signature is there, and its headers are
structured fields in their one form; 2. what must be covered is; 3. it was created within 300 s of now and has not
expired; 4. the key id names a key of the caller's that is valid, and `alg` is that key's; 5. the body is the one that
Content-Digest tells of; 6. the signature fits the canonical string. That its nonce was never used is the caller's step
(`signed_requests`), and so is finding the key.

What this service fixes where RFC 9421 leaves it open. `@path` is the path with every character outside RFC 3986's
`pchar` and `/` percent-encoded in upper case and no other, because a server behind a gateway sees the decoded path;
`@query` is the query as sent, with its `?`. Components have no parameters. Digests: `sha-256`, and `sm3` of our own
name. Algorithms: `ecdsa-p256-sha256`, and `sm2-sm3` of our own name; both write r ‖ s in 64 bytes.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

import http_sf

from keys.algorithms import international, sm3
from keys.algorithms.algorithm import Digest, KeyKind, PrivateKey, PublicKey
from keys.parties.errors import (
    ContentDigestMismatch,
    MalformedRequestSignature,
    RequestSignatureRefused,
)
from keys.parties.key_signatures import KEY_SIGNATURES
from keys.parties.signature_headers import Parameters, SignatureInput, dictionary, read, written

BASIS_HEADER: Final = "yinxin-basis"
LABEL: Final = "yinxin"
# Clocks on government networks differ by minutes; the nonce store outlives the window on both its sides.
WINDOW: Final = timedelta(seconds=300)
NONCE_KEPT: Final = timedelta(seconds=900)

DIGESTS: Final[Mapping[str, Digest]] = {"sm3": sm3.SM3, "sha-256": international.SHA256}
DIGEST_OF_KIND: Final = {KeyKind.SM2: "sm3", KeyKind.P256: "sha-256"}
# RFC 3986 3.3: pchar without the percent sign, and the slash between segments.
PATH_SAFE: Final = "/-._~!$&'()*+,;=:@"

FindKey = Callable[[str], PublicKey | None]


@dataclass(frozen=True)
class Message:
    """A request freed of HTTP: header names in lower case, several values of one joined by a comma and a space."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of_url(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> "Message":
        """Make the message that a client sends to a URL. Raises `MalformedRequestSignature`."""
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise MalformedRequestSignature("not a URL") from error
        lower = {name.lower(): value.strip() for name, value in headers.items()}
        return cls(method, parts.path or "/", parts.query, {"host": parts.netloc, **lower}, body)


@dataclass(frozen=True)
class Judged:
    """A request signature that holds, with what proves it later: the canonical string and the value."""

    input: SignatureInput
    canonical: str
    signature: bytes


# --- signing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """A signature to be sent: the headers to add, and the canonical string that was signed."""

    headers: Mapping[str, str]
    canonical: str


def sign(message: Message, private: PrivateKey, kid: str, nonce: str, at: datetime) -> Signed:
    """Sign a request as this service asks: with a Content-Digest where there is a body, and the basis if it is there.

    Raises `KeyDoesNotFit`, `SigningUnavailable`, `MalformedRequestSignature` for a header that cannot be covered.
    """
    added: dict[str, str] = {}
    components = ["@method", "@path", "@query"]
    if message.body:
        added["content-digest"] = content_digest(message.body, DIGEST_OF_KIND[private.kind])
        components.append("content-digest")
    components += [name for name in (BASIS_HEADER,) if name in message.headers]
    way = KEY_SIGNATURES[private.kind]
    told: Parameters = {"created": int(at.timestamp()), "nonce": nonce, "keyid": kid, "alg": way.http}
    parameters = written(components, told)
    whole = Message(message.method, message.path, message.query, {**message.headers, **added}, message.body)
    text = canonical(whole, components, parameters)
    signature = way.sign(private, text.encode("ascii"))
    added["signature-input"] = f"{LABEL}={parameters}"
    added["signature"] = http_sf.ser({LABEL: signature})
    return Signed(added, text)


def content_digest(body: bytes, *algorithms: str) -> str:
    """Write Content-Digest with the digests of these names."""
    return http_sf.ser({name: DIGESTS[name].of(body) for name in algorithms})


# --- judging ------------------------------------------------------------------------------------------------------


def judge(message: Message, find: FindKey, at: datetime, *, basis_needed: bool = False) -> Judged:
    """Judge a request's signature (steps 1 to 6).

    Raises `RequestNotSigned`, `MalformedRequestSignature`, `ContentDigestMismatch`, `RequestSignatureRefused`.
    """
    told, signature = read(message.headers)
    _require_coverage(message, told.components, basis_needed=basis_needed)
    _require_time(told, at)
    public = find(told.keyid)
    if public is None:
        raise RequestSignatureRefused("keyid")
    way = KEY_SIGNATURES[public.kind]
    if told.alg != way.http:
        raise RequestSignatureRefused("alg")
    if "content-digest" in told.components:
        _require_digest(message)
    text = canonical(message, told.components, told.parameters)
    if not way.verify(public, signature, text.encode("ascii")):
        raise RequestSignatureRefused("signature")
    return Judged(told, text, signature)


def canonical(message: Message, components: Sequence[str], parameters: str) -> str:
    """Write the canonical string (RFC 9421 2.5): a line a component, the parameters last, no line end after it.

    Raises `MalformedRequestSignature` for a component that is not there or cannot stand in a line.
    """
    lines = [f'"{name}": {component(message, name)}' for name in components]
    text = "\n".join([*lines, f'"@signature-params": {parameters}'])
    if not text.isascii():
        raise MalformedRequestSignature("a covered value is not ASCII")
    return text


def component(message: Message, name: str) -> str:
    """Give the value of one component.

    Raises `MalformedRequestSignature`.
    """
    if name.startswith("@"):
        return _derived(message, name)
    value = message.headers.get(name)
    if value is None:
        raise MalformedRequestSignature(f"the covered header {name} is not there")
    if any(not sign.isprintable() and sign != "\t" for sign in value):
        raise MalformedRequestSignature(f"the covered header {name} holds a control character")
    return value.strip()


def encoded_path(path: bytes) -> str:
    """Write the bytes of a decoded path in the one form in which it is signed."""
    return quote(path, safe=PATH_SAFE)


def normal_path(path: str) -> str:
    """Write a path, percent-encoded or not, in the one form in which it is signed."""
    return encoded_path(unquote_to_bytes(path))


# --- below --------------------------------------------------------------------------------------------------------


def _derived(message: Message, name: str) -> str:
    if name == "@method":
        return message.method
    if name == "@path":
        return normal_path(message.path) or "/"
    if name == "@query":
        return f"?{message.query}"
    if name == "@authority":
        return message.headers.get("host", "").lower()
    raise MalformedRequestSignature(f"unknown component {name[:40]}")


def _require_coverage(message: Message, components: Sequence[str], *, basis_needed: bool) -> None:
    needed = ["@method", "@path", "@query"]
    if message.body or "content-digest" in message.headers:
        needed.append("content-digest")
    if basis_needed or BASIS_HEADER in message.headers:
        needed.append(BASIS_HEADER)
    missing = [name for name in needed if name not in components]
    if missing:
        raise RequestSignatureRefused(f"not covered: {' '.join(missing)}")


def _require_time(told: SignatureInput, at: datetime) -> None:
    now = at.timestamp()
    if abs(told.created - now) > WINDOW.total_seconds():
        raise RequestSignatureRefused("created")
    if told.expires is not None and told.expires <= now:
        raise RequestSignatureRefused("expired")


def _require_digest(message: Message) -> None:
    """Hold the body against every digest that is known here; one must be, and none may differ."""
    told = dictionary(message.headers, "content-digest")
    known = [name for name in told if name in DIGESTS]
    if not known:
        raise ContentDigestMismatch("none of sm3, sha-256")
    for name in known:
        value = told[name][0]
        if not isinstance(value, bytes) or not hmac.compare_digest(value, DIGESTS[name].of(message.body)):
            raise ContentDigestMismatch(name)
