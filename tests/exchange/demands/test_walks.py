"""Ten thousand random walks through the pure life of demands: nothing is stuck without an owner."""

import random
from typing import Final

import pytest

from exchange.demands import life as demands
from exchange.demands.errors import DemandStepNotAllowed

WALKS: Final = 10_000
STEPS: Final = 12


def test_no_demand_is_open_without_an_owner_on_ten_thousand_walks():
    drawn = random.Random(20261122)  # noqa: S311 - a walk, no secret
    seen, ended = set[demands.State](), set[demands.State]()
    for _ in range(WALKS):
        provider = drawn.random() < 0.5
        state = demands.begins(is_met=drawn.random() < 0.3, has_provider=provider)
        for _ in range(STEPS):
            possible = [each for each, move in demands.MOVES.items() if state in move.sources]
            # Whoever's turn it is can do something; nobody else's turn it is where it is over.
            turn = demands.TURNS.get(state)
            assert (turn is None) == (state not in demands.OPEN)
            if turn is not None:
                assert any(demands.MOVES[each].side is turn.side for each in possible), state
                assert turn.side in demands.ROLE_OF
            for refused in () if state in seen else set(demands.Step) - set(possible):
                with pytest.raises(DemandStepNotAllowed):
                    demands.moved(state, refused, has_provider=provider)
            seen.add(state)
            if not possible:
                ended.add(state)
                break
            step = drawn.choice(possible)
            provider = {demands.Step.ASSIGN: True, demands.Step.HAND_BACK: False}.get(step, provider)
            state = demands.moved(state, step, has_provider=provider)
            assert state is not demands.State.ANSWERING or provider
    assert seen == set(demands.State)
    assert ended == set(demands.State) - demands.OPEN - {demands.State.REFUSED}
