"""Presentations over HTTP: shown by a holder, redeemed once by the window it is shown to, and not found by trying."""

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import audit, clock
from base.audit import Search
from base.callers import Caller
from base.db import Database
from certs import library
from certs.consents import consents
from certs.drafts import Holder
from certs.faces.typefaces import typeface
from certs.holders.models import HolderUse
from certs.holders.using import Question
from certs.life import Step
from certs.presentations import code as codes
from certs.presentations import guessing, jobs, presentations
from certs.presentations.errors import PresentationOver
from certs.presentations.models import Presentation
from certs.presentations.wiring import Presenting
from certs.routes.consents import consent_routes
from certs.routes.presentations import presentation_routes
from exchange.agreements.purposes import Ground
from exchange.door.models import Usage
from tests import rooms
from tests.certs.consents import desk
from tests.certs.copies import house as houses
from tests.certs.copies.house import CLERK, STRANGER, WINDOW, CopyHouse
from tests.certs.papers import HYGIENE, firm
from tests.certs.queries.house import listed
from tests.keys.parties.builders import CITY, PROVINCE
from tests.rooms import Door
from tests.signing import offices

PURPOSE = desk.purpose_body(ground="statutory")


class Province:
    """A province that knows one code."""

    def holder(self, code: str, organisation: str) -> Holder | None:
        return desk.holder() if (code, organisation) == ("SFM-1", CITY) else None


@dataclass
class Stage:
    """The house, its door, a holder, and the holder's certificate."""

    house: CopyHouse
    door: Door
    citizen: Caller
    identifier: str

    def show(self, **peculiar: Any) -> Any:
        told = {
            "holder_code": firm(1),
            "organisation": CITY,
            "matter": desk.MATTER,
            "shows": {self.identifier: ["address", "number"]},
            **peculiar,
        }
        return self.door.call(self.citizen.id, "POST", "/presentations", json=told)

    def redeem(self, code: str, who: str = "window", **peculiar: Any) -> Any:
        return self.door.call(who, "POST", f"/presentations/{code}/redemptions", json={"purpose": PURPOSE | peculiar})

    def code(self, **peculiar: Any) -> str:
        answer = self.show(**peculiar)
        assert answer.status_code == 201, answer.json
        return str(answer.json["code"])

    def take(self, step: Step) -> None:
        with self.house.office.database.transaction() as session:
            row = library.certificate_of(session, self.identifier, locked=True)
            library.take(session, row, step, "演示", offices.WINDOW, self.house.office.at)


