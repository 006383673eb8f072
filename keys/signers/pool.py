"""Sessions with a device, lent to one thread at a time and thrown away after a failure or a fork.

What a session is and how it is opened and closed is the device's to say. A session of the process before a fork is
never used again: both processes would speak over it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Generic, TypeVar

from keys.signers.errors import DeviceDown

S = TypeVar("S")

# Small HSMs allow 32 sessions in all, and two server processes share them.
MOST: Final = 8
# A signature takes milliseconds; whoever waits longer than this is behind a device that hangs.
WAIT_SECONDS: Final = 10.0


class Pool(Generic[S]):
    """At most so many open sessions."""

    def __init__(self, device: str, opened: Callable[[], S], closed: Callable[[S], None], most: int = MOST) -> None:
        self._device = device
        self._opened = opened
        self._closed = closed
        self._room = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[S] = []
        self._process = os.getpid()
        self._generation = 0

    @contextmanager
    def session(self) -> Iterator[S]:
        """Lend a session; one that fails with whatever exception is not lent again, nor are those beside it.

        Raises `DeviceDown`, and what opening raises.
        """
        if not self._room.acquire(timeout=WAIT_SECONDS):
            raise DeviceDown(self._device, "busy")
        try:
            found, generation = self._taken()
            try:
                yield found
            except BaseException:
                self._quietly_closed(found)
                self.empty()
                raise
            self._given_back(found, generation)
        finally:
            self._room.release()

    def empty(self) -> None:
        """Throw every idle session away."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._generation += 1
        for each in idle:
            self._quietly_closed(each)

    def _taken(self) -> tuple[S, int]:
        with self._lock:
            if self._process != os.getpid():
                self._idle, self._process = [], os.getpid()
            if self._idle:
                return self._idle.pop(), self._generation
            generation = self._generation
        return self._opened(), generation

    def _given_back(self, session: S, generation: int) -> None:
        with self._lock:
            if generation == self._generation:
                self._idle.append(session)
                return
        self._quietly_closed(session)

    def _quietly_closed(self, session: S) -> None:
        """Close a session that may be broken; that it cannot be closed is no news, since its use tells."""
        with suppress(Exception):
            self._closed(session)
