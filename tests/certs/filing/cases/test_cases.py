"""The case bus over HTTP: received here, decided there, each step once, and nobody reads what is not theirs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from base import events
from base.db import Database
from base.models import AuditEntry
from certs.filing.cases import reading
from certs.filing.cases.models import Case, CaseMaterial, CaseStep
from certs.filing.matter import Elements
from exchange import tasks
from exchange.models import Task
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import (
    AUDITOR,
    BACK,
    CLERK,
    COUNTY,
    HALL,
    HIGHEST,
    ITEM,
    STRANGER,
    SYSTEM_OPERATOR,
    WINDOW,
    House,
    intake,
    material,
)
from tests.certs.papers import firm
from tests.keys.parties.builders import CITY, PROVINCE


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


def is_as_its_steps_say(house: House, number: str) -> bool:
    """Tell whether the row is what replaying its steps gives."""
    with house.database.reading() as session:
        row = session.get_one(Case, number)
        return reading.replayed(session, row) == reading.life_of(row)


def open_tasks(house: House) -> list[tuple[str, str, str]]:
    with house.database.reading() as session:
        rows = session.query(Task).filter(Task.done_at.is_(None)).order_by(Task.id)
        return [(each.duty, each.organisation, each.role) for each in rows]


def test_a_case_is_received_elsewhere_and_decided_by_its_organ(house: House):
    """收办分离: a window takes it in, the organ accepts, works on it and grants, the window delivers."""
    case = house.receive()
    number = case["number"]
    assert number == "32050020261121000001"
    assert (case["organ"], case["region"], case["receiving_organ"], case["receiving_region"]) == (
        CITY,
        "320900",
        COUNTY,
        "320500",
    )
    assert (case["state"], case["owner"], case["duty"]) == ("received", CITY, "case-accept")
    assert open_tasks(house) == [("case-accept", CITY, "operator")]
    house.pass_days(2)
    accepted = house.stands(number, "accept", facts={"accept_doc_no": "演示受理〔2026〕1号"})
    assert (accepted["state"], accepted["duty"], accepted["due_at"]) == (
        "accepted",
        "case-decide",
        "2026-12-21T16:00:00+00:00",
    )
    house.stands(number, "process", facts={"process_name": "审查"})
    granted = house.stands(number, "grant")
    assert (granted["state"], granted["result"], granted["owner"], granted["duty"]) == (
        "granted",
        1,
        COUNTY,
        "case-deliver",
    )
    closed = house.stands(number, "deliver", WINDOW, facts={"delivery_type": "courier", "delivery_number": "演示单号"})
    assert (closed["state"], closed["owner"], closed["due_at"]) == ("delivered", None, None)
    assert closed["sequence"] == 6 - 1
    assert open_tasks(house) == []
    assert is_as_its_steps_say(house, number)


def test_a_case_is_decided_at_once_without_a_human_operator(house: House):
    """秒批: a system of the deciding organ accepts and grants in one moment, and is named as the operator."""
    number = house.receive()["number"]
    house.stands(number, "accept", BACK)
    assert house.stands(number, "grant", BACK)["state"] == "granted"
    kinds = [each["operator_kind"] for each in house.good(CLERK, "GET", f"/cases/{number}/steps")["items"]]
    assert kinds == ["person", "system", "system"]


def test_a_system_says_who_did_it(house: House):
    number = house.receive()["number"]
    answer = house.call(BACK, "POST", f"/cases/{number}/steps", key="k", act="accept")
    assert (answer.status_code, answer.json["code"]) == (422, "case-step-incomplete")


def test_the_same_receipt_is_one_case(house: House):
    first = house.good(HALL, "POST", "/cases", **intake("in-1"), operator=SYSTEM_OPERATOR)
    again = house.good(HALL, "POST", "/cases", **intake("in-1"), operator=SYSTEM_OPERATOR)
    assert first["number"] == again["number"]
    differs = house.call(
        HALL, "POST", "/cases", **intake("in-1", project_name="演示另一项目"), operator=SYSTEM_OPERATOR
    )
    assert (differs.status_code, differs.json["code"]) == (409, "case-step-differs")


def test_numbers_are_unique_and_count_by_region_and_day(house: House):
    numbers = [house.receive()["number"] for _ in range(3)]
    house.pass_days(1)
    numbers.append(house.receive()["number"])
    assert [each[-14:] for each in numbers] == [
        "20261121000001",
        "20261121000002",
        "20261121000003",
        "20261122000001",
    ]


def test_a_doubled_step_is_recognised(house: House):
    number = house.receive()["number"]
    told = {"key": "accept-1", "act": "accept"}
    first = house.good(CLERK, "POST", f"/cases/{number}/steps", **told)
    again = house.good(CLERK, "POST", f"/cases/{number}/steps", **told)
    assert (first["is_new"], again["is_new"]) == (True, False)
    assert first["step"]["sequence"] == again["step"]["sequence"] == 2
    differs = house.call(CLERK, "POST", f"/cases/{number}/steps", key="accept-1", act="not-accept")
    assert (differs.status_code, differs.json["code"]) == (409, "case-step-differs")


def test_reordered_steps_are_refused_until_their_turn_comes(house: House):
    """The grant overtakes the acceptance: refused as too early, and taken when it is told again in its turn."""
    number = house.receive()["number"]
    grant = {"key": "g", "act": "grant", "sequence": 3}
    early = house.call(CLERK, "POST", f"/cases/{number}/steps", **grant)
    assert (early.status_code, early.json["code"], early.json["expected"]) == (409, "case-step-too-early", 2)
    assert early.json["retryable"] is True
    house.good(CLERK, "POST", f"/cases/{number}/steps", key="a", act="accept", sequence=2)
    assert house.good(CLERK, "POST", f"/cases/{number}/steps", **grant)["case"]["state"] == "granted"
    late = house.call(CLERK, "POST", f"/cases/{number}/steps", key="other", act="process", sequence=2)
    assert (late.status_code, late.json["code"]) == (409, "case-step-late")
    assert house.good(CLERK, "POST", f"/cases/{number}/steps", **grant)["is_new"] is False


def test_a_step_that_may_not_follow_is_refused_with_a_code(house: House):
    number = house.receive()["number"]
    answer = house.step(number, "grant")
    assert (answer.status_code, answer.json["code"]) == (409, "case-step-not-allowed")
    assert (answer.json["state"], answer.json["step"]) == ("received", "grant")


def test_what_is_missing_is_asked_for_once_in_one_notice(house: House):
    number = house.receive()["number"]
    asked = house.stands(number, "ask-supplement", words={"reason": "缺少卫生检测报告；平面图未盖章"})
    assert (asked["state"], asked["owner"], asked["duty"]) == ("supplementing", COUNTY, "case-supplement")
    back = house.stands(number, "supplement", WINDOW, materials=[material("report", "卫生检测报告")])
    assert (back["state"], back["owner"]) == ("received", CITY)
    again = house.step(number, "ask-supplement", words={"reason": "还缺"})
    assert (again.status_code, again.json["code"]) == (409, "supplement-asked-already")
    assert is_as_its_steps_say(house, number)
    names = [each["name"] for each in house.good(CLERK, "GET", f"/cases/{number}")["materials"]]
    assert names == ["平面布局图", "卫生检测报告"]


def test_a_case_lapses_when_nothing_is_handed_in(house: House):
    number = house.receive()["number"]
    house.stands(number, "ask-supplement", words={"reason": "缺少材料"}, days=3)
    early = house.step(number, "lapse")
    assert (early.status_code, early.json["code"]) == (409, "term-still-runs")
    house.pass_days(10)
    assert house.stands(number, "lapse")["result"] == 5
    assert is_as_its_steps_say(house, number)


def test_a_hearing_stops_the_clock(house: House):
    """Accepted on a Saturday, stopped on Monday, going on a week later: five working days more."""
    number = house.receive()["number"]
    due = house.stands(number, "accept")["due_at"]
    house.pass_days(2)
    special: dict[str, Any] = {
        "facts": {"special_type": "1", "special_name": "听证"},
        "words": {"reason": "涉及重大利益"},
    }
    stopped = house.stands(number, "begin-special", days=10, **special)
    assert (stopped["state"], stopped["duty"]) == ("special", "case-special")
    house.pass_days(7)
    resumed = house.stands(number, "end-special", facts={"result": "听证结束"})
    assert (due[:10], resumed["due_at"][:10]) == ("2026-12-18", "2026-12-25")
    assert is_as_its_steps_say(house, number)


@pytest.mark.parametrize(
    ("steps", "state", "result"),
    [
        (["not-accept"], "not-accepted", None),
        (["hand-over"], "handed-over", 3),
        (["void"], "void", 4),
        (["withdraw"], "withdrawn", 5),
        (["accept", "refuse", "deliver"], "delivered", 2),
        (["accept", "extend", "grant", "deliver"], "delivered", 1),
    ],
)
def test_a_case_ends_in_one_of_its_ways(house: House, steps: list[str], state: str, result: int | None):
    if "extend" in steps:
        house.pass_days(-60)  # the longer term would reach into a year that is not known yet
    number, case = house.receive()["number"], {}
    for act in steps:
        who = WINDOW if act in {"withdraw", "deliver"} else CLERK
        facts = {"delivery_type": "window"} if act == "deliver" else {}
        case = house.stands(number, act, who, words={"reason": "演示理由"}, facts=facts)
    assert (case["state"], case["result"], case["owner"]) == (state, result, None)
    assert open_tasks(house) == []
    assert is_as_its_steps_say(house, number)


@pytest.mark.parametrize(
    ("act", "told", "missing"),
    [
        ("not-accept", {}, "reason"),
        ("ask-supplement", {"words": {"reason": ""}}, "reason"),
        ("void", {"words": {"explain": "演示"}}, "reason"),
    ],
)
def test_a_refusal_has_a_reason(house: House, act: str, told: dict[str, Any], missing: str):
    answer = house.step(house.receive()["number"], act, **told)
    assert (answer.status_code, answer.json["code"], answer.json["missing"]) == (422, "case-step-incomplete", missing)


@pytest.mark.parametrize(("who", "act"), [(WINDOW, "accept"), (CLERK, "withdraw"), (CLERK, "supplement")])
def test_each_side_takes_its_own_steps(house: House, who: Any, act: str):
    number = house.receive()["number"]
    answer = house.step(number, act, who, words={"reason": "演示"}, materials=[material("a", "演示")])
    assert (answer.status_code, answer.json["code"]) == (403, "case-step-not-yours")


def test_nobody_else_sees_a_case(house: House):
    """The auditor sees that there is one and how it went, not whom it is about."""
    number = house.receive()["number"]
    for method, path in (("GET", ""), ("GET", "/steps"), ("POST", "/steps"), ("GET", "/steps/1/rows")):
        body = {"key": "k", "act": "void", "operator": SYSTEM_OPERATOR} if method == "POST" else {}
        answer = house.call(STRANGER, method, f"/cases/{number}{path}", **body)
        assert (answer.status_code, answer.json["code"]) == (404, "no-such-case")
    seen = house.good(AUDITOR, "GET", f"/cases/{number}")
    assert (seen["applicant"], seen["form"], seen["materials"]) == (None, {}, [])
    assert house.call(AUDITOR, "GET", f"/cases/{number}/steps/1/rows").status_code == 403
    assert house.good(STRANGER, "GET", "/cases")["items"] == []
    assert house.call(AUDITOR, "POST", f"/cases/{number}/steps", key="k", act="void").status_code == 403
    assert house.door.call(None, "GET", f"/cases/{number}").status_code == 401


def test_what_names_somebody_is_kept_sealed(house: House):
    """Neither rows, nor audit entries, nor events hold the applicant's name, code or what was handed in."""
    number = house.receive()["number"]
    house.stands(number, "accept", words={"explain": "演示企业1有限公司材料齐全"})
    named = (firm(1), "演示企业1", "演示人1", "演示路")
    with house.database.transaction() as session:
        for table in (Case, CaseStep, CaseMaterial):
            for row in session.query(table):
                told = {key: value for key, value in vars(row).items() if key != "_sa_instance_state"}
                assert not any(each in str(told) or each.encode() in str(told).encode() for each in named), table
        assert not any(name in each.content.decode() for each in session.query(AuditEntry) for name in named)
        assert not any(name in str(each.event.facts) for each in events.since(session, 0) for name in named)


