"""Every due time is carried out once: whoever leads, whoever dies, whatever the clock does."""

import dataclasses
import random
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update

from base import bulk
from base.db import Database, DatabaseBusy
from base.health import Finding, House
from base.scheduling import CatchUp, Cron, Every, Job, Run, history, in_one_transaction, joined, lease, slots
from base.scheduling.checks import CHECKS
from base.scheduling.errors import JobAlreadyRuns, LeaseLost, RunInterrupted, RunLost, RunOverran, UnknownJob
from base.scheduling.lease import Lease
from base.scheduling.liveness import holder_name
from base.scheduling.models import JobProcess, JobRun, JobSlot, Outcome, SchedulerLease, SlotState
from base.scheduling.process import Scheduler, run_by_hand
from base.scheduling.runs import carry_out, fenced
from base.scheduling.schedule import due_between
from base.scheduling.settings import SchedulingSettings
from base.scheduling.state import runs_of, state_of
from base.scheduling.stuck import explain
from base.scheduling.timing import database_time
from base.settings import read
from tests.base.killing import (
    AT,
    BULK,
    JOBS,
    LONG,
    PARTS,
    SHORT,
    Told,
    died,
    effects,
    forks,
    note,
    noted,
    scheduler,
)

LASTS = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
# Processes that die one after another, each one statement later than the one before: past the end of one whole tick.
DEATHS = 90
# Longer than a lease, and so short that the backlog grows more slowly than the deaths wander.
APART = timedelta(seconds=40)

BEGINNING = datetime(2001, 1, 1, tzinfo=UTC)
moments = st.integers(0, 98 * 365 * 86400 * 10**6).map(lambda n: BEGINNING + timedelta(microseconds=n))


@pytest.fixture
def time() -> Told:
    return Told()


@pytest.fixture
def world(database: Database):
    """A database with a table of effects."""
    with effects(database):
        yield database


def minute(count: int) -> datetime:
    """The due time of the n-th minute after the story's beginning."""
    return AT.replace(second=0) + count * MINUTE


def led(database: Database, holder: str, at: datetime) -> Lease:
    with database.transaction() as session:
        taken = lease.take(session, holder, LASTS, at)
    assert taken is not None
    return taken


def laid(database: Database, job: Job, held: Lease, at: datetime) -> list[datetime]:
    with database.transaction() as session:
        return slots.lay(session, job, held, at)


def opened(database: Database, job: Job, held: Lease, at: datetime):
    with database.transaction() as session:
        return slots.open_next(session, job, held, at)


def abandoned(database: Database, held: Lease, at: datetime):
    with database.transaction() as session:
        return slots.abandon(session, JOBS, held, at, LASTS)


def states(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(session.scalars(select(JobSlot.state)))


def with_slot(database: Database, job: Job = SHORT) -> tuple[Lease, datetime]:
    """A leader, and the first slot of the job laid; gives the lease and the moment."""
    held = led(database, "first", AT)
    laid(database, job, held, AT)
    at = job.schedule.next_after(AT) + timedelta(seconds=1)
    held = led(database, "first", at)
    assert laid(database, job, held, at) == [job.schedule.next_after(AT)]
    return held, at


# Schedules


@settings(deadline=None)
@given(moments, st.integers(1, 10**6))
def test_an_interval_names_the_same_due_times_whoever_asks(at, seconds):
    due = Every(seconds).next_after(at)
    assert at < due <= at + timedelta(seconds=seconds)
    assert Every(seconds).next_after(due - timedelta(microseconds=1)) == due


@settings(deadline=None)
@given(moments, st.sampled_from(["* * * * *", "*/7 * * * *", "15 3 * * *", "0 9 * * mon-fri", "30 8 1 * *"]))
def test_a_cron_expression_names_the_same_due_times_whoever_asks(at, expression):
    due = Cron(expression).next_after(at)
    assert at < due
    assert Cron(expression).next_after(due - timedelta(microseconds=1)) == due


@settings(deadline=None)
@given(
    moments,
    st.integers(0, 10**5),
    st.sampled_from([Every(7), Every(86400), Cron("*/5 * * * *"), Cron("0 2 * * *"), Cron("30 8 1 * *")]),
)
def test_the_last_due_time_is_the_last_of_all(at, minutes, schedule):
    after = max(at - timedelta(minutes=minutes), at - 2000 * (schedule.next_after(schedule.next_after(at)) - at))
    assert schedule.last_until(at, after) == max(due_between(schedule, after, at), default=None)


def test_a_leap_day_is_found_across_a_century_without_one():
    leap = Cron("0 0 29 2 *")
    assert leap.last_until(datetime(2104, 2, 1, tzinfo=UTC), AT) == datetime(2096, 2, 28, 16, tzinfo=UTC)


def test_cron_is_told_in_beijing_time():
    assert Cron("0 2 * * *").next_after(AT) == datetime(2026, 11, 21, 18, tzinfo=UTC)


def test_a_daily_interval_falls_on_midnight_in_beijing():
    assert Every(86400).next_after(AT) == datetime(2026, 11, 21, 16, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["0 0 * * 0", "0 0 * * mon-5", "0 0 30 2 *", "* * * *", "61 * * * *"])
def test_a_schedule_that_means_two_things_or_nothing_is_refused(expression):
    with pytest.raises(ValueError, match=r"\S"):
        Cron(expression)


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match="every 0 seconds"):
        Every(0)


