"""Evidence over HTTP: who gets a pack or a credential; the page and the keys for everybody; and `yinxin verify`."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import app
from base import clock
from base.callers import Caller
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import read
from certs.evidence import credential
from certs.evidence.page import page, policy
from certs.faces.typefaces import typeface
from certs.routes.evidence import credential_metadata, evidence_routes
from keys.parties import jwk
from signing.commands import COMMANDS
from signing.formats.evidence import members
from tests import rooms
from tests.certs.consents import desk
from tests.certs.copies.house import CLERK, STRANGER, WINDOW
from tests.certs.evidence import house as houses
from tests.certs.evidence.house import ISSUER, OTHER_MATTER, EvidenceHouse
from tests.certs.evidence.packs import parts_of, repacked
from tests.rooms import Door
from tests.signing import offices

PURPOSE = desk.purpose_body(ground="statutory", item_code=OTHER_MATTER)


@dataclass
class Site:
    """The house and its door, and one who holds."""

    house: EvidenceHouse
    door: Door
    holder: Caller

    def post(self, path: str, who: Caller, body: Any = None) -> Any:
        return self.door.call(who.id, "POST", path, json={} if body is None else body)


@pytest.fixture
def site(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    house = houses.opened(database, tmp_path, at, typeface())
    office = house.house.office
    monkeypatch.setattr(clock, "now", lambda: office.at)
    sealer = office.issuer().sealer
    signing = replace(sealer.signing, stamper=house.stamps)
    holder = house.holder()
    people = (holder, WINDOW, STRANGER, CLERK, ISSUER)
    furniture = (office.parts, house.evidencing, house.house.gateway, house.checkpoints, signing, sealer.authority)
    door = rooms.door(database, (evidence_routes,), people, *furniture)
    return Site(house, door, holder)


def test_a_holder_fetches_a_pack_and_anybody_verifies_it(site: Site, tmp_path: Path):
    """From the answer of the API to the answer of the command on another machine, which has the root alone."""
    identifier = site.house.house.office.issue()
    answer = site.post(f"/certificates/{identifier}/evidence", site.holder)
    assert (answer.status_code, answer.mimetype) == (200, members.MEDIA_TYPE)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert f"{identifier}.evidence.zip" in answer.headers["Content-Disposition"]
    pack, root = tmp_path / "pack.zip", tmp_path / "root.pem"
    pack.write_bytes(answer.data)
    root.write_bytes(offices.authority().certificate.pem)
    told = verified(tmp_path, pack, "--trust", root)
    report = json.loads(told.stdout)
    assert (told.exit_code, report["verdict"], report["document"]["format"]) == (0, "valid", "evidence")
    assert report["certificate"]["status"] == "valid"
    assert report["certificate"]["source"] == "statement: 演示省电子证照库"
    assert [each["id"] for each in report["signatures"]] == ["s001", "statement", "timestamp"]


def test_the_command_says_the_same_in_its_exit_code(site: Site, tmp_path: Path):
    identifier = site.house.house.office.issue()
    whole = site.post(f"/certificates/{identifier}/evidence", site.holder).data
    files = parts_of(whole)
    changed = files["certificate.ofd"][:-1] + bytes((files["certificate.ofd"][-1] ^ 1,))
    made = {
        "altered.zip": repacked({**files, "certificate.ofd": changed}),
        "restated.zip": repacked({**files, "statement.json": files["statement.json"].replace(b"valid", b"valiD")}),
        "cut.zip": whole[:-1],
    }
    root = tmp_path / "root.pem"
    root.write_bytes(offices.authority().certificate.pem)
    found = {}
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
        found[name] = verified(tmp_path, tmp_path / name, "--trust", root).exit_code
    assert found["restated.zip"] == 1
    assert found["altered.zip"] in {1, 5}
    assert found["cut.zip"] == 5
    (tmp_path / "pack.zip").write_bytes(whole)
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(houses.pki.root("别的根").certificate.pem)
    assert verified(tmp_path, tmp_path / "pack.zip", "--trust", stranger).exit_code == 4


def verified(folder: Path, *arguments: Any) -> Any:
    settings = read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL": f"sqlite:///{folder / 'none.db'}"})
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    running = Running(app.PROGRAM, settings)
    told = ["verify", *map(str, arguments), "--at", "2026-11-21T02:35:00Z", "--json"]
    return CliRunner().invoke(group, told, obj=running)


def test_a_system_names_its_purpose(site: Site):
    path = f"/certificates/{site.house.house.office.issue()}/evidence"
    refused = site.post(path, WINDOW)
    assert (refused.status_code, refused.json["code"]) == (422, "evidence-purpose-needed")
    some = site.post(path, WINDOW, {"purpose": desk.purpose_body(ground="statutory")})
    assert (some.status_code, some.json["code"], some.json["reason"]) == (403, "evidence-denied", "not-every-field")
    assert site.post(path, WINDOW, {"purpose": PURPOSE}).status_code == 200
    assert (
        site.post(path, STRANGER, {"purpose": desk.purpose_body(item_code="000999990000")}).json["code"]
        == "not-granted"
    )


def test_who_is_nobody_or_has_another_role_is_turned_away(site: Site):
    path = f"/certificates/{site.house.house.office.issue()}/evidence"
    assert site.door.call(None, "POST", path, json={}).status_code == 401
    assert site.post(path, site.holder, {"unknown": 1}).status_code == 422
    assert site.post(path, site.holder, {"format": "docx"}).status_code == 422
    assert site.post(path, site.holder, {"format": "pdf"}).json["code"] == "no-such-certificate-file"


def test_a_credential_comes_as_text(site: Site):
    identifier = site.house.house.office.issue()
    key = jwk.written(houses.pki.key(houses.KeyKind.P256, "wallet").public)
    answer = site.post(f"/certificates/{identifier}/credentials", site.holder, {"holder_key": key})
    assert (answer.status_code, answer.mimetype) == (200, credential.MEDIA_TYPE)
    claims, disclosed = credential.read(answer.get_data(as_text=True), site.house.credential_key)
    assert claims["cnf"]["jwk"] == key
    assert disclosed["holder_name"] == "演示企业1有限公司"
    refused = site.post(f"/certificates/{identifier}/credentials", site.holder, {"holder_key": {**key, "d": "x"}})
    assert refused.status_code == 422


def test_the_page_is_given_to_everybody_in_a_place_of_its_own(site: Site):
    answer = site.door.call(None, "GET", "/evidence-reader")
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "text/html", page())
    told = answer.headers["Content-Security-Policy"]
    assert told == policy()
    assert "sandbox allow-scripts" in told
    assert "default-src 'none'" in told
    assert "unsafe" not in told


def test_the_keys_of_credentials_stand_where_verifiers_look(site: Site):
    site.door.also_serves([(credential_metadata, "")])
    answer = site.door.app.test_client().get("/.well-known/jwt-vc-issuer")
    (key,) = answer.get_json()["jwks"]["keys"]
    assert answer.get_json()["issuer"] == "https://yinxin.example"
    assert (key["alg"], key["kid"]) == ("ES256", jwk.thumbprint(site.house.credential_key))


def test_an_identifier_that_is_none_is_told_as_such(site: Site):
    refused = site.post("/certificates/1.2.156.3005.2.none/evidence", WINDOW, {"purpose": PURPOSE})
    assert refused.json["code"] == "invalid-certificate-identifier"
