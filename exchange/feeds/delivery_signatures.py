"""How a subscriber knows that an event is ours: Standard Webhooks, by a shared secret or by this site's SM2 key.

Signed is `id.timestamp.body`, as Standard Webhooks 1.0 says. `v1` is HMAC-SHA256 under the subscriber's secret. `v1sm2`
is ours, in the form of its asymmetric `v1a`: SM2 with SM3 (GB/T 32918.2), the signature DER in base64; the header
`webhook-key-id` names the key, whose public half is in the manifest and in the answer about the subscription.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from base.notices.webhooks import signed as signed_by_secret
from exchange.feeds.cloud_events import MEDIA_TYPE
from exchange.feeds.errors import DeliveryKeyMissing
from exchange.feeds.models import Subscription
from exchange.feeds.wiring import Deliveries
from keys.algorithms.sm2 import SM2_SM3
from keys.signers.signer import Signer, signed

HMAC: Final = "hmac"
SM2: Final = "sm2"
SIGNATURES: Final = (HMAC, SM2)
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Signing:
    """What an event to one subscriber is signed with: its secret, or this site's key."""

    subscription: str
    secret: str | None = field(default=None, repr=False)
    key: str = ""
    signer: Signer | None = field(default=None, repr=False)


def signing_of(session: Session, row: Subscription, parts: Deliveries) -> Signing:
    """Read what to sign with. Raises `DeliveryKeyMissing`, and what custody and data keys refuse."""
    if row.signature == SM2:
        return Signing(row.id, None, parts.settings.key, require_key(session, parts))
    secret = parts.data_keys.open(session, row.secret or b"", bound(row.id)).decode()
    return Signing(row.id, secret)


def require_key(session: Session, parts: Deliveries) -> Signer:
    """Give this site's signer. Raises `DeliveryKeyMissing`, and what custody refuses."""
    if not parts.settings.key:
        raise DeliveryKeyMissing
    return parts.signer_for(session, parts.settings.key)


def headers(signing: Signing, event: str, body: str, at: datetime) -> Headers:
    """Write the headers that prove a body. Raises `WebhookSecretMissing`, `SigningUnavailable`, `FaultySignature`."""
    if signing.signer is None:
        given = signed_by_secret(event, body, at, (signing.secret or "",), signing.subscription)
        return (("Content-Type", MEDIA_TYPE), *(each for each in given if each[0] != "Content-Type"))
    stamp = str(int(at.astimezone(UTC).timestamp()))
    signature = signed(signing.signer, SM2_SM3, f"{event}.{stamp}.{body}".encode())
    return (
        ("Content-Type", MEDIA_TYPE),
        ("webhook-id", event),
        ("webhook-timestamp", stamp),
        ("webhook-signature", f"v1sm2,{base64.b64encode(signature).decode()}"),
        ("webhook-key-id", signing.key),
    )


def bound(subscription: str) -> bytes:
    """Name the place of a sealed secret, so that it opens nowhere else."""
    return f"exchange_subscriptions.secret.{subscription}".encode()
