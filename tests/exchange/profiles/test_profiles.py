"""A profile: fields with their sources, values side by side, directories named or held, parts of rooms above."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.canonical import Json
from base.db import Database
from base.models import AuditEntry
from exchange.agreements.models import UseList, UseListItem
from exchange.objections.schemas import NewObjectionSchema
from exchange.profiles.answers import Answered, fields
from exchange.profiles.wiring import Asking, Told
from exchange.zones import subjects
from exchange.zones.zone import MOST_MEMBERS
from keys.parties import request_signing
from keys.parties.errors import RequestReplayed
from keys.parties.request_signing import Message
from tests.exchange import gateway_house
from tests.exchange.departments import item
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CODE, CREDIT, FIRM, PERSON, SYSTEM, House


@dataclass
class Beside:
    """A part of a room above: remembers how it was asked."""

    name: str = "certificates"
    asked: list[Asking] = field(default_factory=list)

    def tell(self, _database: Database, asking: Asking) -> Told:
        self.asked.append(asking)
        content: Mapping[str, Json] = {"outcome": "found"}
        return Told(content, ("use-beside",))


@pytest.fixture
def beside() -> Beside:
    return Beside()


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch, beside: Beside) -> House:
    monkeypatch.setattr("base.clock.now", lambda: at)
    made = built.opened(database, tmp_path, at, (beside,))
    built.declared(made)
    return made


def values(told: Any, name: str) -> dict[str, list[str]]:
    """Give the values of a field, each with the directories that say it."""
    found = next(each for each in told["fields"] if each["name"] == name)
    return {each["value"]: [source["directory"] for source in each["sources"]] for each in found["values"]}


def conflicts(told: Any) -> set[str]:
    return {each["name"] for each in told["fields"] if each["conflict"]}


def test_values_that_differ_stand_side_by_side_with_their_sources(house: House):
    house.grant("licences")
    house.grant("firms")
    told = house.profile().get_json()
    licences, firms = house.codes["licences"], house.codes["firms"]
    assert values(told, "法定代表人") == {"演示甲": [licences], "演示丙": [firms]}
    assert sorted(values(told, "单位名称")["演示饭店"]) == sorted([licences, firms])
    assert conflicts(told) == {"法定代表人"}
    assert told["kind"] == "enterprise"


def test_what_a_grant_masks_is_shown_masked_and_contradicts_nothing(house: House):
    house.grant("licences", masks={"法定代表人": "name"})
    house.grant("firms")
    told = house.profile().get_json()
    assert values(told, "法定代表人") == {"演**": [house.codes["licences"]], "演示丙": [house.codes["firms"]]}
    assert conflicts(told) == set()


def test_each_value_leads_to_an_objection_that_can_be_made(house: House):
    house.grant("licences")
    told = house.profile().get_json()
    (value,) = next(each for each in told["fields"] if each["name"] == "法定代表人")["values"]
    objection = value["sources"][0]["objection"]
    body = {**objection["body"], "text": "与原件不一致", "evidence": [{"title": "执照（演示）", "sm3": "0" * 64}]}
    new = NewObjectionSchema().load(body)
    assert (objection["url"], new.usage, new.meant.field) == (
        "/api/v1/objections",
        told["members"][0]["usage_id"],
        "法定代表人",
    )


def test_without_names_it_goes_over_what_is_granted_and_knows_the_key(house: House):
    house.grant("licences")
    house.grant("staff")
    told = house.profile().get_json()
    assert [each["directory"] for each in told["members"]] == [house.codes["licences"]]
    person = house.profile(subject={"id_number": PERSON}).get_json()
    assert [each["directory"] for each in person["members"]] == [house.codes["staff"]]
    assert (person["kind"], values(person, "姓名")) == ("person", {"演示丁": [house.codes["staff"]]})


def test_what_a_use_list_names_for_the_matter_is_held_too(house: House):
    with house.database.transaction() as session:
        told = {"authority": built.LEAD.organisation, "region": "320000", "number": 1, "title": "x", "basis": "x"}
        told |= {"state": "published", "rows": 1, "author": "a", "version": 1}
        when = {"effective_from": house.at, "effective_until": None, "created_at": house.at, "changed_at": house.at}
        session.add(UseList(id="list", **told, **when))
        session.flush()
        row: dict[str, Any] = {
            "item_code": gateway_house.MATTER,
            "basic_code": gateway_house.MATTER,
            "item_name": "x",
            "material": "x",
        }
        row |= {"resource": house.codes["firms"], "fields": [CREDIT, "住所"], "organs": [], "stages": [], "basis": "x"}
        session.add(UseListItem(use_list="list", place=1, **row))
    told = house.profile().get_json()
    assert [each["allowed"]["grant"] for each in told["members"]] == ["use-list:list:1"]
    assert values(told, "住所") == {"演示路1号": [house.codes["firms"]]}


def test_a_person_is_only_asked_about_with_a_purpose_and_a_ground(house: House):
    for purpose in (None, {}, gateway_house.purpose(ground=None), gateway_house.purpose(basis=None)):
        refused = house.profile(subject={"id_number": PERSON}, purpose=purpose)
        assert (refused.status_code, refused.get_json()["code"]) == (422, "invalid-input")


def test_a_directory_without_the_key_and_one_that_is_not_there_look_different(house: House):
    house.grant("staff")
    nowhere = "30701500003000000000000000/999999"
    told = house.profile(directories=[house.codes["staff"], nowhere]).get_json()
    assert [(each["outcome"], each["reason"]["code"]) for each in told["members"]] == [
        ("not_covered", "no-subject-key"),
        ("denied", "not-granted"),
    ]
    assert (told["members"][1]["name"], told["members"][1]["owner"]) == ("", "")


def test_a_directory_in_two_places_is_asked_once_and_for_all_of_it(house: House):
    house.grant("licences")
    told = house.profile(directories=[house.codes["licences"]] * 2, zones=[CODE, CODE]).get_json()
    licences = house.member(told, "licences")
    assert len(told["members"]) == 2
    assert licences["zones"] == [CODE]
    assert set(licences["answer"]["rows"][0]) == set(built.TABLES["licences"][2])


def test_more_directories_than_one_call_may_ask_are_refused(house: House):
    with house.database.transaction() as session:
        for number in range(MOST_MEMBERS + 1):
            items = [item(CREDIT, 18), item("甲", 10)]
            row = built.published(session, house.at, "health", name=f"演示目录{number}", items=items)
            gateway_house.granted(session, row.code, house.at, code=f"g{number}", fields=(CREDIT, "甲"))
    refused = house.profile()
    assert (refused.status_code, refused.get_json()["code"]) == (422, "too-many-members")
    assert (refused.get_json()["asked"], refused.get_json()["limit"]) == (MOST_MEMBERS + 1, MOST_MEMBERS)
    assert house.profile(directories=["x"] * (MOST_MEMBERS + 1)).get_json()["code"] == "invalid-input"


def test_a_part_of_a_room_above_is_asked_for_the_same_purpose_and_its_uses_are_named(house: House, beside: Beside):
    told = house.profile(subject={"credit_code": FIRM, "name": " 演示饭店 "}).get_json()
    (asking,) = beside.asked
    assert (asking.by, asking.subject.name, asking.told_purpose) == (SYSTEM, "演示饭店", gateway_house.purpose())
    assert told["certificates"] == {"outcome": "found"}
    with house.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "profile.assembled"))
    facts = json.loads(entry.content)
    assert facts["facts"]["usages"] == ["use-beside"]
    assert FIRM not in entry.content.decode()
    assert len(facts["thing"]["id"]) == 64


def test_a_zone_has_no_part_beside_its_directories(house: House, beside: Beside):
    assert "certificates" not in house.query().get_json()
    assert beside.asked == []


def test_a_signed_request_counts_once_for_all_that_it_leads_to(house: House):
    """The nonce is spent before anything is asked; whoever sends the request again is told so, and nothing is asked."""
    house.grant("licences")
    house.grant("firms")
    key = gateway_house.system_added(house.database, house.at)
    sent = json.dumps({"purpose": gateway_house.purpose(), "subject": {"credit_code": FIRM}}).encode()
    message = Message("POST", "/api/v1/zones/canyin/queries", "", {"content-type": "application/json"}, sent)
    headers = dict(request_signing.sign(message, key, "k1", "n" * 20, house.at).headers)
    signed = {"data": sent, "content_type": "application/json", "headers": headers}
    first = house.door.call(SYSTEM.id, "POST", "/zones/canyin/queries", **signed)
    assert [each["outcome"] for each in first.get_json()["members"]] == ["found", "found"]
    again = house.door.call(SYSTEM.id, "POST", "/zones/canyin/queries", **signed)
    assert again.get_json()["code"] == RequestReplayed.code
    with house.database.reading() as session:
        acts = [each.act for each in session.scalars(select(AuditEntry))]
    assert (acts.count("request.signed"), acts.count("data.used")) == (1, 2)


def test_the_gate_s_rules_hold_for_bodies_of_another_shape(house: House):
    for body in (
        {"directories": "x"},
        {"directories": [1]},
        {"zones": ["../x"]},
        {"zones": [None]},
        {"fields": ["法定代表人"]},
        {"surprise": 1},
    ):
        assert house.profile(**body).status_code == 422
    assert house.profile(zones=["nowhere"]).get_json()["code"] == "no-such-zone"
    for who in (built.REQUESTER.id, built.AUDITOR.id, built.LEAD.id):
        assert house.profile(who).status_code == 403


# --- values without a house ---------------------------------------------------------------------------------------


def source(directory: str, *rows: Mapping[str, Json], masks: Mapping[str, str] | None = None) -> Answered:
    answer = {"usage_id": f"use-{directory}", "receipt": {}, "rows": list(rows)}
    return Answered(directory, "", "", "", (), "found", {}, answer, masks=masks or {})


@pytest.mark.parametrize(
    ("sources", "conflict"),
    [
        ([source("a", {"x": 1}), source("b", {"x": 1})], False),
        ([source("a", {"x": 1}), source("b", {"x": "1"})], True),
        ([source("a", {"x": "（一）"}), source("b", {"x": "(一) "})], False),
        ([source("a", {"x": None}), source("b", {"x": 1})], False),
        ([source("a", {"x": 1}, {"x": 2})], False),
        ([source("a", {"x": 1}, {"x": 2}), source("b", {"x": 3})], False),
        ([source("a", {"x": "***"}, masks={"x": "hide"}), source("b", {"x": 3})], False),
        ([source("a", {"x": 1}, masks={"x": "keep"}), source("b", {"x": 2})], True),
        ([source("a", {"y": 1}), source("b", {"x": 2})], False),
    ],
)
def test_two_sources_of_one_row_each_contradict_each_other(sources: list[Answered], conflict: object):
    told: Any = fields(sources)
    assert any(each["conflict"] for each in told) is conflict


def test_a_key_is_held_by_exactly_one_item():
    assert subjects.item_of("id_number", ("姓名", "公民身份号码")) == "公民身份号码"
    assert subjects.item_of("id_number", ("男方公民身份号码", "女方公民身份号码")) is None
    assert subjects.item_of("id_number", ("公民身份号码", "身份证号码")) is None
