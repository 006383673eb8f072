"""One line to each partner: its connections, the pause it asked for, and the rest it is given after failures.

The pause is what the partner said itself (Retry-After); the rest is ours, so that a partner that is down costs its
callers an instant instead of a time-out each. Both live in this process alone: what must survive it (an outbox, a
delivery) keeps its own next moment.
"""

import threading
from collections.abc import Callable

from base.fetch.errors import CalledTooEarly, DestinationResting

# Five failures in a row are no accident; fewer would punish one lost packet.
FAILURES_BEFORE_REST = 5
# RFC 9110 10.2.3 sets no bound; a partner that says a year by mistake must not be lost for a year.
LONGEST_PAUSE_SECONDS = 24 * 3600.0


class Line:
    """When a partner may be called."""

    def __init__(self, host: str, rest_seconds: float, stopwatch: Callable[[], float]) -> None:
        self._host = host
        self._rest_seconds = rest_seconds
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._failures = 0
        self._due = float("-inf")
        self._rests_until = float("-inf")

    def admit(self) -> None:
        """Let a call pass; after a rest one passes as a trial, and the next waits for its outcome or another rest.

        Raises `CalledTooEarly` or `DestinationResting`.
        """
        self.require_due()
        with self._lock:
            at = self._stopwatch()
            if self._failures < FAILURES_BEFORE_REST:
                return
            if at < self._rests_until:
                raise DestinationResting(self._host, self._rests_until - at)
            self._rests_until = at + self._rest_seconds

    def require_due(self) -> None:
        """Refuse a call before the pause is over that the partner asked for.

        Raises `CalledTooEarly`.
        """
        with self._lock:
            left = self._due - self._stopwatch()
        if left > 0:
            raise CalledTooEarly(self._host, left)

    @property
    def is_at_ease(self) -> bool:
        """Whether nothing would be forgotten with this line: no failures, no pause."""
        return not self._failures and self._stopwatch() >= self._due

    def failed(self) -> None:
        """Count a failure."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_BEFORE_REST:
                self._rests_until = self._stopwatch() + self._rest_seconds

    def answered(self) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures = 0

    def pause(self, seconds: float) -> None:
        """Keep the pause that the partner asked for."""
        with self._lock:
            self._due = self._stopwatch() + min(seconds, LONGEST_PAUSE_SECONDS)
