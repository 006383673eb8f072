"""What the house may ask of the outside and what it gets: values and the port between them, no network."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from base.fetch.errors import AnsweredWithStatus
from base.fetch.urls import Url, parse

# RFC 9110 9.2.2: these may be sent again when no answer came.
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


@dataclass(frozen=True)
class Destination:
    """One partner that a call may reach; `intranet` lets it stand in the networks that the site opened.

    Calls of another `lane` to the same partner have connections, pauses and rests of their own.
    """

    scheme: str
    host: str
    port: int
    intranet: bool = False
    lane: str = ""

    @classmethod
    def of(cls, url: str, *, intranet: bool = False) -> "Destination":
        """Read the partner out of an address.

        Raises `UrlRefused`.
        """
        return cls(*parse(url).origin, intranet)

    @property
    def is_literal(self) -> bool:
        """Whether the host is an IP address and no name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    def covers(self, url: Url) -> bool:
        """Tell whether an address belongs to this partner: scheme, host and port are the same."""
        return url.origin == (self.scheme, self.host, self.port)


@dataclass(frozen=True)
class Outgoing:
    """One request: what is sent, to whom it may go, and how much is waited for.

    `allowed` is the whole list for this call, redirects included. `idempotent` says that a request may be sent again
    although its method does not; limits left out are the site's. Addresses, headers and bodies never show in logs.
    """

    method: str
    url: str = field(repr=False)
    allowed: tuple[Destination, ...]
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    redirects: int = 0
    idempotent: bool = False
    max_bytes: int | None = None
    total_seconds: float | None = None

    @property
    def repeatable(self) -> bool:
        """Whether the request may be sent a second time."""
        return self.idempotent or self.method in IDEMPOTENT_METHODS


@dataclass(frozen=True)
class Incoming:
    """One answer, read whole: header names in lower case, body without transfer or content coding."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: Url = field(repr=False)
    retry_after: float | None = None

    def expect(self, *statuses: int) -> "Incoming":
        """Give the answer back if its status is one of these.

        Raises `AnsweredWithStatus`.
        """
        if self.status in statuses:
            return self
        raise AnsweredWithStatus(self.url.host, self.status, self.retry_after)


class Fetch(Protocol):
    """The way out; raises refusals below `FetchFailed` and nothing else."""

    def __call__(self, request: Outgoing) -> Incoming:
        """Send one request and read its answer whole, whatever its status but a redirect."""
        ...
