"""A small memory of things that were read from bytes, by the fingerprint of the bytes; the oldest goes first.

What is kept is immutable and named by its content, so it is never wrong, only gone. Safe between threads.
"""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """At most so many things, by fingerprint."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, fingerprint: str) -> T | None:
        """Give the thing of that fingerprint, if it is still here."""
        with self._lock:
            if fingerprint in self._things:
                self._things.move_to_end(fingerprint)
            return self._things.get(fingerprint)

    def keep(self, fingerprint: str, thing: T) -> T:
        """Keep a thing and give it back."""
        with self._lock:
            self._things[fingerprint] = thing
            self._things.move_to_end(fingerprint)
            while len(self._things) > self._most:
                self._things.popitem(last=False)
        return thing
