"""Makes connections: resolves a name once, checks every address it got, and connects to exactly one of those.

The guard sits below the HTTP library, so nothing above can reach an address that was not checked, whatever it does
with names, redirects or kept connections. Each wait is bounded by the call's deadline as well as by its own limit: a
partner who sends a byte now and then is cut off like one who is silent.
"""

import ipaddress
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any, Self

import httpcore2

from base.fetch.addresses import Network, require_open
from base.fetch.errors import AnswerBroken, ConnectFailed, NameUnknown, TimedOut, TlsFailed

# A name with more addresses is still reached by one of its first; more only lengthens the wait for a dead partner.
TRIED_ADDRESSES = 4

Resolve = Callable[[str, int], tuple[str, ...]]
Dial = Callable[[str, int, float], socket.socket]

# OpenSSL's x509_vfy.h: X509_V_ERR_…
_VERIFY_CODES = {9: "not-yet-valid", 10: "expired", 62: "other-host", 64: "other-host"}


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Ask the system's resolver; raises `OSError` as it does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[4][0]) for place in found))


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a numeric address; raises `OSError`."""
    return socket.create_connection((address, port), timeout=seconds)


class Deadline:
    """The moment at which a call is over, on the stopwatch."""

    def __init__(self, host: str, seconds: float, stopwatch: Callable[[], float]) -> None:
        self._host = host
        self._stopwatch = stopwatch
        self._until = stopwatch() + seconds

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return self._stopwatch() >= self._until

    def within(self, seconds: float, stage: str) -> float:
        """Give the shorter of a limit and what is left.

        Raises `TimedOut` when nothing is.
        """
        left = self._until - self._stopwatch()
        if left <= 0:
            raise TimedOut(self._host, stage)
        return min(seconds, left)


class Allowance(float):
    """A time-out that knows the call's deadline: httpcore2 hands it through unchanged to every read and write."""

    deadline: Deadline

    def __new__(cls, seconds: float, deadline: Deadline) -> Self:
        """Make the number and keep the deadline beside it."""
        made = super().__new__(cls, seconds)
        made.deadline = deadline
        return made


def _left(timeout: float | None, stage: str) -> float:
    if not isinstance(timeout, Allowance):
        message = "a connection was used without the call's deadline"
        raise TypeError(message)
    return timeout.deadline.within(float(timeout), stage)


class Stream(httpcore2.NetworkStream):
    """One connection whose every wait obeys the call's deadline."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._socket = connection
        self._host = host

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive some bytes.

        Raises `TimedOut` or `AnswerBroken`.
        """
        self._socket.settimeout(_left(timeout, "answer"))
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise TimedOut(self._host, "answer") from error
        except OSError as error:
            raise AnswerBroken(self._host, "connection-lost") from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes.

        Raises `TimedOut`, or httpcore2's own error, after which it still looks for an answer.
        """
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(_left(timeout, "request"))
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError as error:
                raise TimedOut(self._host, "request") from error
            except OSError as error:
                raise httpcore2.WriteError from error

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Let the partner prove that it is the host that was meant.

        Raises `TlsFailed` or `TimedOut`.
        """
        try:
            self._socket.settimeout(_left(timeout, "tls"))
            return Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._host)
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise TimedOut(self._host, "tls") from error
            if isinstance(error, ssl.SSLCertVerificationError):
                raise TlsFailed(self._host, _VERIFY_CODES.get(error.verify_code, "untrusted")) from error
            if isinstance(error, OSError):
                raise TlsFailed(self._host, "handshake") from error
            raise

    def get_extra_info(self, info: str) -> Any:
        """Tell httpcore2 what it asks a connection."""
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return _is_readable(self._socket)
        return self._socket if info == "socket" else None


class Guard(httpcore2.NetworkBackend):
    """Opens connections to one partner, and only to addresses that were checked for it."""

    def __init__(self, opened: Iterable[Network], resolve: Resolve, dial: Dial) -> None:
        self._opened = tuple(opened)
        self._resolve = resolve
        self._dial = dial

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 the form is httpcore2's
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 the form is httpcore2's
    ) -> httpcore2.NetworkStream:
        """Resolve once, check all, connect to the first that answers.

        Raises `NameUnknown`, `AddressRefused`, `ConnectFailed` or `TimedOut`.
        """
        addresses = self._addresses(host, port, timeout)
        require_open(host, addresses, self._opened)
        failed: OSError | None = None
        for address in addresses[:TRIED_ADDRESSES]:
            try:
                connection = self._dial(address, port, _left(timeout, "connect"))
            except OSError as error:
                failed = error
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Stream(connection, host)
        if isinstance(failed, TimeoutError):
            raise TimedOut(host, "connect") from failed
        refused = isinstance(failed, ConnectionRefusedError)
        raise ConnectFailed(host, "refused" if refused else "unreachable") from failed

    def _addresses(self, host: str, port: int, timeout: float | None) -> tuple[str, ...]:
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            return self._resolved(host, port, _left(timeout, "name"))

    def _resolved(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        """Ask in a thread of its own, since the system's resolver knows no time-out."""
        answers: queue.SimpleQueue[tuple[str, ...] | OSError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except OSError as error:
                answers.put(error)

        threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty as error:
            raise TimedOut(host, "name") from error
        if isinstance(answer, OSError):
            raise NameUnknown(host) from answer
        if not answer:
            raise NameUnknown(host)
        return answer


def _is_readable(connection: socket.socket) -> bool:
    """Tell whether an idle connection has something to say, which can only be that it is closed."""
    if connection.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