def test_each_step_tells_an_event_with_what_the_national_rows_need(house: House):
    number = house.receive()["number"]
    house.stands(number, "accept")
    house.stands(number, "refuse", words={"reason": "不符合规定"})
    with house.database.reading() as session:
        told = [each.event for each in events.since(session, 0) if each.event.name.startswith("case.")]
    assert [each.name for each in told] == ["case.receive", "case.accept", "case.refuse"]
    last = told[-1].facts
    assert (last["project_no"], last["catalog_code"], last["task_code"], last["task_handle_item"]) == (
        number,
        ITEM[19:31],
        ITEM[:31],
        ITEM,
    )
    assert (last["org_code"], last["receiving_org_code"], last["result_type"]) == (CITY, COUNTY, "2")


def test_a_step_is_given_as_rows_of_the_national_tables(house: House):
    number = house.receive()["number"]
    house.stands(number, "accept", facts={"accept_doc_no": "演示受理1号"})
    special: dict[str, Any] = {"facts": {"special_type": "1", "special_name": "听证"}, "words": {"reason": "重大利益"}}
    house.stands(number, "begin-special", days=5, **special)
    house.stands(number, "end-special", facts={"result": "结束"})
    house.stands(number, "refuse", words={"reason": "不符合规定"})

    def rows(sequence: int) -> dict[str, dict[str, Any]]:
        items = house.good(BACK, "GET", f"/cases/{number}/steps/{sequence}/rows")["items"]
        return {each["table"]: each["columns"] for each in items}

    assert set(rows(1)) == {"up_pro_process", "up_pro_material"}
    accept = rows(2)["up_pro_accept"]
    assert (accept["applyer_page_code"], accept["applyer_page_type"], accept["accept_doc_no"]) == (
        firm(1),
        "001",
        "演示受理1号",
    )
    assert (accept["org_name"], accept["handle_user_name"]) == ("演示市数据局", "演示审批人员")
    ended = rows(4)["up_pro_special_procedure"]
    assert (ended["special_name"], ended["special_reason"], ended["special_result"]) == ("听证", "重大利益", "结束")
    result = rows(5)["up_pro_result"]
    assert (result["result_type"], result["result_explain"]) == ("2", "不符合规定")
    assert house.call(BACK, "GET", f"/cases/{number}/steps/9/rows").status_code == 404


