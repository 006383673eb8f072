"""What the seal system said of one seal, and when a later word takes its place. Pure.

A direct answer is how the seal stands now and always takes the place of what is kept. A word out of the list of changes
may be old (a list is read from its beginning once), so it must not bring back what a later word has ended.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from signing.seal_standing import ENDED, SealState, SealWord, Unknown

# How long a word is relied on that says that a seal is not there, or not yet: it may be registered any hour.
UNKNOWN_KEPT: Final = timedelta(hours=1)


class State(enum.StrEnum):
    """How a seal stands there; the last two say that no word counts yet."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    WAITING = "waiting"
    ABSENT = "absent"
    WANTED = "wanted"
    """Nothing was said: somebody met the seal, and it is to be asked for."""


@dataclass(frozen=True)
class Said:
    """One word about a seal, as it was said."""

    code: str
    state: State
    since: datetime | None = None
    name: str = ""
    unit: str = ""
    unit_name: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""
    successor: str = ""


_KNOWN: Final = {State(each.value): each for each in SealState if each is not SealState.UNKNOWN}
_WHY: Final = {State.WAITING: Unknown.NOT_REGISTERED_YET, State.ABSENT: Unknown.NOT_THERE}


def takes_the_place(kept: Said | None, said: Said, *, is_direct: bool) -> bool:
    """Tell whether a word takes the place of the one that is kept."""
    if is_direct or kept is None or kept.state not in _KNOWN:
        return True
    if kept.since is None or said.since is None or said.since == kept.since:
        is_ended = _KNOWN[kept.state] in ENDED
        return said.state is not kept.state and (not is_ended or _KNOWN.get(said.state) in ENDED)
    return said.since > kept.since


def expiry(said: Said, at: datetime, kept: timedelta) -> datetime:
    """Tell until when a word that came now is relied on."""
    return at + (kept if said.state in _KNOWN else min(kept, UNKNOWN_KEPT))


def told(said: Said, source: str, as_of: datetime | None, expires_at: datetime | None) -> SealWord:
    """Give a word as verification takes it."""
    state = _KNOWN.get(said.state, SealState.UNKNOWN)
    why = _WHY.get(said.state, Unknown.NOT_KEPT)
    if state is SealState.UNKNOWN:
        return SealWord(said.code, state, source, why_unknown=why)
    return SealWord(said.code, state, source, said.since, as_of, expires_at)
