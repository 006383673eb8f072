"""What a department keeps itself is asked for at use: under the same grant, and no more of it than is granted."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import clock
from base.db import Database
from base.settings import UnusableSetting
from certs.libraries import jobs, wiring
from certs.libraries.answers import Question
from certs.libraries.models import LibraryAnswer, LibraryEvidence
from certs.libraries.peer import Peer
from exchange.mounting.models import MountCount
from exchange.sources import source
from exchange.sources.source import Down, Drift, Empty, Found, Pending, Refused, TimedOut
from tests.certs.libraries import source_house
from tests.certs.libraries.source_house import DOCTOR, LICENCE, NURSE, ODD, OVER, REVOKED, VALID, House
from tests.certs.papers import HYGIENE, person
from tests.exchange import gateway_house


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with source_house.opened(database, tmp_path, at, (VALID, REVOKED, ODD, OVER)) as made:
        monkeypatch.setattr(clock, "now", lambda: made.at)
        yield made


def test_what_the_department_keeps_is_found_within_the_grant(house: House):
    """The address of the holder's home is not granted, so it is not even asked for."""
    told = house.ask()
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["origin"]) == ("found", "department")
    assert [each["library"] for each in told["asked"]] == ["own", "department-source"]
    assert (certificate["number"], certificate["data"]) == (VALID[0], {"place": "演示医院"})
    assert (certificate["holding"], certificate["status"]) == ("directory_only", "valid")
    assert [("家庭住址" in each.fields) for each in house.mounts.asked] == [False]


def test_a_number_is_found_as_well(house: House):
    told = house.ask(holder=None, number=VALID[0])
    assert told["outcome"] == "found"
    assert house.ask(holder=None, number="202032009999")["outcome"] == "not_found"


def test_a_collected_type_is_asked_for_where_it_is_not_here(house: House):
    named = {"code": person(1), "type": "111", "name": "演示人1"}
    told = house.ask(type_=LICENCE, holder=named)
    assert (told["outcome"], told["origin"]) == ("found", "department")


@pytest.mark.parametrize(("number", "outcome"), [(9, "not_found"), (1, "not_found")])
def test_code_and_name_both_must_fit(house: House, number: int, outcome: str):
    named = {"code": person(number), "type": "111", "name": "演示别人"}
    told = house.ask(holder=named)
    assert (told["outcome"], told["reason"]["code"]) == (outcome, "no-such-certificate")


@pytest.mark.parametrize(("number", "status"), [(2, "cancelled"), (4, "expired")])
def test_what_is_not_in_force_is_told_without_data(house: House, number: int, status: str):
    (certificate,) = house.ask(number)["certificates"]
    assert (certificate["status"], certificate["data"]) == (status, {})


def test_a_status_that_nobody_knows_is_not_guessed_at(house: House):
    assert house.ask(3)["reason"]["code"] == "source-differs"


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (Empty(), "not_found", "no-such-certificate"),
        (Down("refused"), "source_down", "source-silent"),
        (TimedOut("read"), "source_down", "source-silent"),
        (Drift(()), "source_down", "source-differs"),
        (Refused("password"), "source_down", "source-refuses"),
        (Pending(5), "pending", "answered-later"),
    ],
)
def test_each_answer_of_a_source_is_told_as_itself(house: House, answer: source.Answer, outcome: str, reason: str):
    house.mounts.told = answer
    told = house.ask()
    assert (told["outcome"], told["reason"]["code"]) == (outcome, reason)
    with house.database.reading() as session:
        counted = session.execute(select(MountCount.mount, MountCount.outcome, MountCount.calls)).all()
    assert [tuple(each) for each in counted] == [(house.mount, answer.outcome.value, 1)]


def test_somebody_elses_row_is_evidence_and_no_answer(house: House):
    row = dict(zip(source_house.COLUMNS, (VALID[0], "演示人1", person(8), *VALID[3:]), strict=True))
    house.mounts.told = Found((row,))
    told = house.ask()
    assert (told["reason"]["code"], told["certificates"]) == ("wrong-holder", [])
    with house.database.reading() as session:
        kept = session.scalars(select(LibraryEvidence)).one()
    assert (kept.library, kept.reason, person(8).encode() in kept.answer) == (
        "department-source",
        "wrong-holder",
        False,
    )


