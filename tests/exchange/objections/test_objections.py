"""Objections through the real gateway: five departments receive a record, one objects, all are told and confirm."""

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base import clock
from base.calendar import CalendarYear
from base.callers import Caller
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from base.models import AuditEntry
from base.notices.models import Delivery, StoredNotice
from exchange import tasks
from exchange.models import Task
from exchange.objections import jobs, monitors, receivers
from exchange.objections import objections as verbs
from exchange.objections.errors import ObjectionUnderWay
from exchange.objections.models import Objection, ObjectionStep
from exchange.objections.objections import Evidence, NewObjection
from exchange.objections.received import About, Meant
from exchange.objections.receivers import HEARING
from exchange.objections.wiring import Objecting
from exchange.routes.gateway import gateway
from exchange.routes.objections import objections
from keys.parties import organisations, people
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import gateway_house
from tests.exchange.departments import MAKER, person
from tests.exchange.gateway_house import FIELDS, ROWS, House, granted, purpose
from tests.rooms import Door

HEALTH, DATA = code_of("health"), code_of("data")
# Five departments that look the same licence up, and one that never does.
RECEIVERS = ("police", "city-market", "county-window", "civil", "labour")
NEVER = "land"
NEW = ("civil", "labour", "land")
SYSTEMS = {
    each: Caller("system", f"sys-{each}", "演示系统", code_of(each), scopes=frozenset({"data:read"}))
    for each in RECEIVERS
}
PEOPLE = {each: person(f"req-{each}", each, "requester") for each in (*RECEIVERS, NEVER, "health")}
CLERK = person("clerk", "police", "window")
PROVIDER = person("health-provider", "health", "provider")
ISSUER = person("health-issuer", "health", "issuer")
AUTHORITY = person("authority", "data", "authority")
CITY_AUTHORITY = person("city-authority", "city-data", "authority")
AUDITOR = person("auditor", "data", "auditor")
EVERYONE = (*SYSTEMS.values(), *PEOPLE.values(), CLERK, PROVIDER, ISSUER, AUTHORITY, CITY_AUTHORITY, AUDITOR)
EVIDENCE = [{"title": "许可证复印件（演示）", "sm3": "ab" * 32}]
ONE_DATABASE = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
SECRET = "负责人姓名应为演示丁，原件见附件"


@dataclass(frozen=True)
class Told:
    """The house, its door, and the receipt of each department."""

    house: House
    door: Door
    usages: dict[str, str]

    def ask(self, who: str, row: int = 0) -> str:
        body = {
            "purpose": purpose(),
            "conditions": [{"item": FIELDS[0], "values": [ROWS[row][0]]}],
            "fields": ["许可证编号", "负责人"],
        }
        answer = self.door.call(SYSTEMS[who].id, "POST", f"/data/{self.house.code}", json=body)
        assert answer.status_code == 200, answer.get_json()
        return str(answer.get_json()["usage_id"])

    def call(self, who: Caller, step: str, known: str = "", status: int = 200, **body: Any) -> Any:
        path = f"/objections/{known}/{step}" if known else "/objections"
        answer = self.door.call(who.id, "POST", path, json=body)
        assert answer.status_code == status, answer.get_json()
        return answer.get_json()

    def begin(self, who: Caller = CLERK, status: int = 201, **peculiar: Any) -> Any:
        body = {"usage_id": self.usages["police"], "about": "field", "field": "负责人", "text": SECRET}
        return self.call(who, "", status=status, **{**body, "evidence": EVIDENCE, **peculiar})

    def one(self, known: str, who: Caller = AUDITOR) -> Any:
        return self.door.call(who.id, "GET", f"/objections/{known}").get_json()

    def owners(self, known: str) -> set[tuple[str, str, str]]:
        """Give everybody whose turn it is."""
        with self.house.database.reading() as session:
            query = select(Task).where(Task.thing_id.startswith(known), Task.done_at.is_(None))
            return {(each.organisation, each.role, each.duty) for each in session.scalars(query)}


def objecting(house: House, designated: str = "") -> Objecting:
    return Objecting(house.parts.data_keys, designated)


