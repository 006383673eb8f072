"""Messages over a pair of pipes: eight bytes of length, then the content; no side waits for the other for ever.

What goes down to a process is pickled by us; what comes up is JSON and nothing else, since the process that wrote it
has read bytes from outside.
"""

import os
import select
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LENGTH: Final = struct.Struct(">Q")
PIECE: Final = 1 << 20


class Closed(Exception):
    """The other side has closed its end."""


class TooLate(Exception):
    """The other side did not come by the deadline."""


class TooLong(Exception):
    """The other side announces more than is taken."""


@dataclass(frozen=True)
class Pipes:
    """The reading and the writing end of this side; `clock` tells seconds that never step back."""

    reading: int
    writing: int
    clock: Callable[[], float]

    def send(self, content: bytes, deadline: float) -> None:
        """Send a message. Raises `Closed`, `TooLate`."""
        os.set_blocking(self.writing, False)
        for part in (memoryview(LENGTH.pack(len(content))), memoryview(content)):
            sent = 0
            while sent < len(part):
                self._wait(self.writing, select.POLLOUT, deadline)
                try:
                    sent += os.write(self.writing, part[sent : sent + PIECE])
                except BlockingIOError:
                    continue
                except (BrokenPipeError, OSError) as error:
                    raise Closed from error

    def receive(self, limit: int, deadline: float) -> bytes:
        """Receive a message. Raises `Closed`, `TooLate`, `TooLong`."""
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > limit:
            raise TooLong
        return self._read(length, deadline)

    def close(self) -> None:
        """Close both ends."""
        os.close(self.reading)
        os.close(self.writing)

    def _read(self, length: int, deadline: float) -> bytes:
        os.set_blocking(self.reading, False)
        found = bytearray()
        while len(found) < length:
            self._wait(self.reading, select.POLLIN, deadline)
            try:
                piece = os.read(self.reading, min(PIECE, length - len(found)))
            except BlockingIOError:
                continue
            if not piece:
                raise Closed
            found += piece
        return bytes(found)

    def _wait(self, end: int, event: int, deadline: float) -> None:
        left = deadline - self.clock()
        if left <= 0:
            raise TooLate
        waiting = select.poll()
        waiting.register(end, event)
        if not waiting.poll(min(left, 3600) * 1000):
            raise TooLate