@pytest.fixture
def stage(database: Database, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> Stage:
    house = houses.opened(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: house.office.at)
    citizen = desk.citizen(house.office, firms=(1,))
    people = (WINDOW, STRANGER, CLERK, citizen, replace(citizen, id="nobody"))
    blueprints = (presentation_routes, consent_routes)
    door = rooms.door(database, blueprints, people, house.office.parts, house.gateway, Presenting(Province()))
    return Stage(house, door, citizen, house.office.issue())


def test_a_window_gets_the_chosen_fields_and_nothing_else(stage: Stage):
    told = stage.show().json
    assert (told["state"], told["qr"]) == ("open", codes.square(told["code"]))
    answer = stage.redeem(told["code"])
    (one,) = answer.json["certificates"]
    assert (set(one["data"]), bool(one["number"]), one["status"]) == ({"address"}, True, "valid")
    with stage.house.office.database.reading() as session:
        usage = session.get_one(Usage, one["usage_id"])
        assert set(usage.fields) == {"address", "number"}
        row = consents.consent_of(session, answer.json["consent"])
        assert (row.uses, row.giver, row.origin) == (1, "legal_representative", "presentation")
        assert len(audit.search(session, Search(act="presentation.redeemed"))) == 1
        assert session.query(HolderUse).one().kind == "presentation"


def test_what_was_chosen_and_not_granted_is_not_given(stage: Stage):
    code = stage.code(shows={stage.identifier: ["address", "room_area", "holder_code"]})
    (one,) = stage.redeem(code).json["certificates"]
    assert set(one["data"]) == {"address"}


def test_a_code_is_redeemed_once(stage: Stage):
    code = stage.code()
    assert stage.redeem(code).status_code == 200
    again = stage.redeem(code)
    assert (again.status_code, again.json["code"], again.json["reason"]) == (409, "presentation-over", "redeemed")


def test_of_two_who_come_at_once_one_redeems(stage: Stage):
    code, house = stage.code(), stage.house
    ended: list[str] = []
    question = Question(WINDOW, desk.purpose(ground=Ground.STATUTORY), {}, presentations.KIND)
    house.gateway.open(house.office.database)

    def come() -> None:
        try:
            with house.office.database.transaction() as session:
                found = presentations.redeem(
                    session, house.office.parts, house.gateway, code, question, house.office.at
                )
            ended.append(str(len(found.items)))
        except PresentationOver as refusal:
            ended.append(refusal.reason)

    threads = [threading.Thread(target=come) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(ended) == ["1", "redeemed", "redeemed", "redeemed"]
    with house.office.database.reading() as session:
        assert session.query(Usage).count() == 1


def test_another_organisation_learns_nothing_of_a_code(stage: Stage):
    code = stage.code()
    shown, unknown = stage.redeem(code, "stranger"), stage.redeem("0" * 10, "stranger")
    same = ("status", "code", "title", "detail", "cause", "fix")
    assert [shown.json[each] for each in same] == [unknown.json[each] for each in same]
    assert shown.status_code == 404
    assert stage.redeem(code).status_code == 200


def test_a_code_is_over_after_its_minutes_and_forgotten_after_a_day(stage: Stage):
    code, office = stage.code(minutes=2), stage.house.office
    office.at += timedelta(minutes=2)
    assert stage.redeem(code).json["reason"] == "expired"
    with office.database.transaction() as session:
        jobs.forget(session, office.at + codes.REMEMBERED - timedelta(seconds=1))
        assert session.query(Presentation).count() == 1
        jobs.forget(session, office.at + codes.REMEMBERED + timedelta(seconds=1))
        assert session.query(Presentation).count() == 0


def test_a_withdrawn_code_gives_no_field(stage: Stage):
    shown = stage.show().json
    path = f"/presentations/{shown['id']}/withdrawal"
    assert stage.door.call(stage.citizen.id, "POST", path).json["state"] == "withdrawn"
    assert stage.redeem(shown["code"]).json["reason"] == "withdrawn"
    assert stage.door.call(stage.citizen.id, "POST", path).status_code == 409
    with stage.house.office.database.reading() as session:
        assert session.query(Usage).count() == 0
    (listed,) = stage.door.call(stage.citizen.id, "GET", "/presentations").json["items"]
    assert (listed["state"], "code" in listed) == ("withdrawn", False)


def test_trying_codes_comes_to_an_end_also_for_the_right_one(stage: Stage):
    code, office = stage.code(), stage.house.office
    for number in range(guessing.MOST_GUESSES):
        assert stage.redeem(f"{number:010d}").status_code == 404
    refused = stage.redeem(code)
    assert (refused.status_code, refused.json["code"]) == (429, "too-many-guesses")
    office.at += timedelta(seconds=refused.json["retry_after"])
    assert stage.redeem(stage.code()).status_code == 200


def test_right_codes_do_not_count_as_guesses(stage: Stage):
    for _ in range(guessing.MOST_GUESSES + 2):
        assert stage.redeem(stage.code()).status_code == 200


@pytest.mark.parametrize("text", ["12345", "0123456789x", "０１２３４５６７８９", "%20"])
def test_what_is_no_code_is_unknown(stage: Stage, text: str):
    assert stage.redeem(text).status_code == 404


def test_for_another_matter_nothing_is_given(stage: Stage):
    with stage.house.office.database.transaction() as session:
        listed(session, stage.house.office.at, [("000123020000", HYGIENE.code, ("address",), ())])
    (one,) = stage.redeem(stage.code(), item_code="000123020000").json["certificates"]
    assert (one["outcome"], one["reason"]["code"], one["data"], one["number"]) == ("denied", "consent-missing", {}, "")


def test_without_a_grant_the_code_is_not_spent(stage: Stage):
    code = stage.code()
    refused = stage.redeem(code, item_code="000123019999")
    assert (refused.status_code, refused.json["code"]) == (403, "not-granted")
    assert stage.redeem(code).status_code == 200


def test_a_certificate_that_is_not_in_force_shows_its_status_alone(stage: Stage):
    code = stage.code()
    stage.take(Step.REVOKE)
    (one,) = stage.redeem(code).json["certificates"]
    assert (one["status"], one["reason"]["code"], one["data"]) == ("revoked", "not-in-force", {})


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"shows": {}}, 422, "invalid-input"),
        ({"shows": {"x": ["address"]}}, 422, "faulty-presentation"),
        ({"holder_code": None}, 422, "faulty-presentation"),
        ({"holder_code": firm(2)}, 403, "not-bound-as-holder"),
        ({"minutes": 16}, 422, "invalid-input"),
        ({"matter": "1"}, 422, "faulty-presentation"),
        ({"organisation": PROVINCE[:-1] + "0"}, 404, "no-such-organisation"),
    ],
    ids=["nothing", "unknown", "anothers", "not-bound", "too-long", "matter", "organisation"],
)
def test_what_cannot_be_shown_is_refused(stage: Stage, peculiar: dict[str, Any], status: int, code: str):
    answer = stage.show(**peculiar)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_only_so_many_codes_are_open_at_once(stage: Stage):
    for _ in range(codes.MOST_OPEN):
        stage.code()
    assert stage.show().status_code == 429


def test_who_is_bound_to_nobody_shows_nothing(stage: Stage):
    answer = stage.door.call("nobody", "POST", "/presentations", json={**_told(stage), "holder_code": None})
    assert (answer.status_code, answer.json["code"]) == (403, "not-bound-as-holder")


def test_a_code_of_the_province_counts_once(stage: Stage):
    body = {"code": "SFM-1", "certificate_type": HYGIENE.code, "fields": ["address"], "purpose": PURPOSE}
    path = "/province-code-redemptions"
    (one,) = stage.door.call("window", "POST", path, json=body).json["certificates"]
    assert set(one["data"]) == {"address"}
    assert stage.door.call("window", "POST", path, json=body).json["reason"] == "redeemed"
    assert stage.door.call("window", "POST", path, json={**body, "code": "SFM-2"}).status_code == 404


def test_neither_code_nor_holder_stands_in_the_tables(stage: Stage):
    code = stage.code()
    with stage.house.office.database.reading() as session:
        row = session.query(Presentation).one()
        assert code not in repr(vars(row))
        assert firm(1) not in repr(vars(row))
        (entry,) = audit.search(session, Search(act="presentation.shown"))
        assert code.encode() not in entry.content


def _told(stage: Stage) -> dict[str, Any]:
    shows = {stage.identifier: ["address"]}
    return {"organisation": CITY, "matter": desk.MATTER, "shows": shows}
