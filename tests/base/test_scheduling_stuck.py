"""Why is it stuck: each story has one reason, said in both languages."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from base.scheduling.stuck import (
    WORDS,
    BulkView,
    JobView,
    LeaseView,
    ProcessView,
    Rank,
    Reason,
    RunView,
    State,
    explain,
)

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SILENCE = timedelta(seconds=15)
LEADS = LeaseView("a:1:x", 7, AT, AT + SILENCE)
HOUSE = State(AT, SILENCE, LEADS)
RUN = RunView(
    id=1,
    due_at=AT,
    attempt=1,
    holder="a:1:x",
    token=7,
    in_one_transaction=False,
    started_at=AT,
    heartbeat_at=AT,
    deadline_at=AT + MINUTE,
    ended_at=None,
    outcome=None,
    error_code=None,
    done=3,
    total=9,
    note="",
)
JOB = JobView("push", "every 60 s", AT, AT + MINUTE)
FAILED = dataclasses.replace(RUN, outcome="failed", ended_at=AT, error_code="work-faulted")
WAITING = BulkView(queued=2, oldest_ready=AT - MINUTE)
WORKER = ProcessView("b:2:y", "worker", AT)


def house(**changes) -> State:
    return dataclasses.replace(HOUSE, **changes)


def job(**changes) -> State:
    return house(jobs=(dataclasses.replace(JOB, **changes),))


def run(**changes) -> State:
    return job(running=dataclasses.replace(RUN, **changes))


STORIES = {
    "no-leader": house(lease=None),
    "lease-expired": house(at=AT + MINUTE),
    "clock-set-back": house(at=AT - MINUTE),
    "worker-missing": house(bulk=dataclasses.replace(WAITING, left_to_scheduler=False)),
    "bulk-waiting": house(bulk=WAITING),
    "bulk-silent": house(bulk=BulkView(running=1, silent=1)),
    "bulk-failed": house(bulk=BulkView(failed=1)),
    "job-unknown": job(schedule=None, waiting=1),
    "run-silent": run(heartbeat_at=AT - MINUTE),
    "run-past-deadline": run(deadline_at=AT - MINUTE),
    "given-up": job(given_up=1, next_due=None),
    "last-failed": job(last=FAILED, waiting=1, not_before=AT + MINUTE),
    "slot-waiting": job(waiting=1, oldest_due=AT - MINUTE),
    "running": run(),
    "not-yet-due": job(),
}


def codes(state: State) -> list[str]:
    return [reason.code for reason in explain(state)]


@pytest.mark.parametrize("code", STORIES)
def test_each_story_has_its_one_reason_in_both_languages(code):
    (reason,) = explain(STORIES[code])
    assert reason.code == code
    for words in (reason.zh, reason.en):
        assert "{" not in words
        assert "None" not in words


def test_every_reason_has_its_story():
    assert set(STORIES) == set(WORDS)


def test_a_house_in_which_nothing_is_stuck_gives_no_reason():
    assert explain(HOUSE) == ()


def test_the_gravest_reason_comes_first():
    told = explain(house(lease=None, jobs=(JOB, dataclasses.replace(JOB, name="b", given_up=1))))
    assert [reason.rank for reason in told] == [Rank.STOPPED, Rank.FAILING, Rank.NOTE, Rank.NOTE]


def test_a_worker_that_lives_is_not_missing_and_a_silent_one_is():
    left_to_workers = dataclasses.replace(WAITING, left_to_scheduler=False)
    assert codes(house(bulk=left_to_workers, processes=(WORKER,))) == ["bulk-waiting"]
    silent = dataclasses.replace(WORKER, heartbeat_at=AT - MINUTE)
    assert codes(house(bulk=left_to_workers, processes=(silent,))) == ["worker-missing"]


def test_a_run_in_one_transaction_is_not_silent_because_it_cannot_beat():
    assert codes(run(in_one_transaction=True, heartbeat_at=AT - MINUTE)) == ["running"]


def test_a_mark_in_the_future_is_told_beside_the_rest():
    assert codes(job(laid_until=AT + timedelta(hours=1))) == ["clock-set-back", "not-yet-due"]


def test_how_far_a_run_is_is_told_with_its_note():
    assert explain(run(note="第 3 页", total=None))[0].en.endswith("done 3/? (第 3 页).")


def test_a_reason_is_told_apart_from_another_by_its_facts():
    assert Reason("bulk-failed", None, {"failed": 1}) != Reason("bulk-failed", None, {"failed": 2})
