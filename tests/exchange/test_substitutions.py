"""Substitutes take another's place for a while, under their own name, and never check their own work that way."""

from datetime import datetime, timedelta

import pytest

from base.acting import actor
from base.callers import Caller
from base.db import Database
from exchange import directories, substitutions, tasks
from exchange.errors import NotYourDirectory, OwnWork, UnusableSubstitution
from exchange.life import Step
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import MAKER, STEWARD, drafted

DAY = timedelta(days=1)


@pytest.fixture
def office(database: Database, at: datetime) -> tuple[Database, Caller, Caller]:
    """Make a reviewer who is away and a steward who can stand in."""
    departments.opened(database, at)
    with database.transaction() as session:
        made = []
        for login, role in (("away", "reviewer"), ("standing-in", "steward")):
            row = people.add(session, NewPerson(login, "演示员", code_of("health")), MAKER, at)
            people.assign_roles(session, row, (role,), MAKER, at)
            made.append(Caller("person", row.id, login, row.organisation, frozenset({role})))
    return database, made[0], made[1]


def test_a_substitute_checks_in_the_others_place_and_under_their_own_name(office, at: datetime):
    database, away, acting = office
    with database.transaction() as session:
        substitutions.appoint(session, away.id, acting.id, at, at + DAY, away, at)
        row, version = drafted(session, at)
        directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
        assert [each.title for each in tasks.mine(session, acting, at)] == [row.name]
        directories.take(session, row, version, Step.FORWARD, "", acting, at)
        last = directories.steps(session, row)[-1]
        assert (last.by, last.on_behalf_of) == (actor(acting), away.id)


@pytest.mark.parametrize("when", [-1, 1, 2])
def test_outside_its_time_it_lends_nothing(office, at: datetime, when: int):
    database, away, acting = office
    with database.transaction() as session:
        substitutions.appoint(session, away.id, acting.id, at, at + DAY, away, at)
        row, version = drafted(session, at)
        directories.take(session, row, version, Step.SUBMIT, "", STEWARD, at)
        with pytest.raises(NotYourDirectory):
            directories.take(session, row, version, Step.FORWARD, "", acting, at + when * DAY)


def test_an_ended_substitution_lends_nothing(office, at: datetime):
    database, away, acting = office
    with database.transaction() as session:
        row = substitutions.appoint(session, away.id, acting.id, at, at + DAY, away, at)
        substitutions.end(session, row, away, at)
        assert set(substitutions.roles_of(session, acting, at)) == {"steward"}


def test_who_wrote_it_does_not_check_it_in_anothers_place(office, at: datetime):
    database, away, acting = office
    with database.transaction() as session:
        substitutions.appoint(session, away.id, acting.id, at, at + DAY, away, at)
        row, version = drafted(session, at, by=acting)
        directories.take(session, row, version, Step.SUBMIT, "", acting, at)
        with pytest.raises(OwnWork):
            directories.take(session, row, version, Step.FORWARD, "", acting, at)


@pytest.mark.parametrize("reason", ["oneself", "other-organisation", "not-yours", "period", "too-long"])
def test_what_cannot_be_lent_is_refused(office, at: datetime, reason: str):
    database, away, acting = office
    by, until, substitute = away, at + DAY, acting.id
    with database.transaction() as session:
        if reason == "oneself":
            substitute = away.id
        if reason == "other-organisation":
            substitute = people.add(session, NewPerson("far", "演示员", code_of("police")), MAKER, at).id
        if reason == "not-yours":
            by = acting
        if reason == "period":
            until = at
        if reason == "too-long":
            until = at + 300 * DAY
        with pytest.raises(UnusableSubstitution):
            substitutions.appoint(session, away.id, substitute, at, until, by, at)


def test_the_three_duties_are_never_lent(office, at: datetime):
    database, away, acting = office
    with database.transaction() as session:
        people.assign_roles(session, people.person_of(session, away.id), ("reviewer", "secadmin"), MAKER, at)
        substitutions.appoint(session, away.id, acting.id, at, at + DAY, away, at)
        assert set(substitutions.roles_of(session, acting, at)) == {"steward", "reviewer"}
