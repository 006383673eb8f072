"""Gates: a source that hangs holds its own few callers and nobody else's."""

import threading

import pytest

from base.tables import laid_out
from exchange.sources import Kind
from exchange.sources.gates import FAILURES_BEFORE_REST, PATIENCE_SECONDS, Gate, GatedSource
from exchange.sources.source import Answer, Down, Empty, Found, Outcome, Probe, Question, TimedOut

QUESTION = Question(("甲",))


class Scripted:
    """A source that answers what it is told, or waits until it may go on."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls = 0
        self.waits = threading.Event()
        self.waits.set()
        self.inside = threading.Semaphore(0)

    def ask(self, question: Question) -> Answer:
        self.calls += 1
        self.inside.release()
        assert self.waits.wait(10)
        return self.answer

    def probe(self) -> Probe:
        return Probe(self.answer.outcome)

    def close(self) -> None:
        """Hold nothing."""


class Clock:
    """A stopwatch that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_hanging_source_holds_only_its_own_callers():
    clock = Clock()
    hanging, healthy = Scripted(TimedOut("answer")), Scripted(Found(({"甲": 1},)))
    hanging.waits.clear()
    slow, fast = GatedSource(hanging, Gate(3, 30, clock)), GatedSource(healthy, Gate(3, 30, clock))
    threads = [threading.Thread(target=slow.ask, args=(QUESTION,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert hanging.inside.acquire(timeout=10)
    clock.at = 2 * PATIENCE_SECONDS
    assert [slow.ask(QUESTION) for _ in range(20)] == [Down("busy")] * 20
    assert hanging.calls == 3
    assert all(isinstance(fast.ask(QUESTION), Found) for _ in range(20))
    hanging.waits.set()
    for thread in threads:
        thread.join(10)
    assert slow.ask(QUESTION) == TimedOut("answer")


def test_callers_that_meet_at_a_source_that_answers_wait_for_each_other():
    arrived = threading.Semaphore(0)

    class Seen(Clock):
        def __call__(self) -> float:
            arrived.release()
            return self.at

    source, answers = Scripted(Found(({"甲": 1},))), list[Answer]()
    source.waits.clear()
    gated = GatedSource(source, Gate(1, 30, Seen()))
    threads = [threading.Thread(target=lambda: answers.append(gated.ask(QUESTION))) for _ in range(8)]
    threads[0].start()
    assert source.inside.acquire(timeout=10)
    for thread in threads[1:]:
        thread.start()
    for _ in range(2 + len(threads[1:])):  # the first looked at the clock twice
        assert arrived.acquire(timeout=10)
    source.waits.set()
    for thread in threads:
        thread.join(10)
    assert answers == [Found(({"甲": 1},))] * len(threads)


def test_after_failures_it_rests_then_lets_one_try():
    clock, source = Clock(), Scripted(Down("connect-failed"))
    gated = GatedSource(source, Gate(4, 30, clock))
    for _ in range(FAILURES_BEFORE_REST):
        assert gated.ask(QUESTION) == Down("connect-failed")
    assert gated.ask(QUESTION) == Down("resting")
    assert source.calls == FAILURES_BEFORE_REST
    clock.at = 31
    assert gated.ask(QUESTION) == Down("connect-failed")
    assert gated.ask(QUESTION) == Down("resting")
    clock.at, source.answer = 62, Empty()
    assert [gated.ask(QUESTION) for _ in range(3)] == [Empty()] * 3


def test_a_good_probe_opens_the_gate():
    clock, source = Clock(), Scripted(Down("connect-failed"))
    gated = GatedSource(source, Gate(4, 30, clock))
    for _ in range(FAILURES_BEFORE_REST):
        gated.ask(QUESTION)
    source.answer = Empty()
    assert gated.ask(QUESTION) == Down("resting")
    assert gated.probe().outcome is Outcome.EMPTY
    assert gated.ask(QUESTION) == Empty()


def test_a_fault_of_ours_gives_its_place_back():
    class Faulty(Scripted):
        def ask(self, question: Question) -> Answer:
            raise RuntimeError

    gated = GatedSource(Faulty(Empty()), Gate(1, 30, Clock()))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            gated.ask(QUESTION)


def test_a_kind_used_twice_is_refused():
    def never(*_: object) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="share a name"):
        laid_out(Kind("x", never, never), Kind("x", never, never))  # type: ignore[arg-type]
