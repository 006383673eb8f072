"""What a sighting does to a ticket, which step follows, which warning is due, and what is out of the usual."""

from datetime import UTC, datetime, timedelta

import pytest

from exchange.monitoring import life, volume
from exchange.monitoring.ends import Ending, ending
from exchange.monitoring.errors import TicketStepNotAllowed, TicketWordsMissing
from exchange.monitoring.life import Effect, Known, Severity, State, Step
from exchange.monitoring.volume import Bounds

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("known", "does"),
    [
        (None, Effect.OPENS),
        (Known(AT - HOUR, None), Effect.COUNTS),
        (Known(AT, None), Effect.STAYS),
        (Known(AT + HOUR, None), Effect.STAYS),
        (Known(AT - DAY, AT - HOUR), Effect.RECURS),
        (Known(AT - DAY, AT), Effect.NOTHING),
        (Known(AT - DAY, AT + HOUR), Effect.NOTHING),
    ],
)
def test_only_what_is_newer_counts_and_only_what_is_newer_than_the_closing_recurs(known: Known | None, does: Effect):
    assert life.effect(known, AT) is does


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("state", State)
def test_each_step_begins_in_one_state_and_in_no_other(state: State, step: Step):
    begins = {Step.ACKNOWLEDGE: State.OPEN, Step.HANDLE: State.ACKNOWLEDGED, Step.CLOSE: State.HANDLED}
    ends = {Step.ACKNOWLEDGE: State.ACKNOWLEDGED, Step.HANDLE: State.HANDLED, Step.CLOSE: State.CLOSED}
    if state is begins[step]:
        assert life.after(state, step, "已处理") is ends[step]
    else:
        with pytest.raises(TicketStepNotAllowed):
            life.after(state, step, "已处理")


@pytest.mark.parametrize("words", ["", " ", "\n\t\u3000"])
def test_handling_and_closing_need_words_and_blanks_are_none(words: str):
    assert life.after(State.OPEN, Step.ACKNOWLEDGE, words) is State.ACKNOWLEDGED
    with pytest.raises(TicketWordsMissing):
        life.after(State.ACKNOWLEDGED, Step.HANDLE, words)
    with pytest.raises(TicketWordsMissing):
        life.after(State.HANDLED, Step.CLOSE, words)


def test_a_ticket_is_overdue_at_its_deadline_unless_it_is_closed():
    assert not life.is_overdue(State.HANDLED, AT, AT - timedelta(seconds=1))
    assert life.is_overdue(State.HANDLED, AT, AT)
    assert not life.is_overdue(State.CLOSED, AT, AT + DAY)


def test_severity_only_grows():
    warning, critical = Severity.WARNING, Severity.CRITICAL
    assert life.worst((warning, warning)) is warning
    assert life.worst((critical, warning)) is life.worst((warning, critical)) is critical


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (31 * DAY, None),
        (30 * DAY + timedelta(seconds=1), None),
        (30 * DAY, (30 * DAY, Severity.WARNING, 30)),
        (8 * DAY - HOUR, (30 * DAY, Severity.WARNING, 7)),
        (7 * DAY, (7 * DAY, Severity.CRITICAL, 7)),
        (HOUR, (7 * DAY, Severity.CRITICAL, 0)),
        (timedelta(0), (timedelta(0), Severity.CRITICAL, 0)),
        (-DAY, (timedelta(0), Severity.CRITICAL, 0)),
    ],
)
def test_there_are_three_warnings_each_since_its_own_moment(
    left: timedelta, told: tuple[timedelta, Severity, int] | None
):
    ends_at = AT + left
    expected = Ending(ends_at - told[0], told[1], told[2]) if told else None
    assert ending(ends_at, 30, 7, AT) == expected


def test_a_usual_day_is_the_middle_one_of_those_on_which_anybody_called():
    assert volume.usual([]) == volume.usual([0, 0]) == 0
    assert volume.usual([0, 0, 100, 120, 9000]) == 120
    assert volume.usual([3, 4]) == 3


@pytest.mark.parametrize(
    ("calls", "days", "unusual"),
    [(999, [], False), (1000, [], True), (1000, [200], False), (1001, [200], True), (5000, [1000], False)],
)
def test_a_day_is_unusual_from_the_least_on_and_beyond_so_many_usual_ones(calls: int, days: list[int], unusual: bool):
    assert volume.is_unusual(calls, days, Bounds(1000, 5)) is unusual
