"""Whether anything is delivered under a direct subscription, and if not, why. Pure.

Asked by the clock, so that the grant follows, and again with each page, so that nothing goes out in between. What ends
it for good: a request that was not granted, and a grant that is over. What only suspends it passes when its cause does.
"""

from dataclasses import dataclass
from typing import Final

from exchange.agreements.life import GrantState, RequestState
from exchange.life import READABLE, State

OFFERED: Final = "offered"
HELD: Final = "held"
TAKEN_BACK: Final = "withdrawn"
OFFER_STATES: Final = (OFFERED, HELD, TAKEN_BACK)

ASKED: Final = "asked"
ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
REFUSED: Final = "refused"
ENDED: Final = "ended"
STATES: Final = (ASKED, ACTIVE, SUSPENDED, REFUSED, ENDED)

NOT_GRANTED: Final = frozenset({RequestState.CLOSED, RequestState.WITHDRAWN, RequestState.REFUSED})
OVER: Final = frozenset({GrantState.REVOKED, GrantState.GIVEN_BACK, GrantState.EXPIRED})
COMPARED_AS_NUMBERS: Final = "compared-as-numbers"


@dataclass(frozen=True)
class Facts:
    """What is known of a subscription now."""

    subscribed: str
    region: str
    is_active: bool
    directory: State
    offer: str
    reason: str
    is_read: bool
    request: RequestState
    grant: GrantState | None


def standing(facts: Facts) -> tuple[str, str]:
    """Tell where a subscription stands, and the reason where nothing is delivered."""
    if facts.grant is None:
        return (REFUSED, facts.request.value) if facts.request in NOT_GRANTED else (ASKED, facts.request.value)
    if facts.grant in OVER:
        return ENDED, f"grant-{facts.grant.value}"
    cause = _cause(facts)
    return (SUSPENDED, cause) if cause else (ACTIVE, "")


def _cause(facts: Facts) -> str:
    """Name what stands against it: first what is about the subscriber, then about the directory, then the grant."""
    against = {
        "organisation-suspended": not facts.is_active,
        "region-changed": facts.subscribed != facts.region,
        "directory-withdrawn": facts.directory not in READABLE,
        "offer-withdrawn": facts.offer == TAKEN_BACK,
        COMPARED_AS_NUMBERS: facts.offer == HELD and facts.reason == COMPARED_AS_NUMBERS,
        "not-read-yet": not facts.is_read,
        "grant-suspended": facts.grant is GrantState.SUSPENDED,
    }
    return next((cause for cause, holds in against.items() if holds), "")
