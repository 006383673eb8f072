"""The filing desk by its pages: plan, call up, open the case, work on it; what is refused is still there."""

from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from base.callers import Caller
from base.db import Database
from certs.copies.wiring import Copying
from certs.filing.cases.models import Case
from certs.missing.models import MissingReport
from tests.certs.filing.cases.house import COUNTY
from tests.certs.papers import firm
from tests.console.people import Reader, pages
from tests.journeys import filing_house
from tests.journeys.filing_house import HYGIENE, FilingHouse
from tests.keys.parties.builders import CITY

CLERK = Caller("person", "hall-clerk", "演示窗口人员", COUNTY, frozenset({"window"}))
ORGAN = Caller("person", "organ-clerk", "演示审批人员", CITY, frozenset({"operator"}))
ISSUER = Caller("person", "issuer", "演示签发员", CITY, frozenset({"issuer"}))
HOSTILE = ["<script>alert(1)</script>", "{{ 7*7 }}", "' OR 1=1 --", "\u202e演示", "x" * 3000]


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> FilingHouse:
    return filing_house.opened(database, tmp_path, at, monkeypatch)


@pytest.fixture
def app(house: FilingHouse) -> Flask:
    made = pages(house.database, (CLERK, ORGAN, ISSUER))
    known = house.door.app.extensions["yinxin"]
    made.extensions["yinxin"].update(
        {kind: part for kind, part in known.items() if kind not in made.extensions["yinxin"]}
    )
    assert Copying in made.extensions["yinxin"]
    return made


def address(house: FilingHouse) -> str:
    return f"/console/filing/{house.item(HYGIENE)}"


def planned(app: Flask, house: FilingHouse, language: str = "zh") -> Reader:
    """Answer every question as it is put, with the first answer, until the plan is whole."""
    path, given = address(house), {"lang": language}
    read = Reader(app, CLERK.id).open(f"{path}?{urlencode(given)}")
    while asked := read.page.xpath("//form[@method='get']//select[starts-with(@name, 'answer.')]"):
        given |= {each.get("name"): each.xpath("option/@value")[1] for each in asked}
        read.open(f"{path}?{urlencode(given)}")
    return read


def person(code: str = "", **peculiar: str) -> dict[str, str]:
    return {
        "holders.0.role": "applicant",
        "holders.0.type": "001",
        "holders.0.code": code or firm(1),
        "holders.0.name": "演示企业1有限公司",
        "stage": "intake",
        "basis": "演示收0001",
        "ground": "statutory",
        "reason": "演示办理",
        **peculiar,
    }


def called(app: Flask, house: FilingHouse, **peculiar: str) -> Reader:
    at = address(house)
    return planned(app, house).send(f"{at}/lookups", **person(**peculiar))


def received(app: Flask, house: FilingHouse) -> Reader:
    at = f"{address(house)}/cases"
    told = {"key": "yanshi-0001", "receiving_window": "3 号窗口", "receiving_region": "320500"}
    return called(app, house).send(at, **told)


def test_a_matter_is_found_and_its_plan_gives_a_reason_for_every_material(app: Flask, house: FilingHouse):
    read = Reader(app, CLERK.id).open("/console/filing")
    assert HYGIENE in read.text
    read = planned(app, house)
    rows = read.page.xpath("//caption[.='材料']/../tbody/tr")
    assert rows
    assert all(each.xpath("string(td[2])").strip() for each in rows)


def test_answers_to_the_questions_stand_in_the_address_and_in_the_form(app: Flask, house: FilingHouse):
    read = planned(app, house)
    kept = read.page.xpath("//form[@method='post']//input[starts-with(@name, 'answer.')]/@name")
    assert kept
    assert all(name in read.address for name in kept)


def test_a_look_up_before_the_questions_are_answered_says_so(app: Flask, house: FilingHouse):
    at = address(house)
    read = Reader(app, CLERK.id).open(at).send(f"{at}/lookups", **person())
    assert "情形问题还没有回答" in read.text


