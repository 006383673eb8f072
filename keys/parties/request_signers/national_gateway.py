"""The call convention of the national exchange platform (国家数据共享交换平台), in both generations of header names.

sign = Base64(HMAC-SHA256(secret, sid ‖ rid ‖ rtime)) with rtime in milliseconds as text; neither method, path nor body
is bound, which is the platform's weakness and not ours to mend. The secret is handed out encrypted under the
application key: AES-128-ECB with PKCS#7, the key being the first 16 bytes of SHA-1(SHA-1(application key)), as Java's
SHA1PRNG seeded with it gives them. Both are facts of the platform; nothing of our own uses them.
A signature is believed within ten minutes of its time and once; sites that reuse one all day need `legacy`.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from keys.parties.errors import PartnerSignatureRefused, UnfitGatewaySecret
from keys.parties.request_signers.request_signer import Headers, Proven, RequestSigner, Shared

# One gateway answers -19 when rtime is more than ten minutes off; the others are not known to be stricter.
WINDOW: Final = timedelta(minutes=10)
# Legacy sites cache one signature and its time until midnight.
LEGACY_WINDOW: Final = timedelta(hours=24)
PREFIX: Final = "gjgxjhpt"
NEWER_PREFIX: Final = "gjzwfwpt"

_AES_BLOCK_BITS: Final = 128
_RTIME_DIGITS: Final = 13
_SECRET_LIMIT: Final = 4096


def signature(sid: str, rid: str, rtime: str, secret: str) -> str:
    """Compute the signature."""
    tag = hmac.digest(secret.encode(), (sid + rid + rtime).encode(), "sha256")
    return base64.b64encode(tag).decode()


def opened_secret(application_key: str, sealed: str) -> str:
    """Open the secret of a refresh answer.

    Raises `UnfitGatewaySecret`.
    """
    if len(sealed) > _SECRET_LIMIT:
        raise UnfitGatewaySecret
    try:
        decryptor = _cipher(application_key).decryptor()
        padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        unpadder = padding.PKCS7(_AES_BLOCK_BITS).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (binascii.Error, ValueError) as error:
        raise UnfitGatewaySecret from error


def sealed_secret(application_key: str, secret: str) -> str:
    """Seal a secret as the platform does: for our own gateway and its simulator."""
    padder = padding.PKCS7(_AES_BLOCK_BITS).padder()
    encryptor = _cipher(application_key).encryptor()
    padded = padder.update(secret.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def gateway(name: str, prefix: str, *, legacy: bool = False) -> RequestSigner:
    """Build the scheme over one generation of header names; `legacy` believes a signature all day and again."""
    rid, sid, rtime, sign = (f"{prefix}_{part}" for part in ("rid", "sid", "rtime", "sign"))

    def signed(shared: Shared, _nonce: str, at: datetime) -> dict[str, str]:
        now = str(int(at.timestamp() * 1000))
        return {
            rid: shared.caller,
            sid: shared.service,
            rtime: now,
            sign: signature(shared.service, shared.caller, now, shared.secret),
        }

    def verified(headers: Headers, shared: Shared, at: datetime) -> Proven:
        told = {part: headers.get(part, "") for part in (rid, sid, rtime, sign)}
        expected = signature(told[sid], told[rid], told[rtime], shared.secret)
        if told[rid] != shared.caller or not hmac.compare_digest(expected.encode(), told[sign].encode()):
            raise PartnerSignatureRefused(name, "signature")
        window = LEGACY_WINDOW if legacy else WINDOW
        signed_at = _moment(name, told[rtime])
        if abs(signed_at - at) > window:
            raise PartnerSignatureRefused(name, "time")
        return Proven(told[rid], told[sid], "" if legacy else told[sign], signed_at + window)

    return RequestSigner(name, (rid, sid, rtime, sign), signed, _reader(rid), verified)


def _reader(header: str) -> Callable[[Mapping[str, str]], str]:
    return lambda headers: headers.get(header, "")


def _moment(name: str, rtime: str) -> datetime:
    if len(rtime) != _RTIME_DIGITS or not rtime.isascii() or not rtime.isdigit():
        raise PartnerSignatureRefused(name, "time")
    return datetime.fromtimestamp(int(rtime) / 1000, UTC)


def _cipher(application_key: str) -> Cipher[modes.ECB]:
    once = hashlib.sha1(application_key.encode(), usedforsecurity=False).digest()
    key = hashlib.sha1(once, usedforsecurity=False).digest()[:16]
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - the platform's choice


NATIONAL_GATEWAY: Final = gateway("national-gateway", PREFIX)
NATIONAL_GATEWAY_NEWER: Final = gateway("national-gateway-newer", NEWER_PREFIX)
NATIONAL_GATEWAY_LEGACY: Final = gateway("national-gateway-legacy", PREFIX, legacy=True)
