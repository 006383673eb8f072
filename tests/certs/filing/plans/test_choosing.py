"""Choosing is exact: held against trying out everything, and against the sizes that matters really have."""

import itertools
import random
from collections.abc import Mapping, Sequence

import pytest

from certs.filing.plans import choosing
from certs.filing.plans.burden import NOTHING, Burden, total
from certs.filing.plans.choosing import Choice, Key

SMALL_CASES = 6000
LARGEST = 1000


def every_way(materials: Sequence[Sequence[Choice]], openings: Mapping[Key, Burden]) -> tuple[int, ...]:
    """Try out everything; of those that cost the same the one whose sources, then options, are written first.

    Small burdens are one number each, count after count, which adds up and orders as they do.
    """
    keys = dict.fromkeys(each.key for options in materials for each in options if each.key is not None)
    opening = {key: number(openings[key]) * LARGEST + (1 << place) for place, key in enumerate(keys)}
    own = [[number(each.own) * LARGEST for each in options] for options in materials]

    def weight(chosen: tuple[int, ...]) -> int:
        opened = {materials[place][option].key for place, option in enumerate(chosen)} - {None}
        return sum(own[place][option] for place, option in enumerate(chosen)) + sum(opening[each] for each in opened)

    return min(itertools.product(*(range(len(options)) for options in materials)), key=weight)


def number(burden: Burden) -> int:
    """Write a small burden as one number."""
    whole = 0
    for count in burden:
        whole = whole * LARGEST + count
    return whole


def drawn(dice: random.Random) -> tuple[list[list[Choice]], dict[Key, Burden]]:
    """Draw a small case: few counts, so that ties and trade-offs between opening and own costs are common."""
    keys = [f"source-{place}" for place in range(dice.randint(1, 5))]
    openings: dict[Key, Burden] = {
        each: Burden(consents=dice.randint(0, 1), sources=dice.randint(0, 2)) for each in keys
    }
    materials = [
        [Choice(_own(dice), dice.choice((None, *keys, *keys))) for _ in range(dice.randint(1, 3))]
        for _ in range(dice.randint(1, 4))
    ]
    return materials, openings


def _own(dice: random.Random) -> Burden:
    return Burden(papers=dice.choice((0, 0, 1)), promises=dice.choice((0, 0, 1)), fields=dice.randint(0, 2))


def test_the_choice_is_the_one_that_trying_out_everything_finds() -> None:
    dice = random.Random(20261121)  # noqa: S311 - cases, not secrets
    tied = 0
    for _ in range(SMALL_CASES):
        materials, openings = drawn(dice)
        chosen = choosing.least(materials, openings)
        assert chosen == every_way(materials, openings), (materials, openings)
        tied += choosing.cost(materials, openings, chosen) == choosing.cost(materials, openings, (0,) * len(materials))
    assert 0 < tied < SMALL_CASES


def test_one_source_for_three_is_preferred_to_three_that_are_each_cheaper() -> None:
    register = Choice(Burden(fields=5), "register")
    materials = [[Choice(NOTHING, f"own-{place}"), register] for place in range(3)]
    openings: dict[Key, Burden] = dict.fromkeys(("own-0", "own-1", "own-2", "register"), Burden(sources=1))
    assert choosing.least(materials, openings) == (1, 1, 1)


def test_a_consent_is_not_asked_for_to_save_the_office_a_question() -> None:
    materials = [[Choice(NOTHING, "needs-consent")], [Choice(NOTHING, "a")], [Choice(NOTHING, "b")]]
    materials = [[materials[0][0], Choice(NOTHING, "free")], *([each[0], materials[0][0]] for each in materials[1:])]
    openings: dict[Key, Burden] = {
        "needs-consent": Burden(consents=1, sources=1),
        **dict.fromkeys(("a", "b", "free"), Burden(sources=1)),
    }
    assert choosing.least(materials, openings) == (1, 0, 0)


def test_a_matter_with_sixty_materials_over_twenty_sources_is_solved_exactly() -> None:
    dice = random.Random(7)  # noqa: S311 - cases, not secrets
    keys = [f"source-{place}" for place in range(20)]
    openings: dict[Key, Burden] = dict.fromkeys(keys, Burden(sources=1))
    materials = [[Choice(NOTHING, each) for each in dice.sample(keys, 4)] for _ in range(60)]
    chosen = choosing.least(materials, openings)
    asked = choosing.cost(materials, openings, chosen).sources
    served = [{each.key for each in options} for options in materials]
    fewer = itertools.combinations(keys, asked - 1)
    assert not any(all(served_by & set(some) for served_by in served) for some in fewer)


def test_nothing_to_choose_costs_nothing() -> None:
    assert choosing.least([], {}) == ()
    assert choosing.cost([], {}, ()) == NOTHING


@pytest.mark.parametrize("place", range(10))
def test_an_earlier_count_outweighs_any_of_the_later(place: int) -> None:
    ones = [0] * 10
    ones[place] = 1
    many = [0] * (place + 1) + [1000] * (9 - place)
    assert Burden(*many) < Burden(*ones)


def test_burdens_add_up_count_by_count() -> None:
    assert total((Burden(1, 2, 3), Burden(0, 5, 1, 9))) == Burden(1, 7, 4, 9)
    assert total(()) == NOTHING


def test_groups_hang_together_through_others() -> None:
    keys: list[set[Key]] = [{"a"}, {"b"}, set(), {"a", "b"}, {"c"}]
    assert choosing.groups(keys) == [[0, 1, 3], [2], [4]]