@pytest.fixture
def told(database: Database, tmp_path: Path) -> Told:
    at = clock.now()
    house = gateway_house.opened(database, tmp_path, at)
    with database.transaction() as session:
        _more(session, house, at)
    door = rooms.door(database, (gateway, objections), EVERYONE, house.parts, house.sources, objecting(house))
    story = Told(house, door, {})
    story.usages.update({each: story.ask(each) for each in RECEIVERS})
    return story


def _more(session: Session, house: House, at: datetime) -> None:
    for number, short in enumerate(NEW):
        code = CreditCode(code_of(short))
        organisations.add(
            session, NewOrganisation(code, f"演示部门{number}", RegionCode("320000"), "province", None), MAKER, at
        )
    for short in RECEIVERS[1:]:
        granted(session, house.code, at, code_of(short), f"grant-{short}")
    for each in (*PEOPLE.values(), PROVIDER):
        row = people.add(session, NewPerson(each.id, "演示人员", each.organisation), MAKER, at)
        people.assign_roles(session, row, tuple(each.roles), MAKER, at)


def test_an_objection_is_told_to_all_five_who_received_the_record_and_each_confirms(told: Told):
    made = told.begin()
    known = made["id"]
    assert (made["state"], made["provider"], made["text"]) == ("verifying", HEALTH, SECRET)
    assert told.owners(known) == {(HEALTH, "provider", "correction")}
    answered = told.call(PROVIDER, "answers", known, decision="correct", reason="已按原件更正")
    assert (answered["state"], answered["outcome"]) == ("telling", "corrected")
    assert {each["organisation"] for each in answered["receivers"]} == {code_of(each) for each in RECEIVERS}
    assert {each["heard"] for each in answered["receivers"]} == {"told"}
    waiting = set(RECEIVERS)
    for each in RECEIVERS:
        assert told.owners(known) == {(code_of(one), "requester", "objection-confirmation") for one in waiting}
        now = told.call(PEOPLE[each], "confirmations", known)
        waiting -= {each}
        assert now["state"] == ("telling" if waiting else "settled")
        told.call(PEOPLE[each], "confirmations", known, 409)
    assert told.owners(known) == set()
    with told.house.database.reading() as session:
        query = select(AuditEntry.act).where(AuditEntry.thing_kind == "objection", AuditEntry.thing_id == known)
        acts = sorted(session.scalars(query))
        assert acts == sorted(
            ["objection.begin", "objection.correct", *["objection.told"] * 5, *["objection.confirm"] * 5]
        )
        sent = select(Delivery.recipient).join(StoredNotice).where(StoredNotice.kind == "objection-corrected")
        assert len(set(session.scalars(sent))) == 5
        stored = session.scalars(select(Objection)).one()
        assert SECRET.encode() not in stored.content
        assert all("原件".encode() not in each.reason for each in session.scalars(select(ObjectionStep)))
    steps = told.door.call(AUDITOR.id, "GET", f"/objections/{known}/history").get_json()["items"]
    assert [each["step"] for each in steps] == ["begin", "correct", *["confirm"] * 5]
    assert steps[1]["reason"] == "已按原件更正"


def test_a_disputed_answer_goes_to_the_authority_and_may_be_verified_again(told: Told):
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, 422, decision="keep", reason=" ")
    told.call(PROVIDER, "answers", known, decision="keep", reason="与登记一致")
    told.call(PEOPLE["police"], "confirmations", known)
    told.call(PEOPLE["labour"], "disputes", known, 422, reason="")
    disputed = told.call(PEOPLE["labour"], "disputes", known, reason="与本部门档案不符")
    assert disputed["state"] == "ruling"
    assert told.owners(known) == {(DATA, "authority", "objection-ruling")}
    told.call(PEOPLE["civil"], "confirmations", known, 409)
    again = told.call(AUTHORITY, "rulings", known, decision="redo", reason="请核对原始档案")
    assert (again["state"], told.owners(known)) == ("verifying", {(HEALTH, "provider", "correction")})
    answered = told.call(PROVIDER, "answers", known, decision="correct", reason="已更正")
    assert {each["heard"] for each in answered["receivers"]} == {"told"}
    told.call(PEOPLE["labour"], "disputes", known, reason="仍有出入")
    settled = told.call(AUTHORITY, "rulings", known, decision="uphold", reason="更正无误")
    assert (settled["state"], settled["outcome"], told.owners(known)) == ("settled", "corrected", set())
    told.call(PEOPLE["police"], "confirmations", known, 409)


