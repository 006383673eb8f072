"""The one way out: a port that takes an `Outgoing` and gives an `Incoming`, and the adapter that guards it.

What is decided here: which spellings of an address are read at all (`urls`), which network addresses may be reached
(`addresses`), how long and how much a partner may take (`guard`, `adapter`), and when a partner is left in peace
(`lines`). What an answer means is the caller's to say.
"""

from base.fetch.adapter import GuardedFetch
from base.fetch.addresses import require_allowed
from base.fetch.errors import (
    AddressRefused,
    AnswerBroken,
    AnsweredWithStatus,
    AnswerTooLarge,
    CalledTooEarly,
    ConnectFailed,
    DestinationResting,
    FetchFailed,
    NameUnknown,
    NotAskedYet,
    Redirected,
    TimedOut,
    TlsFailed,
    UnsendableRequest,
    UrlRefused,
)
from base.fetch.port import Destination, Fetch, Incoming, Outgoing
from base.fetch.urls import Url
from base.fetch.wiring import FetchSettings

__all__ = [
    "AddressRefused",
    "AnswerBroken",
    "AnswerTooLarge",
    "AnsweredWithStatus",
    "CalledTooEarly",
    "ConnectFailed",
    "Destination",
    "DestinationResting",
    "Fetch",
    "FetchFailed",
    "FetchSettings",
    "GuardedFetch",
    "Incoming",
    "NameUnknown",
    "NotAskedYet",
    "Outgoing",
    "Redirected",
    "TimedOut",
    "TlsFailed",
    "UnsendableRequest",
    "Url",
    "UrlRefused",
    "require_allowed",
]
