"""Whom a look-up asks about whom: the plan's sources, with the persons of the case whose papers they replace. Pure.

A person of the case takes part as something: the applicant, a spouse, a guardian. A material says whose it is, and is
looked up for every person of that role; who is told without a role is the applicant. A source that serves several
materials about one person is asked once, for the fields of all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from base.errors import DomainError
from certs.filing.matter import Means, Mode
from certs.filing.plans.offers import Offers
from certs.filing.plans.plan import Line, Plan, Source
from certs.holder_codes import KEY_ITEMS
from certs.libraries.answers import Named

DENIED: Final = "denied"
SLOW: Final = "source-slow"
APPLICANT: Final = "applicant"


@dataclass(frozen=True)
class Question:
    """One source asked about one person: a certificate type, or a directory by the item that names them."""

    means: Means
    target: str
    holder: int
    fields: tuple[str, ...] = ()
    key_item: str = ""


@dataclass(frozen=True)
class Ended:
    """How a question ended: the answer as its gate gave it, or the refusal."""

    told: Mapping[str, Any] = field(default_factory=dict, repr=False)
    refusal: DomainError | None = None
    is_slow: bool = False

    @property
    def outcome(self) -> str:
        """Give the outcome."""
        if self.is_slow:
            return "source_down"
        return DENIED if self.refusal is not None else str(self.told["outcome"])

    @property
    def reason(self) -> str:
        """Give the code of its reason."""
        if self.is_slow:
            return SLOW
        return self.refusal.code if self.refusal is not None else str(self.told["reason"]["code"])

    @property
    def usage(self) -> str | None:
        """Give the use that is on record of it, if it was answered."""
        found = self.told.get("usage_id")
        return str(found) if found else None


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a material for one person: the question that answers it, or why nobody is asked."""

    line: Line
    source: Source
    holder: int | None
    question: tuple[Means, str, int] | None
    reason: str = ""


@dataclass(frozen=True)
class Laid:
    """A look-up laid out: what is wanted of each material, and every question once."""

    wanted: tuple[Wanted, ...]
    questions: Mapping[tuple[Means, str, int], Question] = field(default_factory=dict)
    # Types that were asked for and that no material of the matter takes.
    not_required: tuple[str, ...] = ()


def laid(
    planned: Plan,
    offers: Offers,
    holders: Sequence[Named],
    types: Collection[str] | None,
    items: Mapping[str, Collection[str]],
) -> Laid:
    """Lay a look-up out; `types` narrows it to these, `items` are the items of each directory by its code."""
    sources = [(line, source) for line in planned.lines if (source := _source(line, offers, types)) is not None]
    wanted: list[Wanted] = []
    questions: dict[tuple[Means, str, int], Question] = {}
    for line, source in sources:
        for one in _of_line(line, source, holders, items):
            wanted.append(one)
            if one.question is not None and one.holder is not None:
                questions[one.question] = _joined(questions.get(one.question), one, holders, items)
    taken = {source.replacement.target for _, source in sources}
    return Laid(tuple(wanted), questions, tuple(sorted(set(types or ()) - taken)))


def _source(line: Line, offers: Offers, types: Collection[str] | None) -> Source | None:
    """Give what a line takes from; where types are named, one of them that can stand in, whatever the plan chose."""
    if not line.needed:
        return None
    if types is None:
        chosen = line.source
        return chosen if chosen is not None and chosen.replacement.means is not Means.ASSISTANCE else None
    for each in line.material.replacements:
        if each.target in types and each.means is not Means.ASSISTANCE:
            return Source(each, offers.of(each), line.material.role)
    return None


def _of_line(
    line: Line, source: Source, holders: Sequence[Named], items: Mapping[str, Collection[str]]
) -> list[Wanted]:
    places = [place for place, each in enumerate(holders) if (each.role or APPLICANT) == source.role]
    if not places:
        return [Wanted(line, source, None, None, "holder-missing")]
    of = source.replacement
    if of.means is Means.CHECK:
        return [Wanted(line, source, place, None, "check-by-hand") for place in places]
    found = []
    for place in places:
        no_key = of.means is Means.SHARED and not _key_item(holders[place], items.get(of.target, ()))
        found.append(
            Wanted(
                line, source, place, None if no_key else (of.means, of.target, place), "no-key-item" if no_key else ""
            )
        )
    return found


def _joined(
    known: Question | None, wanted: Wanted, holders: Sequence[Named], items: Mapping[str, Collection[str]]
) -> Question:
    of, place = wanted.source.replacement, wanted.holder or 0
    granted = wanted.source.offer.fields
    # A yes or no asks for no more than it compares, and for that only as far as it is granted.
    narrows = of.mode is Mode.CHECK and granted is not None
    own = tuple(each for each in of.fields if each in (granted or ())) if narrows else of.fields
    fields = tuple(dict.fromkeys((*(known.fields if known else ()), *own)))
    key_item = _key_item(holders[place], items.get(of.target, ())) if of.means is Means.SHARED else ""
    return Question(of.means, of.target, place, fields, key_item)


def _key_item(holder: Named, items: Collection[str]) -> str:
    return next((each for each in KEY_ITEMS.get(holder.type, ()) if each in items), "")
