"""Decides whether a call that failed is made again, and after how long; it waits for nothing itself.

A call is made again only if making it twice does no more than making it once: it is idempotent, or carries an
Idempotency-Key, or was never sent. A refusal is final unless the service calls it retryable. `Retry-After` is the least
to wait; a service that asks for more patience than there is gets none, and the caller is told.
"""

from dataclasses import dataclass

from yinxin_client.errors import Problem, Unreachable, YinxinError


@dataclass(frozen=True)
class Patience:
    """How often a call is made at most, and how long to wait in between."""

    tries: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0


def pause(failure: YinxinError, patience: Patience, tried: int, share: float, *, repeatable: bool) -> float | None:
    """Give the seconds to wait before the next try, or None when there is none.

    `tried` counts the tries so far from 1; `share` between 0 and 1 spreads callers that failed together.
    """
    if tried >= patience.tries or not _may_repeat(failure, repeatable=repeatable):
        return None
    wait = min(patience.first_wait * 2.0 ** (tried - 1), patience.longest_wait) * (1 + share) / 2
    asked = failure.retry_after if isinstance(failure, Problem) else None
    if asked is None:
        return wait
    return None if asked > patience.longest_wait else max(asked, wait)


def _may_repeat(failure: YinxinError, *, repeatable: bool) -> bool:
    if isinstance(failure, Unreachable):
        return repeatable or not failure.was_sent
    return repeatable and isinstance(failure, Problem) and failure.retryable
