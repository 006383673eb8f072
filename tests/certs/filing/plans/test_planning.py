"""Plans over HTTP: what is granted, how sources are, what would change them, and the gaps."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from base.db import Database
from certs.filing.matters import keeping
from exchange.agreements.models import UseList
from exchange.mounting.models import Mount
from tests.certs.filing import window_house
from tests.certs.filing.matters.builders import AUTHORITY, BASIC, item_code
from tests.certs.filing.window_house import CANCELLED, LICENCE, MARRIED, OWN, REGISTER, WindowHouse, matter
from tests.certs.papers import AT, HYGIENE
from tests.exchange import gateway_house


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WindowHouse:
    """Open the window."""
    return window_house.opened(database, tmp_path, AT, monkeypatch)


def mount_is(house: WindowHouse, **values: Any) -> None:
    """Let the mount stand otherwise."""
    with house.database.transaction() as session:
        session.execute(update(Mount).where(Mount.id == house.mount).values(values))


def test_a_plan_answers_each_material_with_its_reason(house: WindowHouse) -> None:
    told = house.told("plans", region="320900")
    lines = {each["name"]: each for each in told["materials"]}
    assert {name: each["answer"] for name, each in lines.items()} == {
        LICENCE: "certificate",
        REGISTER: "shared",
        MARRIED: "certificate",
        OWN: "submit",
        CANCELLED: "cancelled",
    }
    assert (told["spared"], told["to_submit"]) == (4, 1)
    assert lines[LICENCE]["source"]["grant"].startswith("use-list:")
    assert lines[REGISTER]["source"]["grant"] == "grant-1"
    assert lines[REGISTER]["fallback"]["answer"] == "submit"
    assert lines[OWN]["would_be_free_if"] == []
    assert lines[CANCELLED]["legal"] is False
    assert told["matter"]["item_code"] == item_code()
    assert told["prefill"] == {}


def test_the_same_question_gets_the_same_bytes(house: WindowHouse) -> None:
    asked = [house.ask("plans", region="320900").data for _ in range(3)]
    assert asked[0] == asked[1] == asked[2]


def test_an_office_without_grants_has_the_papers_brought(house: WindowHouse) -> None:
    told = house.ask("plans", who="elsewhere", region="320900").json
    lines = {each["name"]: each for each in told["materials"]}
    # The published list is for every department; the grant of the register is the window's own.
    assert lines[REGISTER]["answer"] == "submit"
    assert [each["kind"] for each in lines[REGISTER]["would_be_free_if"]] == ["grant"]
    assert lines[REGISTER]["would_be_free_if"][0]["reason"] == "no-grant"


def test_a_revoked_grant_changes_just_that_material(house: WindowHouse) -> None:
    before = house.planned()
    gateway_house.revoked(house.database, house.at)
    after = house.planned()
    assert {name for name in before if before[name] != after[name]} == {REGISTER}
    assert after[REGISTER]["would_be_free_if"][0]["reason"] == "revoked"


def test_an_ended_use_list_frees_nothing_any_more(house: WindowHouse) -> None:
    with house.database.transaction() as session:
        session.execute(update(UseList).values(effective_until=house.at))
    lines = house.planned()
    assert lines[LICENCE]["answer"] == "submit"
    assert lines[REGISTER]["answer"] == "shared"


@pytest.mark.parametrize(
    ("values", "answer", "kind"),
    [
        ({"health": "down"}, "submit", "health"),
        ({"health": "degraded"}, "shared", None),
        ({"state": "withdrawn"}, "submit", "source"),
        ({"data_updated_at": AT - timedelta(days=30)}, "submit", "freshness"),
    ],
)
def test_a_plan_honours_how_the_source_is(
    house: WindowHouse, values: dict[str, Any], answer: str, kind: str | None
) -> None:
    mount_is(house, **values)
    line = house.planned()[REGISTER]
    assert line["answer"] == answer
    assert [each["kind"] for each in line["would_be_free_if"]] == ([kind] if kind else [])


def test_a_field_that_is_not_granted_is_named(house: WindowHouse) -> None:
    with house.database.transaction() as session:
        session.execute(update(UseList).values(effective_until=house.at))
    house.library.list_use(HYGIENE, ("证照编号",))
    line = house.planned()[LICENCE]
    assert line["answer"] == "submit"
    assert "address" in line["would_be_free_if"][0]["zh"]


def test_a_paper_that_was_handed_in_before_is_not_asked_for_again(house: WindowHouse) -> None:
    handed = {"material": OWN, "place": "演示办件3209000001", "at": "2026-11-01T08:00:00+08:00"}
    assert house.planned(handed_in=[handed])[OWN]["answer"] == "reused"


def test_a_code_of_several_matters_is_answered_with_the_candidates(house: WindowHouse) -> None:
    other = item_code(item="02")
    with house.database.transaction() as session:
        keeping.keep(session, matter(code=other, name="另一演示许可"), AUTHORITY, house.at)
    answer = house.ask("plans", matter=BASIC, region="320900")
    assert answer.status_code == 409
    assert answer.json["code"] == "ambiguous-matter"
    assert {each["item_code"] for each in answer.json["candidates"]} == {item_code(), other}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"matter": "000000000000"}, 404),
        ({"matter": "x"}, 422),
        ({"region": "32"}, 422),
        ({"situation": {"nobody": "knows"}}, 422),
        ({"unknown": 1}, 422),
        ({"holders": []}, 422),
        ({"situation": {"a" * 81: "b"}}, 422),
    ],
)
def test_a_bad_question_is_refused(house: WindowHouse, body: dict[str, Any], status: int) -> None:
    assert house.ask("plans", **body).status_code == status


@pytest.mark.parametrize(("who", "status"), [("gm", 200), ("clerk", 200), ("bare", 403), (None, 401)])
def test_only_who_files_may_plan(house: WindowHouse, who: str | None, status: int) -> None:
    assert house.ask("plans", who=who, region="320900").status_code == status  # type: ignore[arg-type]


def test_what_if_a_grant_were_there_tells_just_what_it_frees(house: WindowHouse) -> None:
    gateway_house.revoked(house.database, house.at)
    told = house.told("plan-trials", trials=[{"grants": [house.directory]}, {"brought_in": ["nothing-names-this"]}])
    first, second = told["trials"]
    assert [(each["name"], each["before"], each["after"]) for each in first["differences"]] == [
        (REGISTER, "submit", "shared")
    ]
    assert first["spared"] == told["spared"] + 1
    assert second["differences"] == []


def test_what_if_in_another_county_is_planned_with_that_county_s_matter(house: WindowHouse) -> None:
    told = house.told("plan-trials", region="320900", trials=[{"region": "320902"}])
    assert told["trials"][0]["differences"] == []
    assert told["region"] == "320900"


def test_a_grant_that_stands_in_no_way_of_a_down_source_frees_nothing(house: WindowHouse) -> None:
    gateway_house.revoked(house.database, house.at)
    mount_is(house, health="down")
    told = house.told("plan-trials", trials=[{"grants": [house.directory]}])
    assert told["trials"][0]["differences"] == []


def test_gaps_are_ranked_and_the_applicant_s_own_papers_are_none(house: WindowHouse) -> None:
    gateway_house.revoked(house.database, house.at)
    told = house.door.call("gm", "GET", "/filing/gaps?region=320900").json
    assert told["matters"] == 1
    (gap,) = told["items"]
    assert (gap["kind"], gap["target"]) == ("grant", house.directory)
    assert gap["materials"] == [{"matter": item_code(), "name": REGISTER}]
    assert gap["cases"] == 0
