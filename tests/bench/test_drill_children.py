"""Processes of a drill: nobody else is ever signalled, nobody is waited for for ever, nobody outlives the drill."""

import os
import select
import socket
import threading

import pytest

from bench.drills import children
from bench.drills.children import Child, Stuck, free_port


def forever() -> None:
    threading.Event().wait()


def test_a_child_that_ended_by_itself_is_not_signalled(monkeypatch: pytest.MonkeyPatch):
    """Once it was waited for, its number may be a stranger's."""
    signalled: list[int] = []
    monkeypatch.setattr(os, "kill", lambda number, _signal: signalled.append(number))
    child = Child.of(lambda: None)
    assert child.ended(60)
    assert not child.killed()
    assert not child.killed()
    assert signalled == []


def test_a_child_that_works_is_killed_and_one_that_ended_counts_as_none():
    working = Child.of(forever)
    assert not working.ended()
    assert working.killed()


def test_a_child_that_does_not_go_is_named_instead_of_waited_for(monkeypatch: pytest.MonkeyPatch):
    child = Child.of(forever)
    with monkeypatch.context() as patched:
        patched.setattr(children, "GONE_SECONDS", 0.0)
        patched.setattr(os, "kill", lambda _number, _signal: None)
        with pytest.raises(Stuck, match="lives"):
            child.killed()
    assert child.killed()


def test_a_fault_in_a_child_ends_the_child_alone(capfd: pytest.CaptureFixture[str]):
    def fails() -> None:
        raise ValueError("演示")

    child = Child.of(fails)
    assert child.ended(60)
    assert os.WEXITSTATUS(child.status or 0) == 1
    assert "ValueError: 演示" in capfd.readouterr().err


def test_a_child_goes_with_whoever_started_it():
    """A drill that is killed from outside leaves nobody behind: the pipe ends when the last who holds it has gone."""
    reading, writing = os.pipe()

    def starts() -> None:
        Child.of(forever)
        os.write(writing, b"started")
        forever()

    child = Child.of(starts)
    os.close(writing)
    assert os.read(reading, 20) == b"started"
    assert child.killed()
    assert select.select([reading], [], [], 60.0)[0]
    assert os.read(reading, 20) == b""
    os.close(reading)


def test_a_free_port_is_one_on_which_nobody_listens():
    port = free_port()
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(("127.0.0.1", port))
    assert port in children.PORTS
