"""A holder agrees to what a directory says of them, and the gateway shows that and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from certs.consents import consents
from certs.consents.consent import Given
from certs.consents.consents import OfDirectories
from certs.consents.errors import FaultyConsent
from certs.drafts import Holder
from exchange.routes.gateway import gateway
from tests import rooms
from tests.certs.filing import window_house
from tests.certs.filing.window_house import ITEMS, PEOPLE, WINDOW, WindowHouse
from tests.certs.papers import AT, firm
from tests.certs.queries import house as library
from tests.certs.queries.house import MATTER
from tests.keys.parties.builders import CITY
from tests.rooms import Door

CODE, NAME, ADDRESS, STATE = ITEMS


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WindowHouse:
    return window_house.opened(database, tmp_path, AT, monkeypatch)


@pytest.fixture
def door(house: WindowHouse) -> Door:
    gate = replace(house.parts.gateway, consents=OfDirectories(house.parts.certs.keys))
    return rooms.door(house.database, (gateway,), PEOPLE, gate, house.sources)


def agree(house: WindowHouse, *names: str, number: int = 1, directory: str = "", **peculiar: Any) -> str:
    """Have a firm agree that the city may have items of a directory."""
    holder = Holder(firm(number), "001", f"演示企业{number}有限公司")
    scope = {directory or house.directory: names}
    given = Given(holder, CITY, MATTER, scope, house.at + timedelta(days=30), **peculiar)
    certs = house.parts.certs
    with house.database.transaction() as session:
        return consents.give(session, certs.keys, certs.types, given, "holder", WINDOW, house.at).id


def ask(door: Door, house: WindowHouse, fields: Sequence[str] = (NAME,), **peculiar: Any) -> Any:
    """Ask the gateway, on the ground that the holder agreed."""
    told = {"conditions": [{"item": CODE, "values": [firm(1)]}], **peculiar}
    body = {"purpose": library.purpose(ground="holder"), "fields": list(fields), **told}
    asked = {name: value for name, value in body.items() if value is not None}
    return door.call("gm", "POST", f"/data/{house.directory}", json=asked).json


def ended(told: Any) -> tuple[str, str]:
    return told["outcome"], told["reason"]["code"]


MISSING = ("denied", "consent-missing")


def test_what_a_holder_agreed_to_is_shown_and_counted(house: WindowHouse, door: Door):
    assert ended(ask(door, house)) == MISSING
    consent = agree(house, NAME, ADDRESS)
    told = ask(door, house, (NAME, ADDRESS))
    assert told["rows"] == [{NAME: "演示企业1有限公司", ADDRESS: "演示路1号"}]
    with house.database.reading() as session:
        assert consents.consent_of(session, consent).uses == 1


def test_what_they_did_not_agree_to_is_not_shown(house: WindowHouse, door: Door):
    agree(house, NAME)
    assert ended(ask(door, house, (NAME, STATE))) == MISSING
    assert ended(ask(door, house, (NAME,))) == ("found", "found")


def test_who_names_no_items_agrees_to_all_that_there_are_today(house: WindowHouse, door: Door):
    agree(house)
    assert len(ask(door, house, ITEMS)["rows"][0]) == len(ITEMS)


def test_the_consent_of_one_is_nobody_elses(house: WindowHouse, door: Door):
    agree(house, NAME, number=2)
    assert ended(ask(door, house)) == MISSING
    subjects = [[{"item": CODE, "values": [firm(each)]}] for each in (1, 2)]
    told = ask(door, house, subjects=subjects, conditions=None)
    assert [each["outcome"] for each in told["items"]] == ["denied", "found"]


@pytest.mark.parametrize(
    "conditions",
    [
        [{"item": CODE, "test": "in", "values": [firm(1), firm(2)]}],
        [{"item": NAME, "values": ["演示企业1有限公司"]}],
        [],
    ],
    ids=["two-holders", "not-by-the-holders-code", "nobody"],
)
def test_a_subject_that_names_no_single_holder_has_agreed_to_nothing(
    house: WindowHouse, door: Door, conditions: list[Any]
):
    agree(house)
    agree(house, number=2)
    assert ended(ask(door, house, conditions=conditions)) == MISSING


def test_a_withdrawn_or_used_up_consent_shows_nothing(house: WindowHouse, door: Door):
    consent = agree(house, NAME)
    with house.database.transaction() as session:
        consents.withdraw(session, consents.consent_of(session, consent, locked=True), "", WINDOW, house.at)
    assert ended(ask(door, house)) == MISSING
    agree(house, NAME, most_uses=1)
    assert ended(ask(door, house)) == ("found", "found")
    assert ended(ask(door, house)) == MISSING


def test_a_directory_or_an_item_that_is_not_there_cannot_be_agreed_to(house: WindowHouse):
    with pytest.raises(FaultyConsent) as refused:
        agree(house, "手机号码")
    assert refused.value.fault == "unknown-field:手机号码"
    with pytest.raises(FaultyConsent) as refused:
        agree(house, directory="307-none/000001")
    assert refused.value.fault == "unknown-type"
