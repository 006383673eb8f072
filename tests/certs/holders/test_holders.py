"""The holder's view over HTTP: one's own and nobody else's; every use, or how many are told later; and a voice."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from base.callers import Caller
from certs.holders import uses
from certs.holders.models import HolderBinding, HolderEvaluation
from exchange.agreements.purposes import Basis, BasisKind, Ground, Stage
from exchange.door import receipts
from keys.algorithms.sm3 import SM3
from tests.certs.consents import desk
from tests.certs.copies import house as houses
from tests.certs.holders.conftest import View
from tests.certs.papers import HYGIENE, firm, person
from tests.keys.parties.builders import CITY

INSPECTION = desk.purpose(stage=Stage.INSPECTION, ground=Ground.STATUTORY, basis=Basis(BasisKind.TASK, "演示执法0001"))


def test_a_holder_sees_ones_own_certificates_and_their_files(view: View):
    identifier = view.house.office.issue()
    view.house.office.begin(view.house.office.asked())
    (one,) = view.get("/my/certificates").json["items"]
    assert (one["identifier"], one["status"], one["holders"][0]["code"]) == (identifier, "valid", firm(1))
    path = f"/my/certificates/{identifier}/files/ofd"
    assert SM3.of(view.get(path).data).hex() == one["files"][0]["sm3"]
    assert view.get(f"/my/certificates/{identifier}/files/pdf").status_code == 404
    assert view.get("/my/certificates", view.other).json["items"] == []
    assert view.get(path, view.other).json["code"] == "no-such-certificate"


def test_who_is_bound_to_nobody_is_told_so(view: View):
    for path in ("/my/certificates", "/my/uses"):
        answer = view.door.call("unbound", "GET", path)
        assert (answer.status_code, answer.json["code"]) == (403, "not-bound-as-holder")
    assert view.door.call("unbound", "GET", "/my/holders").json["items"] == []


def test_a_holder_sees_every_use_by_whom_for_what_and_which_fields(view: View):
    usage = view.used()
    (one,) = view.get("/my/uses").json["items"]
    assert (one["usage"], one["organisation"], one["item_name"]) == (usage, CITY, "演示事项")
    assert (set(one["fields"]), one["kind"], one["outcome"]) == (set(houses.GRANTED), "copy", "found")
    assert view.get("/my/uses", view.other).json["items"] == []


def test_a_use_in_an_inspection_is_told_when_it_is_closed(view: View):
    usage = view.used(purpose=INSPECTION)
    told = view.get("/my/uses").json
    assert (told["items"], told["hidden"], told["hidden_reason"]["code"]) == ([], 1, uses.UNDER_INSPECTION)
    assert view.get(f"/my/uses/{usage}/proof").json["code"] == "no-such-holder-use"
    path = f"/usages/{usage}/inspection-closing"
    assert view.door.call("stranger", "POST", path).status_code == 404
    assert view.door.call("window", "POST", path).status_code == 204
    assert view.door.call("window", "POST", path).status_code == 204
    told = view.get("/my/uses").json
    assert ([each["usage"] for each in told["items"]], told["hidden"], told["hidden_reason"]) == ([usage], 0, None)


def test_an_inspection_that_nobody_closes_is_told_in_the_end(view: View):
    usage = view.used(purpose=INSPECTION)
    view.house.office.at += uses.HIDDEN_AT_MOST - timedelta(seconds=1)
    assert view.get("/my/uses").json["hidden"] == 1
    view.house.office.at += timedelta(seconds=1)
    assert [each["usage"] for each in view.get("/my/uses").json["items"]] == [usage]


def test_a_use_is_proven_from_the_ledger_to_its_holder_alone(view: View):
    usage = view.used()
    path = f"/my/uses/{usage}/proof"
    assert view.get(path).json["receipt"] is None
    receipts.sign(view.house.office.database, view.house.gateway, view.house.office.at)
    told = view.get(path).json["receipt"]
    assert usage in json.dumps(told)
    assert view.get(path, view.other).status_code == 404


def test_a_use_is_evaluated_once(view: View):
    path = f"/my/uses/{view.used()}/evaluations"
    assert view.post(path, {"level": 5}, view.other).status_code == 404
    assert view.post(path, {"level": 6}).status_code == 422
    assert view.post(path, {"level": 4, "text": "演示"}).status_code == 204
    again = view.post(path, {"level": 1})
    assert (again.status_code, again.json["code"]) == (409, "use-already-evaluated")
    with view.house.office.database.reading() as session:
        assert session.scalars(select(HolderEvaluation)).one().level == 4


def binding(who: Caller, **peculiar: Any) -> dict[str, Any]:
    holder = {"code": person(7), "type": "111", "name": "演示人7"}
    return {"person": who.id, "holder": holder, "capacity": "self", **peculiar}


FIRM = {"code": firm(7), "type": "001", "name": "演示企业7"}


@pytest.mark.parametrize(
    ("peculiar", "reason"),
    [
        ({}, "is-another-holder"),
        ({"holder": FIRM}, "not-a-person"),
        ({"holder": FIRM, "capacity": "agent"}, "basis-needed"),
        ({"holder": {**FIRM, "code": firm(7)[:-1] + "0"}, "capacity": "agent", "basis": "演示"}, "holder-code"),
        (
            {"holder": FIRM, "capacity": "agent", "basis": "演示", "ends_at": "2020-01-01T00:00:00Z"},
            "past",
        ),
        ({"person": desk.SECURITY.id}, None),
    ],
    ids=["second-self", "firm-itself", "no-basis", "code", "past", "own-account"],
)
def test_a_binding_that_cannot_be_is_refused(view: View, peculiar: dict[str, Any], reason: str | None):
    answer = view.post("/holder-bindings", binding(view.citizen, **peculiar), desk.SECURITY)
    if reason is None:
        assert answer.status_code in {404, 422}
        return
    assert (answer.status_code, answer.json["code"], answer.json["reason"]) == (
        422,
        "unusable-holder-binding",
        reason,
    )


def test_a_binding_is_the_security_administrators_and_ends(view: View):
    ends = view.house.office.at + timedelta(days=1)
    body = binding(view.citizen, holder=FIRM, capacity="agent", basis="演示委托书", ends_at=ends.isoformat())
    assert view.post("/holder-bindings", body, view.citizen).status_code == 403
    assert view.post("/holder-bindings", body, desk.SECURITY).status_code == 204
    told = view.get("/my/holders").json["items"]
    assert [(each["code"], each["capacity"]) for each in told if each["code"] == firm(7)] == [(firm(7), "agent")]
    assert told[0]["capacity"] == "self"
    view.house.office.at = ends
    assert firm(7) not in [each["code"] for each in view.get("/my/holders").json["items"]]
    with view.house.office.database.reading() as session:
        assert all(firm(7).encode() not in each.content for each in session.scalars(select(HolderBinding)))


def test_uses_are_kept_for_every_holder_once(view: View):
    told = uses.seen("query", HYGIENE.code, CITY, desk.purpose(), "denied")
    assert [row["holder_hash"] for _, row in uses.rows("1" * 36, ["b", "a", "b"], told, view.house.office.at)] == [
        "a",
        "b",
    ]
