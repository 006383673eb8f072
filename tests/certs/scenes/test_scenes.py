"""Scenes: outside government nothing without an agreement, a scene, a consent; and each counts its own."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock, settings
from base.callers import Caller
from base.db import Database
from certs.faces.typefaces import typeface
from certs.queries import permission as permissions
from certs.queries.fields import names_of
from certs.routes.scenes import scene_routes
from certs.scenes import scenes
from certs.scenes.errors import FaultyScenes, SceneNotApproved
from certs.scenes.scene import scenes as known
from certs.scenes.scenes import Agreement
from certs.scenes.wiring import SceneSettings, Scening, built
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.contracts import Allowed
from exchange.agreements.models import RegisteredCaller
from exchange.agreements.purposes import Basis, BasisKind, Ground, Stage
from exchange.door.outcomes import Outcome
from tests import rooms
from tests.certs.consents import desk
from tests.certs.consents.desk import agreed
from tests.certs.copies import house as houses
from tests.certs.copies.house import STRANGER, WINDOW, CopyHouse
from tests.certs.papers import HYGIENE, TYPES
from tests.keys.parties.builders import CITY, PROVINCE

NUMBER = "演示协议1"
AUTHORITY = Caller("person", "authority", "authority", PROVINCE, frozenset({"authority"}))
USE = desk.purpose(stage=Stage.AGREEMENT, ground=Ground.AGREEMENT, basis=Basis(BasisKind.AGREEMENT, NUMBER))


@pytest.fixture
def house(database: Database, tmp_path: Path, at, monkeypatch: pytest.MonkeyPatch) -> CopyHouse:
    """Open the house; its window is a bank's, and whatever the exchange granted it is given by the story."""
    made = houses.opened(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: made.office.at)
    with database.transaction() as session:
        granted = permissions.permitted(session, HYGIENE, WINDOW, desk.purpose(ground=Ground.STATUTORY), (), at)
        told = {"mandate": None, "paper": "演示协议", "valid_until": None, "version": 1}
        session.add(
            RegisteredCaller(
                organisation=CITY, kind=CallerKind.OUTSIDE.value, changed_by="person:x", changed_at=at, **told
            )
        )

    def permitted(*_: Any, **__: Any) -> permissions.Permission:
        allowed: Allowed = replace(granted.allowed, consent=True)
        return replace(granted, allowed=allowed, needs_consent=True)

    monkeypatch.setattr(permissions, "permitted", permitted)
    return made


def agreement(house: CopyHouse, scene: str = "bank-account", **peculiar: Any) -> Agreement:
    at = house.office.at
    told = {"begins": at, "ends": at + timedelta(days=30), "number": NUMBER, "organisation": CITY, **peculiar}
    return Agreement(scene=scene, **told)


def registered(house: CopyHouse, scene: str = "bank-account", **peculiar: Any) -> None:
    with house.office.database.transaction() as session:
        scenes.register(session, known(), agreement(house, scene, **peculiar), AUTHORITY, house.office.at)


def test_a_bank_has_what_its_scene_approves_and_the_holder_agreed_to(house: CopyHouse):
    registered(house)
    agreed(house.office, agreement=NUMBER, scope={HYGIENE.code: ()})
    answer = house.copy(house.office.issue(), purpose=USE)
    assert answer.outcome is Outcome.FOUND
    with house.office.database.reading() as session:
        (count,) = scenes.statistics(session, CITY, 2026, 11)
        assert (count.agreement, count.type, count.outcome, count.uses) == (NUMBER, HYGIENE.code, "found", 1)
        assert scenes.statistics(session, CITY, 2026, 12) == []
        assert scenes.statistics(session, PROVINCE, 2026, 11) == []
    told = narrowed(house)
    assert set(told) == {"number", "holder_name", "valid_until"}


