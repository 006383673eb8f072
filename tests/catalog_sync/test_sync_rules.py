"""The pure rules: what to tell, what may go now, which state follows which, windows, reasons and the balance."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_sync import states, windows
from catalog_sync.balance import Counted, Step, beside, broken, lines
from catalog_sync.deciding import Past, wanted
from catalog_sync.plan import Candidate, Standing, plan
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.states import State, after_news
from catalog_sync.stuck import WORDS, ChannelView, RowView, reasons
from catalog_sync.targets.target import Outcome

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
A, B = Subject("thing", "a"), Subject("thing", "b")
INSERT, UPDATE, DELETE = Operation.INSERT, Operation.UPDATE, Operation.DELETE


def past(state: State, digest: str = "x", operation: Operation = INSERT, attempts: int = 1) -> Past:
    """Make a row that was written before."""
    return Past(1, 1, operation, digest, state, attempts)


@pytest.mark.parametrize(
    ("before", "digest", "operation", "gives_way"),
    [
        ([], "x", INSERT, 0),
        ([], None, None, 0),
        ([past(State.STORED)], "x", None, 0),
        ([past(State.STORED)], "y", UPDATE, 0),
        ([past(State.STORED)], None, DELETE, 0),
        ([past(State.STORED, operation=DELETE)], None, None, 0),
        ([past(State.STORED, operation=DELETE)], "x", INSERT, 0),
        ([past(State.REFUSED)], "x", None, 0),
        ([past(State.REFUSED)], "y", INSERT, 0),
        ([past(State.REFUSED)], None, None, 0),
        ([past(State.DEAD)], None, DELETE, 0),
        ([past(State.WAITING, "y", attempts=0)], "z", INSERT, 1),
        ([past(State.WAITING, "y", attempts=0)], None, None, 1),
        ([past(State.WAITING, "y", UPDATE, 0), past(State.STORED, "x")], "x", None, 1),
        ([past(State.WAITING, "y", attempts=2)], "z", UPDATE, 0),
    ],
)
def test_what_is_told_follows_from_what_was_told(before, digest, operation, gives_way):
    found = wanted(before, digest)
    assert (found.operation, len(found.gives_way)) == (operation, gives_way)


def test_a_plan_keeps_order_within_a_thing_and_none_across():
    due = [Candidate(1, A, 5), Candidate(2, A, 7), Candidate(3, B, 6)]
    made = plan(due, Standing(frozenset({"thing"}), {A: 5, B: 6}), 10)
    assert made.batch == (1, 3)
    assert made.blocked == {2: A}


def test_a_plan_asks_for_what_a_row_needs_only_where_the_target_takes_it():
    due = [Candidate(1, A, 5, needs=(B,)), Candidate(2, A, 5, needs=(Subject("elsewhere", "x"),))]
    assert plan(due, Standing(frozenset({"thing"}), {A: 5}), 10).blocked == {1: B}
    assert plan(due, Standing(frozenset({"thing"}), {A: 5}, frozenset({B})), 10).batch == (1, 2)


def test_a_row_of_a_batch_that_failed_stands_only_in_a_batch_that_it_bears():
    due = [Candidate(n, Subject("thing", str(n)), n, portion=portion) for n, portion in ((1, 2), (2, None), (3, 1))]
    standing = Standing(frozenset({"thing"}), {each.subject: each.version for each in due})
    assert plan(due, standing, 10).batch == (1, 2)
    assert plan(due[2:], standing, 10).batch == (3,)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.none() | st.integers(1, 3)), max_size=12))
def test_a_batch_holds_each_thing_once_at_its_earliest_version(rows):
    due = [
        Candidate(number, Subject("thing", str(thing)), version, portion=portion)
        for number, (thing, version, portion) in enumerate({(t, v): (t, v, p) for t, v, p in rows}.values())
    ]
    earliest: dict[Subject, int] = {}
    for each in due:
        earliest[each.subject] = min(earliest.get(each.subject, each.version), each.version)
    made = plan(due, Standing(frozenset({"thing"}), earliest), 5)
    chosen = [each for each in due if each.number in made.batch]
    assert len({each.subject for each in chosen}) == len(chosen) <= 5
    assert all(each.version == earliest[each.subject] for each in chosen)
    assert all(len(chosen) <= each.portion for each in chosen if each.portion)
    assert made == plan(due, Standing(frozenset({"thing"}), earliest), 5)


def test_news_leads_to_the_same_state_in_whichever_order_it_comes():
    for words in itertools.permutations([Outcome.ACCEPTED, Outcome.REFUSED, Outcome.STORED, Outcome.STORED]):
        state = State.SENT
        for each in words:
            state = after_news(state, each) or state
        assert state is State.STORED


def test_every_state_but_the_final_ones_has_a_way_out_and_stored_has_none():
    for state in State:
        assert bool(states.FOLLOWING[state]) == (state not in states.FINAL)


def test_the_key_of_a_record_changes_with_each_of_its_parts():
    made = Record(A, 1, INSERT, {"n": 1})
    others = [
        Record(B, 1, INSERT, {"n": 1}),
        Record(A, 2, INSERT, {"n": 1}),
        Record(A, 1, UPDATE, {"n": 1}),
        Record(A, 1, INSERT, {"n": 2}),
    ]
    assert made.key == Record(A, 1, INSERT, {"n": 1}).key
    assert len({made.key, *(each.key for each in others)}) == 5


def test_a_window_may_pass_midnight_in_beijing():
    found = windows.read(["platform 22:00-06:00"])["platform"]
    for hour, is_open in ((21, False), (22, True), (3, True), (6, False)):
        at = datetime(2026, 11, 21, hour, 0, tzinfo=windows.BEIJING)
        assert (windows.closed_until(found, at) is None) == is_open
    closed = windows.closed_until(found, AT)
    assert closed == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="platform 25:00"):
        windows.read(["platform 25:00-06:00"])


def row(state: State, **told) -> RowView:
    """Make a row that is asked about."""
    usual = {"subject": A, "code": "", "tries": 0, "unsure": False, "changed_at": AT, "next_at": AT}
    return RowView(state=state, **{**usual, **told})


def test_every_reason_why_a_row_is_stuck_is_said_in_both_languages():
    whole = ChannelView("platform", paused=False)
    later = AT + timedelta(hours=1)
    ill = ChannelView(
        "platform", paused=True, reason="x", failure="y", rests_until=later, opens_at=later, knows_keys=False
    )
    asked = [
        (row(State.WAITING), whole),
        (row(State.WAITING, before=A), whole),
        (row(State.WAITING, before=B, tries=3, next_at=later), ill),
        (row(State.SENT, next_at=later, unsure=True), ill),
        (row(State.ACCEPTED), whole),
        (row(State.REFUSED, code="E7"), whole),
        (row(State.DEAD, tries=8), whole),
        (row(State.STORED), ill),
    ]
    found = [reasons(each, channel, AT) for each, channel in asked]
    assert [[reason.code for reason in each] for each in found] == [
        ["in-queue"],
        ["earlier-version"],
        ["channel-paused", "channel-resting", "window-closed", "waits-for", "next-try"],
        ["channel-paused", "channel-resting", "window-closed", "being-sent", "asked-first"],
        ["awaits-receipt"],
        ["refused"],
        ["dead"],
        [],
    ]
    said = {reason.code: (reason.zh, reason.en) for each in found for reason in each}
    assert set(said) == set(WORDS)
    assert all("{" not in zh + en for zh, en in said.values())


def counted(state: str, *steps: tuple[str | None, str], key: str = "k") -> Counted:
    """Make a row for the balance."""
    return Counted(1, "platform", "thing", date(2026, 11, 21), key, state, tuple(Step(*each) for each in steps))


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (counted("waiting", (None, "waiting")), None),
        (counted("waiting"), "no-transition"),
        (counted("sent", (None, "waiting")), "state-not-of-last-transition"),
        (counted("stored", (None, "waiting"), ("sent", "stored")), "gap-in-transitions"),
        (counted("waiting", (None, "waiting"), ("waiting", "stored"), ("stored", "waiting")), "transition-not-allowed"),
        (counted("sent", (None, "sent")), "transition-not-allowed"),
    ],
)
def test_a_row_whose_transitions_do_not_lead_to_its_state_is_named(made, code):
    assert [each.code for each in broken([made])] == ([code] if code else [])


def test_what_is_lost_doubled_or_unknown_beside_the_other_side_is_named():
    rows = [counted("stored", key="a"), counted("accepted", key="b"), counted("waiting", key="c")]
    found = beside(rows, ["b", "b", "d"])
    assert [(each.code, each.key) for each in found] == [("doubled", "b"), ("lost", "a"), ("unknown", "d")]


def test_the_lines_of_the_balance_account_for_every_row():
    day = date(2026, 11, 21)
    made = lines([("p", "thing", day, "stored", 7), ("p", "thing", day, "dead", 1), ("p", "other", day, "waiting", 2)])
    assert [(each.kind, each.told, each.holds) for each in made] == [("other", 2, True), ("thing", 8, True)]
