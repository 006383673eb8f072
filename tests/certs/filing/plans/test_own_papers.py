"""How much of what is asked for stays the applicant's own, over the 17 matters whose materials are known.

Saying that everything is free is not believed: about a third of the papers nobody has but the applicant. Held here with
every source on offer, so that what is left is left for good; and the answer says so.
"""

import random
from collections import Counter
from dataclasses import replace

from certs.filing.matter import Material, Means, Necessity
from certs.filing.matters import annex, targets
from certs.filing.matters.targets import Site
from certs.filing.plans.offers import Offer, Offers, Standing
from certs.filing.plans.plan import Answer, Line, plan
from tests.certs.filing.plans.matters import AT, CALENDAR, matter
from tests.certs.papers import TYPES

SITE = Site({each.name: each for each in TYPES.values()})


def every_material() -> list[Material]:
    """Give the materials of all 17, whatever the situation, with what the table lets stand in for each."""
    found: list[Material] = []
    for listed in annex.listed().values():
        for material, row in zip(listed.materials, listed.rows, strict=True):
            stands = tuple(replace(each, target=each.target or each.name) for each in targets.replacements(row, SITE))
            found.append(replace(material, key=f"m{len(found):03d}", when=(), replacements=stands))
    return found


def offered(materials: list[Material], *, without: frozenset[str] = frozenset()) -> Offers:
    """Put everything on offer that stands in for anything."""
    offer = Offer(Standing.OPEN, grant="use-list:demo:1")
    wanted = {(one.means, one.target) for each in materials for one in each.replacements}
    return Offers("320900", {each: offer for each in wanted if each[1] not in without}, {}, CALENDAR)


def lines_of(materials: list[Material], offers: Offers) -> list[Line]:
    """Plan every material on its own, since no matter asks for all of them."""
    return [plan(matter(each), {}, offers, AT).lines[0] for each in materials]


def test_about_a_third_of_the_papers_stays_the_applicants_own_and_the_answer_says_so() -> None:
    materials = every_material()
    lines = lines_of(materials, offered(materials))
    counted = Counter(each.answer for each in lines)
    own = [each for each in lines if not each.material.replacements and each.answer is not Answer.CANCELLED]
    assert len(lines) == 144
    assert 0.28 < len(own) / len(lines) < 0.36, counted
    assert {each.answer for each in own} == {Answer.SUBMIT, Answer.PROMISED, Answer.LATER}
    for each in own:
        assert each.would_be_free_if == (), "nothing that an office does makes it free"
        assert each.because.zh
    papers = [each for each in own if each.answer is Answer.SUBMIT]
    assert all(each.because.zh.startswith("申请人自备材料，没有可代替的来源") for each in papers)
    assert counted[Answer.CANCELLED] == sum(each.necessity is Necessity.NOT_ALLOWED for each in materials) == 4


def test_one_source_that_goes_changes_just_the_materials_that_name_it() -> None:
    """For each of the sources of the 17 matters: the lines that move are those whose replacements name it."""
    materials = every_material()
    before = lines_of(materials, offered(materials))
    sources = sorted({one.target for each in materials for one in each.replacements if one.means is not Means.CHECK})
    moved = 0
    for gone in random.Random(8).sample(sources, 12):  # noqa: S311 - cases, not secrets
        after = lines_of(materials, offered(materials, without=frozenset({gone})))
        for material, old, new in zip(materials, before, after, strict=True):
            names = {one.target for one in material.replacements}
            assert (old == new) or gone in names, (material.name, gone)
            moved += old != new
    assert moved >= 12
