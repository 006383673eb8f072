"""Bulk work is done once, chunk by chunk, wherever its process dies, with a queue of procrastinate's and without."""

import dataclasses
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from base import bulk
from base.bulk import Advance, BulkJob, BulkTask, BulkTaskLost, BulkTaskStandsStill, TaskState
from base.db import Base, Database, DatabaseSettings, connect
from base.scheduling.bulk_work import Hands, due_tasks, left_to_scheduler, look_after
from base.scheduling.errors import QueueMissing
from base.scheduling.settings import SchedulingSettings
from base.scheduling.state import state_of
from base.scheduling.stuck import explain
from base.scheduling.workers import Worker, require_queue
from tests import postgres
from tests.base.killing import AT, BULK, BULK_JOBS, Told, died, effects, forks, note, noted, scheduler

ROOT = Path(__file__).parents[2]
SILENCE = timedelta(seconds=15)
CHUNKS = 5
DEATHS = 60


@pytest.fixture
def time() -> Told:
    return Told()


@pytest.fixture
def world(database: Database):
    """A database with a table of effects."""
    with effects(database):
        yield database


@pytest.fixture(scope="module")
def queue_url(postgres_server):
    """A PostgreSQL with procrastinate's own schema beside ours."""
    from procrastinate.schema import SchemaManager

    with postgres.own(postgres_server, "queue") as address:
        url = address.render_as_string(hide_password=False)
        database = connect(DatabaseSettings(url=url))
        Base.metadata.create_all(database.engine)
        with database.engine.begin() as connection:
            connection.connection.cursor().execute(SchemaManager.get_schema())
        database.close()
        yield url


@pytest.fixture
def queue(queue_url):
    """That database, empty, with a table of effects."""
    database = connect(DatabaseSettings(url=queue_url, pool_size=8))
    with database.transaction() as session:
        session.execute(text("truncate base_bulk_tasks, base_job_processes"))
        session.execute(text("truncate procrastinate_jobs, procrastinate_workers cascade"))
    with effects(database):
        yield database
    database.close()


def enqueued(database: Database, job: BulkJob = BULK, argument=CHUNKS) -> int:
    with database.transaction() as session:
        return bulk.enqueue(session, job, argument, AT)


def hands(database: Database, time: Told, jobs=None, holder: str = "here") -> Hands:
    return Hands(database, jobs or BULK_JOBS, holder, time)


def never() -> bool:
    return False


def task_of(database: Database, number: int) -> BulkTask:
    with database.reading() as session:
        return session.get_one(BulkTask, number)


def done_once(chunks: int = CHUNKS) -> Counter:
    return Counter(("bulk", AT, part) for part in range(chunks))


# Enqueueing


def test_a_task_is_left_by_the_callers_transaction_or_not_at_all(database):
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        assert bulk.enqueue(session, BULK, CHUNKS, AT) == 1 / 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(BulkTask)) == 0
    assert task_of(database, enqueued(database)).state == TaskState.QUEUED


def test_two_bulk_jobs_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two bulk jobs are named bulk"):
        bulk.joined((BULK,), (BULK,))


# Working


def test_a_task_is_worked_off_chunk_by_chunk_and_shows_how_far_it_is(world, time):
    shown = []

    def step(session, chunk):
        shown.append((task_of(world, chunk.task).done if not world.is_sqlite else None, chunk.position))
        return Advance(chunk.done + 1, chunk.done + 1, 3, "份", finished=chunk.done == 2)

    number = enqueued(world, BulkJob("steps", step))
    assert hands(world, time, {"steps": BulkJob("steps", step)}).carry_out(number, never) is TaskState.DONE
    assert [position for _, position in shown] == [None, 1, 2]
    task = task_of(world, number)
    assert (task.state, task.done, task.total, task.note, task.ended_at) == ("done", 3, 3, "份", AT)


