"""The x-tif convention of digital government and medical insurance gateways, and the same over SM3.

x-tif-signature = UPPER(hex(digest(timestamp ‖ token ‖ nonce ‖ timestamp))) with the timestamp in seconds. The secret
stands inside the digest and nothing of the request is bound; both are the convention's. SM3 in the place of SHA-256 is
our variant for partners who must use national algorithms; the headers are the same, the site says which it speaks.
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from keys.algorithms import international, sm3
from keys.algorithms.algorithm import Digest
from keys.parties.errors import PartnerSignatureRefused
from keys.parties.request_signers.request_signer import Headers, Proven, RequestSigner, Shared

WINDOW: Final = timedelta(seconds=300)
PAASID, TIMESTAMP, NONCE, SIGNATURE = "x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature"

_TIMESTAMP_DIGITS: Final = 10
_NONCE_LIMIT: Final = 128


def signature(timestamp: str, token: str, nonce: str, digest: Digest) -> str:
    """Compute the signature."""
    return digest.of(f"{timestamp}{token}{nonce}{timestamp}".encode()).hex().upper()


def tif(name: str, digest: Digest) -> RequestSigner:
    """Build the scheme over one digest."""

    def signed(shared: Shared, nonce: str, at: datetime) -> dict[str, str]:
        now = str(int(at.timestamp()))
        return {
            PAASID: shared.caller,
            TIMESTAMP: now,
            NONCE: nonce,
            SIGNATURE: signature(now, shared.secret, nonce, digest),
        }

    def verified(headers: Headers, shared: Shared, at: datetime) -> Proven:
        paasid, now, nonce, told = (headers.get(part, "") for part in (PAASID, TIMESTAMP, NONCE, SIGNATURE))
        expected = signature(now, shared.secret, nonce, digest)
        if paasid != shared.caller or not hmac.compare_digest(expected.encode(), told.upper().encode()):
            raise PartnerSignatureRefused(name, "signature")
        if not 1 <= len(nonce) <= _NONCE_LIMIT:
            raise PartnerSignatureRefused(name, "nonce")
        signed_at = _moment(name, now)
        if abs(signed_at - at) > WINDOW:
            raise PartnerSignatureRefused(name, "time")
        return Proven(paasid, "", f"{now}.{nonce}", signed_at + WINDOW)

    headers = (PAASID, TIMESTAMP, NONCE, SIGNATURE)
    return RequestSigner(name, headers, signed, lambda told: told.get(PAASID, ""), verified)


def _moment(name: str, timestamp: str) -> datetime:
    if len(timestamp) != _TIMESTAMP_DIGITS or not timestamp.isascii() or not timestamp.isdigit():
        raise PartnerSignatureRefused(name, "time")
    return datetime.fromtimestamp(int(timestamp), UTC)


TIF: Final = tif("tif", international.SHA256)
TIF_SM3: Final = tif("tif-sm3", sm3.SM3)
