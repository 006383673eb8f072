"""The processes of a site: the web server with its measured defaults, and the scheduler beside it in the sandbox.

granian with two workers of 32 blocking threads served 1.2 to 1.6 times what gunicorn did on the same work; gunicorn's
gthread is the conservative choice (`gunicorn --no-control-socket -k gthread 'app:wsgi()'`).
"""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from granian import Granian
from granian.constants import Interfaces

from base import clock, metrics
from base.errors import DomainError, Kind
from base.program import Running
from base.web import WebSettings

# Requests that run when the stop comes may end; a longer one is behind something broken.
GRACE_SECONDS = 20


@dataclass(eq=False)
class PortTaken(DomainError):
    """Another program listens on the address."""

    host: str
    port: int
    code: ClassVar[str] = "port-taken"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class PlaceNotWritable(DomainError):
    """A folder that the service must write to cannot be written."""

    place: str
    code: ClassVar[str] = "place-not-writable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


def serve(running: Running, host: str | None = None, port: int | None = None) -> None:
    """Serve the web until a signal ends it; what runs then may finish.

    Raises `PortTaken`, and `OldSchema` before anything listens.
    """
    web = running.settings[WebSettings]
    host, port = host or web.host, web.port if port is None else port
    require_free(host, port)
    metrics.prepare(running.settings[metrics.MetricsSettings])
    running.database.close()  # workers open their own; a connection must not cross a fork
    Granian(
        "app:wsgi",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=web.workers,
        blocking_threads=web.threads,
        backlog=web.backlog,
        websockets=False,
        log_enabled=True,
        log_level="warning",  # type: ignore[arg-type]
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve()


def require_free(host: str, port: int) -> None:
    """Look whether the address can be listened on, so that the refusal is a sentence.

    Raises `PortTaken`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
                raise PortTaken(host, port) from error
            raise


def require_writable(folder: Path) -> None:
    """Make the folder and see that it takes a file.

    Raises `PlaceNotWritable`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        raise PlaceNotWritable(str(folder)) from error


def finish(*arguments: str) -> None:
    """Run another process of this program to its end; one that fails has said why, and ends this one too."""
    done = subprocess.run([sys.executable, "-m", "app", *arguments], env=dict(os.environ), check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.returncode)


def beside(*arguments: str) -> subprocess.Popen[bytes]:
    """Start another process of this program that ends with this one."""
    return subprocess.Popen([sys.executable, "-m", "app", *arguments], env=dict(os.environ))  # noqa: S603


def end(processes: Sequence[subprocess.Popen[bytes]], grace: float) -> None:
    """End processes that were started beside this one: all are asked, and who is not gone after the grace is killed."""
    for each in processes:
        each.terminate()
    until = clock.stopwatch() + grace
    for each in processes:
        try:
            each.wait(max(0.0, until - clock.stopwatch()))
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()
