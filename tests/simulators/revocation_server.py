"""Revocation servers in memory, behind the port of the way out: lists and answers at addresses, bendable, counted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from base.fetch import ConnectFailed, Incoming, Outgoing
from base.fetch.urls import parse

# Given the request, gives the body; or raises what the way out would raise.
Behaviour = Callable[[Outgoing], bytes]


@dataclass
class RevocationServers:
    """Whatever stands at an address; what is not there cannot be reached."""

    places: dict[str, Behaviour] = field(default_factory=dict)
    asked: list[Outgoing] = field(default_factory=list)
    status: int = 200

    def serve(self, url: str, body: bytes) -> None:
        """Let an address answer with these bytes from now on."""
        self.places[url] = lambda _: body

    def answer(self, url: str, behaviour: Behaviour) -> None:
        """Let an address answer as told."""
        self.places[url] = behaviour

    def __call__(self, request: Outgoing) -> Incoming:
        """Be the way out."""
        self.asked.append(request)
        url = parse(request.url)
        assert any(each.covers(url) for each in request.allowed)
        if request.url not in self.places:
            raise ConnectFailed(url.host, "refused")
        return Incoming(self.status, {}, self.places[request.url](request), url)