def test_only_who_received_that_record_and_that_field_is_told(told: Told):
    with told.house.database.transaction() as session:
        granted(session, told.house.code, told.house.at, code_of(NEVER), "grant-land")
    other = Caller("system", "sys-land", "演示系统", code_of(NEVER), scopes=frozenset({"data:read"}))
    door = rooms.door(
        told.house.database,
        (gateway, objections),
        (*EVERYONE, other),
        told.house.parts,
        told.house.sources,
        objecting(told.house),
    )
    for body in (
        {"conditions": [{"item": FIELDS[0], "values": [ROWS[1][0]]}], "fields": ["负责人"]},
        {"conditions": [{"item": FIELDS[0], "values": [ROWS[0][0]]}], "fields": ["单位名称"]},
        {"conditions": [{"item": FIELDS[0], "values": ["苏卫9999"]}], "fields": ["负责人"]},
    ):
        assert (
            door.call(other.id, "POST", f"/data/{told.house.code}", json={"purpose": purpose(), **body}).status_code
            == 200
        )
    known = told.begin()["id"]
    answered = told.call(PROVIDER, "answers", known, decision="keep", reason="一致")
    assert code_of(NEVER) not in {each["organisation"] for each in answered["receivers"]}
    assert len(answered["receivers"]) == 5


REFUSED: list[tuple[Caller, dict[str, Any], str]] = [
    (PEOPLE[NEVER], {}, "not-received"),
    (PEOPLE["civil"], {}, "not-received"),
    (CLERK, {"usage_id": "0190b5a0-0000-7000-8000-000000000000"}, "not-received"),
    (PEOPLE["health"], {}, "own-data"),
    (CLERK, {"field": "面积"}, "field-not-received"),
    (CLERK, {"field": ""}, "field-not-received"),
    (CLERK, {"about": "record"}, "no-field-meant"),
    (CLERK, {"about": "certificate", "field": ""}, "no-certificate"),
    (CLERK, {"about": "record", "field": "", "subject": 1}, "no-such-subject"),
    (CLERK, {"about": "use", "field": ""}, "not-your-data"),
]


def test_an_objection_to_someone_elses_record_is_refused_with_the_rule(told: Told):
    for who, peculiar, rule in REFUSED:
        refused = told.begin(who, 403, **peculiar)
        assert (refused["code"], refused["rule"]) == ("not-your-record", rule), (who.id, peculiar)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("language", "title", "meaning"),
    [
        ("zh", "只能对本单位接收的数据提出异议", "not-received：不是本单位的使用记录"),
        ("en", "Not a record of yours", "not-received: the use is not yours"),
    ],
)
def test_the_refusal_names_the_rule_and_what_it_means_in_both_languages(
    told: Told, language: str, title: str, meaning: str
):
    body = {
        "usage_id": told.usages["police"],
        "about": "field",
        "field": "负责人",
        "text": SECRET,
        "evidence": EVIDENCE,
    }
    answer = told.door.call(PEOPLE["civil"].id, "POST", f"/objections?lang={language}", json=body)
    refused = answer.get_json()
    assert (answer.status_code, refused["code"], refused["rule"]) == (403, "not-your-record", "not-received")
    assert refused["title"] == title
    assert meaning in refused["cause"]
    assert "not-received" in refused["detail"]
    assert refused["fix"]
    assert SECRET not in answer.get_data(as_text=True)


def test_what_was_not_found_cannot_be_objected_to(told: Told):
    body = {"purpose": purpose(), "conditions": [{"item": FIELDS[0], "values": ["苏卫9999"]}], "fields": ["负责人"]}
    usage = told.door.call("sys-police", "POST", f"/data/{told.house.code}", json=body).get_json()["usage_id"]
    assert told.begin(status=403, usage_id=usage)["rule"] == "nothing-received"


