"""What open questions leave possible: at least and at most, equal to going through every way."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from certs.filing.matter import Matter
from certs.filing.matters import situations
from certs.filing.matters.errors import UnfitSituation
from certs.filing.plans import bounds
from certs.filing.plans.plan import plan
from tests.certs.filing.plans.matters import AT, LICENCE, certificate, material, matter, offers, question, when

DRAWN = 60


def ways(one: Matter, situation: dict[str, str]) -> Iterator[dict[str, str]]:
    """Go through every situation that answers all of its questions."""
    free = [each for each in one.questions if each.key not in situation]
    for answers in itertools.product(*([None, *each.answers] for each in free)):
        told = {each.key: answer for each, answer in zip(free, answers, strict=True) if answer is not None}
        whole = {**situation, **told}
        try:
            if not situations.still_open(one, whole):
                yield whole
        except UnfitSituation:
            continue


def counts(one: Matter, situation: dict[str, str]) -> tuple[int, int, int]:
    """Count what is spared, brought and promised in a whole situation."""
    found = plan(one, situation, offers(LICENCE), AT)
    return found.spared, found.to_submit, found.promised


def drawn(number: int) -> Matter:
    """Draw a matter with three questions, the third only asked after an answer to the first."""
    dice = random.Random(number)  # noqa: S311 - the same matters each time
    third = replace(question("c"), when=when("yes", "a"))
    kinds: tuple[dict[str, Any], ...] = (
        {"replacements": (certificate(),)},
        {"may_be_promised": True},
        {"later_working_days": 10},
        {},
    )
    made = []
    for place in range(dice.randrange(1, 7)):
        conditions = dice.choice([(), when("yes", "a"), when("no", "a"), when("yes", "b"), when("no", "c")])
        told = dict(dice.choice(kinds))
        replaced = told.pop("replacements", ())
        made.append(material(str(place), *replaced, when=conditions, **told))
    return matter(*made, questions=(question("a"), question("b"), third))


@pytest.mark.parametrize("number", range(DRAWN))
def test_bounds_are_those_of_every_way(number: int) -> None:
    one = drawn(number)
    for situation in ({}, {"b": "yes"}, {"a": "no"}, {"a": "yes"}):
        found = plan(one, situation, offers(LICENCE), AT)
        every = [counts(one, each) for each in ways(one, situation)]
        for place, name in enumerate((bounds.SPARED, bounds.TO_SUBMIT, bounds.PROMISED)):
            span = found.span(name)
            assert (span.least, span.most) == (min(each[place] for each in every), max(each[place] for each in every))


def test_an_unanswered_question_no_longer_looks_like_nothing_to_bring() -> None:
    one = matter(material("1", when=when("yes", "a")), material("2", when=when("no", "a")), questions=(question("a"),))
    found = plan(one, {}, offers(), AT)
    assert found.lines == ()
    assert (found.spared, found.to_submit) == (0, 1)
    assert found.span(bounds.TO_SUBMIT).most == 1


def test_too_many_ways_give_wider_bounds_that_are_still_true() -> None:
    questions = tuple(question(f"q{place}") for place in range(12))
    made = [material(str(place), when=when("yes", f"q{place}")) for place in range(12)]
    found = plan(matter(*made, material("always"), questions=questions), {}, offers(), AT)
    span = found.span(bounds.TO_SUBMIT)
    assert (span.least, span.most) == (1, 13)
    assert bounds.MOST_WAYS < 2**12


def test_a_settled_plan_has_one_number() -> None:
    found = plan(matter(material("1")), {}, offers(), AT)
    assert found.span(bounds.TO_SUBMIT).least == found.span(bounds.TO_SUBMIT).most == 1