def test_a_name_used_twice_is_refused():
    with pytest.raises(ValueError, match="two jobs are named short"):
        joined((SHORT,), (LONG, SHORT))


# The lease


def test_the_first_who_asks_leads_and_the_second_does_not(database):
    assert led(database, "a", AT) == Lease("a", 1)
    with database.transaction() as session:
        assert lease.take(session, "b", LASTS, AT + LASTS / 2) is None


def test_a_renewal_keeps_the_token_and_a_taking_over_raises_it(database):
    led(database, "a", AT)
    assert led(database, "a", AT + LASTS / 2).token == 1
    assert led(database, "a", AT + 3 * LASTS).token == 1
    assert led(database, "b", AT + 4 * LASTS).token == 2
    assert led(database, "a", AT + 5 * LASTS).token == 3


def test_a_released_lease_is_taken_at_once(database):
    held = led(database, "a", AT)
    with database.transaction() as session:
        lease.release(session, held, AT)
    assert led(database, "b", AT) == Lease("b", 2)


def test_releasing_a_lease_that_has_passed_on_changes_nothing(database):
    old = led(database, "a", AT)
    new = led(database, "b", AT + LASTS)
    with database.transaction() as session:
        lease.release(session, old, AT + LASTS)
    with database.transaction() as session:
        lease.require(session, new)
        assert lease.take(session, "c", LASTS, AT + LASTS) is None


def test_a_lease_from_before_the_clock_was_set_back_is_free(database):
    led(database, "a", AT + timedelta(hours=1))
    assert led(database, "b", AT) == Lease("b", 2)


def test_a_leader_whose_lease_has_passed_on_lays_opens_and_abandons_nothing(database):
    old, at = with_slot(database)
    led(database, "second", at + LASTS)
    for act in (laid, opened):
        with pytest.raises(LeaseLost):
            act(database, SHORT, old, at + 2 * MINUTE)
    with pytest.raises(LeaseLost):
        abandoned(database, old, at)
    assert states(database) == {SlotState.DUE: 1}


