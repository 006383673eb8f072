"""Ten thousand random walks through the life that departments' and holders' objections share: always an owner."""

import random
from typing import Final

import pytest

from exchange.objections import life
from exchange.objections.errors import ObjectionStepNotAllowed
from exchange.objections.life import SAID, Heard, Outcome, Side, Standing, State, Step

WALKS: Final = 10_000
STEPS: Final = 14
# Offices from the nearest authority upward, and who is designated in the last place.
UPWARD: Final = ("city", "province", "designated")
OTHERS: Final = ("holder", "police", "labour", "city", "province")


def stepped(now: Standing, step: Step, told: list[str], awaited: set[str], drawn: random.Random) -> Standing:
    """Take a step as the acts do."""
    if life.MOVES[step].outcome is not None:
        return life.answered(now, step, told)
    if step in SAID:
        waiting = [each for each, said in now.heard.items() if said is Heard.TOLD]
        silent = waiting if step is Step.LAPSE else drawn.sample(waiting, 1)
        return life.spoken(now, step, silent, awaited)
    return life.moved(now, step)


def test_no_objection_is_open_without_an_owner_and_nobody_judges_themselves_on_ten_thousand_walks():
    drawn = random.Random(20261122)  # noqa: S311 - a walk, no secret
    seen, ended = set[State](), set[State]()
    for _ in range(WALKS):
        provider, objector = drawn.choice(("health", "city", "province")), drawn.choice(("", "police", "city"))
        told = [each for each in OTHERS if drawn.random() < 0.5 and each != provider]
        awaited = {each for each in told if drawn.random() < 0.9}
        now = Standing()
        for _ in range(STEPS):
            possible = [each for each, move in life.MOVES.items() if move.source is now.state]
            for refused in () if now.state in seen else set(Step) - set(possible):
                with pytest.raises(ObjectionStepNotAllowed):
                    life.move_of(now.state, refused)
            seen.add(now.state)
            assert (now.state in life.TURNS) == (now.state in life.OPEN) == bool(possible)
            if not possible:
                ended.add(now.state)
                break
            turn = life.TURNS[now.state]
            assert any(life.MOVES[each].side is turn.side for each in possible)
            if now.state is State.TELLING:
                assert Heard.TOLD in now.heard.values()
                assert now.outcome is not None
            if now.state is State.RULING:
                kept_out = life.parties(provider, objector, now.heard)
                judge = life.judge(UPWARD, kept_out)
                assert judge is not None
                assert judge not in {provider, objector}
                assert now.heard.get(judge) is not Heard.DISPUTED
            now = stepped(now, drawn.choice(possible), told, awaited, drawn)
            assert (now.state is State.SETTLED) <= (now.outcome is not None)
            assert (now.state is State.VERIFYING) <= (now.outcome is None)
    assert (seen, ended) == (set(State), {State.SETTLED, State.WITHDRAWN})


def test_every_answer_ends_by_the_clock_alone():
    """Whoever is told and whatever they say, one lapse is the end of waiting."""
    told = life.answered(Standing(), Step.KEEP, OTHERS)
    over = life.spoken(told, Step.LAPSE, OTHERS, set(OTHERS))
    assert (over.state, over.outcome, set(over.heard.values())) == (State.SETTLED, Outcome.KEPT, {Heard.UNCONFIRMED})


def test_an_answer_is_settled_by_the_last_who_confirms_and_by_nobody_before():
    told = life.answered(Standing(), Step.CORRECT, ("a", "b"))
    first = life.spoken(told, Step.CONFIRM, {"a"}, {"a", "b"})
    assert first.state is State.TELLING
    assert life.spoken(first, Step.CONFIRM, {"b"}, {"a", "b"}).state is State.SETTLED
    assert life.spoken(first, Step.DISPUTE, {"b"}, {"a", "b"}).state is State.RULING
    assert life.spoken(told, Step.CONFIRM, {"a"}, {"a"}).state is State.SETTLED
    assert life.answered(Standing(), Step.KEEP, ()).state is State.SETTLED


@pytest.mark.parametrize("said", [Heard.CONFIRMED, Heard.DISPUTED, Heard.UNCONFIRMED])
def test_an_answer_is_spoken_to_once(said: Heard):
    now = Standing(State.TELLING, Outcome.KEPT, {"a": said, "b": Heard.TOLD})
    with pytest.raises(ObjectionStepNotAllowed):
        life.spoken(now, Step.CONFIRM, {"a"}, {"a", "b"})


def test_nobody_rules_where_all_are_parties():
    assert life.judge(("city", "province", ""), {"city", "province"}) is None
    assert life.MOVES[Step.LAPSE].side is Side.CLOCK