def test_who_provides_the_data_objects_to_a_use_of_it(told: Told):
    made = told.begin(PEOPLE["health"], about="use", field="", text="超出授权事项使用")
    assert (made["provider"], told.owners(made["id"])) == (
        code_of("police"),
        {(code_of("police"), "requester", "correction")},
    )
    answered = told.call(PEOPLE["police"], "answers", made["id"], decision="correct", reason="已删除")
    assert [each["organisation"] for each in answered["receivers"]] == [HEALTH]
    assert told.call(PEOPLE["health"], "confirmations", made["id"])["state"] == "settled"


def test_the_same_is_objected_to_once_until_it_is_over(told: Told):
    known = told.begin()["id"]
    assert told.begin(PEOPLE["police"], 409)["objection"] == known
    told.usages["police"] = told.ask("police")
    assert told.begin(status=409)["code"] == "objection-under-way"
    told.begin(about="record", field="")
    withdrawn = told.call(CLERK, "withdrawals", known)
    assert (withdrawn["state"], told.owners(known)) == ("withdrawn", set())
    assert told.begin()["id"] != known


def test_two_clerks_who_object_at_one_moment_begin_one_objection(told: Told):
    """Both look before either has written, where the database lets them: the second is told of the first."""
    ready, outcomes = threading.Barrier(2), []
    new = NewObjection(told.usages["police"], Meant(About.RECORD), "演示", (Evidence("演示", "ab" * 32),))
    parts = objecting(told.house)

    def object_() -> None:
        ready.wait(30)
        try:
            with told.house.database.transaction() as session:
                outcomes.append(verbs.begin(session, parts, new, CLERK, told.house.at).id)
        except ObjectionUnderWay as refused:
            outcomes.append(refused.objection)

    threads = [threading.Thread(target=object_) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    with told.house.database.reading() as session:
        assert outcomes == [session.scalars(select(Objection.id)).one()] * 2


def _suspended(told: Told, short: str) -> None:
    with told.house.database.transaction() as session:
        row = organisations.organisation_of(session, code_of(short))
        organisations.suspend(session, row, "机构撤销", MAKER, told.house.at)


@ONE_DATABASE
def test_a_department_that_may_no_longer_act_keeps_nobody_waiting(told: Told):
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, decision="keep", reason="与登记一致")
    told.call(PEOPLE["labour"], "disputes", known, reason="不符")
    again = told.call(AUTHORITY, "rulings", known, decision="redo", reason="请核对")
    assert again["outcome"] is None
    _suspended(told, "labour")
    answered = told.call(PROVIDER, "answers", known, decision="correct", reason="已更正")
    assert code_of("labour") not in {each["organisation"] for each in answered["receivers"]}
    _suspended(told, "civil")
    left = [PEOPLE[each] for each in RECEIVERS if each not in {"labour", "civil"}]
    states = [told.call(each, "confirmations", known)["state"] for each in left]
    assert states == ["telling", "telling", "settled"]


@ONE_DATABASE
def test_an_answer_that_nobody_is_left_to_confirm_is_the_end(told: Told):
    known = told.begin()["id"]
    for each in RECEIVERS:
        _suspended(told, each)
    answered = told.call(PROVIDER, "answers", known, decision="correct", reason="已更正")
    assert (answered["state"], answered["receivers"], told.owners(known)) == ("settled", [], set())


def _lapse(told: Told, days: int) -> datetime:
    """Let time pass: reminders first, then the job."""
    at = told.house.at + timedelta(days=days)
    with told.house.database.transaction() as session:
        tasks.remind(session, at)
    with told.house.database.reading() as session:
        found = receivers.silent(session, receivers.HEARING, at)
    for each in found:
        with told.house.database.transaction() as session:
            jobs.lapsed(session, objecting(told.house), each, at)
    return at


