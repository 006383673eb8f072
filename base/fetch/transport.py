"""httpx2's transport over guarded connections; its client is left out.

The client would add what this house refuses to have: cookies kept between partners, proxies and passwords from the
environment, repaired addresses, and a log line with each whole address in it.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

import httpcore2
import httpx2

from base.fetch.errors import AnswerBroken, TimedOut, UnsendableRequest
from base.fetch.guard import Guard

# A kept connection saves the TLS handshake; partners' load balancers commonly drop idle ones after a minute or less.
KEPT_OPEN_SECONDS = 15.0


class GuardedTransport(httpx2.BaseTransport):
    """Sends requests to one partner over connections that its guard made."""

    def __init__(self, host: str, guard: Guard, tls: ssl.SSLContext, connections: int) -> None:
        self._host = host
        self._pool = _Pool(guard, tls, connections)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and give its answer as soon as the headers are there.

        Raises refusals below `FetchFailed`.
        """
        sent = httpcore2.Request(
            request.method,
            httpcore2.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=cast("Iterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        with _translated(self._host):
            answer = self._pool.handle_request(sent)
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(cast("Iterable[bytes]", answer.stream), self._host)
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Connection(httpcore2.HTTPConnection):
    """A connection that is not used again when its partner said more than its answer.

    httpcore2 would take the surplus for the next answer, and hand one caller what was written for another.
    """

    def has_expired(self) -> bool:
        return super().has_expired() or (self.is_idle() and not self._is_clean())

    def _is_clean(self) -> bool:
        # Neither name is promised by httpcore2; should one be gone, connections are merely no longer kept.
        reading = getattr(getattr(self, "_connection", None), "_h11_state", None)
        return reading is not None and not reading.trailing_data[0]


class _Pool(httpcore2.ConnectionPool):
    def __init__(self, guard: Guard, tls: ssl.SSLContext, connections: int) -> None:
        # The guard is given to both, so that no connection is made without it whichever of them makes it.
        super().__init__(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=KEPT_OPEN_SECONDS,
            network_backend=guard,
        )
        self._guard, self._tls = guard, tls

    def create_connection(self, origin: httpcore2.Origin) -> httpcore2.ConnectionInterface:
        return _Connection(
            origin, ssl_context=self._tls, keepalive_expiry=KEPT_OPEN_SECONDS, network_backend=self._guard
        )


class _Body(httpx2.SyncByteStream):
    def __init__(self, pieces: Iterable[bytes], host: str) -> None:
        self._pieces = pieces
        self._host = host

    def __iter__(self) -> Iterator[bytes]:
        with _translated(self._host):
            yield from self._pieces

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


@contextmanager
def _translated(host: str) -> Iterator[None]:
    """Give httpcore2's errors our names; what a connection raises itself has them already."""
    try:
        yield
    except httpcore2.PoolTimeout as error:
        raise TimedOut(host, "free-connection") from error
    except httpcore2.RemoteProtocolError as error:
        raise AnswerBroken(host, "no-http") from error
    except httpcore2.LocalProtocolError as error:
        raise UnsendableRequest("header") from error
