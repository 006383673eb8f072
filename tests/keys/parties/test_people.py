"""People and roles: no account unites two duties, whatever path is tried, and nobody mends their own rights."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from base import clock
from base.callers import ROLES, Caller
from base.db import Database
from keys.parties import organisations, people, systems
from keys.parties.errors import (
    DutiesConflict,
    LastOfDuty,
    LoginTaken,
    NoSuchPerson,
    OrganisationSuspended,
    OwnRoles,
    PartyStateConflict,
    UnknownRole,
)
from keys.parties.models import DUTIES, PersonRole
from keys.parties.organisations import organisation_of
from keys.parties.people import NewPerson, PersonChange, person_of
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, MAKER, PROVINCE
from tests.keys.parties.conftest import COOKIE


@pytest.fixture
def filled(database: Database, at: datetime) -> Database:
    builders.populate(database, at)
    return database


def roles(database: Database, person: str) -> frozenset[str]:
    with database.reading() as session:
        return people.roles_of(session, person)


def assign(database: Database, person: str, *wanted: str, by: Caller = MAKER, at: datetime) -> None:
    with database.transaction() as session:
        people.assign_roles(session, person_of(session, person, locked=True), wanted, by, at)


def test_an_account_begins_without_roles(filled: Database, at: datetime):
    with filled.transaction() as session:
        row = people.add(session, NewPerson("Anna", "演示甲", PROVINCE, "anna@example.org"), MAKER, at)
    assert roles(filled, row.id) == frozenset()
    assert row.login == "anna"


def test_login_names_are_one_whatever_their_case(filled: Database, at: datetime):
    builders.add_person(filled, "anna", set(), at)
    with pytest.raises(LoginTaken), filled.transaction() as session:
        people.add(session, NewPerson("ANNA", "演示甲", PROVINCE), MAKER, at)


@pytest.mark.parametrize("pair", [DUTIES[:2], DUTIES[1:], DUTIES[::2], DUTIES])
def test_no_account_holds_two_of_the_three_duties(filled: Database, at: datetime, pair: tuple[str, ...]):
    person = builders.add_person(filled, "anna", {pair[0], "steward"}, at)
    with pytest.raises(DutiesConflict):
        assign(filled, person, *pair, at=at)
    assert roles(filled, person) == {pair[0], "steward"}


def test_not_even_the_database_takes_two_duties(filled: Database, at: datetime):
    person = builders.add_person(filled, "anna", {"sysadmin"}, at)
    with pytest.raises(IntegrityError), filled.transaction() as session:
        session.add(PersonRole(person=person, role="auditor", granted_by="x", granted_at=at))


@given(st.frozensets(st.sampled_from(sorted(ROLES))))
def test_roles_fit_together_exactly_when_they_hold_one_duty_at_most(wanted: frozenset[str]):
    try:
        people.require_separate(wanted)
    except DutiesConflict:
        assert len(wanted & set(DUTIES)) > 1
    else:
        assert len(wanted & set(DUTIES)) <= 1


def test_a_role_that_does_not_exist_is_refused(filled: Database, at: datetime):
    person = builders.add_person(filled, "anna", set(), at)
    with pytest.raises(UnknownRole):
        assign(filled, person, "emperor", at=at)


def test_nobody_changes_their_own_roles(filled: Database, at: datetime):
    person = builders.add_person(filled, "anna", {"secadmin"}, at)
    with pytest.raises(OwnRoles):
        assign(filled, person, "secadmin", "steward", by=Caller("person", person), at=at)


def test_the_last_of_a_duty_stays(filled: Database, at: datetime):
    first = builders.add_person(filled, "anna", {"secadmin"}, at)
    with pytest.raises(LastOfDuty):
        assign(filled, first, "steward", at=at)
    with pytest.raises(LastOfDuty), filled.transaction() as session:
        people.suspend(session, person_of(session, first, locked=True), "x", MAKER, at)
    builders.add_person(filled, "bert", {"secadmin"}, at)
    assign(filled, first, "steward", at=at)
    assert roles(filled, first) == {"steward"}


def test_a_suspended_account_does_not_count_as_another_of_its_duty(filled: Database, at: datetime):
    first = builders.add_person(filled, "anna", {"secadmin"}, at)
    second = builders.add_person(filled, "bert", {"secadmin"}, at)
    with filled.transaction() as session:
        people.suspend(session, person_of(session, second, locked=True), "x", MAKER, at)
    with pytest.raises(LastOfDuty):
        assign(filled, first, at=at)


def test_a_person_is_a_caller_while_account_and_organisation_are_active(filled: Database, at: datetime):
    person = builders.add_person(filled, "anna", {"steward"}, at)
    with filled.transaction() as session:
        row = person_of(session, person, locked=True)
        caller = people.caller_of(session, row)
        assert caller == Caller("person", person, "演示员", PROVINCE, frozenset({"steward"}))
        people.suspend(session, row, "x", MAKER, at)
        assert people.caller_of(session, row) is None
        with pytest.raises(PartyStateConflict):
            people.suspend(session, row, "x", MAKER, at)
        people.resume(session, row, "x", MAKER, at)
        organisations.suspend(session, organisation_of(session, PROVINCE, locked=True), "x", MAKER, at)
        assert people.caller_of(session, row) is None
        with pytest.raises(OrganisationSuspended):
            people.add(session, NewPerson("bert", "演示乙", PROVINCE), MAKER, at)


def test_a_person_moves_to_another_organisation(filled: Database, at: datetime):
    person = builders.add_person(filled, "anna", set(), at)
    with filled.transaction() as session:
        row = people.change(
            session, person_of(session, person, locked=True), PersonChange(organisation=CITY), MAKER, at
        )
        assert (row.organisation, row.version) == (CITY, 3)
    with pytest.raises(NoSuchPerson), filled.reading() as session:
        person_of(session, "none")


# --- over HTTP ----------------------------------------------------------------------------------------------------


def test_one_administrator_makes_the_account_and_another_gives_the_roles(site, read):
    sysadmin = builders.with_person(site, read, {"sysadmin"}, "anna").client
    secadmin = builders.with_person(site, read, {"secadmin"}, "bert").client
    body = {"login": "carl", "name": "演示丙", "organisation": PROVINCE, "email": "carl@example.org"}
    made = sysadmin.post("/api/v1/people", json=body, headers=COOKIE)
    assert (made.status_code, made.json["roles"]) == (201, [])
    place = f"/api/v1/people/{made.json['id']}"
    tag = {**COOKIE, "If-Match": made.headers["ETag"]}
    wanted = {"roles": ["auditor", "steward"]}
    assert sysadmin.put(f"{place}/roles", json=wanted, headers=tag).status_code == 403
    given = secadmin.put(f"{place}/roles", json=wanted, headers=tag)
    assert given.json["roles"] == ["auditor", "steward"]
    both = {"roles": ["auditor", "secadmin"]}
    refused = secadmin.put(f"{place}/roles", json=both, headers={**COOKIE, "If-Match": given.headers["ETag"]})
    assert (refused.status_code, refused.json["code"]) == (409, "duties-conflict")
    assert secadmin.put(f"{place}/roles", json=wanted, headers=tag).status_code == 412
    listed = secadmin.get("/api/v1/people?role=auditor", headers=COOKIE).json["items"]
    assert [each["login"] for each in listed] == ["carl"]
    changed = sysadmin.patch(
        place,
        json={"name": "演示丁"},
        headers={**COOKIE, "If-Match": sysadmin.get(place, headers=COOKIE).headers["ETag"]},
    )
    assert changed.json["name"] == "演示丁"
    assert secadmin.post(f"{place}/suspensions", json={"reason": "x"}, headers=COOKIE).status_code == 409
    assert secadmin.get("/api/v1/people?limit=1", headers=COOKIE).json["next_cursor"]


def test_a_system_may_make_accounts_and_never_give_roles(site):
    with site.database.transaction() as session:
        systems.grant_scopes(session, systems.system_of(session, "gm", locked=True), ["admin"], MAKER, clock.now())
    headers = site.bearer("gm")
    body = {"login": "carl", "name": "演示丙", "organisation": PROVINCE}
    made = site.client.post("/api/v1/people", json=body, headers=headers)
    assert made.status_code == 201
    place = f"/api/v1/people/{made.json['id']}/roles"
    tag = {**headers, "If-Match": made.headers["ETag"]}
    assert site.client.put(place, json={"roles": ["steward"]}, headers=tag).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"login": ""}, "#/login"),
        ({"login": "a b"}, "#/login"),
        ({"login": "x" * 65}, "#/login"),
        ({"email": "nobody"}, "#/email"),
        ({"name": "\t"}, "#/name"),
        ({"organisation": "x"}, "#/organisation"),
        ({"roles": ["secadmin"]}, "#/roles"),
        ({"password": "x"}, "#/password"),
    ],
)
def test_a_malformed_account_is_refused_at_its_place(sysadmin, change, pointer: str):
    body = {"login": "carl", "name": "演示丙", "organisation": PROVINCE, **change}
    answer = sysadmin.client.post("/api/v1/people", json=body, headers=COOKIE)
    assert answer.status_code == 422
    assert pointer in [each["pointer"].split("/0")[0] for each in answer.json["errors"]]
