"""One call to a platform over HTTP, and what each way of going wrong means for its channel.

Nothing is sent twice and no redirect followed: what is not answered may have arrived. What an answer says is for who
speaks the platform's convention; here it is told whether there is one at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from base.fetch import (
    AddressRefused,
    AnswerTooLarge,
    Destination,
    Fetch,
    FetchFailed,
    Incoming,
    NotAskedYet,
    Outgoing,
    Redirected,
    TlsFailed,
    UnsendableRequest,
    UrlRefused,
)
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer

# What is kept of an answer that is not believed.
MOST_EVIDENCE: Final = 64 * 1024
OK, UNAUTHORISED, TOO_MANY, FAULTS = 200, 401, 429, 500
# Our address, our account or the path is not known there.
CLOSED: Final = frozenset({403, 404, 407})


@dataclass(frozen=True)
class Way:
    """The way to a platform: its target's name, its address, how long a call may take."""

    name: str
    url: str
    seconds: float
    intranet: bool = False

    def to(self, path: str) -> str:
        """Give the whole address of a path."""
        return self.url.rstrip("/") + path


def posted(
    way: Way, fetch: Fetch, path: str, headers: Sequence[tuple[str, str]], content: bytes, most: int
) -> Incoming:
    """Post, and give the answer where its status is 200 or 401.

    Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`.
    """
    url = way.to(path)
    try:
        destination = Destination.of(url, intranet=way.intranet)
        request = Outgoing("POST", url, (destination,), tuple(headers), content, 0, False, most, way.seconds)
        incoming = fetch(request)
    except FetchFailed as error:
        raise unanswered(way.name, error) from error
    status = incoming.status
    if status in CLOSED:
        raise ChannelRefused(way.name, f"status {status}")
    if status == TOO_MANY or status >= FAULTS:
        raise ChannelDown(way.name, f"status {status}", incoming.retry_after)
    if status not in {OK, UNAUTHORISED}:
        raise HostileAnswer(way.name, f"status {status}", incoming.body[:MOST_EVIDENCE])
    return incoming


def unanswered(name: str, error: FetchFailed) -> ChannelDown | ChannelRefused | HostileAnswer:
    """Say what it means for the channel that nothing came back."""
    if isinstance(error, NotAskedYet):
        return ChannelDown(name, error.code, error.seconds)
    if isinstance(error, AnswerTooLarge | Redirected):
        return HostileAnswer(name, error.code)
    if isinstance(error, UrlRefused | AddressRefused | UnsendableRequest | TlsFailed):
        return ChannelRefused(name, error.code)
    return ChannelDown(name, error.code)
