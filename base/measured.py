"""Measures what goes out through the `Fetch` port; what comes in is measured at the web edge."""

from dataclasses import dataclass

from base.clock import stopwatch
from base.errors import DomainError
from base.fetch import Fetch, Incoming, Outgoing
from base.metrics import FETCH_SECONDS, FETCHES, Metrics


@dataclass(frozen=True)
class MeasuredFetch:
    """A way out whose calls are counted by outcome: the status' family, or the refusal's code."""

    fetch: Fetch
    metrics: Metrics

    def __call__(self, request: Outgoing) -> Incoming:
        """Send the request and count how it ended; raises what the port raises."""
        began, outcome = stopwatch(), "fault"
        try:
            answer = self.fetch(request)
            outcome = f"{answer.status // 100}xx"
        except DomainError as refusal:
            outcome = refusal.code
            raise
        else:
            return answer
        finally:
            self.metrics.count(FETCHES, outcome=outcome)
            self.metrics.time(FETCH_SECONDS, stopwatch() - began)