def test_what_cannot_be_done_while_others_wait_is_done_before_the_step(world, time):
    """It opens transactions of its own, which on SQLite would wait for the step's in vain."""

    def before(database, chunk):
        with database.transaction() as session:
            note(session, "bulk", AT, chunk.done)
        if chunk.done == 2 and not failed:
            failed.append(chunk.done)
            raise ZeroDivisionError

    def step(_session, chunk):
        return Advance(chunk.done + 1, chunk.done + 1, finished=chunk.done == 2)

    failed = []
    job = BulkJob("bulk", step, before=before)
    number = enqueued(world, job)
    assert hands(world, time, {"bulk": job}).carry_out(number, never) is TaskState.QUEUED
    time.go_on(10)
    assert hands(world, time, {"bulk": job}).carry_out(number, never) is TaskState.DONE
    assert noted(world) == done_once(3) + Counter({("bulk", AT, 2): 1})


def test_a_chunk_and_its_position_are_one_transaction(world, time):
    def fail_at_two(session, chunk):
        note(session, "bulk", AT, chunk.done)
        if chunk.done == 2 and chunk.argument == "fail":
            raise ZeroDivisionError
        return Advance(chunk.done + 1, chunk.done + 1, finished=chunk.done == 4)

    job = BulkJob("bulk", fail_at_two)
    number = enqueued(world, job, "fail")
    assert hands(world, time, {"bulk": job}).carry_out(number, never) is TaskState.QUEUED
    assert noted(world) == done_once(2)
    time.go_on(10)
    assert hands(world, time, BULK_JOBS).carry_out(number, never) is TaskState.QUEUED  # its argument is no number
    with world.transaction() as session:
        session.get_one(BulkTask, number).argument = CHUNKS
    time.go_on(600)
    assert hands(world, time).carry_out(number, never) is TaskState.DONE
    assert noted(world) == done_once()


def broken(_session, _chunk):
    raise ZeroDivisionError


def test_a_task_that_fails_is_tried_again_after_growing_pauses_and_keeps_its_errors(world, time):
    job = BulkJob("broken", broken, tries=3)
    number, here = enqueued(world, job), hands(world, time, {"broken": job})
    assert here.carry_out(number, never) is TaskState.QUEUED
    assert here.carry_out(number, never) is None
    time.go_on(10)
    assert here.carry_out(number, never) is TaskState.QUEUED
    time.go_on(10)
    assert here.carry_out(number, never) is None
    time.go_on(10)
    assert here.carry_out(number, never) is TaskState.FAILED
    assert here.carry_out(number, never) is None
    errors = task_of(world, number).errors
    assert [error["code"] for error in errors] == ["work-faulted"] * 3
    assert errors[0]["facts"] == {"fault": "ZeroDivisionError"}


def test_getting_further_gives_back_all_tries(world, time):
    def every_other(session, chunk):
        failures.append(chunk.done)
        if failures.count(chunk.done) < 2:
            raise ZeroDivisionError
        return Advance(chunk.done + 1, chunk.done + 1, finished=chunk.done == 9)

    failures: list[int] = []
    job = BulkJob("stumbling", every_other, tries=2)
    number, here = enqueued(world, job), hands(world, time, {"stumbling": job})
    while (state := here.carry_out(number, never)) is TaskState.QUEUED:
        time.go_on(10)
    assert state is TaskState.DONE


def test_a_step_that_gets_no_further_is_an_error_and_not_a_loop(world, time):
    job = BulkJob("still", lambda _session, chunk: Advance(chunk.position, chunk.done), tries=1)
    number = enqueued(world, job)
    assert hands(world, time, {"still": job}).carry_out(number, never) is TaskState.FAILED
    assert task_of(world, number).errors[0]["code"] == BulkTaskStandsStill.code


def test_a_task_of_a_job_that_nobody_knows_fails_by_name(database, time):
    number = enqueued(database, dataclasses.replace(BULK, name="gone", tries=1))
    assert hands(database, time).carry_out(number, never) is TaskState.FAILED
    assert task_of(database, number).errors[0]["facts"] == {"job": "gone"}


