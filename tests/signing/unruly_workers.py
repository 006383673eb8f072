"""A process that does what a document tells it, to see what becomes of it: started by the tests of workers."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from keys.trust import Trust
from signing.workers import child
from signing.workers.job import Job


def _sleep() -> str:
    time.sleep(600)
    return "awake"


def _killed() -> str:
    signal.raise_signal(signal.SIGKILL)
    return "alive"


def _spin() -> str:
    while True:
        pass


def _eat() -> str:
    eaten = bytearray(8 << 30)
    return str(len(eaten))


def _segmentation_fault() -> str:
    ctypes.string_at(0)
    return "alive"


def _tried(act: Callable[[], Any]) -> Callable[[], str]:
    def told() -> str:
        try:
            act()
        except OSError as error:
            return f"refused {type(error).__name__}"
        return "done"

    return told


def _by_library() -> None:
    """Ask the kernel past Python: a socket, and a file to write."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = [libc.socket(2, 1, 0), libc.open(b"/tmp/yinxin-unruly", os.O_WRONLY | os.O_CREAT, 0o600)]
    if max(found) < 0:
        raise PermissionError(ctypes.get_errno())


ACTS: Final[Mapping[bytes, Callable[[], str]]] = {
    b"name": lambda: str(os.getpid()),
    b"spin": _spin,
    b"sleep": _sleep,
    b"eat": _eat,
    b"exit": lambda: os._exit(3),
    b"fault": _segmentation_fault,
    b"killed": _killed,
    b"raise": lambda: str(1 // 0),
    b"socket": _tried(socket.socket),
    b"write": _tried(lambda: Path("/tmp/yinxin-unruly").write_bytes(b"x")),  # noqa: S108
    b"program": _tried(lambda: subprocess.run(["true"], check=True)),
    b"fork": _tried(os.fork),
    b"library": _tried(_by_library),
    b"environment": lambda: ",".join(sorted(os.environ)),
    b"folder": lambda: str(Path.cwd()),
    b"print": lambda: str(sys.stdout.write("x" * 100) and sys.stdout.flush()),
}


def work(job: Job, trust: Trust) -> Iterator[dict[str, Any]]:
    if job.document.startswith(b"huge"):
        yield {"report": {"told": "x" * (80 << 20)}, "xml": "", "evidence": None}
        return
    if job.document.startswith(b"odd"):
        yield {"report": 3, "xml": None, "evidence": []}
        return
    act = job.document.partition(b"|")[0].decode()
    late = act.startswith("late-")
    told = "" if late else ACTS[act.encode()]()
    report = {"told": told, "trust": trust.digest.hex(), "as_of": trust.as_of.isoformat()}
    yield {"report": report, "xml": "<x/>", "evidence": None}
    if late:
        yield {"page": {"told": ACTS[act.removeprefix("late-").encode()]()}}


if __name__ == "__main__":
    child.serve(work, child.limits_told())
