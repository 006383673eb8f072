"""Sessions are lent to one at a time, used again, and thrown away after a failure or a fork."""

import multiprocessing
import threading

import pytest

from keys.signers import pool as module
from keys.signers.errors import DeviceDown
from keys.signers.pool import Pool


class Sessions:
    def __init__(self) -> None:
        self.opened = 0
        self.closed: list[int] = []

    def open(self) -> int:
        self.opened += 1
        return self.opened

    def pool(self, most: int = 2) -> Pool[int]:
        return Pool("test", self.open, self.closed.append, most)


def test_a_session_is_used_again():
    sessions = Sessions()
    pool = sessions.pool()
    for _ in range(5):
        with pool.session() as session:
            assert session == 1
    assert (sessions.opened, sessions.closed) == (1, [])


def test_two_at_a_time_have_two_sessions():
    pool = Sessions().pool()
    with pool.session() as first, pool.session() as second:
        assert first != second


def test_more_than_there_is_room_for_wait_and_then_are_refused(monkeypatch):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    pool = Sessions().pool(1)
    with pool.session(), pytest.raises(DeviceDown, match="busy"), pool.session():
        pass
    with pool.session():
        pass


def _fail(pool: Pool[int]) -> None:
    with pool.session():
        raise RuntimeError


def test_after_a_failure_no_old_session_is_lent():
    sessions = Sessions()
    pool = sessions.pool()
    with pool.session() as first, pool.session() as second:
        pass
    with pytest.raises(RuntimeError):
        _fail(pool)
    assert sorted(sessions.closed) == [first, second]
    with pool.session() as third:
        assert third == 3


def test_a_session_that_was_out_while_others_were_thrown_away_is_not_lent_again():
    sessions = Sessions()
    pool = sessions.pool()
    with pool.session() as first:
        pool.empty()
    with pool.session() as second:
        assert second != first
    assert sessions.closed == [first]


def test_a_session_that_cannot_be_closed_hides_no_failure():
    def refuses(_session: int) -> None:
        raise OSError

    pool = Pool("test", lambda: 1, refuses)
    with pytest.raises(RuntimeError):
        _fail(pool)


def test_a_session_that_cannot_be_opened_leaves_the_room_free():
    def refuses() -> int:
        raise DeviceDown("test", "x")

    pool = Pool("test", refuses, lambda _: None, 1)
    for _ in range(3):
        with pytest.raises(DeviceDown, match="'x'"), pool.session():
            pass


def test_a_forked_process_opens_its_own():
    sessions = Sessions()
    pool = sessions.pool()
    with pool.session():
        pass
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def work() -> None:
        with pool.session() as session:
            theirs.send(session)

    child = context.Process(target=work)
    child.start()
    assert ours.poll(10)
    assert ours.recv() == 2
    child.join(10)
    with pool.session() as session:
        assert session == 1


def test_never_more_sessions_than_room_for():
    sessions = Sessions()
    pool = sessions.pool(3)
    together, most = threading.Lock(), [0, 0]

    def work() -> None:
        for _ in range(50):
            with pool.session():
                with together:
                    most[0] += 1
                    most[1] = max(most)
                with together:
                    most[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(10)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most[1] <= 3
    assert sessions.opened <= 3