def test_a_worker_that_stops_gives_its_task_back_where_it_is(world, time):
    stops = iter([False, False, True])
    number = enqueued(world)
    assert hands(world, time).carry_out(number, lambda: next(stops)) is None
    task = task_of(world, number)
    assert (task.state, task.done, task.attempts, task.holder) == ("queued", 2, 0, "")
    assert hands(world, time).carry_out(number, never) is TaskState.DONE
    assert noted(world) == done_once()


def test_a_cancelled_task_stops_at_its_chunk(world, time):
    def cancelled_meanwhile(session, chunk):
        note(session, "bulk", AT, chunk.done)
        if chunk.done == 2:
            bulk.cancel(session, chunk.task, AT)
        return Advance(chunk.done + 1, chunk.done + 1, finished=chunk.done == 4)

    job = BulkJob("bulk", cancelled_meanwhile)
    number = enqueued(world, job)
    assert hands(world, time, {"bulk": job}).carry_out(number, never) is None
    assert noted(world) == done_once(2)
    other = enqueued(world)
    with world.transaction() as session:
        bulk.cancel(session, other, AT)
    assert task_of(world, other).state == TaskState.CANCELLED
    assert hands(world, time).carry_out(other, never) is None
    with pytest.raises(bulk.NoSuchBulkTask), world.transaction() as session:
        bulk.cancel(session, other, AT)


def test_of_many_who_take_a_task_one_gets_it(world, time):
    number, barrier, ended = enqueued(world), threading.Barrier(4), []

    def work(name: str) -> None:
        barrier.wait()
        ended.append(hands(world, time, holder=name).carry_out(number, never))

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(ended) == {TaskState.DONE: 1, None: 3}
    assert noted(world) == done_once()


# Dying


def test_a_task_whose_holder_fell_silent_is_queued_again_and_its_old_holder_saves_nothing(world, time):
    number = enqueued(world)
    with world.transaction() as session:
        old = bulk.take(session, number, "asleep", AT)
        assert old
    time.go_on(16)
    with world.transaction() as session:
        assert bulk.abandoned(session, time.at, SILENCE) == [number]
    assert task_of(world, number).errors[0]["facts"] == {"holder": "asleep"}
    assert hands(world, time).carry_out(number, lambda: len(noted(world)) == 2) is None
    with pytest.raises(BulkTaskLost), world.transaction() as session:
        bulk.step(session, BULK, old, time.at)
    with world.transaction() as session:
        assert not bulk.beat(session, old, time.at)
        assert bulk.fail(session, old, BulkTaskLost(number), time.at) is None
    assert hands(world, time).carry_out(number, never) is TaskState.DONE
    assert noted(world) == done_once()


def test_a_task_that_beats_is_left_alone(database, time):
    number = enqueued(database)
    with database.transaction() as session:
        taken = bulk.take(session, number, "here", AT)
        assert taken
        assert bulk.beat(session, taken, AT + SILENCE)
    with database.transaction() as session:
        assert bulk.abandoned(session, AT + SILENCE, SILENCE) == []


def test_a_heartbeat_from_before_the_clock_was_set_back_gets_one_more_period(database):
    number = enqueued(database)
    with database.transaction() as session:
        bulk.take(session, number, "here", AT)
    back = AT - timedelta(hours=1)
    for at, found in ((back, []), (back + SILENCE, []), (back + 2 * SILENCE, [number])):
        with database.transaction() as session:
            assert bulk.abandoned(session, at, SILENCE) == found


def test_a_task_whose_holders_keep_dying_at_one_chunk_is_failed(database):
    number, at = enqueued(database, dataclasses.replace(BULK, tries=3)), AT
    deaths = 0
    while True:
        with database.transaction() as session:
            if bulk.take(session, number, "dying", at) is None:
                break
        deaths += 1
        at += timedelta(hours=1)
        with database.transaction() as session:
            bulk.abandoned(session, at, SILENCE)
        at += timedelta(hours=1)
    assert deaths == 3
    assert task_of(database, number).state == TaskState.FAILED


