"""The sandbox's directories: sixty and more, of twelve departments and more, every one of them in order."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import calendar
from base.db import Database
from exchange import form, sample, terms
from exchange.models import Directory, DirectoryVersion, Task
from keys.parties import organisations, people
from keys.parties import sample as parties
from keys.parties.people import NewPerson


@pytest.fixture
def made(database: Database, at: datetime) -> Database:
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, parties.MAKER, at)
        for each in parties.ORGANISATIONS:
            organisations.add(session, parties._new(each), parties.MAKER, at)
        for short in ("data", "city-data", "county-window"):
            row = people.add(session, NewPerson(f"{short}-head", "演示局长", parties.code_of(short)), parties.MAKER, at)
            people.assign_roles(session, row, ("authority",), parties.MAKER, at)
    for department, named in sample.by_department():
        with database.transaction() as session:
            sample.make_department(session, department, named, at)
    return database


def count(session: Session, column) -> int:
    return session.execute(select(func.count(func.distinct(column)))).scalar_one()


def test_there_are_enough_of_them_and_each_says_what_it_must(made: Database):
    with made.reading() as session:
        assert count(session, Directory.code) >= 60
        assert count(session, Directory.owner) >= 12
        assert count(session, Directory.level) >= 3
        for row in session.scalars(select(DirectoryVersion).where(DirectoryVersion.state != "draft")):
            assert form.check(row.content) == (), row.content["name"]


def test_a_visitor_finds_one_in_every_state_that_someone_has_to_act_on(made: Database):
    with made.reading() as session:
        states = set(session.scalars(select(DirectoryVersion.state)))
        assert {"draft", "checking", "reviewing", "published", "withdrawing"} <= states
        assert session.execute(select(func.count()).select_from(Task).where(Task.done_at.is_(None))).scalar_one() > 3
