"""Impressions over HTTP and on the command line: who takes them in, who sees them, and the firm that uses its own."""

import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import app
from base import clock
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import read
from keys.parties import people
from keys.parties.people import NewPerson
from signing.commands.impressions import impressions_group
from signing.routes.impressions import impressions
from signing.routes.seals import seals
from tests import rooms
from tests.keys.parties.builders import CITY, PROVINCE
from tests.rooms import Door
from tests.signing import offices
from tests.signing.impressions.handing_over import FILING, KEEPER, SOURCE, package, row
from tests.signing.offices import CLERK, HEAD, MAKER, WINDOW, person

AUDITOR = person("auditor", "auditor")
STRANGER = person("stranger", "seal_applicant", PROVINCE)
PEOPLE = (CLERK, HEAD, MAKER, KEEPER, AUDITOR, STRANGER, WINDOW)


@pytest.fixture
def door(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Door:
    offices.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    return rooms.door(database, (seals, impressions), PEOPLE)


def sent(door: Door, who: str | None, data: bytes, **told: Any) -> Any:
    query = {"source": SOURCE, **told}
    return door.call(who, "POST", "/seal-impressions", data=data, query_string=query)


def application(at: datetime, **peculiar: Any) -> dict[str, Any]:
    told = {"owner": CITY, "impression": FILING, "valid_from": at.isoformat(), "basis": "演示在线申请"}
    return {**told, "valid_until": (at + timedelta(days=700)).isoformat(), **peculiar}


def test_a_package_is_taken_in_and_what_is_wrong_is_said_in_both_languages(door: Door):
    answer = sent(door, "keeper", package(row(), row(filing="x-2222", kind="star")))
    assert answer.status_code == 200, answer.json
    assert (answer.json["added"], answer.json["unchanged"]) == (1, 0)
    (fault,) = answer.json["refused"]
    assert (fault["row"], fault["member"], fault["code"]) == (2, "kind", "kind")
    assert fault["zh"]
    assert fault["en"]
    assert [each["filing"] for each in door.call("auditor", "GET", "/seal-impressions").json["items"]] == [FILING]
    none = door.call("auditor", "GET", "/seal-impressions", query_string={"organisation": PROVINCE})
    assert none.json["items"] == []


def test_a_form_does_as_well(door: Door):
    form = {"file": (io.BytesIO(package()), "impressions.zip")}
    answer = door.call("keeper", "POST", "/seal-impressions", data=form, query_string={"source": SOURCE})
    assert answer.json["added"] == 1
    nothing = door.call("keeper", "POST", "/seal-impressions", data={}, query_string={"source": SOURCE})
    assert nothing.json["code"] == "malformed-request"


def test_bytes_that_are_no_package_are_refused(door: Door):
    answer = sent(door, "keeper", b"no package")
    assert (answer.status_code, answer.json["code"]) == (422, "unreadable-impressions")


@pytest.mark.parametrize("who", ["clerk", "head", "maker", "stranger", WINDOW.id, None])
def test_only_the_watching_office_takes_impressions_in(door: Door, who: str | None):
    assert sent(door, who, package()).status_code in {401, 403}


@pytest.mark.parametrize("who", ["clerk", "head", "stranger", WINDOW.id, None])
def test_owners_do_not_browse_impressions(door: Door, who: str | None):
    sent(door, "keeper", package())
    for path in ("", f"/{FILING}", f"/{FILING}/picture"):
        assert door.call(who, "GET", f"/seal-impressions{path}").status_code in {401, 403}


def test_the_picture_is_given_as_png(door: Door):
    sent(door, "keeper", package())
    answer = door.call("maker", "GET", f"/seal-impressions/{FILING}/picture")
    assert answer.content_type == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert door.call("maker", "GET", f"/seal-impressions/{FILING}").json["organisation"] == CITY
    assert door.call("maker", "GET", "/seal-impressions/none").json["code"] == "no-such-impression"


def test_a_firm_applies_by_number_alone(door: Door, at: datetime):
    sent(door, "keeper", package())
    answer = door.call("clerk", "POST", "/seals", json=application(at))
    assert answer.status_code == 201, answer.json
    assert answer.json["name"] == row()["name"]
    assert answer.json["editions"][0]["impression"] == FILING
    again = door.call("clerk", "POST", "/seals", json=application(at))
    assert (again.status_code, again.json["code"]) == (409, "impression-in-use")


def test_a_withdrawn_impression_is_said_to_be(door: Door, at: datetime):
    sent(door, "keeper", package())
    answer = door.call("keeper", "POST", f"/seal-impressions/{FILING}/withdrawals", json={"reason": "缴销"})
    assert answer.json["withdrawn_because"] == "缴销"
    refused = door.call("clerk", "POST", "/seals", json=application(at))
    assert (refused.status_code, refused.json["code"]) == (409, "impression-withdrawn")


def test_guessing_finds_nothing_out(door: Door, at: datetime):
    """The stranger tries the number of another firm and one that nobody has: not a word differs but the number."""
    sent(door, "keeper", package())
    answers = [
        door.call("stranger", "POST", "/seals", json=application(at, owner=PROVINCE, impression=each))
        for each in (FILING, "0000000000000")
    ]
    assert [each.status_code for each in answers] == [404, 404]
    told = [{**each.json, "request_id": "", "filing": "", "detail": ""} for each in answers]
    assert told[0] == told[1]


@pytest.mark.parametrize("change", [{"name": "演示别名章"}, {"width_mm": 50}, {"kind": "name"}])
def test_what_the_impression_says_is_not_said_again(door: Door, at: datetime, change: dict[str, Any]):
    sent(door, "keeper", package())
    answer = door.call("clerk", "POST", "/seals", json=application(at, **change))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [f"#/{next(iter(change))}"]


def test_without_an_impression_everything_is_said(door: Door, at: datetime):
    answer = door.call("clerk", "POST", "/seals", json=application(at, impression=None))
    assert answer.status_code == 422
    assert len(answer.json["errors"]) == 5


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def command(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    offices.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    with database.transaction() as session:
        for login, role in (("watching", "authority"), ("other", "auditor")):
            made = people.add(session, NewPerson(login, "演示人员", PROVINCE), KEEPER, at)
            people.assign_roles(session, made, (role,), KEEPER, at)
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = database
    group = SpeakingGroup("yinxin", commands={"seal-impressions": impressions_group})
    file = tmp_path / "impressions.zip"

    def run(data: bytes, *told: str) -> Any:
        file.write_bytes(data)
        return CliRunner().invoke(
            group, ["seal-impressions", "import", str(file), "--source", SOURCE, *told], obj=running
        )

    return run


def test_the_command_takes_a_package_in(command: Any):
    found = command(package(), "--as", "watching", "--json")
    assert (found.exit_code, json.loads(found.stdout)["added"]) == (0, 1)
    again = command(package(row(kind="star")), "--as", "watching")
    assert again.exit_code == 1
    assert "1 kind" in again.stderr


@pytest.mark.parametrize("login", ["other", "nobody"])
def test_the_command_is_for_the_watching_office(command: Any, login: str):
    assert command(package(), "--as", login).exit_code != 0
