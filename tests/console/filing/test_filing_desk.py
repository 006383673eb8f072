"""The filing desk by its pages: plan, call up, open the case, work on it; what is refused is still there."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from base.callers import Caller
from base.db import Database
from certs import contents, library
from certs.copies.wiring import Copying
from certs.drafts import Holder
from certs.filing.cases.models import Case, CaseMaterial
from certs.missing.models import MissingReport
from certs.presentations import code as codes
from certs.presentations import presentations
from certs.presentations.presentations import Shown
from tests.certs.filing.cases.house import COUNTY
from tests.certs.papers import firm
from tests.console.people import Reader, pages
from tests.journeys import filing_house
from tests.journeys.filing_house import BRIGADE, FIRE, FOOD, HYGIENE, LEAD, LICENCE, MARKET, SIGN, FilingHouse
from tests.keys.parties.builders import CITY, PROVINCE

CLERK = Caller("person", "hall-clerk", "演示窗口人员", COUNTY, frozenset({"window"}))
ORGAN = Caller("person", "organ-clerk", "演示审批人员", CITY, frozenset({"operator"}))
LEAD_CLERK = Caller("person", "lead-clerk", "演示市场监管人员", MARKET, frozenset({"operator"}))
BRIGADE_CLERK = Caller("person", "brigade-clerk", "演示消防人员", BRIGADE, frozenset({"operator"}))
ELSEWHERE = Caller("person", "elsewhere", "演示外人", PROVINCE, frozenset({"window", "operator"}))
ISSUER = Caller("person", "issuer", "演示签发员", CITY, frozenset({"issuer"}))
HOSTILE = ["<script>alert(1)</script>", "{{ 7*7 }}", "' OR 1=1 --", "\u202e演示", "x" * 3000]


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> FilingHouse:
    return filing_house.opened(database, tmp_path, at, monkeypatch)


@pytest.fixture
def app(house: FilingHouse) -> Flask:
    made = pages(house.database, (CLERK, ORGAN, ISSUER, LEAD_CLERK, BRIGADE_CLERK, ELSEWHERE))
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


def test_a_code_that_is_shown_is_redeemed_once_and_counts_in_the_case(app: Flask, house: FilingHouse):
    code = shown(house)
    at = address(house)
    typed = {"shown_code": codes.square(code), "stage": "intake", "basis": "演示收0002", "reason": "演示办理"}
    read = planned(app, house).send(f"{at}/codes", **typed)
    assert read.status == 200, read.text
    (row,) = read.page.xpath("//caption[.='办事人出示的证照']/../tbody/tr")
    assert "营业执照" in row.text_content()
    assert "已调取" in row.text_content()
    assert code not in read.answer.text
    carried = read.page.xpath("//input[@name='shown.type']/@value")
    assert carried
    again = planned(app, house).send(f"{at}/codes", **{**typed, "shown_code": code})
    assert again.status == 409
    assert "presentation-over" in again.answer.text
    given = {**person(), "holders.0.code": firm(9), "holders.0.name": "演示企业9有限公司"}
    found = read.send(f"{at}/lookups", **given)
    assert "已出示" in found.text
    opened = found.send(f"{at}/cases", key="yanshi-0002", receiving_window="3 号窗口", receiving_region="320500")
    assert opened.status == 303, opened.text
    with house.database.reading() as session:
        kept = session.scalars(select(CaseMaterial).where(CaseMaterial.source != "")).all()
        assert [each.answer for each in kept] == ["certificate"]


@pytest.mark.parametrize("typed", ["", "0000000000", "演示", "🙂" * 50])
def test_a_code_that_nobody_shows_is_said_kindly_and_keeps_the_purpose(app: Flask, house: FilingHouse, typed: str):
    purpose = {"stage": "intake", "basis": "演示收0002", "reason": "演示办理"}
    read = planned(app, house).send(f"{address(house)}/codes", shown_code=typed, **purpose)
    assert read.status == 404
    assert "no-such-presentation" in read.answer.text
    assert read.page.xpath("//form[contains(@action, '/codes')]//input[@name='reason']/@value") == ["演示办理"]


def test_a_promise_is_signed_and_its_fulfilment_seen(app: Flask, house: FilingHouse):
    number = filed_package(app, house)
    case = case_page_of(app, house, number, FIRE)
    read = Reader(app, BRIGADE_CLERK.id).open(case)
    assert read.send(f"{case}/steps/accept").status == 303
    read.open(case).send(f"{case}/promises", text="本店承诺消防验收合格。", proof_number="")
    assert read.status == 422
    assert "本店承诺消防验收合格。" in read.text
    promised = read.send(f"{case}/promises", text="本店承诺消防验收合格。", proof_number="演示签名1", days="15")
    assert promised.status == 303, promised.text
    assert promised.again().status == 303
    read = promised.follow()
    assert read.text.count("演示签名1") == 1
    (settle,) = read.page.xpath("//form[contains(@action, '/undertakings/')]/@action")
    done = read.send(settle, step="fulfil", reason="现场核查合格")
    assert done.status == 303, done.text
    assert "已履行" in done.follow().text


def test_a_later_paper_has_its_day_and_is_handed_in_with_its_scan(app: Flask, house: FilingHouse):
    case = case_page_of(app, house, filed_package(app, house), FIRE)
    read = Reader(app, BRIGADE_CLERK.id).open(case).send(f"{case}/later-materials", reason="正在编制", days="10")
    assert read.status == 303, read.text
    read = Reader(app, CLERK.id).open(case)
    (paper,) = read.page.xpath("//form[contains(@action, '/paper')]/@action")
    handed = read.send(paper, file=(BytesIO(b"%PDF-1.7 \xe6\xbc\x94"), "演示预案.pdf"))
    assert handed.status == 303, handed.text
    assert "已补交" in handed.follow().text
    with house.database.reading() as session:
        assert session.scalars(select(CaseMaterial.file_name).where(CaseMaterial.sm3 != "")).all() == ["演示预案.pdf"]


def test_part_of_a_package_is_filed_and_all_its_cases_are_seen_in_one_view(app: Flask, house: FilingHouse):
    number = filed_package(app, house)
    read = Reader(app, CLERK.id).open(f"/console/packages/{number}")
    assert len(read.page.xpath("//tbody/tr")) == 2
    assert read.page.xpath("//progress/@max") == ["2"]
    required = Reader(app, CLERK.id).open("/console/package-kinds/restaurant-opening")
    refused = required.send(
        "/console/package-kinds/restaurant-opening", chosen=[house.item(FIRE)], **intake("yanshi-p2")
    )
    assert refused.status == 422
    assert refused.page.xpath("//input[@name='name']/@value") == ["演示企业1有限公司"]
    assert refused.page.xpath("//input[@name='chosen' and @checked]/@value") == [house.item(FIRE)]


def test_what_several_organs_miss_is_asked_for_once_and_supplemented_once(app: Flask, house: FilingHouse):
    number = filed_package(app, house)
    at = f"/console/packages/{number}"
    for who, missing in ((LEAD_CLERK, "缺操作流程文件"), (BRIGADE_CLERK, "缺平面图")):
        noted = Reader(app, who.id).open(at).send(f"{at}/notes", missing=missing)
        assert noted.status == 303, noted.text
    assert not Reader(app, BRIGADE_CLERK.id).open(at).page.xpath("//form[contains(@action, '/notices')]")
    asked = Reader(app, LEAD_CLERK.id).open(at).send(f"{at}/notices", days="5")
    assert asked.status == 303, asked.text
    read = Reader(app, CLERK.id).open(at)
    assert "缺操作流程文件" in read.text
    assert "缺平面图" in read.text
    papers = read.page.xpath("//form[contains(@action, '/supplements')]//input[@name='paper']/@value")
    empty = Reader(app, CLERK.id).open(at).send(f"{at}/supplements")
    assert empty.status == 422
    handed = read.send(f"{at}/supplements", paper=papers[:2])
    assert handed.status == 303, handed.text
    assert not handed.follow().page.xpath("//form[contains(@action, '/supplements')]")


def test_a_stranger_sees_no_package_and_no_undertaking(app: Flask, house: FilingHouse):
    number = filed_package(app, house)
    assert Reader(app, ORGAN.id).open(f"/console/packages/{number}").status == 404
    assert Reader(app, ORGAN.id).open("/console/undertakings/no-such").status == 404
    assert Reader(app, ISSUER.id).open("/console/packages").status == 403


def shown(house: FilingHouse) -> str:
    """Show the applicant's licence to the window, as its holder does."""
    with house.database.transaction() as session:
        keys, known = house.library.parts.certs.keys, house.library.parts.certs.types
        (row,) = library.held(session, keys, "001", firm(1), LICENCE.code)
        holder = Holder(firm(1), "001", "演示企业1有限公司", "applicant")
        fields = tuple(each.name for each in LICENCE.fields)
        hashed = contents.holder_hash(session, keys, "001", firm(1))
        told = Shown(holder, hashed, COUNTY, house.item(HYGIENE), {row.identifier: fields})
        _, code = presentations.show(session, keys, known, told, CLERK, house.at)
    return code


