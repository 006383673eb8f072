"""A gate before each source: so many callers at once and no more, and none at all while it fails.

Callers that meet at a full gate wait a moment for each other, as long as the source answers somebody: a burst is no
fault of the source, and must not be told as one. A source that hangs lets nobody out; then whoever comes is told at
once, and it holds no more than its own few threads. After failures in a row the gate stays shut for a while, then lets
one caller try. A probe passes a shut gate, and a good one opens it. The gate
lives in this process alone: a second process finds out for itself.
"""

import threading
from collections.abc import Callable
from typing import Final

from exchange.sources.source import Answer, Down, Empty, Found, Outcome, Probe, Question, Source

# Five failures in a row are no accident (as base.fetch has it for partners).
FAILURES_BEFORE_REST: Final = 5
# A source that answers does so within milliseconds; whoever waits longer waits behind one that hangs.
PATIENCE_SECONDS: Final = 0.5
# What tells of a source that is not well; a refusal or a drift is answered at once and blocks nobody.
FAILING: Final = frozenset({Outcome.DOWN, Outcome.TIMED_OUT, Outcome.TOO_LARGE})


class Gate:
    """How many are inside, how often it failed, and until when it is shut."""

    def __init__(self, concurrent: int, rest_seconds: float, stopwatch: Callable[[], float]) -> None:
        self._places = threading.BoundedSemaphore(concurrent)
        self._rest_seconds = rest_seconds
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._failures = 0
        self._shut_until = float("-inf")
        self._moved_at = float("-inf")  # when somebody last went in or out

    def enter(self) -> Down | None:
        """Let a caller in, who must `leave`, perhaps after a moment; or tell why not."""
        with self._lock:
            at = self._stopwatch()
            if self._failures >= FAILURES_BEFORE_REST:
                if at < self._shut_until:
                    return Down("resting")
                self._shut_until = at + self._rest_seconds  # this one tries, the next waits for how it ends
            hangs = at - self._moved_at > PATIENCE_SECONDS
        if not self._places.acquire(timeout=0 if hangs else PATIENCE_SECONDS):
            return Down("busy")
        self._moved_at = self._stopwatch()
        return None

    def leave(self, outcome: Outcome) -> None:
        """Let a caller out, and learn how it went."""
        self._moved_at = self._stopwatch()
        self._places.release()
        self.learn(outcome)

    def learn(self, outcome: Outcome) -> None:
        """Count a failure, or forget them all."""
        with self._lock:
            if outcome not in FAILING:
                self._failures = 0
                return
            self._failures += 1
            if self._failures >= FAILURES_BEFORE_REST:
                self._shut_until = self._stopwatch() + self._rest_seconds


class GatedSource:
    """A source behind its gate."""

    def __init__(self, source: Source, gate: Gate) -> None:
        self._source = source
        self._gate = gate

    def ask(self, question: Question) -> Answer:
        """Ask for rows, unless the gate is shut or full."""
        refused = self._gate.enter()
        if refused is not None:
            return refused
        outcome = Outcome.DOWN
        try:
            answer: Found | Empty | Answer = self._source.ask(question)
            outcome = answer.outcome
            return answer
        finally:
            self._gate.leave(outcome)

    def probe(self) -> Probe:
        """Look at the source, whatever the gate says; a good look opens it."""
        probe = self._source.probe()
        self._gate.learn(probe.outcome)
        return probe

    def close(self) -> None:
        """Give up what is held open."""
        self._source.close()
