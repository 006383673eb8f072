"""Filing with the office's own system, by a small JSON interface over HTTP.

`POST` to the address in the settings, with `Idempotency-Key` and the members of a `Filing`; asked again with the same
key the office tells how far it is. Its answer is 200 with one of

    {"state": "filed", "number": "…"}    {"state": "pending", "receipt": "…"}
    {"state": "refused", "code": "…", "reason": "…"}

Anything else is no answer. The office's words are kept and shown as they are, cut to what the register holds.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from base import strict_json
from base.clock import rfc3339
from base.errors import DomainError
from base.fetch import Destination, Fetch, Outgoing
from signing.filings.errors import FilingAnswerUnreadable
from signing.filings.filing import Answer, Filed, Filing, Pending, Place, Refused, Way

NAME: Final = "http"
OK: Final = 200
# An answer has three short members.
LARGEST_ANSWER: Final = 16 * 1024
NUMBER_LENGTH: Final = 40
WORDS_LENGTH: Final = 500


@dataclass(frozen=True)
class HttpRegistrar:
    """An office whose system is asked."""

    fetch: Fetch = field(repr=False)
    url: str = field(repr=False)
    intranet: bool = False

    @property
    def name(self) -> str:
        """Tell the host that is asked, without what else stands in the address."""
        return f"{NAME}:{Destination.of(self.url).host}"[:100]

    def file(self, filing: Filing) -> Answer:
        """Ask. Raises `FilingAnswerUnreadable`, and what the way out raises."""
        allowed = (Destination.of(self.url, intranet=self.intranet),)
        headers = (("Content-Type", "application/json"), ("Idempotency-Key", filing.key))
        asked = Outgoing("POST", self.url, allowed, headers, written(filing), idempotent=True, max_bytes=LARGEST_ANSWER)
        return read(self.fetch(asked).expect(OK).body)


def written(filing: Filing) -> bytes:
    """Write what is told to the office."""
    told = asdict(filing)
    times = {name: rfc3339(told[name]) for name in ("valid_from", "valid_until")}
    return json.dumps({**told, **times}, ensure_ascii=False).encode()


def read(body: bytes) -> Answer:
    """Read the office's answer. Raises `FilingAnswerUnreadable`, whatever the bytes are."""
    try:
        told = strict_json.parse(body)
    except DomainError as error:
        raise FilingAnswerUnreadable("no-json") from error
    if not isinstance(told, dict):
        raise FilingAnswerUnreadable("no-object")
    state = told.get("state")
    if state == "filed":
        return Filed(_text(told, "number", NUMBER_LENGTH))
    if state == "pending":
        return Pending(_text(told, "receipt", NUMBER_LENGTH))
    if state == "refused":
        return Refused(_text(told, "code", NUMBER_LENGTH), _text(told, "reason", WORDS_LENGTH, cut=True))
    raise FilingAnswerUnreadable("no-such-state")


def _text(told: dict[str, Any], member: str, longest: int, *, cut: bool = False) -> str:
    text = told.get(member)
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise FilingAnswerUnreadable(f"{member}-missing")
    if len(text) > longest and not cut:
        raise FilingAnswerUnreadable(f"{member}-too-long")
    return text[:longest]


def _registrar(place: Place, fetch: Fetch) -> HttpRegistrar:
    return HttpRegistrar(fetch, place.url, place.intranet)


WAY: Final = Way(NAME, needs_address=True, registrar=_registrar)
