"""A holder finds what the gateway gave of data about them: by whom, for what, which items."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.consents.consents import OfDirectories
from certs.holders import uses
from certs.routes.holder_objections import holder_objections
from certs.routes.holders import holder_routes
from exchange.routes.gateway import gateway
from tests import rooms
from tests.certs.consents import desk
from tests.certs.filing import window_house
from tests.certs.filing.window_house import ITEMS, PEOPLE, WindowHouse
from tests.certs.office import Office
from tests.certs.papers import AT, firm
from tests.certs.queries import house as library
from tests.keys.parties.builders import CITY
from tests.rooms import Door

CODE, NAME, ADDRESS, STATE = ITEMS


class Town:
    """A window that asks the gateway about firms, and the two people who speak for them."""

    def __init__(self, house: WindowHouse) -> None:
        self.house = house
        office = cast("Office", SimpleNamespace(database=house.database, at=house.at, parts=house.parts.certs))
        self.citizen = desk.citizen(office, firms=(1,))
        self.other = desk.citizen(office, "other", 2, firms=(2,))
        gate = replace(house.parts.gateway, consents=OfDirectories(house.parts.certs.keys))
        people = (*PEOPLE, self.citizen, self.other)
        furniture = (house.parts.certs, Pager("s" * 32))
        self.door: Door = rooms.door(
            house.database, (gateway, holder_routes, holder_objections), people, gate, house.sources, *furniture
        )

    def ask(self, **peculiar: Any) -> Any:
        """Ask the gateway about a firm, as the law lets it."""
        told = {"fields": [NAME, ADDRESS], "conditions": [{"item": CODE, "values": [firm(1)]}], **peculiar}
        purpose = {"ground": "statutory", **told.pop("purpose", {})}
        asked = {name: each for name, each in told.items() if each is not None}
        body = {"purpose": library.purpose(**purpose), **asked}
        answer = self.door.call("gm", "POST", f"/data/{self.house.directory}", json=body)
        assert answer.status_code == 200, answer.json
        return answer.json

    def uses_of(self, who: Caller) -> Any:
        """List what somebody's data were used for."""
        return self.door.call(who.id, "GET", "/my/uses").json


@pytest.fixture
def town(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    return Town(window_house.opened(database, tmp_path, AT, monkeypatch))


def test_a_holder_sees_who_was_given_which_data_of_theirs(town: Town):
    asked = town.ask()
    assert asked["outcome"] == "found"
    (one,) = town.uses_of(town.citizen)["items"]
    assert (one["usage"], one["kind"], one["outcome"]) == (asked["usage_id"], "data", "found")
    assert (one["organisation"], one["item_code"], one["stage"]) == (CITY, library.MATTER, "acceptance")
    assert (one["type"], one["type_name"], one["identifier"]) == (town.house.directory, "企业登记基本信息", "")
    assert one["fields"] == [NAME, ADDRESS]
    assert town.uses_of(town.other)["items"] == []


def test_what_gave_nothing_is_told_too_and_shows_no_fields(town: Town):
    asked = town.ask(conditions=[{"item": CODE, "values": [firm(2)]}, {"item": NAME, "values": ["别的企业"]}])
    assert asked["outcome"] == "not_found"
    (one,) = town.uses_of(town.other)["items"]
    assert (one["usage"], one["outcome"], one["fields"]) == (asked["usage_id"], "not_found", [])


def test_of_a_batch_each_holder_finds_their_own_part(town: Town):
    ones = [[{"item": CODE, "values": [firm(number)]}] for number in (1, 2)]
    asked = town.ask(conditions=None, subjects=ones)
    for who in (town.citizen, town.other):
        (one,) = town.uses_of(who)["items"]
        assert one["usage"] == asked["usage_id"]


def test_a_question_that_names_nobody_is_in_nobodys_list(town: Town):
    town.ask(conditions=[{"item": NAME, "values": ["演示企业1有限公司"]}])
    assert town.uses_of(town.citizen)["items"] == []


def test_data_used_in_an_inspection_are_told_when_it_is_closed(town: Town):
    asked = town.ask(purpose={"stage": "inspection", "basis": {"kind": "task", "number": "演示检0001"}})
    told = town.uses_of(town.citizen)
    assert (told["items"], told["hidden"], told["hidden_reason"]["code"]) == ([], 1, uses.UNDER_INSPECTION)
    path = f"/usages/{asked['usage_id']}/inspection-closing"
    assert town.door.call("gm", "POST", path).status_code == 204
    assert [each["usage"] for each in town.uses_of(town.citizen)["items"]] == [asked["usage_id"]]


def test_a_holder_objects_to_a_use_of_data_and_its_user_answers(town: Town):
    usage = town.ask()["usage_id"]
    path = f"/my/uses/{usage}/objections"
    begun = town.door.call(town.citizen.id, "POST", path, json={"about": "use", "text": "我没有办过这件事"})
    assert (begun.status_code, begun.json["addressee"], begun.json["identifier"]) == (201, CITY, "")
    (one,) = town.uses_of(town.citizen)["items"]
    assert one["objection"]["state"] == begun.json["state"]