def test_wherever_the_process_is_killed_every_chunk_is_done_once(world, database_settings):
    """One scheduler after another takes the tasks up and dies one statement later than the one before."""
    tasks = 8
    for _ in range(tasks):
        enqueued(world, dataclasses.replace(BULK, tries=10_000))
    points = range(20, 20 + DEATHS, 1 if world.is_sqlite else 4)  # before the twentieth there is no task in hand
    context = forks()
    deaths = sum(died(context, database_settings, AT + n * timedelta(minutes=1), n, scheduled=False) for n in points)
    assert deaths > len(points) / 4
    time = Told(AT + 500 * timedelta(minutes=1))
    last = scheduler(world, time, jobs={}, bulk_jobs=BULK_JOBS)
    while left(world):
        last.beat()
        last.care()
        last.tick()
        time.go_on(3600)
    assert noted(world) == Counter({("bulk", AT, part): tasks for part in range(CHUNKS)})


def left(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(BulkTask.state != TaskState.DONE)) or 0


# Without a queue


def test_without_a_queue_the_scheduler_does_the_work_itself(world, time):
    number = enqueued(world)
    leader = scheduler(world, time, jobs={}, bulk_jobs=BULK_JOBS)
    leader.beat()
    leader.tick()
    assert task_of(world, number).state == TaskState.DONE
    assert noted(world) == done_once()


def test_a_scheduler_that_does_not_lead_leaves_the_work(world, time):
    enqueued(world)
    follower = scheduler(world, time, jobs={}, bulk_jobs=BULK_JOBS)
    follower.tick()
    follower.care()
    assert noted(world) == {}


def test_a_worker_without_a_queue_says_what_it_needs(database):
    with pytest.raises(QueueMissing) as refusal:
        require_queue(database)
    assert ("jobs serve" if database.is_sqlite else "db upgrade") in refusal.value.needed


# With procrastinate's queue


def wake_ups(database: Database) -> Counter:
    with database.reading() as session:
        rows = session.execute(text("select args->>'task' as task, status::text as status from procrastinate_jobs"))
        return Counter((int(row.task), row.status) for row in rows)


def test_the_wake_up_is_in_the_callers_transaction(queue):
    with pytest.raises(ZeroDivisionError), queue.transaction() as session:
        assert bulk.enqueue(session, BULK, CHUNKS, AT) == 1 / 0
    assert wake_ups(queue) == {}
    number = enqueued(queue)
    assert wake_ups(queue) == {(number, "todo"): 1}


def test_with_a_queue_the_scheduler_leaves_the_work_to_workers(queue, time):
    number = enqueued(queue)
    leader = scheduler(queue, time, jobs={}, bulk_jobs=BULK_JOBS)
    leader.beat()
    leader.care()
    leader.tick()
    assert task_of(queue, number).state == TaskState.QUEUED
    with queue.reading() as session:
        assert not left_to_scheduler(session)
        state = state_of(session, {}, AT + timedelta(minutes=1), SILENCE)
    assert "worker-missing" in {reason.code for reason in explain(state)}


def test_a_worker_carries_out_what_it_is_woken_for(queue, time):
    numbers = [enqueued(queue) for _ in range(3)]
    Worker(queue, BULK_JOBS, SchedulingSettings(), time=time).serve(wait=False)
    assert {task_of(queue, number).state for number in numbers} == {TaskState.DONE}
    assert wake_ups(queue) == {}
    assert noted(queue) == Counter({("bulk", AT, part): 3 for part in range(CHUNKS)})


def test_a_failed_task_is_woken_again_at_its_time(queue, time):
    number = enqueued(queue, dataclasses.replace(BULK, name="broken"))
    job = BulkJob("broken", broken)
    Worker(queue, {"broken": job}, SchedulingSettings(), time=time).serve(wait=False)
    with queue.reading() as session:
        when = session.scalar(text("select scheduled_at from procrastinate_jobs where status = 'todo'"))
    assert when == AT + timedelta(seconds=10)
    assert wake_ups(queue) == {(number, "todo"): 1}


