"""What comes after the answer to a holder's objection: who received it is told, a dispute finds somebody impartial."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from base import audit, notices
from base.audit import Search
from base.callers import Caller
from certs import library
from certs.holders import hearing, jobs, uses, using
from certs.holders.hearing import Disputing
from certs.holders.models import HolderObjection
from certs.holders.objections import HEARING
from exchange import tasks
from exchange.agreements.purposes import Ground
from exchange.models import Task
from exchange.objections import monitors
from exchange.objections.errors import NobodyToRule
from exchange.objections.life import Step
from exchange.objections.wiring import Objecting
from tests.certs.consents import desk
from tests.certs.holders.conftest import ABOVE, CITY_AUTHORITY, GOVERNMENT, ISSUER, REQUESTER, RULING, SYSTEM, View
from tests.certs.holders.test_objections import KEPT, answered, begun, heard, own
from tests.keys.parties.builders import CITY, PROVINCE

RECEIVER = Caller("person", "above", "above", PROVINCE, frozenset({"authority", "issuer", "requester"}))


def received(view: View, identifier: str, fields: tuple[str, ...] = ("address",)) -> str:
    """Have another organisation receive a certificate, as its own record says."""
    office = view.house.office
    with office.database.transaction() as session:
        row = library.certificate_of(session, identifier)
        holders = using.holders_of(session, row)
        purpose = desk.purpose(ground=Ground.STATUTORY)
        told = uses.seen("query", row.type, PROVINCE, purpose, "found", fields=fields, identifier=identifier)
        uses.note(session, "usage-of-the-province", holders, told, office.at)
    return identifier


def say(view: View, objection: Any, decision: str, reason: str = "", who: Caller | None = None) -> Any:
    path = f"/my/objections/{objection['id']}/words"
    return view.post(path, {"decision": decision, "reason": reason}, who)


def ruled(view: View, objection: Any, decision: str, by: Caller, reason: str = "演示裁定理由") -> Any:
    return view.post(f"/holder-objections/{objection['id']}/rulings", {"decision": decision, "reason": reason}, by)


def owners(view: View, objection: Any) -> set[tuple[str, str, str]]:
    with view.house.office.database.reading() as session:
        query = select(Task).where(Task.thing_id.startswith(objection["id"]), Task.done_at.is_(None))
        return {(each.organisation, each.role, each.duty) for each in session.scalars(query)}


def test_an_answer_is_over_once_its_holder_and_all_who_received_the_certificate_have_confirmed(view: View):
    told = begun(view, identifier=received(view, view.house.office.issue()))
    answer = answered(view, told, KEPT).json
    assert [(each["organisation"], each["heard"]) for each in answer["receivers"]] == [(PROVINCE, "told")]
    assert owners(view, told) == {(PROVINCE, "requester", "objection-confirmation")}
    assert "holder-objection-received-kept" in heard(view, RECEIVER)
    (seen,) = view.get("/holder-objections", ABOVE).json["items"]
    assert (seen["id"], seen["text"], seen["reason"]) == (told["id"], "", KEPT["reason"])
    assert say(view, told, "confirm").json["state"] == "telling"
    assert say(view, told, "confirm").json["code"] == "objection-step-not-allowed"


def test_a_holder_disputes_before_the_authority_above_and_never_before_who_was_judged(view: View):
    """The city issued it and has the authority itself; the province rules."""
    told = begun(view)
    answered(view, told, KEPT)
    assert say(view, told, "dispute", " ").status_code == 422
    assert say(view, told, "dispute", "演示：不服", view.other).status_code == 404
    disputed = say(view, told, "dispute", "演示：不服").json
    assert (disputed["state"], disputed["heard"], disputed["judge"]) == ("ruling", "disputed", PROVINCE)
    assert owners(view, told) == {(PROVINCE, "authority", "objection-ruling")}
    assert ruled(view, told, "uphold", CITY_AUTHORITY).status_code == 404
    assert ruled(view, told, "redo", ABOVE, " ").status_code == 422
    again = ruled(view, told, "redo", ABOVE).json
    assert (again["state"], again["outcome"], again["answered_at"]) == ("verifying", None, None)
    assert owners(view, told) == {(CITY, "issuer", "correction")}
    answered(view, told, {**KEPT, "reason": "演示：复核后维持"})
    say(view, told, "dispute", "演示：仍不服")
    assert ruled(view, told, "uphold", ABOVE).json["state"] == "settled"
    mine = own(view, told)
    names = ["begun", "kept", "disputed", "sent-back", "kept", "disputed", "upheld"]
    assert [each["step"] for each in mine["steps"]] == names
    assert (mine["outcome"], owners(view, told)) == ("kept", set())
    with view.house.office.database.reading() as session:
        for name in set(names):
            assert len(audit.search(session, Search(act=f"holder-objection.{name}"))) == names.count(name)
    assert begun_again(view, told).status_code == 201


def begun_again(view: View, told: Any) -> Any:
    return view.post(f"/my/uses/{told['usage']}/objections", {"about": "content", "text": "演示：新证据"})


def disputed_by_the_province(view: View, told: Any, house: Disputing) -> None:
    with view.house.office.database.transaction() as session:
        row = session.get_one(HolderObjection, told["id"])
        hearing.hear(session, house, row, Step.DISPUTE, "演示：与本厅档案不符", RECEIVER, view.house.office.at)


def test_where_every_authority_is_a_party_whoever_the_site_designates_rules(view: View):
    """The province received it too, and disputes the city's answer: then it is no judge either."""
    told = begun(view, identifier=received(view, view.house.office.issue()))
    answered(view, told, KEPT)
    house = Disputing(view.house.office.parts, Objecting(view.house.gateway.data_keys, GOVERNMENT))
    disputed_by_the_province(view, told, house)
    assert own(view, told)["judge"] == GOVERNMENT
    assert ruled(view, told, "uphold", ABOVE).status_code == 404
    assert ruled(view, told, "uphold", RULING).json["state"] == "settled"