def test_what_is_only_checked_is_answered_yes_or_no_and_never_read(house: House):
    """A look-up asks nobody; a comparison asks the department and gives nothing else away."""
    read = house.ask(type_=DOCTOR)
    assert (read["outcome"], read["reason"]["code"], house.mounts.asked) == ("not_covered", "check-only", [])
    equals = {"predicate": "equals", "field": "place"}
    told = house.check(1, DOCTOR, {**equals, "value": "演示医院"}, {**equals, "value": "别处"})
    assert [each["result"] for each in told["results"]] == ["yes", "no"]
    assert (told["origin"], told["status"], "certificates" in told) == ("department", "valid", False)


def test_an_answer_is_good_for_a_short_time_and_its_grant_is_asked_each_time(house: House):
    assert [house.ask()["outcome"] for _ in range(2)] == ["found", "found"]
    assert len(house.mounts.asked) == 1
    house.at += timedelta(seconds=31)
    assert house.ask()["outcome"] == "found"
    assert len(house.mounts.asked) == 2
    gateway_house.revoked(house.database, house.at)
    refused = house.door.call("gm", "POST", "/certificate-queries", json=_asked())
    assert (refused.status_code, refused.json["code"]) == (403, "not-granted")


def test_a_failure_is_not_kept(house: House):
    house.mounts.told = Down("refused")
    assert house.ask()["outcome"] == "source_down"
    house.mounts.told = None
    assert house.ask()["outcome"] == "found"


def test_what_is_kept_is_sealed(house: House):
    house.ask()
    with house.database.reading() as session:
        row = session.scalars(select(LibraryAnswer)).one()
    assert row.answer is not None
    assert "演示".encode() not in row.answer
    assert person(1) not in row.key


def test_a_source_that_takes_too_long_is_pending_and_then_found_by_the_job(house: House):
    held, (library,) = threading.Event(), house.parts.others
    inner = house.mounts.ask

    def slow(question: source.Question) -> source.Answer:
        held.wait(30)
        return inner(question)

    house.mounts.ask = slow  # type: ignore[method-assign]
    house.with_library(seconds=0.05)
    assert house.ask()["reason"]["code"] == "answered-later"
    assert house.ask()["outcome"] == "pending"
    held.set()
    assert jobs.fetch_due(house.database, house.parts) == 1
    assert house.ask()["outcome"] == "found"
    assert library.origin == "department"


def test_a_type_that_is_made_here_and_one_without_a_directory_are_not_asked_for(house: House):
    other = replace(NURSE, resource="")
    (library,) = house.parts.others
    with house.database.reading() as session:
        for each in (HYGIENE, other):
            question = source_question(each)
            assert library.prepare(session, [question], None, house.at)[0].reason == "not-covered"  # type: ignore[arg-type, union-attr]


def test_departments_are_asked_before_the_nation_and_that_before_other_provinces(house: House):
    (library,) = house.parts.others
    named = [Peer(each, each, "https://a.example", None, None) for each in ("province:310000", "national")]  # type: ignore[arg-type]
    told = wiring.ordered(*named, library)
    assert [each.origin for each in told] == ["department", "national", "province:310000"]


@pytest.mark.parametrize(
    "told",
    [
        {"items": (f"{NURSE.code} 姓名",)},
        {"items": ("nothing 姓名=holder_name",)},
        {"keeps": ("department-source 30",)},
        {"keeps": ("nobody 30 10",)},
        {"keeps": ("department-source 30 9999",)},
        {"source_seconds": 0.0},
    ],
)
def test_what_cannot_be_is_refused_at_the_start(told: dict[str, Any]):
    read: Any = {wiring.LibrarySettings: wiring.LibrarySettings(**told)}
    with pytest.raises(UnusableSetting):
        wiring.departments(read, None, {NURSE.code: NURSE}, None)  # type: ignore[arg-type]


def source_question(type_: Any) -> Any:
    """Ask for a number of a type."""

    return Question((type_,), number="1")


def _asked() -> dict[str, Any]:
    return {
        "purpose": gateway_house.purpose(item_code=gateway_house.MATTER),
        "holder": {"code": person(1), "type": "111", "name": "演示人1"},
        "certificate_type": NURSE.code,
    }