def test_a_lost_wake_up_is_left_again_and_a_spent_one_forgotten(queue):
    lost, spent = enqueued(queue), enqueued(queue)
    with queue.transaction() as session:
        session.execute(text("delete from procrastinate_jobs where (args->>'task')::bigint = :task"), {"task": lost})
        bulk.cancel(session, spent, AT)
    with queue.transaction() as session:
        look_after(session, AT, SILENCE)
    assert wake_ups(queue) == {(lost, "todo"): 1}
    with queue.transaction() as session:
        look_after(session, AT, SILENCE)
    assert wake_ups(queue) == {(lost, "todo"): 1}


def test_a_wake_up_that_died_with_its_worker_is_replaced(queue, time):
    number = enqueued(queue)
    with queue.transaction() as session:
        bulk.take(session, number, "dead", AT)
        session.execute(text("update procrastinate_jobs set status = 'doing'"))
    time.go_on(16)
    with queue.transaction() as session:
        look_after(session, time.at, SILENCE)
    assert wake_ups(queue) == {(number, "todo"): 1}
    with queue.reading() as session:
        assert due_tasks(session, time.at, 10) == [number]


def test_a_wake_up_that_comes_twice_does_nothing_the_second_time(queue, time):
    number = enqueued(queue)
    with queue.transaction() as session:
        session.execute(text("update procrastinate_jobs set queueing_lock = null"))
        bulk.wake(session, number)
    assert wake_ups(queue) == {(number, "todo"): 2}
    Worker(queue, BULK_JOBS, SchedulingSettings(), time=time).serve(wait=False)
    assert noted(queue) == done_once()


def test_of_many_wake_ups_for_one_task_one_is_kept(queue):
    number = enqueued(queue)
    with queue.transaction() as session:
        session.execute(text("delete from procrastinate_jobs"))
    barrier = threading.Barrier(4)

    def wake() -> None:
        barrier.wait()
        with queue.transaction() as session:
            bulk.wake(session, number)

    threads = [threading.Thread(target=wake) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wake_ups(queue) == {(number, "todo"): 1}


@pytest.mark.parametrize("blow", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_that_is_stopped_or_killed_leaves_work_that_another_ends(queue, queue_url, blow):
    """The first worker is struck when it says that it is in its third chunk; the second works to the end."""
    number = enqueued(queue, argument=CHUNKS)
    code = "import sys; from tests.base import test_bulk; test_bulk.work_aloud(sys.argv[1])"  # one line a chunk
    process = subprocess.Popen([sys.executable, "-c", code, queue_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "chunk 2\n":
            process.send_signal(blow)
            break
    process.stdout.read()
    process.wait()
    process.stdout.close()
    task = task_of(queue, number)
    if blow == signal.SIGTERM:
        assert (process.returncode, task.state) == (0, TaskState.QUEUED)
        assert wake_ups(queue) == {(number, "todo"): 1}
    with queue.transaction() as session:
        # As much later, whoever looks after the tasks finds the killed one silent.
        look_after(session, AT + timedelta(days=10_000), SILENCE)
        session.execute(text("update base_bulk_tasks set not_before = null"))
        session.execute(text("update procrastinate_jobs set scheduled_at = null"))
    Worker(queue, BULK_JOBS, SchedulingSettings()).serve(wait=False)
    assert task_of(queue, number).state == TaskState.DONE
    assert noted(queue) == done_once()


def work_aloud(url: str) -> None:
    """Be a worker that says each chunk and waits in the third until it is struck, or for a second."""
    struck = threading.Event()

    def step(session, chunk):
        note(session, "bulk", AT, chunk.done)
        print("chunk", chunk.done, flush=True)  # noqa: T201 — the test reads it
        if chunk.done == 2:
            struck.wait(1)
        return Advance(chunk.done + 1, chunk.done + 1, finished=chunk.done + 1 == CHUNKS)

    Worker(connect(DatabaseSettings(url=url)), {"bulk": BulkJob("bulk", step)}, SchedulingSettings()).serve()
