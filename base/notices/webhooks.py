"""Sends letters to a partner's address as Standard Webhooks: a JSON body, an id that stays, a time and signatures.

Secrets are found by name when they are needed and stand in files or in the environment; the database holds the name.
A file may hold two, one a line, while a partner changes from one to the other: both sign.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks.webhooks import EmptyWebhookSecretError
from standardwebhooks.webhooks import Webhook as Signer

from base import clock
from base.fetch import Destination, Fetch, Outgoing
from base.notices.delivery import Letter
from base.notices.errors import WebhookSecretMissing
from base.notices.kinds import DEFAULT_SECRET

# Standard Webhooks: receivers answer at once and work afterwards, within 15 to 30 seconds.
ANSWER_SECONDS = 15.0
# The answer is not read for anything but its status.
ANSWER_BYTES = 64 * 1024
SUCCESS = range(200, 300)

Secrets = Callable[[str], tuple[str, ...]]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class SecretFiles:
    """Finds secrets by name: one from the settings, the others each in a file of that name in one folder."""

    def __init__(self, folder: str, default: str) -> None:
        self._folder = folder
        self._default = default

    def __call__(self, name: str) -> tuple[str, ...]:
        """Give the secrets of that name, the newest first.

        Raises `WebhookSecretMissing`.
        """
        if name == DEFAULT_SECRET and self._default:
            return tuple(self._default.split())
        if not self._folder or not _NAME.fullmatch(name):
            raise WebhookSecretMissing(name)
        try:
            found = tuple((Path(self._folder) / name).read_text(encoding="ascii").split())
        except (OSError, UnicodeDecodeError) as error:
            raise WebhookSecretMissing(name) from error
        if not found:
            raise WebhookSecretMissing(name)
        return found


class WebhookChannel:
    """Sends each letter as one POST through the way out."""

    def __init__(self, fetch: Fetch, secrets: Secrets, *, intranet: bool = False) -> None:
        self._fetch = fetch
        self._secrets = secrets
        self._intranet = intranet

    def __call__(self, letter: Letter, at: datetime) -> None:
        """Send one letter.

        Raises what the way out raises, `AnsweredWithStatus` for anything but success, and `WebhookSecretMissing`.
        """
        body = payload(letter)
        headers = signed(letter.message_id, body, at, self._secrets(letter.secret), letter.secret)
        destination = Destination.of(letter.recipient, intranet=self._intranet)
        request = Outgoing(
            "POST",
            letter.recipient,
            (destination,),
            headers,
            body.encode(),
            max_bytes=ANSWER_BYTES,
            total_seconds=ANSWER_SECONDS,
        )
        self._fetch(request).expect(*SUCCESS)


def payload(letter: Letter) -> str:
    """Write the body as Standard Webhooks suggests it: what happened, when, and the facts."""
    told = {"type": letter.kind, "timestamp": clock.rfc3339(letter.written_at), "data": dict(letter.facts)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def signed(
    message_id: str, body: str, at: datetime, secrets: tuple[str, ...], name: str
) -> tuple[tuple[str, str], ...]:
    """Write the headers that prove a body.

    Raises `WebhookSecretMissing` when a secret is none.
    """
    at = at.astimezone(UTC)
    try:
        signatures = [Signer(secret).sign(message_id, at, body) for secret in secrets]
    except (ValueError, EmptyWebhookSecretError) as error:
        raise WebhookSecretMissing(name) from error
    return (
        ("Content-Type", "application/json"),
        ("webhook-id", message_id),
        ("webhook-timestamp", str(int(at.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    )
