"""The guarded way out over httpx2: the port's only implementation beside those of tests.

One call goes: 1. read the address strictly; 2. find it on the call's own list; 3. let the partner rest or pause if it
must; 4. connect through the guard, send, read within limits, and again after a passing failure if the request may be
repeated; 5. follow a redirect only if asked, each hop from step 1.
"""

import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import httpx2
import stamina

from base import clock
from base.fetch import guard
from base.fetch.bodies import read_body
from base.fetch.errors import (
    AddressRefused,
    AnswerBroken,
    ConnectFailed,
    NameUnknown,
    Redirected,
    TimedOut,
    TlsFailed,
)
from base.fetch.guard import Allowance, Deadline, Guard
from base.fetch.lines import Line
from base.fetch.port import Destination, Incoming, Outgoing
from base.fetch.sending import pause_seconds, require_sendable, written
from base.fetch.transport import GuardedTransport
from base.fetch.urls import Url, follow, parse
from base.fetch.wiring import FetchSettings, opened_networks, tls_of

# RFC 9110 15.4; the other 3xx are answers, not directions.
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# RFC 9110 15.6.3 to 15.6.5: the partner's front is there and its back is not, which passes.
PASSING_STATUSES = frozenset({502, 503, 504})
PAUSING_STATUSES = frozenset({429, 503})
PASSING = (NameUnknown, ConnectFailed, TimedOut, AnswerBroken)
# Partners called lately are kept at hand; one pushed out only loses its open connections.
MOST_LINES = 256
# Waits between tries: short, since a thread waits with them.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, JITTER_SECONDS = 0.1, 2.0, 0.3


@dataclass(frozen=True)
class _Partner:
    line: Line
    transport: GuardedTransport


class _Passing(Exception):
    """Carries an answer with a passing status through the retries; never leaves this module."""

    def __init__(self, incoming: Incoming) -> None:
        super().__init__()
        self.incoming = incoming


class GuardedFetch:
    """The way out over httpx2; one for the whole process, shared by its threads."""

    def __init__(
        self,
        settings: FetchSettings,
        *,
        resolve: guard.Resolve = guard.resolve,
        dial: guard.Dial = guard.dial,
        stopwatch: Callable[[], float] = clock.stopwatch,
        now: Callable[[], datetime] = clock.now,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Build it from settings; what it knows of the world can be handed in: names, connections, time, authorities.

        Raises `UnusableSetting`.
        """
        self.opened = opened_networks(settings)
        self._settings = settings
        self._tls = tls_of(settings) if tls is None else tls
        self._resolve, self._dial, self._stopwatch, self._now = resolve, dial, stopwatch, now
        self._partners: OrderedDict[Destination, _Partner] = OrderedDict()
        self._busy: dict[Destination, int] = {}
        self._lock = threading.Lock()

    def __call__(self, request: Outgoing) -> Incoming:
        """Send one request and read its answer whole.

        Raises refusals below `FetchFailed`.
        """
        require_sendable(request)
        url = parse(request.url)
        seconds = self._settings.total_seconds if request.total_seconds is None else request.total_seconds
        deadline = Deadline(url.host, seconds, self._stopwatch)
        first = url
        for left in reversed(range(request.redirects + 1)):
            incoming = self._ask(request, url, first, deadline)
            if incoming.status not in REDIRECTS:
                return incoming
            # A redirected body would be told twice, once to a partner that was not meant.
            if not left or request.method not in {"GET", "HEAD"} or "location" not in incoming.headers:
                raise Redirected(url.host, incoming.status)
            url = follow(url, incoming.headers["location"])
        raise AssertionError

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for partner in self._partners.values():
                partner.transport.close()
            self._partners.clear()

    def _ask(self, request: Outgoing, url: Url, first: Url, deadline: Deadline) -> Incoming:
        destination = next((each for each in request.allowed if each.covers(url)), None)
        if destination is None:
            raise AddressRefused(url.host, "not-listed")
        with self._partner(destination) as partner:
            partner.line.admit()
            try:
                incoming = self._tried(request, written(request, url, first), partner, url, deadline)
            except (*PASSING, TlsFailed):
                partner.line.failed()
                raise
            if incoming.status in PASSING_STATUSES:
                partner.line.failed()
            else:
                partner.line.answered()
            if incoming.retry_after is not None:
                partner.line.pause(incoming.retry_after)
            return incoming

    def _tried(
        self, request: Outgoing, sent: httpx2.Request, partner: _Partner, url: Url, deadline: Deadline
    ) -> Incoming:
        def passes(error: Exception) -> bool:
            return isinstance(error, (*PASSING, _Passing)) and not deadline.is_over

        tries = stamina.retry_context(
            on=passes,
            attempts=self._settings.tries if request.repeatable else 1,
            timeout=None,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
            wait_jitter=JITTER_SECONDS,
        )
        try:
            for attempt in tries:
                with attempt:
                    partner.line.require_due()  # another thread may have been told to pause meanwhile
                    return self._exchanged(request, sent, partner.transport, url, deadline)
        except _Passing as passing:
            return passing.incoming
        raise AssertionError

    def _exchanged(
        self, request: Outgoing, sent: httpx2.Request, transport: GuardedTransport, url: Url, deadline: Deadline
    ) -> Incoming:
        connect, read = self._settings.connect_seconds, self._settings.read_seconds
        waits = {"connect": connect, "read": read, "write": read, "pool": deadline.within(connect, "free-connection")}
        sent.extensions["timeout"] = {name: Allowance(seconds, deadline) for name, seconds in waits.items()}
        limit = self._settings.max_bytes if request.max_bytes is None else request.max_bytes
        response = transport.handle_request(sent)
        try:
            body = read_body(response, request.method, url.host, limit)
        finally:
            response.close()
        pausing = response.status_code in PAUSING_STATUSES
        pause = pause_seconds(response.headers.get("retry-after", ""), self._now()) if pausing else None
        incoming = Incoming(response.status_code, dict(response.headers), body, url, pause)
        # A pause that was asked for is never waited out in a thread: the answer goes back with it.
        if incoming.status in PASSING_STATUSES and pause is None:
            raise _Passing(incoming)
        return incoming

    @contextmanager
    def _partner(self, destination: Destination) -> Iterator[_Partner]:
        """Give the partner's line and connections, making room among those that nobody uses just now."""
        with self._lock:
            partner = self._partners.pop(destination, None) or self._new(destination)
            self._partners[destination] = partner
            self._busy[destination] = self._busy.get(destination, 0) + 1
            idle = [each for each, kept in self._partners.items() if each not in self._busy and kept.line.is_at_ease]
            for each in idle[: max(0, len(self._partners) - MOST_LINES)]:
                self._partners.pop(each).transport.close()
        try:
            yield partner
        finally:
            with self._lock:
                self._busy[destination] -= 1
                if not self._busy[destination]:
                    del self._busy[destination]

    def _new(self, destination: Destination) -> _Partner:
        guarding = Guard(self.opened if destination.intranet else (), self._resolve, self._dial)
        return _Partner(
            Line(destination.host, self._settings.rest_seconds, self._stopwatch),
            GuardedTransport(destination.host, guarding, self._tls, self._settings.connections),
        )
