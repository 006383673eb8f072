"""Our verdict beside the textbook's and that of `gmssl`, on inputs that a drill makes by the thousand."""

import pytest

from bench.drills import sm2_differential as differential

CASES = range(300)
BLOCK = 25


@pytest.mark.parametrize("begin", CASES[::BLOCK])
def test_a_random_or_mutated_input_is_judged_alike_or_the_difference_is_explained(begin):
    for index in range(begin, begin + BLOCK):
        outcome = differential.compared(differential.made(index))
        assert outcome.ours == outcome.textbook, (index, outcome)
        assert outcome.agreed or outcome.explained, (index, outcome)


def test_every_kind_of_input_is_among_them_and_some_are_good():
    seen = {differential.kind_of(index) for index in CASES}
    assert seen == set(differential.KINDS)


def test_an_input_is_made_again_from_its_index():
    assert differential.made(7) == differential.made(7) != differential.made(8)
    assert differential.made(7).kind == differential.kind_of(7)