def test_receivers_who_never_confirm_are_reminded_then_named_and_each_superior_has_a_ticket(told: Told):
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, decision="correct", reason="已更正")
    silent = {code_of("labour"), code_of("city-market")}
    for each in RECEIVERS:
        if code_of(each) not in silent:
            told.call(PEOPLE[each], "confirmations", known)
    _lapse(told, 0)
    assert told.one(known)["state"] == "telling"
    at = _lapse(told, 30)
    ended = told.one(known)
    assert (ended["state"], ended["outcome"], told.owners(known)) == ("settled", "corrected", set())
    assert {each["organisation"] for each in ended["receivers"] if each["heard"] == "unconfirmed"} == silent
    with told.house.database.reading() as session:
        sent = set(session.scalars(select(StoredNotice.kind)))
        assert {"task-overdue", "objection-moved"} <= sent
        owners = {each.organisation: each.facts["objection"] for each in monitors.unconfirmed(session, HEARING, at)}
        assert owners == {DATA: known, code_of("city-data"): known}
        (lapsed,) = session.scalars(select(AuditEntry).where(AuditEntry.act == "objection.lapse"))
        assert set(json.loads(lapsed.content)["facts"]["unconfirmed"]) == silent
    _lapse(told, 31)
    assert [each["step"] for each in _history(told, known)][-1] == "lapse"
    told.call(PEOPLE["labour"], "confirmations", known, 409)


@ONE_DATABASE
def test_an_objection_does_not_wait_for_the_calendar_of_next_year(told: Told):
    """Every year from this one on is unknown: each turn begins, with a term of days, and its reminders are sent."""
    with told.house.database.transaction() as session:
        session.execute(delete(CalendarYear).where(CalendarYear.year >= told.house.at.year))
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, decision="correct", reason="已更正")
    told.call(PEOPLE["police"], "disputes", known, reason="演示争议")
    told.call(AUTHORITY, "rulings", known, decision="redo", reason="演示重核")
    told.call(PROVIDER, "answers", known, decision="correct", reason="再次更正")
    _lapse(told, 30)
    ended = told.one(known)
    assert (ended["state"], told.owners(known)) == ("settled", set())
    with told.house.database.reading() as session:
        assert "task-overdue" in set(session.scalars(select(StoredNotice.kind)))


def _history(told: Told, known: str) -> Any:
    return told.door.call(AUDITOR.id, "GET", f"/objections/{known}/history").get_json()["items"]


@ONE_DATABASE
def test_an_authority_that_is_a_party_never_rules(told: Told):
    """The province's data administration is the highest authority; where it disputes, who was designated rules."""
    with told.house.database.transaction() as session:
        granted(session, told.house.code, told.house.at, DATA, "grant-data")
    asker = Caller("system", "sys-data", "演示系统", DATA, scopes=frozenset({"data:read"}))
    clerk = person("data-clerk", "data", "requester")
    ruler = person("ruler", NEVER, "authority")
    parts = objecting(told.house, code_of(NEVER))
    furniture = (told.house.parts, told.house.sources, parts)
    told = Told(
        told.house,
        rooms.door(told.house.database, (gateway, objections), (*EVERYONE, asker, clerk, ruler), *furniture),
        told.usages,
    )
    body = {"purpose": purpose(), "conditions": [{"item": FIELDS[0], "values": [ROWS[0][0]]}], "fields": ["负责人"]}
    assert told.door.call(asker.id, "POST", f"/data/{told.house.code}", json=body).status_code == 200
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, decision="keep", reason="一致")
    disputed = told.call(clerk, "disputes", known, reason="与本局记录不符")
    assert (disputed["state"], disputed["judge"]) == ("ruling", code_of(NEVER))
    assert told.owners(known) == {(code_of(NEVER), "authority", "objection-ruling")}
    told.call(AUTHORITY, "rulings", known, 403, decision="uphold", reason="演示")
    assert told.one(known, ruler)["id"] == known
    assert told.call(ruler, "rulings", known, decision="uphold", reason="演示")["state"] == "settled"


@ONE_DATABASE
def test_where_nobody_impartial_is_there_the_dispute_is_refused_by_name(told: Told):
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, decision="keep", reason="一致")
    with told.house.database.transaction() as session:
        row = session.get_one(Objection, known)
        row.provider = DATA  # as it is where the authority verifies for a provider without an account
    refused = told.call(PEOPLE["labour"], "disputes", known, 409, reason="不符")
    assert (refused["code"], told.one(known)["state"]) == ("nobody-to-rule", "telling")


