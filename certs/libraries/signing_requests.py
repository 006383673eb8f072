"""Proving to a library elsewhere who asks: assertions and signatures made with this house's key in custody.

The same key does both: it signs the assertion for which the other house gives a token (private_key_jwt, RFC 7523), and
each question (RFC 9421, Content-Digest), so that neither side can deny what was asked. The other house knows the key by
its thumbprint (RFC 7638), which is what it calls a key that is put on record without another name.
"""

import base64
import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import http_sf

from base.canonical import Json, canonical
from keys.parties import jwk, request_signing
from keys.parties.key_signatures import KEY_SIGNATURES
from keys.parties.request_signing import Message
from keys.parties.signature_headers import Parameters, written
from keys.signers.signer import Signer, signed

# 128 bits, as the nonce of a request has.
NONCE_BYTES: Final = 16
# The other house takes five minutes at most; two leave room for a clock that is a little ahead.
ASSERTION_LIFE: Final = timedelta(minutes=2)


def key_id(signer: Signer) -> str:
    """Give the id under which another house knows this key."""
    return jwk.thumbprint(signer.public)


def assertion(signer: Signer, client: str, audience: str, at: datetime) -> str:
    """Write an assertion that counts once, for one token endpoint.

    Raises what signing raises: `DeviceDown`, `SigningUnavailable` and their like.
    """
    way = KEY_SIGNATURES[signer.public.kind]
    issued = int(at.timestamp())
    claims: dict[str, Json] = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "jti": str(uuid.uuid4()),
        "iat": issued,
        "exp": issued + int(ASSERTION_LIFE.total_seconds()),
    }
    header: dict[str, Json] = {"alg": way.jose, "typ": "JWT", "kid": key_id(signer)}
    message = b".".join((_encoded(canonical(header)), _encoded(canonical(claims))))
    signature = way.raw(signed(signer, way.algorithm, message))
    return b".".join((message, _encoded(signature))).decode("ascii")


def signed_headers(message: Message, signer: Signer, key: str, at: datetime) -> dict[str, str]:
    """Sign a request with a key in custody, as `request_signing.sign` does with one at hand. Raises as `assertion`."""
    way = KEY_SIGNATURES[signer.public.kind]
    digest = request_signing.content_digest(message.body, request_signing.DIGEST_OF_KIND[signer.public.kind])
    components = ["@method", "@path", "@query", "content-digest"]
    told: Parameters = {
        "created": int(at.timestamp()),
        "nonce": secrets.token_urlsafe(NONCE_BYTES),
        "keyid": key,
        "alg": way.http,
    }
    parameters = written(components, told)
    whole = replace(message, headers={**message.headers, "content-digest": digest})
    text = request_signing.canonical(whole, components, parameters)
    signature = way.raw(signed(signer, way.algorithm, text.encode("ascii")))
    label = request_signing.LABEL
    return {
        "content-digest": digest,
        "signature-input": f"{label}={parameters}",
        "signature": http_sf.ser({label: signature}),
    }


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
