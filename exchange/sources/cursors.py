"""The place where a source's next page begins, as it goes outside: unreadable, and good for one question only.

What a source gives as `next` may hold the last row's key, which can be a person's number, and is believed when it comes
back. Outside it is therefore sealed with SM4-GCM under a key made of the service's own secret, and bound to the mount,
the directory, the question without its page, and whoever was answered. A cursor that was changed, made up, or is
brought to another question opens nothing, and why is not told.

The nonce is made of what is sealed (RFC 5297 does the same): the same page has the same cursor, and two different
contents share a nonce no sooner than 96 bits collide. How long a cursor lives is not decided here: it names a place,
and whoever uses it is asked for the right to it anew.
"""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from typing import Final

from exchange.mounting.errors import UnaskableQuestion
from exchange.sources.questions import LONGEST_CURSOR
from exchange.sources.source import Question
from exchange.sources.values import plain
from keys.algorithms import sm4
from keys.errors import CiphertextAltered

# The longest cursor of a source with four bytes a sign, nonce and tag, in base64.
LONGEST_SEALED: Final = (4 * LONGEST_CURSOR + sm4.NONCE + sm4.TAG + 2) // 3 * 4


@dataclass(frozen=True)
class Bound:
    """What a cursor is good for: of which mount and directory, which question, and whose (a grant or a caller)."""

    mount: str
    directory: str
    question: str
    holder: str = ""


def question_of(question: Question) -> str:
    """Give what a question asks as one text, without limit and cursor, which may change from page to page."""
    conditions = [[each.item, each.test.value, [plain(value) for value in each.values]] for each in question.conditions]
    return json.dumps([list(question.fields), conditions], ensure_ascii=False, separators=(",", ":"))


class Cursors:
    """Seals and opens cursors with keys made of the service's secret."""

    def __init__(self, secret: str) -> None:
        self._seals = _key(secret, "seal")[: sm4.KEY]
        self._nonces = _key(secret, "nonce")

    def seal(self, cursor: str, bound: Bound) -> str:
        """Make the text that goes outside."""
        plain_bytes, binding = cursor.encode(), _binding(bound)
        nonce = hmac.digest(self._nonces, _framed(binding, plain_bytes), "sha256")[: sm4.NONCE]
        sealed = nonce + sm4.gcm_seal(self._seals, nonce, plain_bytes, binding)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def opened(self, text: str, bound: Bound) -> str:
        """Give the source's own cursor. Raises `UnaskableQuestion`."""
        try:
            sealed = _bytes(text)
            return sm4.gcm_open(self._seals, sealed[: sm4.NONCE], sealed[sm4.NONCE :], _binding(bound)).decode()
        except (CiphertextAltered, ValueError) as error:
            raise UnaskableQuestion("#/cursor", "unknown") from error


def _bytes(text: str) -> bytes:
    """Read base64 as it was written and no other way. Raises `ValueError`."""
    if len(text) > LONGEST_SEALED or not text.isascii():
        raise ValueError("no cursor of ours")
    sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(sealed) < sm4.NONCE + sm4.TAG or base64.urlsafe_b64encode(sealed).decode().rstrip("=") != text:
        raise binascii.Error("no cursor of ours")
    return sealed


def _key(secret: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"exchange.sources.cursors:{use}".encode(), "sha256")


def _binding(bound: Bound) -> bytes:
    return json.dumps([bound.mount, bound.directory, bound.question, bound.holder], ensure_ascii=False).encode()


def _framed(binding: bytes, plain_bytes: bytes) -> bytes:
    return len(binding).to_bytes(8, "big") + binding + plain_bytes
