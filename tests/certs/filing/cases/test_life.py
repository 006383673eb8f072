"""The life of a case, as a value: walks at random, and the rules that hold on every one of them."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import DomainError
from base.workdays import Calendar, local_day
from certs.filing.cases import life as lives
from certs.filing.cases.errors import (
    CaseStepNotAllowed,
    SupplementAskedAlready,
    TermStillRuns,
    UnusableCaseTerms,
)
from certs.filing.cases.life import CLOSED, MOVES, Act, Duty, Life, Owed, Result, Side, State, Step
from certs.filing.cases.terms import Term, Terms, begun

# A plain week of five days, and a week off in May: enough that working days are not calendar days.
OFF = frozenset(date(2026, 5, day) for day in range(1, 6))
CALENDAR = Calendar(OFF, frozenset({date(2026, 5, 9)}), frozenset(range(2026, 2040)))
TERMS = Terms(accept=5, supplement=15, legal=20, promised=8, extension=10, issue=3, deliver=10)
MONDAY = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WALKS = 4000


def walked(*acts: Act | tuple[Act, dict[str, object]], apart: timedelta = DAY) -> Life:
    """Walk the acts, one a day."""
    life, at = lives.received(TERMS, CALENDAR, MONDAY), MONDAY
    for each in acts:
        at += apart
        act, told = each if isinstance(each, tuple) else (each, {})
        life = lives.after(life, Step(act, at, **told), TERMS, CALENDAR)  # type: ignore[arg-type]
    return life


def last_day(term: Term | None) -> date:
    assert term is not None
    assert term.ends_at is not None
    return local_day(term.ends_at) - DAY


def test_no_walk_loses_the_owner_or_the_deadline():
    """Four thousand seeded walks; a refused step leaves the case as it was, and each ends as its replay does."""
    chance = random.Random(20261121)  # noqa: S311 - a seed, so that every walk can be walked again
    seen, closed = Counter[State](), Counter[State]()
    for _ in range(WALKS):
        at, steps = MONDAY, [Step(Act.RECEIVE, MONDAY)]
        life = lives.received(TERMS, CALENDAR, at)
        for _ in range(chance.randrange(1, 40)):
            at += timedelta(hours=chance.randrange(0, 60 * 24))
            awaits = chance.random() < 0.5
            step = Step(chance.choice(list(Act)), at, chance.choice([None, 0, 3, 12]), awaits)
            try:
                life = lives.after(life, step, TERMS, CALENDAR)
            except DomainError:
                continue
            steps.append(step)
            seen[life.state] += 1
            assert (life.owed is None) is (life.state in CLOSED)
            if life.owed is not None:
                assert life.owed.term.ends_at is not None
                assert life.owed.side in Side
        closed[life.state] += life.state in CLOSED
        assert lives.replay(steps, TERMS, CALENDAR) == life
    assert set(seen) == set(State)
    assert {each for each in closed if closed[each]} == set(CLOSED)


def test_what_is_closed_stays_closed():
    for state in CLOSED:
        for act in Act:
            with pytest.raises(CaseStepNotAllowed):
                lives.after(Life(state, None), Step(act, MONDAY), TERMS, CALENDAR)


def test_a_life_without_an_owner_cannot_be_made():
    owed = Owed(Duty.ACCEPT, Side.IMPLEMENTING, begun(CALENDAR, 1, MONDAY))
    for state, wrong in ((State.RECEIVED, None), (State.VOID, owed)):
        with pytest.raises(ValueError, match="owed"):
            Life(state, wrong)


def test_every_act_but_the_receipt_has_a_move():
    assert set(MOVES) == set(Act) - {Act.RECEIVE}


def test_the_ordinary_way():
    life = walked(Act.ACCEPT, Act.PROCESS, Act.GRANT, Act.DELIVER)
    assert (life.state, life.result, life.owed) == (State.DELIVERED, Result.GRANTED, None)


def test_the_decision_is_due_as_promised_and_the_law_is_kept_beside_it():
    """Accepted on Tuesday 21 April: eight days end on Wednesday 6 May, since 1 to 5 May are off."""
    life = walked(Act.ACCEPT)
    assert life.owed == Owed(Duty.DECIDE, Side.IMPLEMENTING, life.promised)  # type: ignore[arg-type]
    assert last_day(life.promised) == date(2026, 5, 6)
    assert last_day(life.legal) == date(2026, 5, 21)


def test_what_is_missing_is_asked_for_once():
    life = walked(Act.ASK_SUPPLEMENT)
    assert life.owed is not None
    assert (life.owed.duty, life.owed.side) == (Duty.SUPPLEMENT, Side.RECEIVING)
    with pytest.raises(SupplementAskedAlready):
        walked(Act.ASK_SUPPLEMENT, Act.SUPPLEMENT, Act.ASK_SUPPLEMENT)


def test_a_supplement_starts_the_term_of_acceptance_anew():
    life = walked(Act.ASK_SUPPLEMENT, Act.SUPPLEMENT)
    assert life.owed is not None
    assert life.owed.term.since == MONDAY + 2 * DAY


def test_a_case_lapses_only_when_the_applicants_time_is_over():
    with pytest.raises(TermStillRuns):
        walked(Act.ASK_SUPPLEMENT, Act.LAPSE)
    life = walked((Act.ASK_SUPPLEMENT, {"days": 0}), Act.LAPSE, apart=2 * DAY)
    assert (life.state, life.result) == (State.WITHDRAWN, Result.WITHDRAWN)


def test_a_hearing_stops_the_clock():
    """Three working days in between move the end three working days."""
    plain = walked(Act.ACCEPT)
    stopped = walked(Act.ACCEPT, (Act.BEGIN_SPECIAL, {"days": 5}))
    assert stopped.promised is not None
    assert stopped.promised.ends_at is None
    assert stopped.owed is not None
    assert stopped.owed.duty is Duty.SPECIAL
    begun_at = MONDAY + 2 * DAY
    resumed = lives.after(stopped, Step(Act.END_SPECIAL, begun_at + 5 * DAY), TERMS, CALENDAR)
    moved = CALENDAR.count(last_day(plain.promised), last_day(resumed.promised))
    assert moved == CALENDAR.count(local_day(begun_at), local_day(begun_at + 5 * DAY)) == 3


def test_a_missed_term_is_not_mended_by_stopping_it():
    life = walked(Act.ACCEPT)
    later = MONDAY + 60 * DAY
    stopped = lives.after(life, Step(Act.BEGIN_SPECIAL, later, 5), TERMS, CALENDAR)
    resumed = lives.after(stopped, Step(Act.END_SPECIAL, later + DAY), TERMS, CALENDAR)
    assert (resumed.promised, resumed.legal) == (life.promised, life.legal)


def test_a_decision_is_extended_once():
    plain, extended = walked(Act.ACCEPT), walked(Act.ACCEPT, Act.EXTEND)
    assert CALENDAR.count(last_day(plain.legal), last_day(extended.legal)) == TERMS.extension
    with pytest.raises(CaseStepNotAllowed):
        walked(Act.ACCEPT, Act.EXTEND, Act.EXTEND)


def test_a_granted_case_waits_for_its_certificate():
    """It stays granted, with an owner and a deadline, and is delivered after that."""
    granted = walked(Act.ACCEPT, (Act.GRANT, {"awaits_certificate": True}))
    assert granted.owed is not None
    assert (granted.state, granted.owed.duty, granted.owed.side) == (State.GRANTED, Duty.ISSUE, Side.IMPLEMENTING)
    with pytest.raises(CaseStepNotAllowed):
        lives.after(granted, Step(Act.DELIVER, MONDAY + 9 * DAY), TERMS, CALENDAR)
    issued = lives.after(granted, Step(Act.ISSUE, MONDAY + 9 * DAY), TERMS, CALENDAR)
    assert issued.owed is not None
    assert (issued.owed.duty, issued.result) == (Duty.DELIVER, Result.GRANTED)


def test_a_granted_case_without_a_certificate_has_none_to_wait_for():
    granted = walked(Act.ACCEPT, Act.GRANT)
    with pytest.raises(CaseStepNotAllowed):
        lives.after(granted, Step(Act.ISSUE, MONDAY + 9 * DAY), TERMS, CALENDAR)


@pytest.mark.parametrize("act", [Act.WITHDRAW, Act.VOID])
def test_nothing_is_withdrawn_or_void_after_the_decision(act: Act):
    with pytest.raises(CaseStepNotAllowed):
        walked(Act.ACCEPT, Act.REFUSE, act)


@pytest.mark.parametrize("peculiar", [{"promised": 21}, {"accept": -1}, {"legal": 9999, "promised": 1}])
def test_terms_that_contradict_themselves_are_refused(peculiar: dict[str, int]):
    with pytest.raises(UnusableCaseTerms):
        Terms(**{**vars(TERMS), **peculiar})


@given(st.integers(0, 60), st.integers(0, 90), st.integers(0, 60))
def test_stopping_moves_the_end_by_the_working_days_in_between(days: int, ahead: int, pause: int):
    term = begun(CALENDAR, days, MONDAY)
    stop = MONDAY + ahead * DAY
    resumed = term.stopped(CALENDAR, stop).going_on(CALENDAR, stop + pause * DAY)
    if term.ends_at is not None and stop >= term.ends_at:
        assert resumed == term
    elif days and (left := days - CALENDAR.count(local_day(MONDAY), local_day(stop))):
        moved = CALENDAR.count(last_day(term), last_day(resumed))
        assert moved == CALENDAR.count(local_day(stop), local_day(stop + pause * DAY)), left
