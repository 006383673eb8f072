"""好差评: numbered evaluations of a case, the default that gives way, and bad ones that have to be answered."""

from pathlib import Path
from typing import Any

import pytest

from base import events
from base.db import Database
from exchange.models import Task
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import AUDITOR, CLERK, WINDOW, House
from tests.keys.parties.builders import CITY


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


@pytest.fixture
def number(house: House) -> str:
    known: str = house.receive()["number"]
    house.stands(known, "accept")
    return known


def rate(house: House, number: str, key: str, satisfaction: int, **told: Any) -> Any:
    body = {"key": key, "satisfaction": satisfaction, **told}
    return house.call(WINDOW, "POST", f"/cases/{number}/evaluations", **body)


def test_a_case_is_evaluated_several_times_and_each_has_its_number(house: House, number: str):
    first = rate(house, number, "e-1", 5, is_default=True, channel="default").json
    second = rate(house, number, "e-2", 4, options=["服务热情"], text="演示评价", usage_id="u-1").json
    assert [first["number"], second["number"]] == [1, 2]
    assert [first["state"], second["state"]] == ["settled", "settled"]
    items = house.good(CLERK, "GET", f"/cases/{number}/evaluations")["items"]
    assert [(each["satisfaction"], each["text"], each["usage_id"]) for each in items] == [
        (5, "", ""),
        (4, "演示评价", "u-1"),
    ]
    hidden = house.good(AUDITOR, "GET", f"/cases/{number}/evaluations")["items"]
    assert {each["text"] for each in hidden} == {""}


def test_the_same_evaluation_counts_once(house: House, number: str):
    assert rate(house, number, "e-1", 4).json["number"] == rate(house, number, "e-1", 4).json["number"] == 1
    differs = rate(house, number, "e-1", 3)
    assert (differs.status_code, differs.json["code"]) == (409, "case-step-differs")


def test_a_bad_one_is_answered_and_put_right_within_working_days(house: House, number: str):
    """Also after the case was closed."""
    house.stands(number, "withdraw", WINDOW, words={"reason": "演示"})
    bad = rate(house, number, "e-1", 1, text="等候过久", options=["效率低"]).json
    assert (bad["state"], bad["due_at"][:10]) == ("open", "2026-11-27")
    with house.database.reading() as session:
        tasks = session.query(Task).filter(Task.done_at.is_(None))
        assert [(each.duty, each.organisation) for each in tasks] == [("evaluation-answer", CITY)]
    path = f"/cases/{number}/evaluations/1/answers"
    told = house.good(CLERK, "POST", path, answer="已向申请人致歉", rectified="增设窗口")
    assert (told["state"], told["text"], told["answer"], told["rectified"]) == (
        "answered",
        "等候过久",
        "已向申请人致歉",
        "增设窗口",
    )
    again = house.call(CLERK, "POST", path, answer="再答")
    assert (again.status_code, again.json["code"]) == (404, "no-such-evaluation")
    with house.database.reading() as session:
        assert session.query(Task).filter(Task.done_at.is_(None)).count() == 0
        told_on = [each.event for each in events.since(session, 0) if each.event.name.startswith("evaluation.")]
    assert [each.name for each in told_on] == ["evaluation.given", "evaluation.answered"]
    assert told_on[-1].facts["answerstatus"] == "answered"
    assert all("等候过久" not in str(each.facts) for each in told_on)


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"satisfaction": 6}, 422, "invalid-input"),
        ({"satisfaction": 0}, 422, "invalid-input"),
        ({"is_default": True, "satisfaction": 3}, 409, "case-not-evaluable"),
    ],
)
def test_a_faulty_evaluation_is_refused(house: House, number: str, told: dict[str, Any], status: int, code: str):
    answer = rate(house, number, "e", **told)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_default_gives_way_and_never_comes_after(house: House, number: str):
    rate(house, number, "e-1", 2)
    late = rate(house, number, "e-2", 5, is_default=True)
    assert (late.status_code, late.json["reason"]) == (409, "evaluated-already")


def test_nothing_is_evaluated_before_anything_was_done(house: House):
    answer = rate(house, house.receive()["number"], "e-1", 5)
    assert (answer.status_code, answer.json["reason"]) == (409, "nothing-done-yet")


def test_the_clerk_who_decides_does_not_evaluate(house: House, number: str):
    answer = house.call(CLERK, "POST", f"/cases/{number}/evaluations", key="e", satisfaction=5)
    assert answer.status_code == 403
