"""The two documented walks of filing, carried out command by command, and what stands behind them after each.

A hygiene permit is planned, looked up, received in one county for the bureau of a city, granted, issued, told to its
supervisor, evaluated and archived. A restaurant opens with three organs at once, a promise, and a paper that comes due.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import app
from base.db import Database
from base.program import Running
from base.settings import read
from certs.commands.archives import archive_group
from certs.filing.undertakings import undertakings
from exchange import tasks
from exchange.door.models import Usage
from exchange.models import Task
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from tests.certs.filing.cases.house import COUNTY
from tests.certs.papers import HYGIENE as PERMIT
from tests.certs.papers import draft, firm, person
from tests.exchange.walks import Walk, commands
from tests.journeys import filing_house
from tests.journeys.filing_house import (
    AUTHORITY,
    BUREAU,
    CLERK,
    FIRE,
    FIREMAN,
    FOOD,
    HEALTH,
    HYGIENE,
    LEAD,
    MANAGER,
    SIGN,
    WINDOW,
    FilingHouse,
)
from tests.keys.parties.builders import CITY, PROVINCE
from tests.signing import offices
from tools import walk_pictures

PAGE = "filing-walks.md"
WHO = {
    "WINDOW": WINDOW,
    "ORGAN": BUREAU,
    "CLERK": CLERK,
    "HEALTH": HEALTH,
    "AUTHORITY": AUTHORITY,
    "LEAD": LEAD,
    "FIRE": FIREMAN,
    "SIGN": MANAGER,
}
INTAKE = {
    "key": "pack-1",
    "receiving_region": "320500",
    "receiving_window": "演示县政务服务中心 3 号窗口",
    "project_name": "演示开办餐饮店",
    "applicant": {"name": "演示企业1有限公司", "kind": "organisation", "type": "001", "code": firm(1)},
    "operator": {"kind": "person", "name": "演示窗口人员", "unit": "演示县政务服务中心"},
    "form": {"seats": 40},
    "materials": [
        {"key": "licence", "name": "营业执照"},
        {"key": "food", "name": "食品经营许可申请书"},
        {"key": "fire", "name": "消防安全告知承诺书"},
    ],
}
Seen = Callable[[dict[str, Any]], None]


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> FilingHouse:
    return filing_house.opened(database, tmp_path, at, monkeypatch)


def walked(
    house: FilingHouse, section: str, before: Mapping[int, Callable[[], None]], after: Mapping[int, Seen]
) -> Walk:
    """Carry a section of the page out, with what happens besides before and after its commands, by their numbers."""
    known = {"Y": "", "CITY": CITY, "PROVINCE": PROVINCE, "FIRM": firm(1), "AGENT": person(1), "TYPE": PERMIT.code}
    known |= {"ITEM": house.item(HYGIENE), "FOOD": house.item(FOOD), "SAFETY": house.item(FIRE)}
    known |= {"BOARD": house.item(SIGN), "INTAKE": json.dumps(INTAKE, ensure_ascii=False)[1:-1]}
    granted = {"type": PERMIT.code, "data": dict(draft(PERMIT).data)}
    known |= {"PERMIT": json.dumps(granted, ensure_ascii=False)}
    known |= {
        "PROMISED": key_of(house, "消防验收/备案结果"),
        "LATER": key_of(house, "消防安全制度、灭火和应急疏散预案"),
    }
    walk = Walk(house.door, {name: each.id for name, each in WHO.items()}, known)
    for number, command in enumerate(commands(PAGE, section), start=1):
        before.get(number, lambda: None)()
        answer = walk.do(command).get_json(silent=True) or {}
        seen = after.get(number)
        if seen is not None:
            seen(answer)
        _learn(walk.known, answer)
    return walk


def _learn(known: dict[str, str], answer: dict[str, Any]) -> None:
    """Keep what later commands name."""
    if "receipt" in answer and "usage_id" in answer:
        known["LOOKUP"] = answer["usage_id"]
        known["USAGE"] = next(each["usage_id"] for each in answer["items"] if each["outcome"] == "found")
    if "project_name" in answer:
        known["CASE"] = answer["number"]
    if answer.get("certificate_state") == "issued":
        known["PAPER"] = answer["certificate"]
    if "is_new" in answer and "file" in answer:
        known["ARCHIVE"] = answer["id"]
    if answer.get("items") and "supervisor" in answer["items"][0]:
        known["NOTICE"] = answer["items"][0]["id"]
    if "kind" in answer and "cases" in answer:
        known["PACKAGE"] = answer["number"]
        for name, each in zip(("FOODCASE", "FIRECASE", "SIGNCASE"), answer["cases"], strict=True):
            known[name] = each["number"]
    if answer.get("kind") in {"promise", "later"}:
        known[{"promise": "PROMISE", "later": "PAPERDUE"}[answer["kind"]]] = answer["id"]


def key_of(house: FilingHouse, name: str) -> str:
    return next(each.key for each in house.items[FIRE].materials if each.name == name)


def test_the_pictures_show_the_commands_of_the_page():
    """Drawn anew they are the same; every command has its row."""
    text = walk_pictures.PAGE.read_text(encoding="utf-8")
    for section, name in walk_pictures.PICTURES.items():
        picture = (walk_pictures.DOCS / "pictures" / name).read_text(encoding="utf-8")
        assert picture == walk_pictures.drawn(text, section), "run python -m tools.walk_pictures"
        assert picture.count("<rect ") == len(commands(PAGE, section)) + 1


# --- a hygiene permit ---------------------------------------------------------------------------------------------


def test_a_hygiene_permit_from_the_plan_to_the_archive(house: FilingHouse, tmp_path: Path):
    """Received in a county for the bureau of a city; every step as the page has it."""

    def planned(answer: dict[str, Any]) -> None:
        found = {each["name"]: each for each in answer["materials"]}
        assert found["主体资格（营业执照）"]["answer"] == "certificate"
        assert found["房屋产权证明或租赁合同"]["answer"] == "cancelled"
        own = [each for each in answer["materials"] if each["answer"] == "submit" and not each["would_be_free_if"]]
        assert {each["name"] for each in own} >= {"卫生许可证申请表"}

    def looked_up(answer: dict[str, Any]) -> None:
        found = {each["material"]: each["outcome"] for each in answer["items"]}
        assert found["主体资格（营业执照）"] == "found"
        assert found["法定代表人或者负责人身份证明"] == "not_covered", "nobody of that role was named"
        assert "卫生许可证申请表" in {each["name"] for each in answer["notice"]["items"]}

    def received(answer: dict[str, Any]) -> None:
        assert (answer["organ"], answer["region"]) == (CITY, "320900")
        assert (answer["receiving_organ"], answer["receiving_region"]) == (COUNTY, "320500")
        assert answer["parties"][0]["acting_for"] == firm(1)

    def issued(answer: dict[str, Any]) -> None:
        assert (answer["certificate_state"], answer["duty"], answer["owner"]) == ("issued", "case-deliver", COUNTY)
        assert house.tell_supervisors() == 1

    def told(answer: dict[str, Any]) -> None:
        assert [(each["act"], each["issuer"]) for each in answer["items"]] == [("issue", CITY)]

    after = {1: planned, 2: looked_up, 3: received, 10: issued, 12: told}
    walk = walked(house, "A hygiene permit", {}, after)
    case = house.good(CLERK, "GET", f"/cases/{walk.known['CASE']}")
    assert (case["state"], case["owner"], case["certificate"]) == ("delivered", None, walk.known["PAPER"])
    report = verify(walk.files["permit.ofd"], "permit.ofd", house.evidence.trust(), DEFAULT, house.at)
    assert report.verdict is Verdict.VALID
    given = house.good(WINDOW, "GET", f"/cases/{case['number']}/evaluations")["items"]
    assert [(each["number"], each["satisfaction"], each["usage_id"]) for each in given] == [
        (1, 5, ""),
        (2, 4, walk.known["USAGE"]),
    ]
    with house.database.reading() as session:
        uses = session.scalars(select(Usage)).all()
        # Granted for the matter of the implementing organ (实施主体); the use says who asked, and for where.
        assert {(each.organisation, each.handling_region, each.item_code) for each in uses} == {
            (COUNTY, "320500", house.item(HYGIENE))
        }
        assert {each.bound_to for each in uses} == {case["number"]}
    assert verified(tmp_path, walk.files["case.zip"]) == 0
    broken = bytearray(walk.files["case.zip"])
    broken[len(broken) // 2] ^= 1
    assert verified(tmp_path, bytes(broken)) != 0


def verified(folder: Path, package: bytes) -> int:
    """Check a package with the command, on a machine that has nothing but the root; give how it ends."""
    (folder / "case.zip").write_bytes(package)
    (folder / "root.pem").write_bytes(offices.authority().certificate.pem)
    settings = read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL": f"sqlite:///{folder / 'none.db'}"})
    told = ["verify", str(folder / "case.zip"), "--trust", str(folder / "root.pem"), "--at", "2026-11-21T03:00:00Z"]
    return CliRunner().invoke(archive_group, told, obj=Running(app.PROGRAM, settings)).exit_code


# --- opening a restaurant -----------------------------------------------------------------------------------------


def test_a_restaurant_opens_with_three_organs_a_promise_and_a_paper_that_comes_due(house: FilingHouse):
    """One receipt, one set of papers, one notice, one supplement, one delivery, one view."""

    def filed(answer: dict[str, Any]) -> None:
        assert [each["item_code"] for each in answer["cases"]] == [house.item(each) for each in (FOOD, FIRE, SIGN)]
        assert len({each["organ"] for each in answer["cases"]}) == 3
        assert {each["receiving_organ"] for each in answer["cases"]} == {COUNTY}
        papers = {}
        for each, who in zip(answer["cases"], (LEAD, FIREMAN, MANAGER), strict=True):
            case = house.good(who, "GET", f"/cases/{each['number']}")
            papers[each["item_code"]] = {one["name"] for one in case["materials"]}
            assert case["form"] == {"seats": 40}, "the form is one for all"
        assert papers == {
            house.item(FOOD): {"营业执照", "食品经营许可申请书"},
            house.item(FIRE): {"营业执照", "消防安全告知承诺书"},
            house.item(SIGN): {"营业执照"},
        }

    def asked(answer: dict[str, Any]) -> None:
        assert [each["state"] for each in answer["cases"]] == ["supplementing", "accepted", "supplementing"]
        assert len({each["due_at"] for each in answer["cases"] if each["state"] == "supplementing"}) == 1

    def seen_in_one(answer: dict[str, Any]) -> None:
        assert [each["state"] for each in answer["cases"]] == ["granted", "accepted", "granted"]
        assert all(each["owner"] and each["due_at"] for each in answer["cases"])
        assert (answer["state"], answer["done"]) == ("open", 0)

    def reminded_then_overdue() -> None:
        house.pass_days(12)
        task = later_task(house)
        assert (task.organisation, task.role, task.reminded) == (COUNTY, "window", 2)
        assert task.escalated_to is None
        house.pass_days(2)
        with house.database.transaction() as session:
            assert undertakings.fall_due(session, house.cases, house.at) == 1
        assert later_task(house).escalated_to == PROVINCE, "it goes to the authority above"

    def overdue(answer: dict[str, Any]) -> None:
        states = {each["kind"]: (each["state"], each["owner"]) for each in answer["items"]}
        assert states["later"] == ("overdue", COUNTY)
        assert states["promise"][0] == "open"

    def handed_in(answer: dict[str, Any]) -> None:
        assert answer["state"] == "handed-in"
        assert answer["words"]["was_overdue"] is True

    def delivered(answer: dict[str, Any]) -> None:
        assert (answer["state"], answer["done"]) == ("closed", 3)
        assert answer["delivered_at"] is not None

    after = {3: filed, 9: asked, 16: seen_in_one, 17: overdue, 18: handed_in, 21: delivered}
    walked(house, "Opening a restaurant", {17: reminded_then_overdue}, after)


def later_task(house: FilingHouse) -> Task:
    """Remind whoever is to be reminded by now, and give the task of the paper that comes later."""
    with house.database.transaction() as session:
        tasks.remind(session, house.at)
    with house.database.reading() as session:
        (task,) = session.scalars(select(Task).where(Task.duty == "later-material", Task.done_at.is_(None)))
        session.expunge(task)
    return task
