"""The register of seals by its pages: by four people, never by one alone, and no key anywhere."""

import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from base import clock
from base.db import Database
from certs.wiring import Certs, CertsSettings
from keys.authority.wiring import Authority
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import systems
from signing.life import Step
from signing.seals.seal import Version
from signing.wiring import Signing
from tests.certs.papers import TYPES
from tests.console.people import Reader, pages
from tests.keys.parties import builders
from tests.signing import offices
from tests.signing.offices import CLERK, CUSTODIAN, HEAD, MAKER, PICTURE, SECOND_HEAD, WATCHER, Walk
from tests.signing.test_seal_routes import signer_for, trust_at

OUTSIDER = offices.person("outsider", "seal_owner", offices.PROVINCE)
PEOPLE = (CLERK, HEAD, SECOND_HEAD, CUSTODIAN, MAKER, WATCHER, OUTSIDER)
APPLICATION = "/console/seals/application"


@pytest.fixture
def app(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(clock, "now", lambda: at)
    offices.opened(database, at)
    with database.transaction() as session:
        systems.grant_scopes(session, systems.system_of(session, offices.SYSTEM), {"seal:use"}, builders.MAKER, at)
    maker = offices.sealing_maker().certificate
    signing = Signing(signer_for, trust_at, None, "maker", maker, Version.GBT38540_2020, 1 << 20)
    certs = Certs(CertsSettings(), TYPES, DataKeys(FileKek(tmp_path / "kek")), lambda: None, "")  # type: ignore[arg-type, return-value]
    return pages(database, PEOPLE, certs, signing, Authority(signer_for, "http://127.0.0.1"))


def walked(database: Database, at: datetime, last: Step) -> str:
    with database.transaction() as session:
        return Walk(session, at).to(last).id


def told(at: datetime) -> dict[str, object]:
    return {
        "kind": "business",
        "name": "演示市数据管理局行政审批专用章",
        "picture": (io.BytesIO(PICTURE), "演示.png"),
        "width_mm": "40",
        "height_mm": "40",
        "valid_from": at.date().isoformat(),
        "valid_until": (at + timedelta(days=1000)).date().isoformat(),
        "basis": "演示批复〔2026〕1号",
    }


def taken(app: Flask, seal: str, who: str, step: str, **filled: str) -> Reader:
    address = f"/console/seals/{seal}/steps/{step}"
    return Reader(app, who).open(address).send(address, **filled)


def test_a_seal_comes_into_being_by_four_people(app: Flask, at: datetime):
    """Applied for, agreed to, made, filed, activated; each by whose step it is."""
    read = Reader(app, CLERK.id).open(APPLICATION).send(APPLICATION, **told(at)).follow()
    assert "已申请" in read.text
    seal = read.address.split("?")[0].rsplit("/", 1)[1]
    assert taken(app, seal, HEAD.id, "agree", reason="").follow().status == 200
    making = f"/console/seals/{seal}/making"
    material = offices.material(seal)
    made = Reader(app, MAKER.id).open(making)
    made.send(making, key_id=material.key_id, certificate=material.certificate.pem.decode()).follow()
    assert "印章已制作并验证" in made.text
    assert taken(app, seal, MAKER.id, "file", number="演示备2026-1").status == 303
    shown = taken(app, seal, CUSTODIAN.id, "activate", reason="演示启用").follow()
    assert "使用中" in shown.text
    assert "PRIVATE" not in shown.answer.text
    assert material.key_id not in shown.answer.text


def test_a_refused_application_keeps_what_was_typed(app: Flask, at: datetime):
    read = Reader(app, CLERK.id).open(APPLICATION).send(APPLICATION, **{**told(at), "width_mm": "900"})
    assert read.status in {409, 422}
    assert read.page.xpath("//input[@name='name']/@value") == ["演示市数据管理局行政审批专用章"]
    assert read.page.xpath("//input[@name='width_mm']/@value") == ["900"]


def test_an_application_without_a_picture_says_which_field(app: Flask, at: datetime):
    bare = {name: value for name, value in told(at).items() if name != "picture"}
    read = Reader(app, CLERK.id).open(APPLICATION).send(APPLICATION, **bare)
    assert read.status == 422
    assert read.page.xpath("//input[@name='picture']/@aria-invalid") == ["true"]


def test_a_form_with_a_file_needs_the_sessions_word_like_every_other(app: Flask, at: datetime):
    read = Reader(app, CLERK.id).open(APPLICATION).send(APPLICATION, csrf_token="wrong", **told(at))
    assert read.status == 403


def test_who_has_no_role_for_a_step_is_refused_whatever_the_address_says(app: Flask, database: Database, at: datetime):
    seal = walked(database, at, Step.APPLY)
    assert taken(app, seal, CLERK.id, "agree", reason="").status == 403
    assert taken(app, seal, OUTSIDER.id, "agree", reason="").status == 403
    assert Reader(app, HEAD.id).open(f"/console/seals/{seal}/steps/make").status == 404


def test_a_seal_is_stopped_and_resumed_by_another(app: Flask, database: Database, at: datetime):
    seal = walked(database, at, Step.ACTIVATE)
    assert taken(app, seal, HEAD.id, "suspend", reason="演示").status == 303
    again = taken(app, seal, HEAD.id, "resume", reason="演示")
    assert again.status in {403, 409}
    assert again.page.xpath("//textarea[@name='reason']/text()") == ["演示"]
    assert "使用中" in taken(app, seal, SECOND_HEAD.id, "resume", reason="演示").follow().text


def test_a_step_that_somebody_took_meanwhile_is_said_and_the_reason_kept(app: Flask, database: Database, at: datetime):
    seal = walked(database, at, Step.ACTIVATE)
    address = f"/console/seals/{seal}/steps/revoke"
    late = Reader(app, HEAD.id).open(address)
    assert taken(app, seal, SECOND_HEAD.id, "suspend", reason="演示").status == 303
    late.send(address, reason="演示失控")
    assert late.status in {409, 412}
    assert late.page.xpath("//textarea[@name='reason']/text()") == ["演示失控"]
    assert late.send(address, reason="演示失控").status == 303


def test_a_leave_counts_once_a_second_person_confirmed_it(app: Flask, database: Database, at: datetime):
    seal = walked(database, at, Step.ACTIVATE)
    address = f"/console/seals/{seal}/authorisations"
    days = {"valid_from": at.date().isoformat(), "valid_until": (at + timedelta(days=90)).date().isoformat()}
    read = Reader(app, HEAD.id).open(address)
    read.send(address, system="gm", region="320900", ceiling="100", basis="演示授权书", **days).follow()
    assert "待另一人确认" in read.text
    (confirm,) = read.page.xpath("//form[contains(@action, '/confirm')]/@action")
    assert read.send(confirm).status in {403, 409}
    other = Reader(app, SECOND_HEAD.id).open(f"/console/seals/{seal}").send(confirm).follow()
    assert "用印授权已更新" in other.text


@pytest.mark.parametrize("ceiling", ["0", "-1", "many", "99999999999999", "１００"])
def test_a_ceiling_that_is_none_is_refused_at_its_field(app: Flask, database: Database, at: datetime, ceiling: str):
    seal = walked(database, at, Step.ACTIVATE)
    address = f"/console/seals/{seal}/authorisations"
    read = Reader(app, HEAD.id).open(address).send(address, system="gm", ceiling=ceiling, basis="<b>演示</b>")
    assert read.status == 422
    assert read.page.xpath("//textarea[@name='basis']/text()") == ["<b>演示</b>"]


def test_the_list_asks_as_often_for_one_seal_as_for_five(app: Flask, database: Database, at: datetime):
    def asked() -> int:
        seen: list[str] = []
        event.listen(database.engine, "before_cursor_execute", note := lambda *told: seen.append(told[2]))
        assert Reader(app, HEAD.id).open("/console/seals").status == 200
        event.remove(database.engine, "before_cursor_execute", note)
        return len(seen)

    walked(database, at, Step.ACTIVATE)
    one = asked()
    for _ in range(4):
        walked(database, at, Step.APPLY)
    assert asked() == one
