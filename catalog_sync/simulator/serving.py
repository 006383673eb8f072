"""The platform on a port of this machine: reads requests properly, and writes answers as they are to go over the wire.

Many callers at once, connections kept open: a thread each. Nothing is logged, since what is sent may hold data of
people; the store has what a checker needs.
"""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from catalog_sync.simulator.wire import Answer, Request, Wire

HOST: Final = "127.0.0.1"
PORT: Final = 8092
LARGEST_BODY: Final = 64 * 1024 * 1024
# A connection on which nobody says anything for so long is closed.
IDLE_SECONDS: Final = 60.0

Application = Callable[[Request], Answer]


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # Without this a small answer waits for the receipt of its head.
    disable_nagle_algorithm = True
    server: "Server"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    def do_POST(self) -> None:
        """Answer."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer."""
        self._answer()

    def _answer(self) -> None:
        request = self._read()
        if request is None:
            self._write(Answer(413, b""))
            self.close_connection = True
            return
        with suppress(OSError):
            self._write(self.server.application(request))

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            return None
        where = urlsplit(self.path)
        headers = {name.lower().replace("_", "-"): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        return Request(self.command, where.path, headers, dict(parse_qsl(where.query)), body)

    def _write(self, answer: Answer) -> None:
        if answer.wire is Wire.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if answer.wire is Wire.SILENT:
            self.server.stopping.wait(answer.seconds)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in (("Content-Type", answer.content_type), *answer.headers):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self._write_body(answer)

    def _write_body(self, answer: Answer) -> None:
        if answer.wire is Wire.WHOLE:
            self.wfile.write(answer.body)
        elif answer.wire is Wire.HALF:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        else:
            for place in range(len(answer.body)):
                self.wfile.write(answer.body[place : place + 1])
                if self.server.stopping.wait(answer.seconds):
                    break
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """The server; `with serving(...)` or `serve_forever()`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, application: Application, port: int, host: str = HOST) -> None:
        self.application = application
        self.stopping = threading.Event()
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers that went away."""

    def shutdown(self) -> None:
        """Stop, and let nobody wait any longer."""
        self.stopping.set()
        super().shutdown()