# Who is let in at each address, for an objection of the police: K clerk, R requester of the objector, C told receiver,
# P provider, I issuer of the provider, A authority, O another region's authority, N never received it, D auditor.
ROLES = {
    "K": CLERK,
    "R": PEOPLE["police"],
    "C": PEOPLE["civil"],
    "P": PROVIDER,
    "I": ISSUER,
    "A": AUTHORITY,
    "O": CITY_AUTHORITY,
    "N": PEOPLE[NEVER],
    "D": AUDITOR,
}
ADDRESSES = {
    ("GET", ""): "KRCPIAD",
    ("GET", "history"): "KRCPIAD",
    ("POST", "answers"): "P",
    ("POST", "confirmations"): "KRC",
    ("POST", "disputes"): "KRC",
    ("POST", "rulings"): "A",
    ("POST", "withdrawals"): "KR",
}
BODIES = {"answers": {"decision": "keep"}, "rulings": {"decision": "redo"}}
# Where each step begins, so that whoever is let in meets the missing reason, and nothing moves.
STANDS = {"answers": "verifying", "rulings": "ruling", "disputes": "telling"}


def test_every_role_at_every_address(told: Told):
    found = {
        (method, str(rule).removeprefix("/api/v1/objections").removeprefix("/<objection_id>").strip("/"))
        for rule in told.door.app.url_map.iter_rules()
        if rule.endpoint.startswith("objections.") and "<" in str(rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == set(ADDRESSES)
    wrong = []
    known = told.begin()["id"]
    order = ("answers", "", "history", "disputes", "rulings", "withdrawals", "confirmations")
    for name in order:
        if name == "":
            told.call(PROVIDER, "answers", known, decision="keep", reason="一致")
        if name == "rulings":
            told.call(PEOPLE["labour"], "disputes", known, reason="不符")
        if name == "withdrawals":
            known = told.begin(about="record", field="")["id"]
        if name == "confirmations":
            told.call(PROVIDER, "answers", known, decision="keep", reason="一致")
        method = "GET" if name in {"", "history"} else "POST"
        for letter, who in ROLES.items():
            if name == "withdrawals" and letter in "KR":
                continue
            path = f"/objections/{known}/{name}".rstrip("/")
            answer = told.door.call(who.id, method, path, json=BODIES.get(name, {}) if method == "POST" else None)
            if (answer.status_code not in {403, 404}) is not (letter in ADDRESSES[method, name]):
                wrong.append((name, letter, answer.status_code, answer.get_json()))
        assert told.door.call(None, method, path, json={}).status_code == 401
    assert wrong == []


def test_lists_show_who_is_concerned(told: Told):
    known = told.begin()["id"]
    told.call(PROVIDER, "answers", known, decision="keep", reason="一致")
    for who, seen in (
        (CLERK, 1),
        (PEOPLE["labour"], 1),
        (PROVIDER, 1),
        (AUTHORITY, 1),
        (AUDITOR, 1),
        (PEOPLE[NEVER], 0),
        (CITY_AUTHORITY, 0),
    ):
        listed = told.door.call(who.id, "GET", "/objections", query_string={"state": "telling"}).get_json()["items"]
        assert [each["id"] for each in listed] == [known] * seen, who.id


SHAPES: dict[str, tuple[Any, ...]] = {
    "usage_id": ("", "x" * 37, None),
    "about": ("everything", None),
    "field": ("长" * 201, 7),
    "subject": (-1, "0", 1001),
    "text": ("", " \n ", "长" * 2001),
    "evidence": (
        [],
        [{"title": "x", "sm3": "zz"}],
        [{"title": " ", "sm3": "ab" * 32}],
        [{"sm3": "ab" * 32}],
        EVIDENCE * 21,
    ),
    "surprise": (1,),
}


def test_an_objection_of_another_shape_is_refused_with_a_pointer(told: Told):
    for member, values in SHAPES.items():
        for value in values:
            refused = told.begin(status=422, **{member: value})
            assert all(each["pointer"].startswith(f"#/{member}") for each in refused["errors"]), (member, value)