def test_without_anybody_impartial_a_dispute_is_refused_and_nothing_moves(view: View):
    told = begun(view, identifier=received(view, view.house.office.issue()))
    answered(view, told, KEPT)
    nobody = Disputing(view.house.office.parts, Objecting(view.house.gateway.data_keys))
    with pytest.raises(NobodyToRule):
        disputed_by_the_province(view, told, nobody)
    assert own(view, told)["state"] == "telling"


def lapse(view: View, objection: Any) -> None:
    office = view.house.office
    with office.database.transaction() as session:
        tasks.remind(session, office.at)
    with office.database.reading() as session:
        found = hearing.silent(session, office.at)
    for each in found:
        with office.database.transaction() as session:
            jobs.lapsed(session, office.parts, each, office.at)


def test_who_says_nothing_is_reminded_then_named_as_unconfirmed_and_its_superior_has_a_ticket(view: View):
    office = view.house.office
    told = begun(view, identifier=received(view, office.issue()))
    answered(view, told, KEPT)
    lapse(view, told)
    assert own(view, told)["state"] == "telling"
    office.at += timedelta(days=6)
    lapse(view, told)
    assert own(view, told)["state"] == "telling"
    assert {"task-half", "task-most", "task-due"} & set(heard(view, RECEIVER))
    office.at += timedelta(days=10)
    lapse(view, told)
    mine = own(view, told)
    assert (mine["state"], mine["heard"], mine["outcome"]) == ("settled", "unconfirmed", "kept")
    assert [each["heard"] for each in mine["receivers"]] == ["unconfirmed"]
    assert owners(view, told) == set()
    with office.database.reading() as session:
        (sighting,) = monitors.unconfirmed(session, HEARING, office.at)
        # The province is the highest authority here, so the ticket is whoever looks after the platform's.
        assert (sighting.facts["objection"], sighting.organisation) == (told["id"], "")
        assert monitors.superior_of(session, CITY) == PROVINCE
        assert "holder-objection-moved" in {each.kind for each in notices.unread(session, view.citizen)}
    lapse(view, told)
    assert own(view, told)["steps"][-1]["step"] == "lapsed"


