"""A process that dies between any two steps, two processes at once, and the two naive ways, which the checker names."""

import itertools
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from base.db import Database
from base.errors import DomainError
from catalog_sync import contents, outbox, push
from catalog_sync.balance import beside, broken
from catalog_sync.models import Outbox
from catalog_sync.record import Record
from catalog_sync.states import State
from catalog_sync.targets.target import ChannelDown
from tests.catalog_sync.house import House
from tests.catalog_sync.platform import Platform


class Died(BaseException):
    """The process is gone."""


class Dying:
    """A database whose process dies at the n-th edge of a transaction: before it commits, or right after."""

    def __init__(self, database: Database, edge: int) -> None:
        self.database, self.edge, self.seen = database, edge, itertools.count(1)

    def repeat(self, unit: Callable[[Any], Any]) -> Any:
        """Run a unit, and die at its edge where it is the one."""

        def dying(session: Any) -> Any:
            made = unit(session)
            session.flush()
            self._edge()
            return made

        made = self.database.repeat(dying)
        self._edge()
        return made

    def _edge(self) -> None:
        if next(self.seen) == self.edge:
            raise Died


@pytest.mark.parametrize("knows_keys", [True, False])
def test_a_process_that_dies_at_any_edge_loses_and_doubles_nothing(both: House, knows_keys: bool) -> None:
    """At each edge of claim and settle, before and after the commit: die there, go on, and compare the two sides."""
    house, platform = both, both.platform
    platform.knows_keys, platform.most = knows_keys, 2
    for edge in range(1, 9):
        house.fill(5, start=10 * edge)
        house.write()
        dying: Any = Dying(house.database, edge)
        with pytest.raises(Died):
            push.push(dying, house.sync, platform, house.now)
        house.later(minutes=16)
        house.push()
        assert set(house.states()) == {"stored"}, edge
    assert beside(house.counted(), platform.arrivals) == ()
    assert broken(house.counted()) == ()
    assert platform.disorder == []


def test_what_came_of_an_exchange_is_kept_where_the_record_after_it_cannot_be_read(both: House) -> None:
    """The next claim stands in the transaction that settles: one that fails takes nothing of that with it."""
    both.platform.most = 1
    both.fill(2)
    both.write()
    damaged = both.rows()[1].number
    both.transaction(
        lambda session: session.execute(update(Outbox).where(Outbox.number == damaged).values(content=b""))
    )
    with pytest.raises(DomainError):
        both.push()
    assert both.states() == ["stored", "waiting"]
    assert both.channel().answers == 1
    assert len(both.platform.arrivals) == 1


def test_two_processes_at_once_tell_each_record_once_on_either_database(both: House) -> None:
    both.platform.most = 3
    both.fill(40)
    both.write()
    begin = threading.Barrier(2)

    def work() -> None:
        begin.wait()
        both.push()

    together = [threading.Thread(target=work) for _ in range(2)]
    for each in together:
        each.start()
    for each in together:
        each.join()
    assert both.states() == ["stored"] * 40
    assert sum(records for what, _, records in both.platform.calls if what == "send") == 40
    assert beside(both.counted(), both.platform.arrivals) == ()


def test_what_a_process_says_after_its_claim_ran_out_does_no_harm(house: House) -> None:
    """A is slow; B takes its records over and tells them; A comes back with its failure."""
    house.fill(2)
    house.write()
    target = house.platform
    slow = house.transaction(lambda session: push.claim(session, house.sync, target, house.at))
    house.later(minutes=16)
    house.push()
    assert house.states() == ["stored"] * 2
    fault = ChannelDown("platform", "late")
    house.transaction(lambda session: push.settle(session, house.sync, target, slow, fault, house.at))
    assert house.states() == ["stored"] * 2
    assert beside(house.counted(), target.arrivals) == ()


def mark_then_send(house: House, dies: Callable[[int], bool]) -> None:
    """Be naive: believe that what is marked will have been sent."""
    walk(house, dies, marks_first=True)


def send_then_mark(house: House, dies: Callable[[int], bool]) -> None:
    """Be naive: mark what was sent, and send what is not marked."""
    walk(house, dies, marks_first=False)


def walk(house: House, dies: Callable[[int], bool], *, marks_first: bool) -> None:
    """Tell row after row, each time dying where it hurts when told to, and begin again."""
    platform: Platform = house.platform
    platform.knows_keys = False
    numbers = [row.number for row in house.rows()]
    done: set[int] = set()
    for turn in itertools.count():
        left = [number for number in numbers if number not in done]
        if not left:
            return
        number = left[0]
        claimed = house.transaction(partial(_record, house=house, number=number))
        if marks_first:
            done.add(number)
            house.transaction(partial(_mark, house=house, number=number))
            if not dies(turn):
                platform.send([claimed], {}, house.at)
        else:
            platform.send([claimed], {}, house.at)
            if not dies(turn):
                done.add(number)
                house.transaction(partial(_mark, house=house, number=number))


def _record(session: Any, house: House, number: int) -> Record:

    return contents.record_of(session, house.sync.keys, outbox.row_of(session, number))


def _mark(session: Any, house: House, number: int) -> None:

    outbox.step(session, house.sync.keys, outbox.row_of(session, number), State.STORED, house.at)


def test_the_checker_names_what_the_naive_ways_lose_and_double(house: House) -> None:
    """Each fourth step dies in the gap: one way loses those records, the other tells them twice."""
    house.fill(20)
    house.write()
    mark_then_send(house, lambda turn: turn % 4 == 0)
    faults = beside(house.counted(), house.platform.arrivals)
    assert {each.code for each in faults} == {"lost"}
    assert len(faults) == 5
    house.fill(20, start=100)
    house.write()
    before = len(house.platform.arrivals)
    house.platform.arrivals.clear()
    fresh = [row for row in house.counted() if row.number > 20]
    numbers = {row.number for row in fresh}

    class Later(House):
        def rows(self) -> Any:
            return [row for row in super().rows() if row.number in numbers]

    send_then_mark(Later(house.database, house.sync, house.at, house.things), lambda turn: turn % 4 == 0)
    told = [row for row in house.counted() if row.number in numbers]
    faults = beside(told, house.platform.arrivals)
    assert before == 15
    assert {each.code for each in faults} == {"doubled"}
    assert len(faults) >= 5
