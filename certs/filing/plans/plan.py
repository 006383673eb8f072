"""Plans how a matter is filed with the least burden for the applicant, and says why for each material. Pure.

1. The materials that the situation asks for are laid out (`situations`). One that may not be asked for, or that names
   no basis, is cancelled, not spared; one that only a locality asks for is answered and flagged.
2. For each other one the options are listed: every replacement that can serve now, a paper handed in before, a promise,
   a later day, and always the paper itself.
3. The options are chosen together (`choosing`), by the order of burdens (`burden`).
4. Each line says its reason, what happens if its source does not answer, and, where the applicant still has to do
   something, what would make it free.

The same input gives the same plan. A line rests on the sources in `rests_on`: those that could replace it, and those
that hang together with these through other materials. When another source, grant or rule changes, the line does not.
Whether a source really answers when it is asked is another question, which `certs.filing.lookups` asks.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from base import workdays
from base.workdays import CalendarYearUnknown
from certs.filing.matter import Material, Matter, Means, Mode, Necessity, Question, Replacement
from certs.filing.matters import situations
from certs.filing.plans import bounds, choosing, reasons
from certs.filing.plans.bounds import PROMISED, SPARED, TO_SUBMIT, Span
from certs.filing.plans.burden import NOTHING, Burden
from certs.filing.plans.choosing import Choice
from certs.filing.plans.offers import Obstacle, Offer, Offers, Standing, Target, obstacle, target_of
from certs.filing.plans.reasons import Said


class Answer(enum.StrEnum):
    """How a material is answered."""

    CERTIFICATE = "certificate"
    SHARED = "shared"
    CHECKED = "checked"
    ASSISTED = "assisted"
    CANCELLED = "cancelled"
    REUSED = "reused"
    PROMISED = "promised"
    LATER = "later"
    SUBMIT = "submit"


# What the applicant still has to bring, now or later; a promise is neither brought nor free.
TO_BRING: Final = frozenset({Answer.SUBMIT, Answer.LATER})
UNFREE: Final = TO_BRING | {Answer.PROMISED}
_OF_MEANS: Final = {
    Means.CERTIFICATE: Answer.CERTIFICATE,
    Means.SHARED: Answer.SHARED,
    Means.CHECK: Answer.CHECKED,
    Means.ASSISTANCE: Answer.ASSISTED,
}
# The counts of a burden that are a material's own: papers, later papers, promises.
_OWN_COUNTS: Final = 3
# A source is asked once about each person: its target, and as what they take part.
Asking = tuple[Means, str, str]


@dataclass(frozen=True)
class Source:
    """What a line takes from, and which other materials the same question serves."""

    replacement: Replacement
    offer: Offer
    role: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fallback:
    """What happens to a material whose source does not answer."""

    answer: Answer
    because: Said
    name: str = ""
    due: date | None = None


@dataclass(frozen=True)
class Line:
    """One material of a plan."""

    material: Material
    answer: Answer
    because: Said
    legal: bool = True
    source: Source | None = None
    fallback: Fallback | None = None
    due: date | None = None
    would_be_free_if: tuple[Obstacle, ...] = ()
    rests_on: frozenset[Target] = frozenset()

    @property
    def needed(self) -> bool:
        """Whether the matter may ask for it."""
        return self.answer is not Answer.CANCELLED

    @property
    def is_free(self) -> bool:
        """Whether the applicant has nothing to do for it."""
        return self.answer not in UNFREE


@dataclass(frozen=True)
class Plan:
    """How a matter is filed: a line for each material, what all of it costs, and which answers are still missing."""

    matter: Matter
    region: str
    at: datetime
    lines: tuple[Line, ...]
    burden: Burden
    open_questions: tuple[Question, ...] = ()
    # While questions are open, what their answers leave possible; the lines have only what is asked for anyway.
    spans: Mapping[str, Span] = field(default_factory=dict)

    @property
    def spared(self) -> int:
        """Count the materials for which nothing is brought and nothing is signed: so many at least."""
        return self.span(SPARED).least

    @property
    def promised(self) -> int:
        """Count the materials that a signed promise stands in for: so many at least."""
        return self.span(PROMISED).least

    @property
    def to_submit(self) -> int:
        """Count the papers that are brought, now or later: so many at least."""
        return self.span(TO_SUBMIT).least

    def span(self, name: str) -> Span:
        """Tell how many materials of a class there are; where nothing is open it is one number."""
        if name in self.spans:
            return self.spans[name]
        counted = sum(class_of(each.answer) == name for each in self.lines)
        return Span(counted, counted)


@dataclass(frozen=True)
class _Option:
    answer: Answer
    choice: Choice
    replacement: Replacement | None = None


def plan(matter: Matter, situation: Mapping[str, str], offers: Offers, at: datetime) -> Plan:
    """Plan the filing of a matter in a situation, with what is on offer at a moment. Raises `UnfitSituation`."""
    materials = situations.asked(matter, situation)
    lawful = [each for each in materials if may_be_asked(each)]
    listed = [_options(each, offers, at) for each in lawful]
    openings = _openings(lawful, offers)
    choices = [[option.choice for option in options] for options in listed]
    chosen = choosing.least(choices, openings)
    burden = choosing.cost(choices, openings, chosen) if chosen else NOTHING
    lines = _lines(lawful, listed, chosen, openings, offers, at)
    told = tuple(lines[each.key] if each.key in lines else _cancelled(each) for each in materials)
    still_open = situations.still_open(matter, situation)
    spans = bounds.spans(matter, situation, lambda each: _class(each, offers, at)) if still_open else {}
    return Plan(matter, offers.region, at, told, burden, still_open, spans)


def class_of(answer: Answer) -> str:
    """Tell what an answer means for the applicant: nothing to do, a promise to sign, or a paper to bring."""
    if answer in TO_BRING:
        return TO_SUBMIT
    return PROMISED if answer is Answer.PROMISED else SPARED


def _class(material: Material, offers: Offers, at: datetime) -> str:
    """Class a material as if it were asked for: its least option decides, whatever else is asked for."""
    if not may_be_asked(material):
        return SPARED
    return class_of(min(_options(material, offers, at), key=lambda each: each.choice.own[:_OWN_COUNTS]).answer)


def may_be_asked(material: Material) -> bool:
    """Tell whether a material may be asked for: without a basis it may not (国令第716号 七、苏政办发〔2022〕87号)."""
    return material.necessity is not Necessity.NOT_ALLOWED and bool(material.basis.strip())


# --- options ------------------------------------------------------------------------------------------------------


def _options(material: Material, offers: Offers, at: datetime) -> list[_Option]:
    """List every way to answer a material, the replacements first and in their order."""
    found = [
        _Option(_answer(each), Choice(_own(each), _asking(material, each)), each)
        for each in material.replacements
        if obstacle(each, offers, at) is None
    ]
    handed = offers.handed_in.get(material.key)
    if handed is not None and (handed.until is None or at < handed.until):
        found.append(_Option(Answer.REUSED, Choice(Burden(reused=1))))
    if material.may_be_promised:
        found.append(_Option(Answer.PROMISED, Choice(Burden(promises=1))))
    if material.later_working_days is not None:
        found.append(_Option(Answer.LATER, Choice(Burden(later=1))))
    return [*found, _Option(Answer.SUBMIT, Choice(Burden(papers=1)))]


def _answer(replacement: Replacement) -> Answer:
    if replacement.mode is Mode.CHECK and replacement.means is not Means.ASSISTANCE:
        return Answer.CHECKED
    return _OF_MEANS[replacement.means]


def _own(replacement: Replacement) -> Burden:
    """Tell what a replacement costs beside asking its source: what is taken."""
    if replacement.means is Means.ASSISTANCE:
        return Burden(organs=1)
    if replacement.mode is Mode.CHECK:
        return NOTHING
    is_file = replacement.mode is Mode.FILE
    return Burden(files=int(is_file), fields=0 if is_file else len(replacement.fields))


def _asking(material: Material, replacement: Replacement) -> Asking:
    means, target = target_of(replacement)
    return means, target, material.role


def _openings(materials: Sequence[Material], offers: Offers) -> dict[Asking, Burden]:
    """Tell what asking each source about each person costs, however many materials it serves."""
    return {
        _asking(material, each): _opening(each.means, offers.of(each))
        for material in materials
        for each in material.replacements
    }


def _opening(means: Means, offer: Offer) -> Burden:
    if means is Means.ASSISTANCE:
        return NOTHING
    return Burden(consents=int(offer.consent), unsteady=int(offer.standing is Standing.UNSTEADY), sources=1)


# --- lines --------------------------------------------------------------------------------------------------------


def _lines(
    materials: Sequence[Material],
    listed: Sequence[Sequence[_Option]],
    chosen: Sequence[int],
    openings: Mapping[Asking, Burden],
    offers: Offers,
    at: datetime,
) -> dict[str, Line]:
    taken = [options[place] for options, place in zip(listed, chosen, strict=True)]
    opened = {each.choice.key for each in taken if each.choice.key is not None}
    resting = _resting(materials)
    lines = {}
    for material, options, option, rests_on in zip(materials, listed, taken, resting, strict=True):
        beside = tuple(
            other.name
            for other, one in zip(materials, taken, strict=True)
            if one.choice.key is not None and one.choice.key == option.choice.key and other.key != material.key
        )
        others = [each for each in options if option.choice.key is None or each.choice.key != option.choice.key]
        fallback = None
        if option.replacement is not None:
            nearest = min(others, key=lambda each: _marginal(each, openings, opened))
            fallback = _fallback(material, nearest, offers, at)
        ways = _ways(material, offers, at) if option.answer in UNFREE else ()
        due = _due(material, option, offers, at)
        lines[material.key] = Line(
            material,
            option.answer,
            _flagged(material, _because(material, option, offers, beside, ways, due)),
            legal=material.is_legal,
            source=_source(material, option, offers, beside),
            fallback=fallback,
            due=due,
            would_be_free_if=ways,
            rests_on=rests_on,
        )
    return lines


def _cancelled(material: Material) -> Line:
    return Line(material, Answer.CANCELLED, reasons.cancelled(material), legal=False)


def _flagged(material: Material, said: Said) -> Said:
    return said if material.is_legal else reasons.local(said)


def _marginal(option: _Option, openings: Mapping[Asking, Burden], opened: set[choosing.Key]) -> Burden:
    """Tell what an option adds while the rest of the plan stays."""
    key = option.choice.key
    is_new = key is not None and key not in opened
    return choosing.cost([[option.choice]], openings if is_new else {}, (0,))


def _resting(materials: Sequence[Material]) -> list[frozenset[Target]]:
    """Give for each material the sources that could move its line, whether they can serve now or not."""
    keys: list[set[choosing.Key]] = [{_asking(each, one) for one in each.replacements} for each in materials]
    targets = [{target_of(one) for one in each.replacements} for each in materials]
    found: list[frozenset[Target]] = [frozenset()] * len(materials)
    for group in choosing.groups(keys):
        whole = frozenset[Target]().union(*(targets[place] for place in group))
        for place in group:
            found[place] = whole
    return found


def _ways(material: Material, offers: Offers, at: datetime) -> tuple[Obstacle, ...]:
    found = (obstacle(each, offers, at) for each in material.replacements)
    return tuple(each for each in found if each is not None)


def _source(material: Material, option: _Option, offers: Offers, beside: tuple[str, ...]) -> Source | None:
    if option.replacement is None:
        return None
    return Source(option.replacement, offers.of(option.replacement), material.role, beside)


def _fallback(material: Material, option: _Option, offers: Offers, at: datetime) -> Fallback:
    due = _due(material, option, offers, at)
    name = option.replacement.name if option.replacement is not None else ""
    return Fallback(option.answer, _because(material, option, offers, (), (), due), name, due)


def _because(
    material: Material,
    option: _Option,
    offers: Offers,
    beside: tuple[str, ...],
    ways: tuple[Obstacle, ...],
    due: date | None,
) -> Said:
    if option.replacement is not None:
        return reasons.taken(option.replacement, offers.of(option.replacement), beside)
    match option.answer:
        case Answer.REUSED:
            return reasons.reused(offers.handed_in[material.key])
        case Answer.PROMISED:
            return reasons.promised(ways)
        case Answer.LATER:
            return reasons.later(ways, due, material.later_working_days or 0)
        case _:
            return reasons.submitted(material, ways)


def _due(material: Material, option: _Option, offers: Offers, at: datetime) -> date | None:
    """Give the last day of a later paper, or of an organ's reply; none where the calendar does not reach so far."""
    days: int | None = None
    if option.answer is Answer.LATER:
        days = material.later_working_days
    elif option.answer is Answer.ASSISTED and option.replacement is not None:
        days = offers.of(option.replacement).working_days
    if days is None:
        return None
    try:
        return workdays.deadline(offers.calendar, at, days).last_day
    except CalendarYearUnknown:
        return None
