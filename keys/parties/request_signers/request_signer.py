"""The form of a partner's signing scheme that rests on a shared secret: how a call is signed, and how it is judged.

A scheme works on header values alone and knows no HTTP and no clock; whether a value was used before is for the caller
to ask with `once`, and the secret is handed in by whoever keeps it. Signatures under a key of one's own are not a row
of this table: they are RFC 9421's, in `request_signing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Shared:
    """What two partners share: who calls (as the scheme names it), for which service, and the secret."""

    caller: str
    secret: str
    service: str = ""

    def __repr__(self) -> str:
        return f"Shared(caller={self.caller!r}, service={self.service!r})"


@dataclass(frozen=True)
class Proven:
    """A call whose signature holds: who calls which service, what must not come twice, and until when it could."""

    caller: str
    service: str
    once: str
    until: datetime


@dataclass(frozen=True)
class RequestSigner:
    """One scheme: its name, the headers it uses, signing with a nonce at a moment, and judging.

    `caller_in` reads who claims to call, so that the secret can be found. `verify` raises `PartnerSignatureRefused`.
    """

    name: str
    headers: tuple[str, ...]
    sign: Callable[[Shared, str, datetime], dict[str, str]]
    caller_in: Callable[[Headers], str]
    verify: Callable[[Headers, Shared, datetime], Proven]