def filed_package(app: Flask, house: FilingHouse) -> str:
    """File two of the three matters of a restaurant, and give the package's number."""
    members = [{"code": house.item(FOOD), "required": True}, {"code": house.item(FIRE)}, {"code": house.item(SIGN)}]
    house.good(LEAD, "PUT", "/case-package-kinds/restaurant-opening", name="演示开办餐饮店", members=members)
    at = "/console/package-kinds/restaurant-opening"
    read = Reader(app, CLERK.id).open(at)
    papers = read.page.xpath("//input[@name='paper']/@value")[:1]
    read.send(at, chosen=[house.item(FOOD), house.item(FIRE)], paper=papers, **intake("yanshi-p1"))
    assert read.status == 303, read.text
    return str(read.answer.location.split("?")[0].rsplit("/", 1)[1])


def intake(key: str) -> dict[str, str]:
    applicant = {"type": "001", "code": firm(1), "name": "演示企业1有限公司"}
    return {**applicant, "key": key, "receiving_window": "3 号窗口", "receiving_region": "320500"}


def case_page_of(app: Flask, house: FilingHouse, package: str, name: str) -> str:
    with house.database.reading() as session:
        of = select(Case.number).where(Case.package == package, Case.item_code == house.item(name))
        return f"/console/cases/{session.scalars(of).one()}"
