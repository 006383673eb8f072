"""How a seal stood for what it sealed, by the word of the system that it is registered with. Pure.

A seal can be ended (撤销, 注销) or suspended there while its certificate still counts. The word has the time at which
it was given and the one until which it is relied on, and is used so:

1. Ended at or before the *proven* moment: invalid. After it: no harm, and said. Without a proven moment, or where the
   word does not say since when: not decided, as with a certificate that was revoked.
2. Suspended at the proven moment, or nothing proven: not decided, since a suspension may be lifted.
   Suspended after it: no harm, and said.
3. In use: good, as long as the word is relied on; one whose time is over calls no seal good. That it ended or was
   suspended, and since when, stays said, with the age of the word.
4. No word, or one that is not understood: could not be checked, which by itself spoils no verdict: most sites are not
   connected to every other's register.

What is asked is how the *code* stands; whether the document's seal is the one of that code, its maker's signature says.
"""

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from base.clock import rfc3339
from signing.report import Check, failed, not_checked, passed, warned
from signing.signing_times import told
from signing.standing import Moments

NOT_DATED: Final = "—"
# What names a seal in registers: fourteen digits nationally, letters in some places.
SEAL_CODE: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


class SealState(enum.StrEnum):
    """How a seal stands in a register."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Unknown(enum.StrEnum):
    """Why nothing is known of a seal."""

    NOT_KEPT = "seal-not-kept"
    NOT_THERE = "seal-not-there"
    NOT_REGISTERED_YET = "seal-not-registered-yet"
    NO_ANSWER = "seal-no-answer"


_TIMES: Final = ("since", "as_of", "expires_at")
ENDED: Final = frozenset({SealState.CANCELLED, SealState.REVOKED})


@dataclass(frozen=True)
class SealWord:
    """What a register says of a seal: since when it stands so, when that was said, until when it is relied on."""

    code: str
    state: SealState
    source: str
    since: datetime | None = None
    as_of: datetime | None = None
    expires_at: datetime | None = None
    why_unknown: Unknown = Unknown.NOT_KEPT

    def is_stale(self, at: datetime) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= at


SealWords = Mapping[str, SealWord]
NO_WORDS: Final[SealWords] = MappingProxyType({})


def written(word: SealWord) -> dict[str, str | None]:
    """Write a word, for evidence."""
    times = {name: getattr(word, name) for name in _TIMES}
    return {
        "code": word.code,
        "state": word.state.value,
        "source": word.source,
        "why_unknown": word.why_unknown.value,
        **{name: None if at is None else rfc3339(at) for name, at in times.items()},
    }


def read_word(told: Mapping[str, Any]) -> SealWord:
    """Read a word that was written. Raises `KeyError`, `TypeError`, `ValueError`."""
    times = {name: None if told[name] is None else datetime.fromisoformat(told[name]) for name in _TIMES}
    if any(at is not None and at.tzinfo is None for at in times.values()):
        raise ValueError("a moment without a time zone")
    state, why = SealState(told["state"]), Unknown(told["why_unknown"])
    return SealWord(str(told["code"]), state, str(told["source"]), why_unknown=why, **times)


def checks(word: SealWord, moments: Moments) -> Iterator[Check]:
    """Go through the numbered steps for one seal."""
    if word.state is SealState.UNKNOWN:
        yield not_checked("SEAL_STANDING_UNKNOWN", word.code, source=word.source, reason=word.why_unknown.value)
        return
    is_stale, is_later = word.is_stale(moments.at), word.since is not None and word.since > moments.at
    if word.state is SealState.ACTIVE or is_later:
        yield not_checked("SEAL_STANDING_STALE", word.code, **_age(word)) if is_stale else _good(word)
        return
    if word.state in ENDED:
        yield from _of_ended(word, moments)
    else:
        yield from _of_suspended(word, moments)
    if is_stale:
        yield warned("SEAL_STANDING_STALE", word.code, **_age(word))


def _of_ended(word: SealWord, moments: Moments) -> Iterator[Check]:
    since, reason = _dated(word.since), f"seal-{word.state.value}"
    if moments.proven is None or word.since is None:
        yield failed("SEAL_ENDED", word.code, since=since, reason=reason, source=word.source)
    elif word.since <= moments.proven:
        facts = {"since": since, "reason": reason, "source": word.source, "time": told(moments.proven)}
        yield failed("SEAL_ENDED_BEFORE_SIGNING", word.code, **facts)
    else:
        yield _good(word)
        yield warned("SEAL_ENDED_AFTER_SIGNING", word.code, since=since, reason=reason, source=word.source)


def _of_suspended(word: SealWord, moments: Moments) -> Iterator[Check]:
    if moments.proven is None or word.since is None or word.since <= moments.proven:
        yield failed("SEAL_SUSPENDED", word.code, since=_dated(word.since), source=word.source)
    else:
        yield _good(word)
        yield warned("SEAL_SUSPENDED_AFTER_SIGNING", word.code, since=_dated(word.since), source=word.source)


def _good(word: SealWord) -> Check:
    return passed("SEAL_ENDED_BEFORE_SIGNING", word.code, source=word.source, as_of=_dated(word.as_of))


def _age(word: SealWord) -> dict[str, str]:
    return {"source": word.source, "as_of": _dated(word.as_of), "until": _dated(word.expires_at)}


def _dated(at: datetime | None) -> str:
    return NOT_DATED if at is None else rfc3339(at)