def test_of_many_who_ask_at_once_one_leads(database):
    barrier, leaders = threading.Barrier(6), []

    def ask(name: str) -> None:
        barrier.wait()
        with database.transaction() as session:
            leaders.append(lease.take(session, name, LASTS, AT))

    threads = [threading.Thread(target=ask, args=(f"s{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in leaders if each]) == 1


def test_nobody_takes_over_while_a_transaction_relies_on_the_lease(database):
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time; nobody could even ask")
    held = led(database, "a", AT)
    with database.transaction() as session:
        lease.require(session, held)
        with database.transaction() as other:
            assert lease.take(other, "b", LASTS, AT + 2 * LASTS) is None
    assert led(database, "b", AT + 2 * LASTS).token == 2


def test_the_databases_own_clock_is_in_utc_and_near(database):
    with database.transaction() as session:
        assert database_time(session).utcoffset() == timedelta(0)
        assert abs(database_time(session) - datetime.now(UTC)) < timedelta(hours=1)


# Laying


def test_a_job_that_is_new_begins_now_and_lays_nothing_of_the_past(database):
    held = led(database, "a", AT)
    assert laid(database, SHORT, held, AT) == []
    assert laid(database, SHORT, held, AT + MINUTE) == [minute(1)]
    assert laid(database, SHORT, held, AT + MINUTE) == []


def test_every_slot_missed_while_nobody_scheduled_is_laid(database):
    laid(database, SHORT, led(database, "a", AT), AT)
    later = AT + timedelta(hours=3)
    assert laid(database, SHORT, led(database, "b", later), later) == [minute(n) for n in range(1, 181)]


def test_only_the_latest_missed_slot_is_laid_for_a_job_that_wants_no_more(database):
    job = dataclasses.replace(SHORT, catch_up=CatchUp.LATEST)
    held = led(database, "a", AT)
    laid(database, job, held, AT)
    assert laid(database, job, held, AT + timedelta(days=3)) == [minute(3 * 24 * 60)]


def test_a_slot_that_was_overtaken_while_it_waited_is_skipped(database):
    job = dataclasses.replace(SHORT, catch_up=CatchUp.LATEST)
    held = led(database, "a", AT)
    for count in range(4):
        laid(database, job, held, AT + count * MINUTE)
    assert states(database) == {SlotState.SKIPPED: 2, SlotState.DUE: 1}


def test_a_long_backlog_is_laid_in_pieces_without_a_gap(database):
    held = led(database, "a", AT)
    laid(database, SHORT, held, AT)
    until = AT + 1200 * MINUTE
    pieces = [laid(database, SHORT, held, until) for _ in range(4)]
    assert [len(piece) for piece in pieces] == [500, 500, 200, 0]
    assert [due for piece in pieces for due in piece] == [minute(n) for n in range(1, 1201)]


@pytest.mark.parametrize("seed", range(5))
def test_however_the_clock_steps_no_slot_is_laid_twice_and_none_is_left_out(database, seed):
    steps, at, furthest = random.Random(seed), AT, AT  # noqa: S311 — a story, not a secret
    held = led(database, "a", AT)
    laid(database, SHORT, held, AT)
    everything: list[datetime] = []
    for _ in range(40):
        at = max(AT, at + timedelta(seconds=steps.choice([20, 50, 70, 300, -30, -90, -1000, 1500])))
        furthest = max(furthest, at)
        everything += laid(database, SHORT, held, at)
    everything += laid(database, SHORT, held, furthest)
    # Going on from a moment before the furthest, the clock comes by every minute again.
    while at < furthest:
        at += timedelta(seconds=30)
        everything += laid(database, SHORT, held, at)
    assert Counter(everything) == Counter(due_between(SHORT.schedule, AT, max(furthest, at)))


# Runs in one transaction


def test_the_work_and_its_slots_completion_are_one_transaction(world, time):
    held, at = with_slot(world)
    time.at = at
    run = Run(opened(world, SHORT, held, at), world)
    assert carry_out(world, SHORT, run, time) is Outcome.DONE
    assert noted(world) == {("short", minute(1), 0): 1}
    assert states(world) == {SlotState.DONE: 1}
    assert opened(world, SHORT, held, at + MINUTE) is None


def failing(session, at):
    note(session, "short", at)
    raise ZeroDivisionError


def test_failed_work_leaves_nothing_but_its_error_and_is_tried_again_after_a_pause(world, time):
    job = dataclasses.replace(SHORT, run=in_one_transaction(failing))
    held, time.at = with_slot(world, job)
    assert carry_out(world, job, Run(opened(world, job, held, time.at), world), time) is Outcome.FAILED
    assert noted(world) == {}
    with world.reading() as session:
        run = session.scalars(select(JobRun)).one()
        assert (run.error_code, run.error_facts) == ("work-faulted", {"fault": "ZeroDivisionError"})
    assert opened(world, job, held, time.at) is None
    assert opened(world, job, held, time.at + timedelta(seconds=10)).attempt == 2


def test_a_refusal_is_kept_by_its_code(world, time):
    def refuse(_session, _at):
        raise UnknownJob("x")

    job = dataclasses.replace(SHORT, run=in_one_transaction(refuse))
    held, time.at = with_slot(world, job)
    carry_out(world, job, Run(opened(world, job, held, time.at), world), time)
    with world.reading() as session:
        assert runs_of(session, "short")[0].error_code == "unknown-job"


def test_a_slot_is_given_up_when_its_tries_are_used_up(world, time):
    job = dataclasses.replace(SHORT, run=in_one_transaction(failing), tries=3)
    held, time.at = with_slot(world, job)
    attempts = 0
    while run := opened(world, job, held, time.at):
        carry_out(world, job, Run(run, world), time)
        attempts += 1
        time.go_on(3600)
        held = led(world, "first", time.at)
    assert attempts == 3
    assert states(world) == {SlotState.FAILED: 1}


def test_a_slot_that_waits_for_its_next_try_does_not_keep_later_ones_from_being_done(world, time):
    job = dataclasses.replace(SHORT, run=in_one_transaction(failing))
    held, time.at = with_slot(world, job)
    carry_out(world, job, Run(opened(world, job, held, time.at), world), time)
    held = led(world, "first", time.at + MINUTE)
    laid(world, job, held, time.at + MINUTE)
    with world.transaction() as session:
        first = session.scalars(select(JobSlot).order_by(JobSlot.due_at)).first()
        first.not_before = time.at + 2 * MINUTE
    assert opened(world, job, held, time.at + MINUTE).due_at == minute(2)


def test_a_process_that_slept_finds_its_run_given_to_another_and_writes_nothing(world, time):
    held, at = with_slot(world)
    asleep = Run(opened(world, SHORT, held, at), world)
    time.at = at + LASTS
    second = led(world, "second", time.at)
    assert abandoned(world, second, time.at) == [("short", Outcome.ABANDONED)]
    awake = Run(opened(world, SHORT, second, time.at), world)
    assert carry_out(world, SHORT, awake, time) is Outcome.DONE
    assert carry_out(world, SHORT, asleep, time) is None
    assert noted(world) == {("short", minute(1), 0): 1}


def test_a_process_that_wakes_up_first_keeps_its_run(world, time):
    held, at = with_slot(world)
    asleep = Run(opened(world, SHORT, held, at), world)
    time.at = at + LASTS
    second = led(world, "second", time.at)
    assert carry_out(world, SHORT, asleep, time) is Outcome.DONE
    assert abandoned(world, second, time.at) == []
    assert opened(world, SHORT, second, time.at) is None
    assert noted(world) == {("short", minute(1), 0): 1}


def test_a_transaction_that_goes_on_is_not_abandoned(world, time):
    if world.is_sqlite:
        pytest.skip("SQLite has one writer at a time; nobody could abandon anything")
    held, at = with_slot(world)
    ended_for_it = []

    def meanwhile(session, due_at):
        second = led(world, "second", at + LASTS)
        ended_for_it.append(abandoned(world, second, at + LASTS))
        note(session, "short", due_at)

    job = dataclasses.replace(SHORT, run=in_one_transaction(meanwhile))
    time.at = at
    assert carry_out(world, job, Run(opened(world, job, held, at), world), time) is Outcome.DONE
    assert ended_for_it == [[]]


def test_a_client_that_falls_silent_in_its_transaction_is_put_out_by_the_server(database):
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    held, at = with_slot(database)
    run = opened(database, SHORT, held, at)
    with database.transaction() as session:
        slots.hold(session, run)
        limit = text("show idle_in_transaction_session_timeout")
        assert session.scalar(limit) == "0"
    seen = []
    job = dataclasses.replace(SHORT, run=in_one_transaction(lambda session, _at: seen.append(session.scalar(limit))))
    carry_out(database, job, Run(run, database), Told(at))
    assert seen == ["1min"]


# Long runs


def test_long_work_goes_on_where_an_earlier_attempt_stopped(world, time):
    held, at = with_slot(world, LONG)
    time.at = at
    first = opened(world, LONG, held, at)

    def half(run):
        with run.database.transaction() as session:
            note(session, "long", run.at, 0)
            run.save(session, 1)
        raise ZeroDivisionError

    halted = dataclasses.replace(LONG, run=half)
    assert carry_out(world, halted, Run(first, fenced(world, first)), time) is Outcome.FAILED
    time.go_on(10)
    again = opened(world, LONG, held, time.at)
    assert (again.position, again.attempt) == (1, 2)
    assert carry_out(world, LONG, Run(again, fenced(world, again)), time) is Outcome.DONE
    assert noted(world) == {("long", again.due_at, part): 1 for part in range(PARTS)}


def test_a_long_run_that_was_given_to_another_can_commit_nothing_more(world, time):
    held, at = with_slot(world, LONG)
    old = opened(world, LONG, held, at)
    asleep = fenced(world, old)
    time.at = at + LASTS + timedelta(seconds=1)
    second = led(world, "second", time.at)
    assert abandoned(world, second, time.at) == [("long", Outcome.ABANDONED)]
    with pytest.raises(RunLost), asleep.transaction() as session:
        note(session, "long", old.due_at, 0)
    assert noted(world) == {}
    assert carry_out(world, LONG, Run(old, asleep), time) is None
    new = opened(world, LONG, second, time.at)
    assert carry_out(world, LONG, Run(new, fenced(world, new)), time) is Outcome.DONE
    assert set(noted(world).values()) == {1}


def test_a_long_run_that_beats_outlives_its_leader(world, time):
    held, at = with_slot(world, LONG)
    run = Run(opened(world, LONG, held, at), world)
    time.at = at + LASTS
    with world.transaction() as session:
        assert slots.beat(session, run, time.at)
    second = led(world, "second", time.at)
    assert abandoned(world, second, time.at) == []
    assert carry_out(world, LONG, Run(run.opened, fenced(world, run.opened)), time) is Outcome.DONE


def test_a_run_past_its_deadline_is_ended_for_it(world):
    job = dataclasses.replace(LONG, deadline=MINUTE)
    held, at = with_slot(world, job)
    run = Run(opened(world, job, held, at), world)
    later = at + MINUTE + timedelta(seconds=1)
    with world.transaction() as session:
        slots.beat(session, run, later)
    held = led(world, "first", later)
    assert abandoned(world, held, later) == [("long", Outcome.OVERRAN)]
    with world.transaction() as session:
        assert not slots.beat(session, run, later)
    with pytest.raises(RunLost):
        run.progress(1)


def test_progress_ends_a_run_that_should_have_ended_or_should_stop(world):
    job = dataclasses.replace(LONG, deadline=timedelta(0))
    held, at = with_slot(world, job)
    run = Run(opened(world, job, held, at), world)
    with pytest.raises(RunOverran):
        run.progress(1)
    run = Run(dataclasses.replace(run.opened, deadline_at=at + MINUTE), world)
    run.progress(1)
    run.interrupt()
    with pytest.raises(RunInterrupted):
        run.progress(2)


def test_an_interrupted_run_is_handed_back_and_does_not_count_as_a_try(world, time):
    held, at = with_slot(world, LONG)
    time.at = at
    run = Run(opened(world, LONG, held, at), world)
    run.interrupt()
    assert carry_out(world, LONG, run, time) is Outcome.INTERRUPTED
    again = opened(world, LONG, held, at)
    assert (again.attempt, again.position) == (1, 1)


def test_the_heartbeat_shows_how_far_a_run_is(world, time):
    held, at = with_slot(world, LONG)
    run = Run(opened(world, LONG, held, at), world)
    run.progress(3, 9, "页")
    with world.transaction() as session:
        slots.beat(session, run, at)
    with world.reading() as session:
        shown = runs_of(session, "long")[0]
    assert (shown.done, shown.total, shown.note) == (3, 9, "页")


def test_a_heartbeat_from_before_the_clock_was_set_back_gets_one_more_period(world):
    held, at = with_slot(world, LONG)
    opened(world, LONG, held, at)
    back = at - timedelta(hours=2)
    held = led(world, "second", back)
    assert abandoned(world, held, back) == []
    assert abandoned(world, held, back + LASTS) == []
    assert abandoned(world, held, back + LASTS + timedelta(seconds=1)) == [("long", Outcome.ABANDONED)]


def test_a_slot_whose_process_keeps_dying_is_given_up(world):
    job = dataclasses.replace(SHORT, tries=3)
    held, at = with_slot(world, job)
    deaths = 0
    while opened(world, job, held, at):
        deaths += 1
        at += timedelta(hours=1)
        held = led(world, f"after {deaths}", at)
        with world.transaction() as session:
            slots.abandon(session, {"short": job}, held, at, LASTS)
        at += MINUTE
        held = led(world, f"after {deaths}", at)
    assert deaths == 3
    assert states(world) == {SlotState.FAILED: 1}


def test_a_job_never_runs_twice_at_a_time(database):
    held, at = with_slot(database, LONG)
    laid(database, LONG, held, at + 2 * MINUTE)
    assert opened(database, LONG, held, at + 2 * MINUTE) is not None
    assert opened(database, LONG, held, at + 2 * MINUTE) is None
    with pytest.raises(JobAlreadyRuns), database.transaction() as session:
        slots.open_by_hand(session, LONG, "hand", at)


def test_of_many_who_open_a_run_at_once_one_does(database):
    held, at = with_slot(database)
    barrier, found = threading.Barrier(6), []

    def open_by(number: int) -> None:
        barrier.wait()
        try:
            with database.transaction() as session:
                if number % 2:
                    found.append(slots.open_next(session, SHORT, held, at))
                else:
                    found.append(slots.open_by_hand(session, SHORT, f"hand {number}", at))
        except (JobAlreadyRuns, DatabaseBusy):
            found.append(None)

    threads = [threading.Thread(target=open_by, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([each for each in found if each]) == 1


# By hand, and asked for


def test_a_job_run_by_hand_leaves_a_run_and_the_schedule_as_it_is(world, time):
    outcome = run_by_hand(world, JOBS, "long", SchedulingSettings(), time=time)[1]
    assert outcome is Outcome.DONE
    assert len(noted(world)) == PARTS
    with world.reading() as session:
        run = session.scalars(select(JobRun)).one()
        assert (run.token, run.outcome, run.holder.split(":")[1]) == (None, "done", holder_name().split(":")[1])


def test_a_job_that_fails_by_hand_is_not_tried_again(world, time):
    job = dataclasses.replace(SHORT, run=in_one_transaction(failing))
    assert run_by_hand(world, {"short": job}, "short", SchedulingSettings(), time=time)[1] is Outcome.FAILED
    assert states(world) == {SlotState.FAILED: 1}


def test_a_run_by_hand_can_be_interrupted(world, time):
    outcome = run_by_hand(world, JOBS, "long", SchedulingSettings(), time=time, watch=Run.interrupt)[1]
    assert outcome is Outcome.INTERRUPTED


def test_a_job_that_nobody_knows_is_refused(database, time):
    with pytest.raises(UnknownJob):
        run_by_hand(database, JOBS, "x", SchedulingSettings(), time=time)
    with pytest.raises(UnknownJob), database.transaction() as session:
        slots.ask(session, JOBS, "x", AT)


def test_what_somebody_asks_for_is_done_at_the_next_tick_and_beside_the_schedule(world, time):
    leader = scheduler(world, time)
    leader.beat()
    leader.tick()
    with world.transaction() as session:
        slots.ask(session, JOBS, "short", minute(1))
        slots.ask(session, JOBS, "short", minute(1))
    leader.tick()
    assert len(noted(world)) == 2
    time.go_on(60)
    leader.beat()
    leader.tick()
    assert noted(world)["short", minute(1), 0] == 1


def test_parts_reach_the_work(world, time):
    seen = []
    job = Job("parts", Every(60), lambda run: seen.append(run.part(str)))
    run_by_hand(world, {"parts": job}, "parts", SchedulingSettings(), time=time, parts={str: "a part"})
    assert seen == ["a part"]


# The process


def test_a_leader_carries_out_what_is_due_and_a_follower_nothing(world, time):
    leader, follower = scheduler(world, time), scheduler(world, time)
    for each in (leader, follower):
        each.beat()
        each.tick()
    time.go_on(300)
    leader.lease = None  # it has not beaten for five minutes; the other was first
    follower.beat()
    for each in (leader, follower):
        each.tick()
    expected = {("short", minute(n), 0): 1 for n in range(1, 6)}
    assert {key: count for key, count in noted(world).items() if key[0] == "short"} == expected
    assert follower.lease
    assert follower.lease.token == 2


def test_a_deposed_leader_that_does_not_know_it_yet_carries_out_nothing(world, time):
    old, new = scheduler(world, time), scheduler(world, time)
    old.beat()
    old.tick()
    time.go_on(300)
    new.beat()
    with pytest.raises(LeaseLost):
        old.tick()
    assert noted(world) == {}


def test_a_process_that_stops_hands_back_its_runs_and_the_lease(world, time):
    begun, goes_on = threading.Event(), threading.Event()

    def endless(run):
        begun.set()
        goes_on.wait(30)
        with run.database.transaction() as session:
            note(session, "long", run.at)

    job = dataclasses.replace(LONG, run=endless)
    settings = SchedulingSettings(stop_seconds=0)
    threads = []

    def start(work):
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    process = Scheduler(world, {"long": job}, settings=settings, time=time, start=start)
    process.beat()
    process.tick()
    time.go_on(120)
    process.beat()
    process.tick()
    begun.wait(30)
    process.stop()
    process._drain()
    process._leave()
    with world.reading() as session:
        assert session.scalars(select(JobRun.outcome)).one() == Outcome.INTERRUPTED
        assert session.scalar(select(func.count()).select_from(JobProcess)) == 0
    goes_on.set()
    for thread in threads:
        thread.join(30)
    assert noted(world) == {}
    other = scheduler(world, time)
    other.beat()
    assert other.lease
    assert other.lease.token == 2
    other.tick()
    assert len(noted(world)) == PARTS


def test_a_process_in_which_a_run_hangs_ends_itself(world, time):
    begun, goes_on = threading.Event(), threading.Event()

    def hang(_run):
        begun.set()
        goes_on.wait(30)

    job = dataclasses.replace(LONG, run=hang, deadline=timedelta(0))
    threads = []

    def start(work):
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    process = Scheduler(world, {"long": job}, settings=SchedulingSettings(stop_seconds=0), time=time, start=start)
    process.beat()
    process.tick()
    time.go_on(120)
    process.beat()
    process.tick()
    begun.wait(30)
    process.beat()
    assert process.is_broken
    assert process.is_stopping
    goes_on.set()
    for thread in threads:
        thread.join(30)


def test_a_serving_process_works_by_the_databases_clock_until_it_is_stopped(world):
    done = threading.Event()

    def work(session, at):
        note(session, "second", at)
        done.set()

    job = Job("second", Every(1), in_one_transaction(work), CatchUp.EVERY)
    process = Scheduler(world, {"second": job}, settings=SchedulingSettings(lease_seconds=3, tick_seconds=0.05))
    ended = []
    thread = threading.Thread(target=lambda: ended.append(process.serve()))
    thread.start()
    assert done.wait(30)
    process.stop()
    thread.join(30)
    assert ended == [True]
    assert set(noted(world).values()) == {1}


def test_wherever_a_leader_is_killed_every_slot_and_part_is_done_once(world, database_settings):
    """One process after another schedules and dies one statement later than the one before; the last one lives."""
    context = forks()
    points = range(1, DEATHS, 1 if world.is_sqlite else 3)  # connecting to a server takes its time
    deaths = sum(died(context, database_settings, AT + n * APART, n) for n in points)
    assert deaths > len(points) / 2
    time = Told(AT + DEATHS * APART)
    last = scheduler(world, time)
    while set(states(world)) != {SlotState.DONE} or time.at < AT + (DEATHS + 9) * APART:
        last.beat()
        last.tick()
        time.go_on(1)
    with world.reading() as session:
        began = {job: session.scalar(select(func.min(JobSlot.due_at)).where(JobSlot.job == job)) for job in JOBS}
    short = [("short", due, 0) for due in due_between(SHORT.schedule, began["short"] - MINUTE, time.at)]
    long = due_between(LONG.schedule, began["long"] - MINUTE, time.at)
    assert noted(world) == Counter([*short, *(("long", due, part) for due in long for part in range(PARTS))])


# History


def ended(database: Database, job: str, state: SlotState, days: Iterable[int]) -> None:
    """Slots of a job that ended so many days ago, a second apart where there are several a day."""
    with database.transaction() as session:
        for number, ago in enumerate(days):
            slot = JobSlot(job=job, due_at=AT - timedelta(days=ago, seconds=number), state=state)
            session.add(slot)
            session.flush()
            run = JobRun(slot_id=slot.id, job=job, due_at=slot.due_at, attempt=1, in_one_transaction=True, holder="x")
            run.started_at = run.heartbeat_at = run.deadline_at = slot.due_at
            run.outcome = Outcome.DONE
            session.add(run)


def test_of_a_frequent_job_a_week_is_kept_and_of_a_rare_one_the_latest_slots(database, monkeypatch):
    monkeypatch.setattr(history, "KEPT_OF_EACH", 10)
    ended(database, "frequent", SlotState.DONE, [*range(1, 15), *range(1, 15)])
    ended(database, "rare", SlotState.DONE, range(0, 300, 30))
    ended(database, "failed", SlotState.FAILED, range(80, 100))
    ended(database, "waiting", SlotState.DUE, range(300, 305))
    with database.transaction() as session:
        history.prune(session, AT)
    with database.reading() as session:
        kept = Counter(session.scalars(select(JobSlot.job)))
        assert session.scalar(select(func.count()).select_from(JobRun)) == kept.total()
    assert kept == {"frequent": 12, "rare": 10, "failed": 10, "waiting": 5}


def test_a_bulk_task_is_forgotten_a_quarter_after_it_ended(database):
    with database.transaction() as session:
        numbers = [bulk.enqueue(session, BULK, 1, AT) for _ in range(2)]
        bulk.cancel(session, numbers[0], AT)
    with database.transaction() as session:
        history.prune(session, AT + history.KEPT)
    with database.reading() as session:
        assert list(session.scalars(select(bulk.BulkTask.id))) == numbers[1:]


def test_the_scheduler_keeps_its_own_history_by_a_job_of_its_own(database, time):
    own = joined(history.JOBS)
    assert run_by_hand(database, own, "base.prune-runs", SchedulingSettings(), time=time)[1] is Outcome.DONE


# Why it is stuck, read from the tables


def codes(database: Database, at: datetime, jobs=JOBS) -> set[str]:
    with database.reading() as session:
        return {reason.code for reason in explain(state_of(session, jobs, at, LASTS))}


def test_the_tables_tell_what_keeps_work_from_being_done(world, time):
    assert codes(world, AT) == {"no-leader", "not-yet-due"}
    held, at = with_slot(world)
    assert codes(world, at) == {"not-yet-due"}
    assert codes(world, at + MINUTE) == {"lease-expired", "slot-waiting", "not-yet-due"}
    assert codes(world, at, jobs={}) == {"job-unknown"}
    run = opened(world, SHORT, held, at)
    assert codes(world, at) == {"running", "not-yet-due"}
    job = dataclasses.replace(SHORT, run=in_one_transaction(failing), tries=2)
    carry_out(world, job, Run(run, world), Told(at))
    assert codes(world, at) == {"last-failed", "not-yet-due"}
    carry_out(world, job, Run(opened(world, job, held, at + MINUTE), world), Told(at + MINUTE))
    assert "given-up" in codes(world, at)


def test_a_slot_given_up_stays_told_until_somebody_runs_the_job_when_every_slot_is_wanted(world, time):
    job = dataclasses.replace(SHORT, run=in_one_transaction(failing), tries=1)
    held, at = with_slot(world, job)
    carry_out(world, job, Run(opened(world, job, held, at), world), Told(at))
    laid(world, SHORT, held, at + MINUTE)
    carry_out(world, SHORT, Run(opened(world, SHORT, held, at + MINUTE), world), Told(at + MINUTE))
    assert "given-up" in codes(world, at + MINUTE)
    latest = {"short": dataclasses.replace(SHORT, catch_up=CatchUp.LATEST)}
    assert "given-up" not in codes(world, at + MINUTE, latest)
    time.at = at + 2 * MINUTE
    run_by_hand(world, JOBS, "short", SchedulingSettings(), time=time)
    assert "given-up" not in codes(world, time.at)


def test_a_schedule_and_a_lease_from_the_future_are_told(database):
    held = led(database, "a", AT)
    laid(database, SHORT, held, AT)
    assert "clock-set-back" in codes(database, AT - timedelta(hours=1))
    with database.transaction() as session:
        session.execute(update(SchedulerLease).values(renewed_at=AT - timedelta(hours=1)))
    assert "clock-set-back" in codes(database, AT - timedelta(hours=1))


def test_the_doctor_warns_when_nobody_schedules_and_is_content_when_somebody_does(database):
    house = House(read((SchedulingSettings,), None, {}), database, AT)
    (check,) = CHECKS
    assert check.ask(house).outcome == "warning"
    with database.transaction() as session:
        lease.take(session, "here", LASTS, database_time(session))
    assert check.ask(house) == Finding("good", "here 领头", "here leads")
