"""Processes of a drill that are killed: forked, named by nothing but their own number, and never waited for for ever.

A number is a child's alone until it was waited for, so a `Child` is signalled only before; and it dies with whoever
started it, so that a drill which is ended from outside leaves nobody behind.
"""

import ctypes
import os
import random
import signal
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

# PR_SET_PDEATHSIG, prctl(2): the signal that the kernel sends a child whose parent has gone.
ON_PARENTS_DEATH: Final = 1
# What is killed is gone at once; longer is a kernel that waits for a disk.
GONE_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.01
# Below what the system hands out for outgoing connections: one that calls there must not take the port meanwhile.
PORTS: Final = range(18_000, 28_000)
MOST_PORTS: Final = 200


class Stuck(Exception):
    """Something that should have gone on did not."""


@dataclass
class Child:
    """A process that was forked; `status` is how it ended, once it was waited for."""

    number: int
    status: int | None = None

    @classmethod
    def of(cls, work: Callable[[], None]) -> "Child":
        """Start one: nothing has to be imported again."""
        parent, number = os.getpid(), os.fork()
        if not number:
            _be(work, parent)
        return cls(number)

    def ended(self, seconds: float = 0.0) -> bool:
        """Tell whether it has ended, after so long at most."""
        until = time.monotonic() + seconds
        while self.status is None:
            found, status = os.waitpid(self.number, os.WNOHANG)
            if found:
                self.status = status
            elif time.monotonic() >= until:
                return False
            else:
                time.sleep(LOOK_SECONDS)
        return True

    def killed(self) -> bool:
        """Kill it (SIGKILL); tell whether that is what it died of. Raises `Stuck`."""
        if self.ended():
            return False
        os.kill(self.number, signal.SIGKILL)
        if not self.ended(GONE_SECONDS) or self.status is None:
            raise Stuck(f"process {self.number} lives {GONE_SECONDS:.0f} s after SIGKILL")
        return os.WIFSIGNALED(self.status)


def free_port() -> int:
    """Find a port of this machine on which nobody listens. Raises `Stuck`."""
    for port in random.sample(PORTS, MOST_PORTS):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Stuck("no free port")


def _be(work: Callable[[], None], parent: int) -> NoReturn:
    """Be a child: whatever happens, it never goes back into the parent's work."""
    ended = 1
    try:
        ctypes.CDLL(None).prctl(ON_PARENTS_DEATH, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == parent:
            work()
        ended = 0
    except BaseException:  # noqa: BLE001 - told, and then the child is over
        traceback.print_exc()
    finally:
        os._exit(ended)