def narrowed(house: CopyHouse) -> tuple[str, ...]:
    with house.office.database.reading() as session:
        given = permissions.permitted(session, HYGIENE, WINDOW, USE, (), house.office.at)
        return scenes.narrowed(session, given, WINDOW, USE, house.office.at).fields


def test_without_the_holders_consent_a_scene_is_not_enough(house: CopyHouse):
    registered(house)
    answer = house.copy(house.office.issue(), purpose=USE)
    assert (answer.outcome, answer.reason) == (Outcome.DENIED, "consent-missing")


def test_outside_government_nothing_is_had_without_an_agreement(house: CopyHouse):
    identifier = house.office.issue()
    for purpose in (USE, desk.purpose()):
        with pytest.raises(SceneNotApproved) as refusal:
            house.copy(identifier, purpose=purpose)
        assert refusal.value.reason == "no-agreement"


def test_an_agreement_counts_from_its_beginning_to_its_end(house: CopyHouse):
    registered(house, begins=house.office.at + timedelta(days=1))
    with pytest.raises(SceneNotApproved) as refusal:
        narrowed(house)
    assert refusal.value.reason == "agreement-over"
    house.office.at += timedelta(days=1)
    assert narrowed(house)
    house.office.at += timedelta(days=29)
    with pytest.raises(SceneNotApproved):
        narrowed(house)


def test_a_type_that_the_scene_does_not_name_is_not_had(house: CopyHouse):
    registered(house, "notary")
    with pytest.raises(SceneNotApproved) as refusal:
        narrowed(house)
    assert refusal.value.reason == "type"


def test_a_department_is_bound_to_no_scene(house: CopyHouse):
    with house.office.database.reading() as session:
        given = permissions.permitted(session, HYGIENE, STRANGER, USE, (), house.office.at)
        assert scenes.narrowed(session, given, STRANGER, USE, house.office.at) == given


def test_every_scene_names_types_and_fields_that_there_are():
    by_name = {each.name: each for each in TYPES.values()}
    for scene in known().values():
        for name, fields in scene.types.items():
            assert set(fields) <= set(names_of(by_name[name]).values()), (scene.code, name)
        assert scene.basis
    assert set(known()) == {"bank-account", "notary", "bidding"}


def body(house: CopyHouse, **peculiar: Any) -> dict[str, Any]:
    made = agreement(house)
    told = {"organisation": CITY, "number": NUMBER, "scene": made.scene}
    return {**told, "begins_at": made.begins.isoformat(), "ends_at": made.ends.isoformat(), **peculiar}


def test_the_authority_registers_and_each_counts_its_own(house: CopyHouse):
    door = rooms.door(house.office.database, (scene_routes,), (AUTHORITY, WINDOW), Scening(known()))
    assert {each["code"] for each in door.call(None, "GET", "/scenes").json["items"]} == set(known())
    assert door.call("window", "POST", "/scene-agreements", json=body(house)).status_code == 403
    assert door.call("authority", "POST", "/scene-agreements", json=body(house)).status_code == 204
    for peculiar, code in (
        ({"scene": "x"}, "no-such-scene"),
        ({"organisation": PROVINCE}, "unusable-scene-agreement"),
        ({"ends_at": house.office.at.isoformat()}, "unusable-scene-agreement"),
    ):
        answer = door.call("authority", "POST", "/scene-agreements", json=body(house, **peculiar))
        assert answer.json["code"] == code
    told = door.call("window", "GET", "/scenes/statistics?month=2026-11")
    assert (told.status_code, told.json["items"]) == (200, [])
    assert door.call("window", "GET", "/scenes/statistics?month=2026-13").status_code == 422


def test_an_agreement_keeps_what_was_approved_until_it_is_registered_anew(house: CopyHouse):
    """A list that changes is another paper; renewing takes it up."""
    registered(house)
    wider = replace(known()["bank-account"], types={HYGIENE.name: ("number", "address")})
    assert "address" not in narrowed(house)
    with house.office.database.transaction() as session:
        scenes.register(session, {wider.code: wider}, agreement(house), AUTHORITY, house.office.at)
    assert set(narrowed(house)) == {"number", "address"}


