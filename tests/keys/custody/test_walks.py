"""However a few people go about it, a seal key is never usable with fewer than two of them."""

import itertools

from base.db import Database
from bench.drills import custody_walks
from keys.custody import acts


def test_a_seal_key_is_never_usable_with_fewer_than_two_people(database: Database):
    told = custody_walks.walks(database, 200 if database.is_sqlite else 50, seed=7)
    assert told["faults"] == []
    assert told["passed"]


def test_the_walks_would_notice(database: Database, monkeypatch):
    """When each act is recorded under a name of its own, nothing can compare people any more, and it shows."""
    numbers = itertools.count()
    monkeypatch.setattr(acts, "actor", lambda _: f"somebody-{next(numbers)}")
    told = custody_walks.walks(database, 20, seed=7)
    assert told["faults"]
    assert not told["passed"]