def test_what_is_found_is_called_up_and_the_case_is_opened_once(app: Flask, house: FilingHouse):
    read = called(app, house)
    assert read.status == 200
    assert "已调取" in read.text
    opened = read.send(
        f"{address(house)}/cases", key="yanshi-0001", receiving_window="3 号窗口", receiving_region="320500"
    )
    assert opened.status == 303, opened.text
    assert opened.again().status == 303
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
    assert "已收件" in opened.follow().text


def test_a_look_up_without_a_reason_keeps_what_was_typed(app: Flask, house: FilingHouse):
    read = called(app, house, reason="")
    assert read.status == 422
    assert read.page.xpath("//input[@name='holders.0.name']/@value") == ["演示企业1有限公司"]
    assert read.page.xpath("//input[@name='reason']/@aria-invalid") == ["true"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_words(app: Flask, house: FilingHouse, text: str):
    read = called(app, house, **{"holders.0.name": text, "reason": text, "basis": text})
    assert read.status in {200, 400, 403, 409, 422}
    assert "<script>alert" not in read.answer.text


def test_an_entry_that_is_missing_is_reported_to_its_issuer(app: Flask, house: FilingHouse):
    read = called(app, house, **{"holders.0.code": firm(9), "holders.0.name": "演示企业9有限公司"})
    forms = read.page.xpath("//form[contains(@action, '/missing-reports')]/@action")
    assert "查无" in read.text
    if not forms:
        pytest.skip("what was not found is no certificate")
    told = read.send(forms[0], number="演1", note="演示")
    assert told.status in {303, 409}
    with house.database.reading() as session:
        assert (session.scalar(select(func.count()).select_from(MissingReport)) or 0) == int(told.status == 303)


def test_a_case_is_accepted_by_its_organ_and_a_step_taken_twice_is_one(app: Flask, house: FilingHouse):
    number = received(app, house).answer.location.split("?")[0].rsplit("/", 1)[1]
    accept = f"/console/cases/{number}/steps/accept"
    read = Reader(app, ORGAN.id).open(f"/console/cases/{number}").send(accept)
    assert read.status == 303, read.text
    assert read.again().status == 303
    assert "已受理" in read.follow().text
    assert not read.page.xpath(f"//form[@action='{accept}']")


def test_a_window_is_not_offered_what_the_organ_decides(app: Flask, house: FilingHouse):
    read = received(app, house).follow()
    acts = [each.rsplit("/", 1)[1] for each in read.page.xpath("//form[contains(@action, '/steps/')]/@action")]
    assert "accept" not in acts
    assert "withdraw" in acts


def test_a_step_that_was_overtaken_is_said_kindly(app: Flask, house: FilingHouse):
    number = received(app, house).answer.location.split("?")[0].rsplit("/", 1)[1]
    late = Reader(app, CLERK.id).open(f"/console/cases/{number}")
    refuse = f"/console/cases/{number}/steps/not-accept"
    assert Reader(app, ORGAN.id).open(f"/console/cases/{number}").send(refuse, reason="演示理由").status == 303
    late.send(f"/console/cases/{number}/steps/withdraw", reason="演示")
    assert late.status == 409
    assert late.page.xpath("//section[@role='alert']//h2")


def test_only_clerks_sit_here_and_strangers_cases_are_not_found(app: Flask, house: FilingHouse):
    assert Reader(app, ISSUER.id).open("/console/filing").status == 403
    assert Reader(app, CLERK.id).open("/console/cases/no-such-case").status == 404


def test_the_desk_speaks_english(app: Flask, house: FilingHouse):
    assert "need not be brought" in planned(app, house, "en").text


def test_the_list_of_cases_asks_as_often_for_one_as_for_many(app: Flask, house: FilingHouse):
    def asked() -> int:
        seen: list[str] = []
        event.listen(house.database.engine, "before_cursor_execute", note := lambda *told: seen.append(told[2]))
        assert Reader(app, CLERK.id).open("/console/cases").status == 200
        event.remove(house.database.engine, "before_cursor_execute", note)
        return len(seen)

    none = asked()
    received(app, house)
    assert asked() == none
