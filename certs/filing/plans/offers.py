"""What can be had in place of papers at a moment: which sources stand open to this office for this matter. Pure.

An offer tells of a certificate type, a directory, a check or an organ how it stands, which of its fields are granted,
and whether the holder must agree. Where the offers are read from is `certs.filing.offering`.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from base.workdays import Calendar
from certs.filing.matter import Means, Mode, Replacement
from exchange.agreements.contracts import reaches


class Standing(enum.StrEnum):
    """How a source stands, whoever asks it."""

    OPEN = "open"
    UNSTEADY = "unsteady"
    DOWN = "down"
    STALE = "stale"
    UNSERVED = "unserved"
    UNKNOWN = "unknown"


USABLE: Final = frozenset({Standing.OPEN, Standing.UNSTEADY})
# A means and its target: what is asked, whoever it is about.
Target = tuple[Means, str]


@dataclass(frozen=True)
class Offer:
    """One source: how it stands, what of it is granted, and until when. `fields` none: all that anybody could name."""

    standing: Standing
    granted: bool = True
    fields: frozenset[str] | None = None
    modes: frozenset[Mode] = frozenset(Mode)
    consent: bool = False
    grant: str = ""
    # Why it is not granted, in the words of `exchange.agreements.refusals`; nothing where it is.
    reason: str = ""
    health: str = ""
    as_of: datetime | None = None
    ends: datetime | None = None
    # How many working days an organ that is asked to help has.
    working_days: int | None = None


@dataclass(frozen=True)
class HandedIn:
    """A paper that the applicant handed in before: where it lies, since when, and until when it may serve again."""

    place: str
    at: datetime
    until: datetime | None = None


NOT_OFFERED: Final = Offer(Standing.UNKNOWN)
NO_CALENDAR: Final = Calendar(frozenset(), frozenset(), frozenset())


@dataclass(frozen=True)
class Offers:
    """Everything that is on offer to an office for a matter in a region."""

    region: str
    offered: Mapping[Target, Offer] = field(default_factory=dict)
    handed_in: Mapping[str, HandedIn] = field(default_factory=dict)
    calendar: Calendar = NO_CALENDAR

    def of(self, replacement: Replacement) -> Offer:
        """Give what is offered of a replacement; what nobody told of is not known here."""
        return self.offered.get(target_of(replacement), NOT_OFFERED)

    def reaches(self, replacement: Replacement) -> bool:
        """Tell whether a replacement holds in this region."""
        return not replacement.region or reaches(replacement.region, self.region)

    def with_offer(self, target: Target, offer: Offer) -> "Offers":
        """Give the same with one offer put in, or put anew."""
        return replace(self, offered=MappingProxyType({**self.offered, target: offer}))

    def granted(self, targets: Iterable[Target]) -> "Offers":
        """Give the same as if these were granted whole; one that is down, stale or nowhere stays so."""
        told = dict(self.offered)
        for each in targets:
            offer = told.get(each, NOT_OFFERED)
            told[each] = replace(offer, granted=True, fields=None, reason="", ends=None)
        return replace(self, offered=MappingProxyType(told))

    def held(self, targets: Iterable[Target]) -> "Offers":
        """Give the same as if these were kept here, served and granted: a type or a directory that is brought in."""
        told = {**self.offered, **{each: Offer(Standing.OPEN) for each in targets}}
        return replace(self, offered=MappingProxyType(told))


def target_of(replacement: Replacement) -> Target:
    """Name what a replacement takes from; one behind which nothing stands yet goes by its paper's name."""
    return replacement.means, replacement.target or replacement.name


@dataclass(frozen=True)
class Obstacle:
    """Why a replacement cannot serve now, and so what would make it: a kind, and the facts that its sentence needs."""

    kind: str
    replacement: Replacement
    facts: Mapping[str, str] = field(default_factory=dict)


# Kinds of obstacles, by how a source stands.
_OF_STANDING: Final = {
    Standing.DOWN: "health",
    Standing.STALE: "freshness",
    Standing.UNSERVED: "source",
}
_UNKNOWN_OF: Final = {
    Means.CERTIFICATE: "type",
    Means.SHARED: "directory",
    Means.CHECK: "check",
    Means.ASSISTANCE: "organ",
}


def obstacle(replacement: Replacement, offers: Offers, at: datetime) -> Obstacle | None:
    """Tell what first stands in a replacement's way at this moment; nothing where it can serve."""
    offer = offers.of(replacement)
    if not offers.reaches(replacement):
        return Obstacle("region", replacement, {"region": replacement.region})
    if offer.standing is Standing.UNKNOWN:
        return Obstacle(_UNKNOWN_OF[replacement.means], replacement)
    if not offer.granted or (offer.ends is not None and at >= offer.ends):
        return Obstacle("grant", replacement, {"reason": offer.reason or "expired"})
    if offer.standing not in USABLE:
        return Obstacle(_OF_STANDING[offer.standing], replacement, {"health": offer.health})
    if replacement.mode not in offer.modes:
        return Obstacle("mode", replacement, {"mode": replacement.mode.value})
    missing = missing_fields(replacement, offer)
    return Obstacle("fields", replacement, {"fields": "、".join(missing)}) if missing else None


def missing_fields(replacement: Replacement, offer: Offer) -> tuple[str, ...]:
    """Give the fields that the matter needs and the grant does not give; a yes or no needs none."""
    if replacement.mode is Mode.CHECK or offer.fields is None:
        return ()
    return tuple(each for each in replacement.fields if each not in offer.fields)
