"""Organisations: under sound codes only, each below a parent that covers it, never in a circle, stopped at a word."""

import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from base import audit, events
from base.audit import Search
from base.db import Database
from base.identifiers import CreditCode, InvalidCreditCode, RegionCode
from keys.parties import organisations, sample
from keys.parties.errors import (
    NoSuchOrganisation,
    OrganisationKnown,
    OrganisationSuspended,
    PartyStateConflict,
    UnfitParent,
)
from keys.parties.models import LEVELS, Organisation
from keys.parties.organisations import NewOrganisation, OrganisationChange, organisation_of
from tests.keys.parties.builders import MAKER
from tests.keys.parties.conftest import COOKIE

A, B, C, D = (CreditCode(sample.code_of(short)) for short in ("data", "market", "city-data", "county-window"))


def new(code: CreditCode, region: str, level: str, parent: CreditCode | None = None) -> NewOrganisation:
    return NewOrganisation(code, f"演示{code.text[-3:]}", RegionCode(region), level, parent)


def add(session: Session, at: datetime, *rows: NewOrganisation) -> list[Organisation]:
    return [organisations.add(session, row, MAKER, at) for row in rows]


def test_an_organisation_is_taken_in_with_a_record_and_an_event(database: Database, at: datetime):
    with database.transaction() as session:
        add(session, at, new(A, "320000", "province"))
    with database.reading() as session:
        assert organisation_of(session, A.text).state == "active"
        (recorded,) = audit.search(session, Search(act="organisation.added"))
        assert recorded.entry.actor == "person:maker"
        assert recorded.entry.thing.id == A.text
        assert [told.event.name for told in events.since(session, 0)] == ["organisation.added"]


def test_a_code_whose_check_character_is_wrong_cannot_even_be_written():
    with pytest.raises(InvalidCreditCode):
        CreditCode(A.text[:-1] + ("1" if A.text[-1] != "1" else "2"))


def test_an_organisation_is_taken_in_once(database: Database, at: datetime):
    with pytest.raises(OrganisationKnown), database.transaction() as session:
        add(session, at, new(A, "320000", "province"), new(A, "320000", "province"))


@pytest.mark.parametrize(
    ("child", "reason"),
    [
        (new(B, "320000", "province", C), "lower-level"),
        (new(B, "330000", "city", A), "other-region"),
        (new(B, "321000", "county", C), "other-region"),
    ],
)
def test_a_parent_of_lower_level_or_other_region_does_not_fit(database, at: datetime, child, reason: str):
    with database.transaction() as session:
        add(session, at, new(A, "320000", "province"), new(C, "320900", "city", A))
    with pytest.raises(UnfitParent, match=reason), database.transaction() as session:
        add(session, at, child)


def test_a_parent_must_be_known(database: Database, at: datetime):
    with pytest.raises(NoSuchOrganisation), database.transaction() as session:
        add(session, at, new(C, "320900", "city", A))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_circle_can_be_closed(database: Database, at: datetime, length: int):
    """Departments of one level and region may stand below each other; the last is put above the first."""
    chain = [A, B, CreditCode(sample.code_of("police"))][:length]
    with database.transaction() as session:
        for code, parent in itertools.pairwise([None, *chain]):
            add(session, at, new(parent, "320000", "province", code))  # type: ignore[arg-type]
    closing = OrganisationChange(parent=chain[-1])
    with pytest.raises(UnfitParent), database.transaction() as session:
        organisations.change(session, organisation_of(session, chain[0].text, locked=True), closing, MAKER, at)


def test_a_change_that_would_leave_a_child_misplaced_is_refused(database: Database, at: datetime):
    with database.transaction() as session:
        add(session, at, new(A, "320000", "province"), new(C, "320900", "city", A))
    for change in (OrganisationChange(region=RegionCode("330000")), OrganisationChange(level="county")):
        with pytest.raises(UnfitParent), database.transaction() as session:
            organisations.change(session, organisation_of(session, A.text, locked=True), change, MAKER, at)


def test_an_organisation_can_be_put_on_top(database: Database, at: datetime):
    with database.transaction() as session:
        add(session, at, new(A, "320000", "province"), new(C, "320900", "city", A))
        row = organisation_of(session, C.text, locked=True)
        organisations.change(session, row, OrganisationChange(top=True, name="演示新名"), MAKER, at)
        assert (row.parent, row.name, row.version) == (None, "演示新名", 2)


def test_a_suspended_organisation_takes_nobody_in_until_it_is_resumed(database: Database, at: datetime):
    with database.transaction() as session:
        (row,) = add(session, at, new(A, "320000", "province"))
        organisations.suspend(session, row, "合并", MAKER, at)
        with pytest.raises(OrganisationSuspended):
            organisations.active_organisation(session, A.text)
        with pytest.raises(PartyStateConflict):
            organisations.suspend(session, row, "合并", MAKER, at)
        organisations.resume(session, row, "恢复", MAKER, at)
        assert organisations.active_organisation(session, A.text).version == 3


