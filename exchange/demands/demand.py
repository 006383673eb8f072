"""What is demanded, when two demands are one, and what may not be demanded at all. Pure.

The seven elements of a demand are those of 苏政办发〔2022〕87号 三（四）: who needs it, who is to provide it, the name
of the resource, its items, how often it is renewed, the way it comes, and which part of it. Who needs it is not in the
value: of one demand there may be several askers.

Names are compared without their width, case and blanks, and without a 信息 or 数据 at the end, which directories carry
and people leave out. Nothing is guessed beyond that: two names for one thing are two demands until someone joins them.
"""

import enum
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# From the quickest to the slowest; what is renewed when it is asked for (`ondemand`) compares with nothing else.
CYCLES: Final = ("realtime", "day", "week", "month", "quarter", "year")
OTHER_WAY: Final = "other"
# A resource's name, as directories have it.
LONGEST_NAME: Final = 200
# Where a demand came from: a department's own words, or what a room above found lacking.
OWN: Final = "own"
GAP: Final = "gap"
MISSING_REPORTS: Final = "missing-reports"
ORIGINS: Final = (OWN, GAP, MISSING_REPORTS)
_BLANK: Final = re.compile(r"[\s\u200b-\u200f\ufeff·,，、;；:：()（）《》<>\"“”'‘’\-_]+")
_TAILS: Final = ("信息", "数据")


@dataclass(frozen=True)
class Wanted:
    """What is demanded; an empty provider is one that nobody knows yet, an empty scope is everything."""

    provider: str
    name: str
    items: tuple[str, ...]
    update_cycle: str
    delivery: str
    scope: str = ""


@dataclass(frozen=True)
class NewDemand:
    """What somebody asks for, on which basis and for what."""

    wanted: Wanted
    basis: str
    purpose: str


@dataclass(frozen=True)
class Lack:
    """What a room above found lacking for an organisation: the demand that comes of it, and what waits for it."""

    organisation: str
    new: NewDemand
    origin: str
    references: tuple[str, ...]
    weight: int = 0


class Relation(enum.Enum):
    """How a new demand stands to one that is there already."""

    WITHIN = "within"
    WIDER = "wider"
    APART = "apart"


def normalised(text: str) -> str:
    """Give a name or an item as it is compared."""
    plain = _folded(_folded(text))  # letters that stand together only without the blanks between them fold once more
    tail = next((each for each in _TAILS if plain.endswith(each) and plain != each), "")
    return plain.removesuffix(tail)


def _folded(text: str) -> str:
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).casefold()


def item_set(items: Iterable[str]) -> frozenset[str]:
    """Give items as they are compared."""
    return frozenset(normalised(each) for each in items)


def is_quick_enough(offered: str, wanted: str) -> bool:
    """Tell whether data that are renewed so often serve whoever needs them that often."""
    if offered == wanted:
        return True
    return offered in CYCLES and wanted in CYCLES and CYCLES.index(offered) < CYCLES.index(wanted)


def relation(new: Wanted, known: Wanted) -> Relation:
    """Tell whether a known demand asks for all of a new one, or the new one for all of the known and more."""
    if _holds(known, new):
        return Relation.WITHIN
    return Relation.WIDER if _holds(new, known) else Relation.APART


def _holds(wide: Wanted, narrow: Wanted) -> bool:
    """Tell whether whoever satisfies the one satisfies the other; a provider that nobody named may be any."""
    return (
        normalised(wide.name) == normalised(narrow.name)
        and narrow.provider in {wide.provider, ""}
        and item_set(wide.items) >= item_set(narrow.items)
        and is_quick_enough(wide.update_cycle, narrow.update_cycle)
        and wide.delivery == narrow.delivery
        and normalised(wide.scope) in {normalised(narrow.scope), ""}
    )


class Target(enum.StrEnum):
    """What an entry of the negative list keeps back: an item by its name, or a whole resource."""

    ITEM = "item"
    RESOURCE = "resource"


@dataclass(frozen=True)
class Negative:
    """An entry of the negative list (负面清单): what may not be demanded, of whom (empty: of anyone), and by what rule.

    `anywhere`: the text may stand anywhere in the name; else the name is the text.
    """

    rule: str
    provider: str
    target: Target
    text: str
    basis: str
    anywhere: bool = False


@dataclass(frozen=True)
class Hit:
    """A place of a demand that an entry forbids."""

    pointer: str
    told: str
    rule: str
    basis: str


def forbidden(wanted: Wanted, negatives: Iterable[Negative]) -> tuple[Hit, ...]:
    """Tell every place that may not be demanded, the name first; none means that it may be demanded."""
    living = [each for each in negatives if each.provider in {"", wanted.provider}]
    places = [("#/name", wanted.name, Target.RESOURCE)]
    places += [(f"#/items/{place}", item, Target.ITEM) for place, item in enumerate(wanted.items)]
    return tuple(
        Hit(pointer, told, each.rule, each.basis)
        for pointer, told, target in places
        for each in living
        if each.target is target and _is_meant(each, told)
    )


def _is_meant(entry: Negative, told: str) -> bool:
    text, name = normalised(entry.text), normalised(told)
    return bool(text) and (text in name if entry.anywhere else text == name)
