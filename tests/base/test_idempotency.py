"""Same key and body: same answer. Another body: refused. Still running: told so. A dead claimant: freed."""

import threading
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import text

from base.db import Database, DatabaseBusy
from base.idempotency import (
    KEPT,
    LEASE,
    RELEASE_TRIES,
    Claim,
    KeyReused,
    StillRunning,
    StoredAnswer,
    claim,
    keep,
    release,
)

ANSWER = StoredAnswer(201, {"Content-Type": "application/json", "Location": "/things/1"}, b'{"id":1}')


def acted(database: Database, at: datetime) -> None:
    held = claim(database, "system:a", "k", "digest", at)
    assert isinstance(held, Claim)
    with database.transaction() as session:
        keep(session, held, ANSWER)


def test_the_second_request_gets_the_first_ones_answer(database: Database, at: datetime):
    acted(database, at)
    assert claim(database, "system:a", "k", "digest", at) == ANSWER


def test_another_request_under_the_same_key_is_refused(database: Database, at: datetime):
    acted(database, at)
    with pytest.raises(KeyReused):
        claim(database, "system:a", "k", "other", at)


def test_another_callers_key_is_another_key(database: Database, at: datetime):
    acted(database, at)
    assert isinstance(claim(database, "system:b", "k", "other", at), Claim)


def test_a_request_that_runs_is_told_so(database: Database, at: datetime):
    claim(database, "system:a", "k", "digest", at)
    with pytest.raises(StillRunning):
        claim(database, "system:a", "k", "digest", at + LEASE / 2)


def test_a_refused_act_frees_its_key(database: Database, at: datetime):
    held = claim(database, "system:a", "k", "digest", at)
    assert isinstance(held, Claim)
    release(database, held)
    assert isinstance(claim(database, "system:a", "k", "digest", at), Claim)


def test_a_dead_claimants_key_is_taken_over_and_its_late_act_is_taken_back(database: Database, at: datetime):
    first = claim(database, "system:a", "k", "digest", at)
    second = claim(database, "system:a", "k", "digest", at + LEASE)
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    with pytest.raises(StillRunning), database.transaction() as session:
        keep(session, first, ANSWER)
    with database.transaction() as session:
        keep(session, second, ANSWER)
    assert claim(database, "system:a", "k", "digest", at + LEASE) == ANSWER


class Busy:
    """A database that other writers hold for so many transactions more."""

    def __init__(self, database: Database, times: int) -> None:
        self.database, self.times = database, times

    def transaction(self) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise DatabaseBusy
        return self.database.transaction()


def test_a_key_is_freed_as_soon_as_the_database_has_a_moment(database: Database, at: datetime):
    held = claim(database, "system:a", "k", "digest", at)
    assert isinstance(held, Claim)
    release(cast("Database", Busy(database, RELEASE_TRIES - 1)), held)
    assert isinstance(claim(database, "system:a", "k", "digest", at), Claim)


def test_a_key_that_could_not_be_freed_is_left_to_its_lease(database: Database, at: datetime):
    held = claim(database, "system:a", "k", "digest", at)
    assert isinstance(held, Claim)
    release(cast("Database", Busy(database, RELEASE_TRIES)), held)
    with pytest.raises(StillRunning):
        claim(database, "system:a", "k", "digest", at + LEASE / 2)
    assert isinstance(claim(database, "system:a", "k", "digest", at + LEASE), Claim)


def test_a_release_never_removes_a_kept_answer(database: Database, at: datetime):
    held = claim(database, "system:a", "k", "digest", at)
    assert isinstance(held, Claim)
    with database.transaction() as session:
        keep(session, held, ANSWER)
    release(database, held)
    assert claim(database, "system:a", "k", "digest", at) == ANSWER


def test_keys_are_forgotten_after_their_day(database: Database, at: datetime):
    acted(database, at)
    assert isinstance(claim(database, "system:b", "x", "d", at + KEPT + timedelta(seconds=1)), Claim)
    with database.reading() as session:
        assert session.execute(text("select count(*) from base_idempotency_keys")).scalar() == 1


def test_of_many_at_once_exactly_one_may_act(database: Database, at: datetime):
    outcomes: list[str] = []
    ready = threading.Barrier(6)

    def ask() -> None:
        ready.wait()
        try:
            claim(database, "system:a", "k", "digest", at)
        except StillRunning:
            outcomes.append("running")
        else:
            outcomes.append("acts")

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["acts"] + ["running"] * 5