def test_a_certificate_of_ones_own_and_a_field_of_it_can_be_objected_to_without_any_use(view: View):
    identifier = view.house.office.issue()
    path = f"/my/certificates/{identifier}/objections"
    assert view.post(path, {"text": "演示：不符"}, view.other).status_code == 404
    refused = view.post(path, {"field": "blood_type", "text": "演示：不符"})
    assert (refused.status_code, refused.json["code"]) == (422, "objected-field-unknown")
    made = view.post(path, {"field": "address", "text": "演示：不符"}).json
    assert (made["about"], made["field"], made["addressee"], made["usage"]) == ("field", "address", CITY, "")
    assert view.post(path, {"field": "address", "text": "演示：再提"}).json["code"] == "holder-objection-open"
    assert view.post(path, {"text": "演示：不符"}).status_code == 201
    assert answered(view, made, KEPT).status_code == 201


def test_only_who_received_the_field_is_told_of_it(view: View):
    identifier = received(view, view.house.office.issue(), ("legal_representative",))
    made = view.post(f"/my/certificates/{identifier}/objections", {"field": "address", "text": "演示：不符"}).json
    assert answered(view, made, KEPT).json["receivers"] == []


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_words_of_another_shape_are_refused(view: View):
    told = begun(view)
    answered(view, told, KEPT)
    for body in (
        {},
        {"decision": "agree"},
        {"decision": "confirm", "x": 1},
        {"decision": "dispute", "reason": "长" * 501},
    ):
        assert view.post(f"/my/objections/{told['id']}/words", body).status_code == 422
    usage = told["usage"]
    for body in ({"about": "field", "text": "演示"}, {"about": "content", "field": "address", "text": "演示"}):
        assert view.post(f"/my/uses/{usage}/objections", body).json["code"] == "objected-field-unknown"
    assert view.post(f"/my/uses/{usage}/objections", {"about": "use", "text": " "}).status_code == 422


# Who is let in at each address: H a holder, I an issuer, Q a requester, A an authority, S an issuer's system,
# N somebody with none of these roles. Whose objection it is, is asked afterwards and answered with 404.
ROLES = {"H": None, "I": ISSUER, "Q": REQUESTER, "A": CITY_AUTHORITY, "S": SYSTEM, "N": desk.SECURITY}
ADDRESSES = {
    ("POST", "/my/uses/x/objections"): "H",
    ("POST", "/my/certificates/x/objections"): "H",
    ("GET", "/my/objections"): "H",
    ("POST", "/my/objections/x/withdrawal"): "H",
    ("POST", "/my/objections/x/words"): "H",
    ("GET", "/holder-objections"): "IQAS",
    ("POST", "/holder-objections/x/answers"): "IQAS",
    ("POST", "/holder-objections/x/words"): "Q",
    ("POST", "/holder-objections/x/rulings"): "A",
}


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_every_role_at_every_address(view: View):
    rules = [each for each in view.door.app.url_map.iter_rules() if each.endpoint.startswith("holder_objections.")]
    assert len(rules) == len(ADDRESSES)
    wrong = []
    for (method, path), let_in in ADDRESSES.items():
        for letter, who in ROLES.items():
            caller = who or view.citizen
            answer = view.door.call(caller.id, method, path, json={} if method == "POST" else None)
            if (answer.status_code != 403) is not (letter in let_in):
                wrong.append((path, letter, answer.status_code))
        assert view.door.call(None, method, path, json={}).status_code == 401
    assert wrong == []
