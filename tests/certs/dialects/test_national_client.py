"""The national library as it is asked: against a simulator with a real one's faults, and from one house to another."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from base import clock
from base.db import Database
from base.fetch import Incoming, Outgoing, TimedOut, Url
from base.settings import UnusableSetting
from certs.libraries import jobs, national
from certs.libraries.models import LibraryEvidence
from certs.libraries.national import National, NationalSettings
from certs.simulator.national_library import ACCOUNT, PASSWORD, NationalLibrary, NationalScene
from exchange.door.models import Usage
from tests.certs.dialects import dialect_house
from tests.certs.dialects.dialect_house import ITEM, DialectHouse
from tests.certs.papers import HYGIENE, TYPES, firm
from tests.certs.queries import house as of
from tests.certs.queries.house import House, holder

ADDRESS = "https://national.example"


class Late(Exception):
    """The library waits longer than the deadline."""


def waits(_seconds: float) -> None:
    raise Late


def through(application: Any, prefix: str = "") -> Callable[[Outgoing], Incoming]:
    """Reach an application without a network; who waits in it has timed out."""

    def fetch(request: Outgoing) -> Incoming:
        path = prefix + request.url.removeprefix(ADDRESS)
        headers = [each for each in request.headers if each[0] != "host"]
        try:
            answer = Client(application).open(path, method=request.method, data=request.body, headers=headers)
        except Late as late:
            raise TimedOut("national.example", "read") from late
        return Incoming(answer.status_code, {}, answer.get_data(), Url("https", "national.example", 443, "/"))

    return fetch


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


def client(house: House, fetch: Any, account: str = ACCOUNT, password: str = PASSWORD, **told: Any) -> National:
    return National(ADDRESS, account, lambda: password, TYPES, house.parts.certs.keys, fetch, **told)


def beside(house: House, scene: NationalScene, password: str = PASSWORD, **told: Any) -> NationalLibrary:
    """Put the national library beside the house."""
    library = NationalLibrary(scene, waits, {each.name: code for code, each in TYPES.items()})
    library.knows(firm(1), "演示企业1有限公司")
    asked(house, client(house, through(library), password=password, **told))
    return library


def asked(house: House, other: National) -> None:
    parts = replace(house.parts, others=(other,))
    house.door.app.extensions["yinxin"][type(parts)] = parts
    house.parts = parts


def test_what_the_national_library_has_is_given_within_the_grant(house: House):
    library = beside(house, NationalScene.FOUND)
    told = house.held_by(1)
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["origin"]) == ("found", "national")
    assert set(certificate["data"]) == {"address", "holder_name"}
    assert (certificate["number"], certificate["data"]["address"]) == ("国库演示0001", "邻省演示地址")
    assert [operation for operation, _ in library.asked] == [
        "login.do",
        "gb/secRetrieval.do",
        "gb/getCertificateDataByCertificateID.do",
    ]
    sent = library.asked[1][1]
    assert (sent["CertificateType"], sent["CertificateHolderCode"]) == (HYGIENE.name, firm(1))
    elements = {name: sent[name] for name in ("orgName", "username", "itemName", "itemCode", "businessCode")}
    assert all(elements.values())
    assert PASSWORD not in json.dumps(library.asked[1:])


@pytest.mark.parametrize(
    ("scene", "outcome", "reason"),
    [
        (NationalScene.NOT_FOUND, "not_found", "no-such-certificate"),
        (NationalScene.NO_TYPE, "not_found", "no-such-certificate"),
        (NationalScene.DOWN, "source_down", "source-silent"),
        (NationalScene.REFUSES, "source_down", "source-refuses"),
        (NationalScene.PENDING, "pending", "answered-later"),
        (NationalScene.SLOW, "pending", "answered-later"),
        (NationalScene.WRONG_HOLDER, "source_down", "wrong-holder"),
        (NationalScene.ANOTHER_TYPE, "source_down", "source-differs"),
        (NationalScene.ANOTHER_CERTIFICATE, "source_down", "source-differs"),
        (NationalScene.NO_ROWS, "source_down", "source-differs"),
        (NationalScene.HOSTILE, "source_down", "source-differs"),
        (NationalScene.FORGETFUL, "found", "found"),
        (NationalScene.REVOKED, "found", "not-in-force"),
    ],
)
def test_each_answer_is_told_as_itself(house: House, scene: NationalScene, outcome: str, reason: str):
    beside(house, scene)
    told = house.held_by(1)
    assert (told["outcome"], told["reason"]["code"]) == (outcome, reason)
    if scene is NationalScene.REVOKED:
        assert (told["certificates"][0]["status"], told["certificates"][0]["data"]) == ("revoked", {})


def test_a_name_that_is_another_there_is_not_believed_and_kept_as_evidence(house: House):
    """The national operations ask by the code alone; that the name fits is seen here."""
    library = beside(house, NationalScene.FOUND)
    library.knows(firm(1), "演示冒名有限公司")
    told = house.held_by(1)
    assert (told["outcome"], told["reason"]["code"], told["certificates"]) == ("source_down", "wrong-holder", [])
    with house.database.reading() as session:
        assert session.scalars(select(LibraryEvidence)).one().usage == told["usage_id"]


def test_a_late_answer_is_fetched_meanwhile_and_found_then(house: House):
    beside(house, NationalScene.SLOW)
    assert house.held_by(1)["outcome"] == "pending"
    assert jobs.fetch_due(house.database, house.parts) == 1
    assert house.held_by(1)["origin"] == "national"


def test_a_wrong_password_is_no_answer_and_a_number_alone_is_not_asked(house: House):
    beside(house, NationalScene.FOUND, "another")
    assert house.held_by(1)["reason"]["code"] == "source-refuses"
    told = house.told(certificate_type=HYGIENE.code, number="国库演示0001")
    assert told["asked"][1] == {"library": "national", "outcome": "not_covered", "reason": "not-covered"}
    beside(house, NationalScene.FOUND, types=frozenset({"other"}))
    assert house.held_by(2)["asked"][1]["outcome"] == "not_covered"


def test_two_houses_talk(partner: DialectHouse, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch):
    """One house asks as a client of the national operations what the other serves in the dialect of them."""
    identifier = partner.issue(1)
    asking = _asking(partner, tmp_path, at)
    monkeypatch.setattr(clock, "now", lambda: partner.house.office.at)
    fetch = through(partner.door.app, partner.settings.national_library)
    asked(asking, client(asking, fetch, "national", partner.secrets["national"]))
    told = asking.told(
        holder=holder(1), certificate_type=HYGIENE.code, purpose=of.purpose(item_code=ITEM, reason="演示办理")
    )
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["origin"], certificate["identifier"]) == ("found", "national", identifier)
    assert certificate["data"]["holder_name"] == "演示企业1有限公司"
    with partner.database.reading() as session:
        uses = session.scalars(select(Usage).order_by(Usage.id)).all()
    assert [each.outcome for each in uses] == ["found", "found"]
    nobody = asking.told(
        holder=holder(2), certificate_type=HYGIENE.code, purpose=of.purpose(item_code=ITEM, reason="演示办理")
    )
    assert nobody["outcome"] == "not_found"
    told = asking.told(
        holder=holder(1, name="演示冒名"), certificate_type=HYGIENE.code, purpose=of.purpose(item_code=ITEM)
    )
    assert (told["outcome"], told["reason"]["code"]) == ("source_down", "wrong-holder")


def _asking(partner: DialectHouse, folder: Path, at: datetime) -> House:
    """Open the house that asks, on an embedded database of its own."""
    from app import LAST_ACTS
    from base.db import Base, DatabaseSettings, connect

    (folder / "asking").mkdir()
    database = connect(DatabaseSettings(url=f"sqlite:///{folder / 'asking' / 'yinxin.db'}"), LAST_ACTS)
    Base.metadata.create_all(database.engine)
    house = of.opened(database, folder / "asking", at)
    house.list_use(HYGIENE, of.FIELDS, dialect_house.MATTER)
    return house


def test_settings_that_cannot_be_are_refused_at_the_start(tmp_path: Path):
    whole = {"url": ADDRESS, "account": "a", "password_file": str(tmp_path / "word")}
    (tmp_path / "word").write_text("演示\n", encoding="utf-8")
    for wrong in ({"url": "no address"}, {"account": ""}, {"password_file": ""}, {"seconds": 99.0}, {"types": ("x",)}):
        with pytest.raises(UnusableSetting):
            national.built({NationalSettings: NationalSettings(**{**whole, **wrong})}, TYPES, None, None)  # type: ignore[arg-type]
    (made,) = national.built({NationalSettings: NationalSettings(**whole)}, TYPES, None, None)  # type: ignore[arg-type]
    assert (made.password(), made.name, made.origin) == ("演示", "national", "national")
    assert national.built({NationalSettings: NationalSettings()}, TYPES, None, None) == ()  # type: ignore[arg-type]
