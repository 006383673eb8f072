"""A zone is called: each directory by the caller's own grants, each with an outcome, a use and a receipt of its own."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from base.db import Database
from base.models import AuditEntry
from exchange.agreements.contracts import Quota
from exchange.agreements.purposes import Ground
from exchange.door import receipt_trees, usages
from exchange.door.models import Usage
from exchange.zones import declaring, watching
from exchange.zones.models import ZoneMember
from exchange.zones.zone import Member
from tests.exchange import gateway_house
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CREDIT, FIRM, HEALTH_PROVIDER, MARKET, OTHER, SYSTEM, House


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr("base.clock.now", lambda: at)
    made = built.opened(database, tmp_path, at)
    built.declared(made)
    return made


def acts(house: House, act: str) -> list[AuditEntry]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.leaf_index)))


def test_each_directory_has_its_own_outcome_use_and_receipt(house: House):
    house.grant("licences", masks={"法定代表人": "name"})
    house.grant("firms", fields=(CREDIT, "单位名称"))
    told = house.query().get_json()
    licences, firms = house.member(told, "licences"), house.member(told, "firms")
    assert [each["outcome"] for each in (licences, firms)] == ["found", "found"]
    assert licences["answer"]["rows"][0]["法定代表人"] == "演**"
    assert firms["answer"]["rows"] == [{CREDIT: FIRM, "单位名称": "演示饭店"}]
    assert firms["not_granted"] == ["法定代表人", "住所"]
    assert licences["usage_id"] != firms["usage_id"]
    assert licences["allowed"] == {
        "grant": "grant-licences-1",
        "ground": "statutory",
        "fields": [CREDIT, "单位名称", "法定代表人", "区划"],
    }
    assert (firms["owner"], firms["source"]["health"], firms["update_cycle"]) == (
        MARKET,
        firms["answer"]["source"]["health"],
        "day",
    )
    for each in (licences, firms):
        assert house.door.call(SYSTEM.id, "GET", f"/receipts/{each['usage_id']}").status_code == 200


def test_a_member_s_answer_and_request_are_those_that_its_receipt_is_about(house: House):
    house.grant("licences")
    member = house.member(house.query().get_json(), "licences")
    with house.database.reading() as session:
        use = session.get_one(Usage, member["usage_id"])
    salt = house.parts.salts.of(use.id)
    answer = {name: value for name, value in member["answer"].items() if name != "receipt"}
    assert receipt_trees.salted(salt, answer) == use.answer_sm3
    assert receipt_trees.request_sm3(salt, house.codes["licences"], member["request"]["body"]) == use.request_sm3
    same = house.direct("licences", **{k: v for k, v in member["request"]["body"].items() if k != "purpose"})
    assert same.get_json()["rows"] == member["answer"]["rows"]


def test_a_directory_that_is_not_granted_is_denied_as_the_gateway_denies_it(house: House):
    house.grant("licences")
    firms = house.member(house.query().get_json(), "firms")
    refused = house.direct("firms")
    assert (refused.status_code, firms["outcome"], firms["usage_id"], firms["answer"]) == (403, "denied", None, None)
    assert firms["reason"]["code"] == refused.get_json()["code"] == "not-granted"
    assert firms["problem"]["reason"] == refused.get_json()["reason"] == "no-grant"
    assert len(acts(house, usages.REFUSED)) == 2


def test_no_item_that_a_zone_uses_opens_one_that_is_not_granted(house: House):
    house.grant("licences", fields=(CREDIT,))
    licences = house.member(house.query().get_json(), "licences")
    assert licences["answer"]["rows"] == [{CREDIT: FIRM}]


def test_a_grant_without_the_key_refuses_the_call(house: House):
    house.grant("licences", fields=("单位名称",))
    licences = house.member(house.query().get_json(), "licences")
    assert (licences["outcome"], licences["problem"]["reason"]) == ("denied", "fields")


def test_one_whom_nobody_knows_is_not_found_and_a_holder_who_has_not_agreed_is_denied(house: House):
    house.grant("licences")
    house.grant("firms", grounds=frozenset({Ground.HOLDER}))
    unknown = {"credit_code": built.credit_code(77)}
    told = house.query(subject=unknown).get_json()
    assert house.member(told, "licences")["outcome"] == "not_found"
    agreed = house.query(purpose=gateway_house.purpose(ground="holder")).get_json()
    assert house.member(agreed, "firms")["reason"]["code"] == "consent-missing"


def test_a_spent_quota_denies_one_directory_and_no_other(house: House):
    house.grant("licences", quota=Quota(per_day=1))
    house.grant("firms")
    first, second = house.query().get_json(), house.query().get_json()
    assert house.member(first, "licences")["outcome"] == "found"
    assert house.member(second, "licences")["reason"]["code"] == "quota-exceeded"
    assert house.member(second, "licences")["problem"]["retry_after"] > 0
    assert house.member(second, "firms")["outcome"] == "found"


def test_a_source_that_is_down_and_a_directory_that_nobody_serves_look_different(house: House, tmp_path: Path):
    house.grant("licences")
    house.grant("firms")
    (tmp_path / "licences.db").unlink()
    told = house.query().get_json()
    assert (house.member(told, "licences")["outcome"], house.member(told, "firms")["outcome"]) == (
        "source_down",
        "found",
    )


def test_a_directory_withdrawn_later_is_said_at_that_member_and_its_lead_gets_a_task(house: House):
    house.grant("licences")
    house.grant("firms")
    built.withdrawn(house, "licences")
    told = house.query().get_json()
    assert house.member(told, "licences")["reason"]["code"] == "directory-withdrawn"
    assert house.member(told, "firms")["outcome"] == "found"
    with house.database.transaction() as session:
        assert watching.watch(session, house.at) == 1
        assert watching.watch(session, house.at) == 0
        assert built.tasks_of(session, "zone-member") == [(built.LEAD.organisation, "steward", "zone-repair")]
    built.turned(house, "licences", built.State.PUBLISHED)
    with house.database.transaction() as session:
        assert watching.watch(session, house.at) == 1
        assert built.tasks_of(session, "zone-member") == []
    assert house.member(house.query().get_json(), "licences")["outcome"] == "found"


def test_a_directory_that_its_provider_took_out_is_not_asked_though_a_grant_stands(house: House):
    house.grant("licences")
    with house.database.transaction() as session:
        declaring.depart(session, built.zone(session), house.codes["licences"], "目录调整", HEALTH_PROVIDER, house.at)
        assert built.tasks_of(session, "zone-member") == [(built.LEAD.organisation, "steward", "zone-repair")]
    licences = house.member(house.query().get_json(), "licences")
    assert (licences["outcome"], licences["reason"]["code"]) == ("not_covered", "left-zone")
    assert house.direct("licences").status_code == 200


def test_a_key_that_is_not_told_leaves_only_that_directory_out(house: House):
    with house.database.transaction() as session:
        row = built.zone(session)
        keys = {"credit_code": CREDIT, "place": "区划"}
        members = (Member(house.codes["licences"], ("单位名称",), keys), *built.zone_content(house).members[1:])
        declaring.write(session, row, built.zone_content(house, members=members), built.LEAD, house.at)
        declaring.take(session, row, built.ZoneStep.SUBMIT, "", built.LEAD, house.at)
        declaring.take(session, row, built.ZoneStep.PUBLISH, "", built.REVIEWER, house.at)
    house.grant("licences")
    assert house.member(house.query().get_json(), "licences")["reason"]["code"] == "key-not-told"
    elsewhere = house.query(subject={"credit_code": FIRM, "place": "320500"}).get_json()
    assert house.member(elsewhere, "licences")["outcome"] == "not_found"
    here = house.query(subject={"credit_code": FIRM, "place": "320900"}).get_json()
    assert house.member(here, "licences")["outcome"] == "found"


def test_one_entry_names_every_use_and_nobody(house: House):
    house.grant("licences")
    house.grant("firms")
    told = house.query().get_json()
    (entry,) = acts(house, "zone.assembled")
    body = entry.content.decode()
    assert all(each["usage_id"] in body for each in told["members"])
    assert FIRM not in body


def test_what_the_time_does_not_reach_is_pending_and_was_not_asked(house: House, monkeypatch: pytest.MonkeyPatch):
    house.grant("licences")
    house.grant("firms")
    monkeypatch.setattr("exchange.profiles.assembling.SECONDS", -1.0)
    told = house.query().get_json()
    assert {(each["outcome"], each["reason"]["code"]) for each in told["members"]} == {("pending", "not-asked")}
    assert acts(house, usages.USED) == []


def test_a_revoked_grant_closes_its_directory_at_the_next_call(house: House):
    code = house.grant("licences")
    assert house.member(house.query().get_json(), "licences")["outcome"] == "found"
    gateway_house.revoked(house.database, house.at + timedelta(seconds=1), code)
    assert house.member(house.query().get_json(), "licences")["problem"]["reason"] == "revoked"


def test_another_organisation_s_grants_are_not_the_caller_s(house: House):
    house.grant("licences")
    told = house.query(OTHER.id).get_json()
    assert {each["outcome"] for each in told["members"]} == {"denied"}
    assert told["fields"] == []


def test_a_zone_that_is_not_there_or_not_published_is_not_called(house: House):
    refused = house.query(zone="nowhere")
    assert (refused.status_code, refused.get_json()["code"]) == (404, "no-such-zone")
    with house.database.transaction() as session:
        declaring.take(session, built.zone(session), built.ZoneStep.WITHDRAW, "不再需要", built.LEAD, house.at)
    assert house.query().status_code == 404
    assert len(acts(house, usages.REFUSED)) == 2


@pytest.mark.parametrize(
    "subject",
    [
        {},
        {"credit_code": "not a code"},
        {"credit_code": FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1")},
        {"id_number": "320102199001010019"},
        {"credit_code": FIRM, "id_number": built.PERSON},
        {"place": "320900"},
        {"credit_code": FIRM, "place": "x"},
        {"credit_code": [FIRM]},
        {"credit_code": FIRM, "phone": "1"},
        "someone",
        None,
    ],
)
def test_a_subject_that_is_none_is_refused_without_repeating_it(house: House, subject: object):
    refused = house.query(subject=subject)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "invalid-input")
    assert all(each["pointer"].startswith("#/subject") for each in refused.get_json()["errors"])
    assert built.PERSON not in refused.get_data(as_text=True)
    assert "320102199001010019" not in refused.get_data(as_text=True)


def test_people_and_nobody_call_no_zone(house: House):
    for who in (built.REQUESTER.id, built.LEAD.id, built.AUDITOR.id):
        assert house.query(who).status_code == 403
    assert house.door.call(None, "POST", "/zones/canyin/queries", json={}).status_code == 401


def test_members_of_a_version_stand_apart_from_those_of_another(house: House):
    with house.database.transaction() as session:
        declaring.write(
            session, built.zone(session), built.zone_content(house, name="餐饮开办（修订）"), built.LEAD, house.at
        )
        numbers = [each.number for each in session.scalars(select(ZoneMember).where(ZoneMember.zone == "canyin"))]
    assert sorted(numbers) == [1, 1, 2, 2]
    assert house.query().status_code == 200