@given(st.sampled_from(LEVELS), st.sampled_from(LEVELS), st.sampled_from(["320000", "320900", "320902", "330000"]))
def test_a_parent_that_fits_is_never_below_its_child(level: str, parent_level: str, region: str):
    try:
        organisations.require_fit("a", level, RegionCode("320902"), ("b", parent_level, RegionCode(region)))
    except UnfitParent:
        return
    assert LEVELS.index(parent_level) <= LEVELS.index(level)
    assert RegionCode(region).covers(RegionCode("320902"))


# --- over HTTP ----------------------------------------------------------------------------------------------------

BODY = {"code": D.text, "name": "演示区政务服务中心", "region": "320902", "level": "county", "parent": None}


def test_a_system_administrator_adds_reads_changes_suspends_and_resumes(sysadmin):
    client, place = sysadmin.client, f"/api/v1/organisations/{D.text}"
    made = client.post("/api/v1/organisations", json=BODY, headers=COOKIE)
    assert made.status_code == 201, made.text
    assert made.json["version"] == 1
    shown = client.get(place, headers=COOKIE)
    assert shown.json == made.json
    changed = client.patch(place, json={"name": "演示新名"}, headers={**COOKIE, "If-Match": shown.headers["ETag"]})
    assert (changed.status_code, changed.json["name"]) == (200, "演示新名")
    assert client.post(f"{place}/suspensions", json={"reason": "x"}, headers=COOKIE).json["state"] == "suspended"
    assert client.post(f"{place}/suspensions", json={"reason": "x"}, headers=COOKIE).status_code == 409
    assert client.post(f"{place}/resumptions", json={"reason": "x"}, headers=COOKIE).json["state"] == "active"


def test_a_change_names_the_version_it_was_made_from(sysadmin):
    client, place = sysadmin.client, f"/api/v1/organisations/{D.text}"
    client.post("/api/v1/organisations", json=BODY, headers=COOKIE)
    assert client.patch(place, json={"name": "x"}, headers=COOKIE).status_code == 428
    assert client.patch(place, json={"name": "x"}, headers={**COOKIE, "If-Match": '"old"'}).status_code == 412


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": "11320000YNX00001X1"}, "#/code"),
        ({"code": D.text.lower()}, "#/code"),
        ({"region": "999999"}, "#/region"),
        ({"level": "galaxy"}, "#/level"),
        ({"name": ""}, "#/name"),
        ({"name": "   "}, "#/name"),
        ({"name": "a\nb"}, "#/name"),
        ({"name": "x" * 201}, "#/name"),
        ({"parent": "x"}, "#/parent"),
        ({"colour": "red"}, "#/colour"),
        ({"code": 5}, "#/code"),
    ],
)
def test_a_malformed_organisation_is_refused_at_its_place(sysadmin, change, pointer: str):
    answer = sysadmin.client.post("/api/v1/organisations", json={**BODY, **change}, headers=COOKIE)
    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json["errors"]]


def test_organisations_are_listed_page_by_page_and_by_region(sysadmin):
    client = sysadmin.client
    client.post("/api/v1/organisations", json=BODY, headers=COOKIE)
    first = client.get("/api/v1/organisations?limit=2", headers=COOKIE).json
    second = client.get(f"/api/v1/organisations?limit=2&cursor={first['next_cursor']}", headers=COOKIE).json
    assert len(first["items"]) == 2
    assert [each["code"] for each in second["items"]] == [D.text]
    assert second["next_cursor"] is None
    found = client.get("/api/v1/organisations?region=3209", headers=COOKIE).json["items"]
    assert {each["region"] for each in found} == {"320900", "320902"}
    assert client.get("/api/v1/organisations?region=%25", headers=COOKIE).status_code == 422


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_security_administrator_does_not_keep_the_register(secadmin, method: str):
    place = "/api/v1/organisations" + (f"/{D.text}" if method == "patch" else "")
    assert getattr(secadmin.client, method)(place, json=BODY, headers=COOKIE).status_code == 403


def test_an_unknown_organisation_is_missing(sysadmin):
    answer = sysadmin.client.get("/api/v1/organisations/none", headers=COOKIE)
    assert (answer.status_code, answer.json["code"]) == (404, "no-such-organisation")


def test_the_same_idempotency_key_takes_an_organisation_in_once(sysadmin):
    headers = {**COOKIE, "Idempotency-Key": "k1"}
    first = sysadmin.client.post("/api/v1/organisations", json=BODY, headers=headers)
    again = sysadmin.client.post("/api/v1/organisations", json=BODY, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
