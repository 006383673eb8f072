"""What a clerk reads beside each material in two words, before the look-up and after it. Pure.

A badge never promises more than was seen: a certificate that was found and is not in force is not 已调取, and a source
that did not answer is not the same as one that has nothing. What takes the place of a source that failed is the
plan's own fallback, so that the panel and the notice (一次告知单) always say the same.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from certs.filing.lookups.telling import FOUND, UNSETTLED
from certs.filing.plans import reasons, telling
from certs.filing.plans.plan import Answer, Fallback, Line, Plan

Told = dict[str, Any]


class Badge(enum.StrEnum):
    """How a material stands, in the panel's own order of what a clerk has to do about it."""

    CALLED = "called"
    READY = "ready"
    CONSENT = "consent"
    CHECK = "check"
    ASSISTANCE = "assistance"
    PROMISED = "promised"
    LATER = "later"
    SUBMIT = "submit"
    DOWN = "down"
    REUSED = "reused"
    CANCELLED = "cancelled"


_OF_ANSWER: Final[Mapping[Answer, Badge]] = {
    Answer.CERTIFICATE: Badge.READY,
    Answer.SHARED: Badge.READY,
    Answer.CHECKED: Badge.CHECK,
    Answer.ASSISTED: Badge.ASSISTANCE,
    Answer.CANCELLED: Badge.CANCELLED,
    Answer.REUSED: Badge.REUSED,
    Answer.PROMISED: Badge.PROMISED,
    Answer.LATER: Badge.LATER,
    Answer.SUBMIT: Badge.SUBMIT,
}
# Why a holder's data are not given: because the holder has not said yes, or has taken it back.
_CONSENT: Final = frozenset({"consent-missing", "consent-not-standing"})
BY_HAND: Final = "check-by-hand"
VALID: Final = "valid"


@dataclass(frozen=True)
class Row:
    """One line of the panel: a material for one person, or for nobody in particular while nothing was looked up."""

    key: str
    material: str
    role: str
    holder: int | None
    badge: Badge
    because: Told
    basis: str
    is_legal: bool
    due: date | None = None
    source: str = ""
    fallback: Told = field(default_factory=dict)
    ways: Sequence[Told] = ()
    flags: Sequence[Told] = ()
    can_be_shown: bool = False

    @property
    def id(self) -> str:
        """Name the line within its panel."""
        return f"{self.key}.{'' if self.holder is None else self.holder}"


def rows(planned: Plan, result: Mapping[str, Any]) -> tuple[Row, ...]:
    """Lay the panel out: what the plan says, and over it what a look-up brought, where there was one."""
    found: dict[str, list[Told]] = {}
    for each in result.get("items", ()):
        found.setdefault(each["key"], []).append(each)
    return tuple(row for line in planned.lines for row in _of_line(line, found.get(line.material.key), result))


def item(told: Mapping[str, Any]) -> Told:
    """Give what a panel keeps of a look-up's item: how it ended, and nothing that was found."""
    names = ("key", "material", "role", "holder", "type", "means", "outcome", "reason", "usage_id")
    statuses = [each["status"] for each in told["certificates"]]
    return {**{name: told[name] for name in names}, "badge": after(told).value, "statuses": statuses}


def after(told: Mapping[str, Any]) -> Badge:
    """Give the badge of what a look-up brought; of what it did not bring, by its fallback."""
    if told["outcome"] == FOUND and serves([each["status"] for each in told["certificates"]]):
        return Badge.CALLED
    if told["outcome"] in UNSETTLED:
        return Badge.DOWN
    if told["reason"]["code"] in _CONSENT:
        return Badge.CONSENT
    if told["reason"]["code"] == BY_HAND:
        return Badge.CHECK
    answer = told["fallback"].get("answer")
    return _OF_ANSWER[Answer(answer)] if answer else Badge.SUBMIT


def before(line: Line) -> Badge:
    """Give the badge of a line that was not looked up yet."""
    if line.source is not None and line.source.offer.consent:
        return Badge.CONSENT
    return _OF_ANSWER[line.answer]


def serves(statuses: Sequence[str]) -> bool:
    """Tell whether what was found can stand in: rows can, and of certificates one that is in force."""
    return not statuses or VALID in statuses


def _of_line(line: Line, found: Sequence[Told] | None, result: Mapping[str, Any]) -> Iterator[Row]:
    if not found:
        yield _row(line, before(line), telling.said(line.because))
        return
    for each in found:
        badge = Badge(each["badge"])
        reason = {language: each["reason"][language] for language in ("zh", "en")}
        is_served = badge is Badge.CALLED
        yield _row(
            line,
            badge,
            telling.said(line.because) if is_served else _why(each, reason),
            holder=each["holder"],
            role=each["role"],
            flags=_flags(result, each),
            can_be_shown=each["outcome"] == FOUND,
        )


def _why(told: Mapping[str, Any], reason: Told) -> Told:
    if told["outcome"] != FOUND:
        return reason
    return {"zh": "已查到，但证照当前不是有效状态，不能代替材料", "en": "Found, but not in force: it cannot stand in"}


def _row(line: Line, badge: Badge, because: Told, **more: Any) -> Row:
    of = line.material
    is_free = badge in {Badge.CALLED, Badge.READY}
    told: dict[str, Any] = {
        "holder": None,
        "role": of.role,
        "source": line.source.replacement.name if line.source else "",
        "fallback": _fallback(line.fallback) if line.fallback and not is_free else {},
        "ways": tuple(telling.said(reasons.would_free(each)) for each in line.would_be_free_if),
        "due": line.due or (line.fallback.due if line.fallback and not is_free else None),
    }
    return Row(of.key, of.name, badge=badge, because=because, basis=of.basis, is_legal=line.legal, **{**told, **more})


def _fallback(told: Fallback) -> Told:
    return {**telling.fallback(told), "badge": _OF_ANSWER[told.answer].value}


def _flags(result: Mapping[str, Any], of: Mapping[str, Any]) -> tuple[Told, ...]:
    return tuple(
        each
        for each in result.get("mismatches", ())
        if each["holder"] == of["holder"] and of["material"] in each["materials"]
    )


def counts(of: Sequence[Row]) -> Mapping[str, int]:
    """Count the badges of a panel."""
    return {badge.value: count for badge in Badge if (count := sum(each.badge is badge for each in of))}


def degraded(of: Sequence[Row]) -> tuple[Row, ...]:
    """Give the lines whose source is down, each with what goes on in its place."""
    return tuple(each for each in of if each.badge is Badge.DOWN)
