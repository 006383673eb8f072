"""A web server on this machine that behaves as badly as it is told.

A behaviour is a function of one `Exchange`; `HttpSimulator.on(path, behaviour)` gives each path its own. The server
reads requests properly and writes whatever bytes the behaviour sends, so that lies are possible. It counts every
connection, also those that bring no request.
"""

import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import BinaryIO, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from base import clock

# Threads are waited for this long at the end; one that stays longer is a fault of the test.
JOIN_SECONDS = 5.0


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Exchange:
    """One request and the wire on which its answer goes."""

    def __init__(self, received: Received, connection: socket.socket) -> None:
        self.received = received
        self._connection = connection
        self.keeps_open = True

    def send(self, data: bytes) -> bool:
        """Write bytes; tell whether the other side still takes them."""
        try:
            self._connection.sendall(data)
        except OSError:
            self.keeps_open = False
        return self.keeps_open

    def answer(self, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Write a proper answer."""
        given = {"Content-Length": str(len(body)), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        head = f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1")
        self.send(head if self.received.method == "HEAD" else head + body)
        if given.get("Connection") == "close":
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection after this exchange."""
        self.keeps_open = False

    def reset(self) -> None:
        """Tear the connection down without a farewell."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def wait_for_the_other_side(self) -> None:
        """Say nothing until the other side gives up."""
        with suppress(OSError):
            self._connection.recv(1)
        self.hang_up()


Behaviour = Callable[[Exchange], None]


def answers(status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None) -> Behaviour:
    """Answer always the same."""
    return lambda exchange: exchange.answer(status, body, headers)


def redirects(location: str, status: int = 302) -> Behaviour:
    """Point elsewhere."""
    return answers(status, headers={"Location": location})


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave differently from call to call; the last stays."""
    turns = itertools.chain(behaviours[:-1], itertools.repeat(behaviours[-1]))

    def take_turns(exchange: Exchange) -> None:
        next(turns)(exchange)

    return take_turns


def says(data: bytes) -> Behaviour:
    """Write bytes that may be no HTTP at all, and hang up."""

    def say(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.hang_up()

    return say


def repeats(head: bytes, again: bytes, between: Callable[[], None] = lambda: None) -> Behaviour:
    """Write a head and then the same bytes for ever; `between` runs before each, for instance to move a clock on."""

    def repeat(exchange: Exchange) -> None:
        exchange.send(head)
        while exchange.keeps_open:
            between()
            exchange.send(again)

    return repeat


def is_silent(exchange: Exchange) -> None:
    """Take the request and never answer."""
    exchange.wait_for_the_other_side()


class HttpSimulator:
    """The server; `with HttpSimulator() as server:` starts it on a free port of the loopback."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._tls = tls
        self._behaviours: dict[str, Behaviour] = {}
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    def on(self, path: str, behaviour: Behaviour) -> Self:
        """Let a path, and everything below it that has no behaviour of its own, behave so."""
        self._behaviours[path] = behaviour
        return self

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Write the address of a path."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _start(self, act: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=act, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            with connection, connection.makefile("rb") as reader:
                while (received := _read(reader)) is not None:
                    self.received.append(received)
                    exchange = Exchange(received, connection)
                    self._behaviour(received.target)(exchange)
                    if not exchange.keeps_open:
                        return

    def _behaviour(self, target: str) -> Behaviour:
        fitting = [path for path in self._behaviours if target.startswith(path)]
        return self._behaviours[max(fitting, key=len)] if fitting else answers(404)


def _read(reader: BinaryIO) -> Received | None:
    words = reader.readline().decode("latin-1").split(" ")
    if len(words) != len(("method", "target", "version")) or not words[2].startswith("HTTP/"):
        return None
    method, target, _ = words
    headers = {}
    while (line := reader.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0)))
    return Received(method, target, headers, body)


@dataclass(frozen=True)
class Identity:
    """A TLS certificate made for a test: the server's side of it, and the authority's file for whoever trusts it."""

    server: ssl.SSLContext
    trust_file: Path


def identity(folder: Path, *names: str, lasts: timedelta = timedelta(days=1)) -> Identity:
    """Make an authority and a certificate for these names; a negative time makes one that is over."""
    at = clock.now()
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invented authority")])
    start = at - timedelta(days=30)

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey, end: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), start, end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
        )

    root = build(issuer, authority_key.public_key(), at + timedelta(days=1)).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    leaf = build(x509.Name([]), key.public_key(), at + lasts).add_extension(
        x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=True
    )
    trust, chain = folder / "authority.pem", folder / "server.pem"
    trust.write_bytes(root.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return Identity(server, trust)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