def test_an_agreement_that_was_ended_gives_nothing_more(house: CopyHouse):
    door = rooms.door(house.office.database, (scene_routes,), (AUTHORITY, WINDOW), Scening(known()))
    registered(house)
    told = {"organisation": CITY, "number": NUMBER}
    assert door.call("window", "POST", "/scene-agreements/endings", json=told).status_code == 403
    assert door.call("authority", "POST", "/scene-agreements/endings", json=told).status_code == 204
    with pytest.raises(SceneNotApproved) as refusal:
        narrowed(house)
    assert refusal.value.reason == "agreement-over"
    again = door.call("authority", "POST", "/scene-agreements/endings", json=told)
    assert (again.status_code, again.json["code"]) == (409, "unusable-scene-agreement")
    unknown = door.call("authority", "POST", "/scene-agreements/endings", json={**told, "number": "x"})
    assert (unknown.status_code, unknown.json["code"]) == (404, "no-such-scene-agreement")


def test_the_authority_counts_a_scene_over_all_who_act_in_it(house: CopyHouse):
    door = rooms.door(house.office.database, (scene_routes,), (AUTHORITY, WINDOW), Scening(known()))
    registered(house)
    agreed(house.office, agreement=NUMBER, scope={HYGIENE.code: ()})
    house.copy(house.office.issue(), purpose=USE)
    told = door.call("authority", "GET", "/scenes/bank-account/statistics?month=2026-11").json
    count = {"organisation": CITY, "agreement": NUMBER, "type": HYGIENE.code, "outcome": "found", "uses": 1}
    assert (told["scene"], told["items"]) == ("bank-account", [count])
    assert door.call("authority", "GET", "/scenes/notary/statistics?month=2026-11").json["items"] == []
    assert door.call("window", "GET", "/scenes/notary/statistics?month=2026-11").status_code == 403
    assert door.call("authority", "GET", "/scenes/x/statistics?month=2026-11").json["code"] == "no-such-scene"


SITE = """zh = "演示场景"
en = "A site's scene"
basis = "演示清单"
confidence = "site"
[types]
"营业执照" = ["number"]
"""


def listed(folder: Path, examples: bool = True, **files: str) -> Scening:
    for code, text in files.items():
        (folder / f"{code.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    told = {"YINXIN_SCENES_FOLDER": str(folder), "YINXIN_SCENES_EXAMPLES": str(examples).lower()}
    return built(settings.read((SceneSettings,), environment=told), TYPES)


def test_a_sites_own_scene_stands_beside_the_examples_or_in_their_place(tmp_path: Path):
    found = listed(tmp_path, leasing=SITE, bank_account=SITE).scenes
    assert set(found) == {*known(), "leasing"}
    assert found["bank-account"].types == {"营业执照": ("number",)}
    assert set(listed(tmp_path, examples=False).scenes) == {"leasing", "bank-account"}
    assert set(built(settings.read((SceneSettings,), environment={}), TYPES).scenes) == set(known())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE.replace("营业执照", "演示执照"), "no such type"),
        (SITE.replace('"number"', '"colour"'), "no such field: colour"),
        (SITE.replace('["number"]', "[]"), "at least one field is needed"),
        (SITE.replace('basis = "演示清单"', ""), "basis: a text is needed"),
        ('colour = "red"\n' + SITE, "colour: unknown key"),
        (SITE.split("[types]", maxsplit=1)[0], "at least one type is needed"),
        ("zh = ", "leasing.toml"),
    ],
    ids=["type", "field", "no-fields", "basis", "unknown", "no-types", "no-toml"],
)
def test_a_sites_file_that_is_not_whole_is_refused_by_its_place(tmp_path: Path, text: str, said: str):
    with pytest.raises(FaultyScenes) as refusal:
        listed(tmp_path, leasing=text)
    assert said in refusal.value.first
