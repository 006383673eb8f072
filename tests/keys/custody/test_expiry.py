"""Warnings before a certificate ends: at 90, 30 and 7 days, each once, to those who look after keys."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from base.db import Database
from base.notices.models import Delivery, StoredNotice
from keys.custody import acts, expiry
from keys.custody.acts import NewKey
from keys.custody.custody import Custody
from keys.custody.expiry import DAY, THRESHOLDS, due
from keys.custody.models import CustodyKey
from tests.conftest import AT
from tests.keys.custody.conftest import ONE, TWO
from tests.keys.parties import builders


@pytest.mark.parametrize(
    ("left", "warned", "told"),
    [
        (91, None, None),
        (90, None, 90),
        (89, 90, None),
        (30, 90, 30),
        (29, None, 30),
        (8, 30, None),
        (7, 30, 7),
        (7, 90, 7),
        (1, 7, None),
        (0, 7, None),
        (-5, 7, None),
        (-5, None, 7),
    ],
)
def test_each_threshold_is_due_once(left: int, warned: int | None, told: int | None):
    assert due(AT + left * DAY, warned, AT) == told


@given(st.lists(st.integers(-20, 200), min_size=1, max_size=60))
def test_however_often_it_is_asked_each_threshold_is_told_once_at_most(days: list[int]):
    warned, told = None, []
    for left in sorted(days, reverse=True):
        found = due(AT + left * DAY, warned, AT)
        if found is not None:
            told.append(found)
            warned = found
    assert len(set(told)) == len(told)
    assert told == sorted(told, reverse=True)
    assert bool(told) == (min(days) <= max(THRESHOLDS))


def test_those_who_look_after_keys_are_told_once_a_threshold(database: Database, custody: Custody):
    builders.populate(database, AT)
    for login, role in (("a", "sysadmin"), ("b", "secadmin"), ("c", "auditor")):
        builders.add_person(database, login, {role}, AT)
    with database.transaction() as session:
        acts.create(session, custody, NewKey("tsa", "tsa"), ONE, AT)
        acts.create(session, custody, NewKey("ocsp", "ocsp"), ONE, AT)
        acts.create(session, custody, NewKey("seal", "seal"), ONE, AT)
        session.execute(update(CustodyKey).where(CustodyKey.id != "ocsp").values(not_after=AT + 100 * DAY))
    told = []
    for day in range(101):
        with database.transaction() as session:
            told += [day] * expiry.warn(session, AT + timedelta(days=day))
    assert told == [10, 70, 93]
    with database.reading() as session:
        facts = [each.facts for each in session.scalars(select(StoredNotice).order_by(StoredNotice.id))]
        readers = set(session.scalars(select(Delivery.recipient)))
    assert [each["days"] for each in facts] == [90, 30, 7]
    assert {each["key"] for each in facts} == {"tsa"}
    assert len(readers) == 2


def test_a_new_certificate_begins_anew(database: Database, custody: Custody):
    builders.populate(database, AT)
    builders.add_person(database, "a", {"sysadmin"}, AT)
    with database.transaction() as session:
        acts.create(session, custody, NewKey("tsa", "tsa"), TWO, AT)
        session.execute(update(CustodyKey).values(not_after=AT + 5 * DAY, warned_days=7))
        assert expiry.warn(session, AT) == 0
        session.execute(update(CustodyKey).values(not_after=AT + 80 * DAY, warned_days=None))
        assert expiry.warn(session, AT) == 1
        assert expiry.warn(session, AT) == 0


def test_the_words_are_whole_in_both_languages():
    kind = expiry.KINDS[expiry.KIND]
    for language in ("zh", "en"):
        words = kind.told({"key": "tsa", "use": "tsa", "days": 7, "not_after": "2027-01-01"}, language)
        assert "{" not in words.title + words.body
