"""Quotas: counted in the database, taken by whoever comes first, forgotten when they tell nothing more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from exchange.agreements.contracts import Quota, Used
from exchange.door import quotas
from exchange.door.errors import QuotaExceeded
from exchange.door.models import QuotaCount
from exchange.door.quotas import Taking

FULL = Quota(per_minute=2, per_day=3, in_total=5)


def taken(database, at, *takings):
    with database.transaction() as session:
        return quotas.take(session, takings, at)


def test_a_minute_fills_up_again_a_day_later_and_all_never(database, at):
    minute, day = timedelta(minutes=1), timedelta(days=1)
    one = Taking("g", FULL, 1)
    assert taken(database, at, one) == taken(database, at, one) == {}
    assert taken(database, at, one)["g"].window == "minute"
    assert taken(database, at + minute, one) == {}
    assert taken(database, at + 2 * minute, one)["g"].window == "day"
    assert taken(database, at + day, one) == taken(database, at + day, one) == {}
    assert taken(database, at + 2 * day, one)["g"].window == "total"


def test_what_is_refused_takes_nothing(database, at):
    assert taken(database, at, Taking("g", FULL, 9))["g"].limit in {2, 3, 5}
    with database.reading() as session:
        assert quotas.used(session, "g", FULL, at) == Used()
    assert taken(database, at, Taking("g", FULL, 2)) == {}
    with database.reading() as session:
        assert quotas.used(session, "g", FULL, at) == Used(2, 2, 2)


def test_grants_are_counted_apart_and_together_in_one_statement(database, at):
    told = taken(database, at, Taking("b", FULL, 1), Taking("a", FULL, 3), Taking("c", Quota(), 99))
    assert list(told) == ["a"]
    with database.reading() as session:
        assert quotas.used(session, "b", FULL, at) == Used(1, 1, 1)
        assert quotas.used(session, "a", FULL, at) == Used()


def test_a_look_refuses_early_and_tells_when_to_come_again(database, at):
    taken(database, at, Taking("g", FULL, 2))
    with database.reading() as session, pytest.raises(QuotaExceeded) as refused:
        quotas.look(session, [Taking("g", FULL, 1)], at)
    assert (refused.value.window, refused.value.retry_after) == ("minute", 61)


def test_of_many_at_once_exactly_as_many_as_the_limit_are_taken(database, at):
    def one(_):
        return not taken(database, at, Taking("g", Quota(per_day=20), 1))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(50))) == 20


def test_counts_of_windows_long_over_are_forgotten_and_totals_are_not(database, at):
    taken(database, at, Taking("g", FULL, 1))
    with database.transaction() as session:
        quotas.forget(session, at + timedelta(days=200))
        assert session.scalar(select(func.count()).select_from(QuotaCount)) == 1
        assert quotas.used(session, "g", FULL, at) == Used(0, 0, 1)