def test_the_other_side_fetches_steps_and_acknowledges_them(house: House):
    """What was not acknowledged is offered again; the first receipt stays."""
    number = house.receive(HALL, operator=SYSTEM_OPERATOR)["number"]
    waiting = house.good(BACK, "GET", "/case-deliveries")["items"]
    assert [(each["case"], each["step"]["act"]) for each in waiting] == [(number, "receive")]
    path = f"/case-deliveries/{waiting[0]['id']}/receipts"
    assert house.call(HALL, "POST", path, receipt="x").json["code"] == "no-such-case-delivery"
    assert house.good(BACK, "POST", path, receipt="演示回执1")["state"] == "taken"
    assert house.good(BACK, "POST", path, receipt="演示回执2")["receipt"] == "演示回执1"
    assert house.good(BACK, "GET", "/case-deliveries")["items"] == []
    house.stands(number, "accept", BACK)
    told = house.good(HALL, "GET", "/case-deliveries")["items"]
    assert [(each["sequence"], each["step"]["act"]) for each in told] == [(2, "accept")]


def test_a_missed_deadline_is_told_and_goes_to_the_authority_above(house: House):
    number = house.receive()["number"]
    house.pass_days(20)
    with house.database.transaction() as session:
        tasks.remind(session, house.at)
        assert [each.escalated_to for each in session.query(Task)] == [PROVINCE]
    listed = house.good(CLERK, "GET", "/cases?overdue=true&owed=true")["items"]
    assert [(each["number"], each["is_overdue"]) for each in listed] == [(number, True)]
    assert house.good(WINDOW, "GET", "/cases?overdue=true&owed=true")["items"] == []


