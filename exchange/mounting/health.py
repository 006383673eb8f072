"""How a mount is: judged from its last probe and from how real calls ended lately.

down       the last probe did not reach it, or half of the calls lately failed
degraded   it answers with something else than the directory promises, or one call in twenty failed
healthy    neither
unknown    nobody looked yet
"""

import enum
from collections.abc import Mapping
from typing import Final

from exchange.sources.source import Outcome

# Fewer calls than this are no sample.
FEWEST_CALLS: Final = 5
DOWN_SHARE: Final = 0.5
DEGRADED_SHARE: Final = 0.05
# A source that takes a question and answers later is well.
GOOD: Final = frozenset({Outcome.FOUND, Outcome.EMPTY, Outcome.PENDING})
UNREACHED: Final = frozenset({Outcome.DOWN, Outcome.TIMED_OUT})


class Health(enum.StrEnum):
    """How a mount is."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"


def judge(probe: Outcome | None, calls: Mapping[Outcome, int]) -> Health:
    """Judge from the last probe, if there was one, and the calls since an hour ago by how they ended.

    A refusal is left out of the calls: whoever asks what is not offered must not make a mount look ill. That the source
    itself refuses us, the next probe tells.
    """
    total = sum(calls.values()) - calls.get(Outcome.REFUSED, 0)
    failed = total - sum(calls.get(each, 0) for each in GOOD)
    share = failed / total if total >= FEWEST_CALLS else 0.0
    if probe in UNREACHED or share >= DOWN_SHARE:
        return Health.DOWN
    if (probe is not None and probe not in GOOD) or share >= DEGRADED_SHARE:
        return Health.DEGRADED
    return Health.HEALTHY if probe is not None or total else Health.UNKNOWN
