"""Objections of holders: to whom they go, how they are answered, who is told, and what becomes of a missed term."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from base import audit, notices
from base.audit import Search
from base.callers import Caller
from certs import library
from certs.holders import objections
from certs.holders.models import HolderAnswer, HolderObjection
from certs.life import Step
from exchange import tasks
from exchange.models import Task
from keys.parties.models import Organisation
from tests.certs.holders.conftest import ABOVE, ISSUER, REQUESTER, SYSTEM, View
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing.offices import WINDOW as ISSUING

KEPT = {"outcome": "kept", "reason": "演示：与档案一致"}
CORRECTED = {"outcome": "corrected", "reason": "演示：已变更地址"}


def begun(view: View, about: str = "content", identifier: str | None = None) -> dict[str, Any]:
    """Use a certificate, and object to it as its holder."""
    made = identifier or view.house.office.issue()
    usage = view.house.copy(made).usage
    told = view.post(f"/my/uses/{usage}/objections", {"about": about, "text": "演示：地址不符"})
    assert told.status_code == 201, told.json
    return dict(told.json)


def answered(view: View, objection: Mapping[str, Any], body: Mapping[str, Any], by: Caller = ISSUER) -> Any:
    return view.post(f"/holder-objections/{objection['id']}/answers", body, by)


def own(view: View, objection: Mapping[str, Any]) -> dict[str, Any]:
    return next(each for each in view.get("/my/objections").json["items"] if each["id"] == objection["id"])


def heard(view: View, by: Caller) -> list[str]:
    with view.house.office.database.reading() as session:
        return [each.kind for each in notices.unread(session, by)]


@pytest.mark.parametrize(("about", "role"), [("content", "issuer"), ("use", "requester")])
def test_an_objection_becomes_a_task_of_whoever_has_to_answer(view: View, about: str, role: str):
    usage = view.used()
    path, body = f"/my/uses/{usage}/objections", {"about": about, "text": "演示：地址不符"}
    assert view.post(path, body, view.other).status_code == 404
    told = view.post(path, body)
    assert (told.status_code, told.json["addressee"], told.json["state"]) == (201, CITY, "verifying")
    with view.house.office.database.reading() as session:
        task = session.scalars(select(Task)).one()
        assert (task.thing_id, task.organisation, task.role) == (told.json["id"], CITY, role)
        row = session.get_one(HolderObjection, told.json["id"])
        assert "地址不符".encode() not in row.text
        assert len(audit.search(session, Search(act="holder-objection.begun"))) == 1


def test_one_objection_of_a_kind_is_open_at_a_time(view: View):
    told = begun(view)
    path = f"/my/uses/{told['usage']}/objections"
    again = view.post(path, {"about": "content", "text": "演示"})
    assert (again.status_code, again.json["code"], again.json["objection"]) == (
        409,
        "holder-objection-open",
        told["id"],
    )
    assert view.post(path, {"about": "use", "text": "演示"}).status_code == 201


def test_what_is_kept_is_told_to_the_holder_with_its_reason(view: View):
    told = begun(view)
    (seen,) = view.get("/holder-objections?state=verifying", ISSUER).json["items"]
    assert (seen["id"], seen["text"]) == (told["id"], "演示：地址不符")
    assert answered(view, told, KEPT).status_code == 201
    mine = own(view, told)
    assert (mine["state"], mine["outcome"], mine["reason"], mine["corrected_by"]) == (
        "telling",
        "kept",
        KEPT["reason"],
        None,
    )
    assert heard(view, view.citizen) == ["holder-objection-kept"]
    assert heard(view, view.other) == []
    with view.house.office.database.reading() as session:
        assert session.scalars(select(Task)).one().done_by == "person:issuing"
        assert KEPT["reason"].encode() not in session.get_one(HolderAnswer, told["id"]).reason
        assert len(audit.search(session, Search(act="holder-objection.kept"))) == 1
    (use,) = view.get("/my/uses").json["items"]
    assert use["objection"] == {"id": told["id"], "state": "telling"}


def test_corrected_is_said_only_of_what_was_corrected(view: View):
    identifier = view.house.office.issue()
    told = begun(view, identifier=identifier)
    refused = answered(view, told, CORRECTED)
    assert (refused.status_code, refused.json["code"]) == (409, "nothing-corrected")
    newer = view.house.office.issue(supersedes=identifier, act=Step.CHANGE)
    assert answered(view, told, CORRECTED).status_code == 201
    assert (own(view, told)["outcome"], own(view, told)["corrected_by"]) == ("corrected", newer)
    assert heard(view, view.citizen) == ["holder-objection-corrected"]


def test_a_certificate_that_was_revoked_is_corrected_and_has_nothing_in_its_place(view: View):
    identifier = view.house.office.issue()
    told = begun(view, identifier=identifier)
    with view.house.office.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, Step.REVOKE, "演示", ISSUING, view.house.office.at)
    assert answered(view, told, CORRECTED, SYSTEM).status_code == 201
    assert own(view, told)["corrected_by"] is None


def test_a_wrong_use_is_answered_by_whoever_used(view: View):
    told = begun(view, "use")
    for by in (ISSUER, SYSTEM):
        refused = answered(view, told, CORRECTED, by)
        assert (refused.status_code, refused.json["code"]) == (403, "holder-objection-other-role")
    assert answered(view, told, CORRECTED, REQUESTER).status_code == 201


def test_an_answer_is_given_once_and_by_nobody_else(view: View):
    told = begun(view)
    assert answered(view, told, KEPT, ABOVE).status_code == 404
    assert answered(view, told, KEPT, view.citizen).status_code == 403
    assert answered(view, told, {"outcome": "withdrawn", "reason": "x"}).status_code == 422
    assert answered(view, told, {"outcome": "kept", "reason": ""}).status_code == 422
    assert answered(view, told, KEPT).status_code == 201
    again = answered(view, told, KEPT)
    assert (again.status_code, again.json["code"]) == (409, "holder-objection-answered")


def test_a_holder_takes_an_objection_back(view: View):
    told = begun(view)
    path = f"/my/objections/{told['id']}/withdrawal"
    assert view.post(path, None, view.other).status_code == 404
    assert view.post(path, None).json["state"] == "withdrawn"
    assert view.post(path, None).json["code"] == "holder-objection-answered"
    assert answered(view, told, KEPT).status_code == 409
    with view.house.office.database.reading() as session:
        assert session.scalars(select(Task)).one().done_at is not None


def test_a_missed_term_is_told_to_the_authority_above_who_then_sees_it(view: View):
    told = begun(view)
    assert view.get("/holder-objections", ABOVE).json["items"] == []
    view.house.office.at += timedelta(days=40)
    with view.house.office.database.transaction() as session:
        tasks.remind(session, view.house.office.at)
    mine = own(view, told)
    assert (mine["is_overdue"], mine["escalated_to"]) == (True, PROVINCE)
    assert [each["id"] for each in view.get("/holder-objections", ABOVE).json["items"]] == [told["id"]]
    assert heard(view, ABOVE) == ["task-overdue"]
    assert answered(view, told, KEPT, ABOVE).status_code == 404
    assert answered(view, told, KEPT).status_code == 201
    assert own(view, told)["is_overdue"] is False


def test_where_the_issuer_is_not_on_the_platform_who_entered_the_certificate_answers(view: View):
    """Cards are collected from ministries that have no account here; the objection still reaches somebody."""
    identifier = view.house.office.issue()
    usage = view.house.copy(identifier).usage
    with view.house.office.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        assert library.entered_by(session, row) == CITY
        row.issuer = "11100000YNX090086Q"
    told = view.post(f"/my/uses/{usage}/objections", {"about": "content", "text": "演示"})
    assert (told.status_code, told.json["addressee"]) == (201, CITY)
    with view.house.office.database.reading() as session:
        assert session.scalars(select(Task)).one().role == objections.ISSUER


def test_an_organisation_that_is_suspended_is_not_asked(view: View):
    """Then whoever used the certificate answers, who is there."""
    identifier = view.house.office.issue()
    usage = view.house.copy(identifier).usage
    with view.house.office.database.transaction() as session:
        session.get_one(Organisation, CITY).state = "suspended"
    told = view.post(f"/my/uses/{usage}/objections", {"about": "content", "text": "演示"})
    assert (told.status_code, told.json["addressee"]) == (201, CITY)
    with view.house.office.database.reading() as session:
        assert session.scalars(select(Task)).one().role == objections.USER


def test_evaluations_are_counted_by_level_and_month(view: View):
    for level in (5, 5, 1):
        assert view.post(f"/my/uses/{view.used()}/evaluations", {"level": level}).status_code == 204
    told = view.door.call("clerk", "GET", "/use-evaluations?month=2026-11").json
    assert told["items"] == [{"level": 5, "uses": 2}, {"level": 1, "uses": 1}]
    assert view.door.call("clerk", "GET", "/use-evaluations?month=2026-12").json["items"] == []
    assert view.door.call("stranger", "GET", "/use-evaluations?month=2026-11").json["items"] == []
    assert sorted(each["evaluation"] for each in view.get("/my/uses").json["items"]) == [1, 5, 5]