def test_an_organ_lays_down_the_days_of_its_own_matters(house: House):
    days = {"accept": 1, "supplement": 5, "legal": 10, "promised": 3, "extension": 5, "issue": 1, "deliver": 2}
    told = {**days, "basis": "演示市承诺时限〔2026〕1号"}
    own = house.good(CLERK, "PUT", f"/case-terms/{ITEM}", **told)
    assert (own["scope"], own["promised"], own["confidence"]) == (ITEM, 3, "site")
    assert [each["scope"] for each in house.good(CLERK, "GET", "/case-terms")["items"]] == ["*", ITEM]
    number = house.receive()["number"]
    case = house.stands(number, "accept")
    assert (case["due_at"][:10], case["legal_due_at"][:10]) == ("2026-11-25", "2026-12-04")
    assert house.call(CLERK, "PUT", "/case-terms/*", **told).json["code"] == "case-terms-not-yours"
    assert house.call(HIGHEST, "PUT", "/case-terms/*", **told).status_code == 200
    wrong = house.call(CLERK, "PUT", f"/case-terms/{ITEM}", **{**told, "promised": 11})
    assert (wrong.status_code, wrong.json["code"]) == (422, "unusable-case-terms")


def test_the_days_that_a_matter_names_itself_come_first(house: House, monkeypatch: pytest.MonkeyPatch):
    elements = Elements(legal_working_days=5, promised_working_days=2)
    monkeypatch.setitem(of.MATTERS, ITEM, of.matter(elements=elements))
    case = house.stands(house.receive()["number"], "accept")
    assert (case["due_at"][:10], case["legal_due_at"][:10]) == ("2026-11-24", "2026-11-27")


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"matter": "0" * 33}, 404, "no-such-matter"),
        ({"key": "空 格"}, 422, "invalid-input"),
        ({"receiving_region": "3205"}, 422, "invalid-input"),
        ({"colour": 1}, 422, "invalid-input"),
        ({"applicant": {}}, 422, "invalid-input"),
        ({"materials": [material("a", "甲"), material("a", "乙")]}, 422, "invalid-input"),
        ({"materials": [material("a", "甲", content="不是 base64")]}, 422, "invalid-input"),
    ],
)
def test_a_faulty_receipt_is_refused(house: House, peculiar: dict[str, Any], status: int, code: str):
    answer = house.call(WINDOW, "POST", "/cases", **{**intake("k"), **peculiar})
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_deadline_in_an_unknown_year_is_refused_and_nothing_is_half_done(house: House):
    number = house.receive()["number"]
    house.at += timedelta(days=30)
    answer = house.step(number, "accept")
    assert (answer.status_code, answer.json["code"]) == (503, "calendar-year-unknown")
    assert house.good(CLERK, "GET", f"/cases/{number}")["sequence"] == 1


def test_no_row_can_be_open_without_an_owner_and_a_deadline(house: House):
    """The table itself refuses it, whoever writes."""
    house.receive()
    for column in ("owner", "due_at"):
        with pytest.raises(Exception, match=r"(?i)check"), house.database.transaction() as session:
            session.execute(text(f"update certs_cases set {column} = null"))  # noqa: S608 - two names of ours


def test_the_file_of_a_material_can_be_opened_again(house: House):
    number = house.receive()["number"]
    with house.database.transaction() as session:
        kept = session.get_one(CaseMaterial, (number, "layout"))
        assert reading.file_of(session, house.parts, kept) == "演示平面布局图".encode()
