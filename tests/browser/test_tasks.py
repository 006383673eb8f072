"""The main tasks of everybody who uses the pages, from the first to the last, in a browser with scripts and without.

Calling materials up by keyboard alone, in the panel for windows, stands in `test_panel`.
"""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import app as program
from base import clock
from base.db import Database, DatabaseSettings, connect
from certs.faces.typefaces import typeface
from exchange.agreements.models import Grant, ShareRequest
from exchange.models import Directory
from tests.browser.conftest import Opener, served
from tests.browser.tasks import WAYS, Worker, arriving
from tests.browser.test_verify import site as verifying
from tests.builders import seals
from tests.certs.office import office
from tests.certs.papers import firm
from tests.console.auditors import test_audit_pages as audit
from tests.console.auditors.test_audit_pages import app as auditing
from tests.console.officers import house as officers
from tests.console.officers import test_seals as register
from tests.console.officers.test_seals import app as sealing
from tests.console.operators import test_operator_pages as operators
from tests.console.operators.test_operator_pages import app as operating
from tests.console.operators.test_operator_pages import house
from tests.console.steward import house as stewards
from tests.console.test_holder_pages import MATTER, Home, home
from tests.exchange import sharing_house
from tests.exchange.departments import AUTHORITY, REVIEWER, STEWARD, content
from tests.exchange.sharing_house import CHECKER, LICENCE, PROVIDER, REQUESTER
from tests.keys.parties.builders import CITY
from tests.signing import offices

RECEIPT = "5b2d7f0e-1c7a-4c55-9d8f-0f6d3a1e2b4c"
__all__ = ["auditing", "home", "house", "operating", "sealing", "verifying"]
pytestmark = [
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("scripts", WAYS, ids=["scripts", "no-scripts"]),
]


@pytest.fixture
def database(tmp_path: Path, _sqlite_template: Path) -> Iterator[Database]:
    """Open an empty database: what is on a page does not hang on which one it is."""
    shutil.copy(_sqlite_template, tmp_path / "yinxin.db")
    opened = connect(DatabaseSettings(url=f"sqlite:///{tmp_path}/yinxin.db", pool_size=8), program.LAST_ACTS)
    yield opened
    opened.close()


def test_anybody_verifies_a_file(verifying: Flask, reader: Opener, tmp_path: Path, scripts: bool):
    file = tmp_path / "证照.ofd"
    file.write_bytes(seals.ofd())
    for address in served(verifying):
        at = arriving(reader, address, scripts=scripts)("").open("/verify")
        at.send("/verify", file=str(file))
        assert "有效：文件自盖章后未被改动" in at.text
        assert at.is_clean()


def test_anybody_follows_what_a_printed_code_says(verifying: Flask, reader: Opener, scripts: bool):
    for address in served(verifying):
        at = arriving(reader, address, scripts=scripts)("").open("/scan")
        at.send("/scan", text=RECEIPT)
        assert at.path == "/verify/receipts"
        assert RECEIPT in at.page.url
        # It is well formed, and nobody was given it.
        assert at.is_clean(404)


def test_a_holder_shows_a_code_and_objects_to_a_use(home: Home, reader: Opener, scripts: bool):
    use = home.house.copy(home.identifier).usage
    for address in served(home.app):
        at = arriving(reader, address, scripts=scripts)(home.citizen.id).open("/my/code")
        told: dict[str, Any] = {
            "holder_code": firm(1),
            "organisation": CITY,
            "matter": MATTER,
            f"field:{home.identifier}": "address",
        }
        at.send("/my/code", **told)
        assert re.search(r"\d{5}\s\d{5}", at.text)
        at.open("/my/uses").open(at.leads(f"/my/uses/{use}"))
        at.send(f"/my/uses/{use}/objections", about="use", text="演示：不应查看")
        assert at.path == "/my/objections"
        assert "演示：不应查看" in at.text
        assert at.is_clean()


def test_a_steward_describes_a_directory_and_it_is_published(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Opener, scripts: bool
):
    monkeypatch.setattr(clock, "now", lambda: at)
    told = content()
    for address in served(stewards.opened(database, at, tmp_path / "mounted")):
        come = arriving(reader, address, scripts=scripts)
        writer = come(STEWARD.id).open("/console/directories/new")
        names: tuple[str, ...] = ("name", "summary", "format", "field_of_work", "storage", "class")
        writer.send(writer.path, **{name: told[name] for name in names}, is_certificate="true")
        for each in told["items"]:
            filled = {name: str(value).lower() for name, value in each.items()}
            writer.send(writer.path, **{**filled, "name": each["name"]})
        writer.open(writer.path.replace("/items", "/sharing"))
        names = ("share_type", "share_mode", "share_conditions", "network", "scene", "open_type", "closed_ground")
        writer.send(writer.path, **{name: told[name] for name in names})
        names = ("update_cycle", "matter_type", "matter_name", "matter_code")
        writer.send(writer.path, **{name: told[name] for name in names}, has_matter="true")
        with database.reading() as session:
            code = session.scalars(select(Directory.code)).one()
        act = f"/console/directories/{code}/versions/1/acts"
        writer.open(f"{act}/submit").send(f"{act}/submit")
        for who, step in ((REVIEWER, "forward"), (AUTHORITY, "publish")):
            checker = come(who.id).open("/console")
            checker.open(checker.leads("directory-versions")).open(checker.leads(f"/acts/{step}"))
            checker.send(f"{act}/{step}", reason="同意")
            assert checker.is_clean()
        assert "已发布" in checker.text
        assert writer.is_clean()


def test_a_department_asks_for_data_and_the_provider_answers(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Opener, scripts: bool
):
    monkeypatch.setattr(clock, "now", lambda: at)
    app = stewards.opened(database, at, tmp_path / "mounted")
    with database.transaction() as session:
        row = sharing_house.directory(session, at)
    for address in served(app):
        come = arriving(reader, address, scripts=scripts)
        asker = come(REQUESTER.id).open(f"/console/share-requests/new?directory={row.code}")
        told: dict[str, Any] = {
            "legal_basis": "演示办法",
            "scene": "窗口核验",
            "purpose": "核验许可证",
            "matters": LICENCE,
        }
        chosen: dict[str, Any] = {
            "stages": ["intake"],
            "grounds": ["statutory"],
            "modes": ["query"],
            "fields": ["单位名称"],
        }
        asker.send("/console/share-requests/new", **told, **chosen, begins="2026-11-21", ends="2027-06-30")
        with database.reading() as session:
            known = session.scalars(select(ShareRequest.id)).one()
        base = f"/console/share-requests/{known}"
        asker.open(f"{base}/acts/submit").send(f"{base}/acts/submit")
        checker = come(CHECKER.id).open("/console")
        checker.open(checker.leads(base)).open(checker.leads("/acts/forward")).send(f"{base}/acts/forward")
        provider = come(PROVIDER.id).open("/console/share-requests")
        provider.open(provider.leads(base)).open(provider.leads("/acts/approve")).send(f"{base}/acts/approve")
        assert "已授权" in provider.text
        assert all(each.is_clean() for each in (asker, checker, provider))
        with database.reading() as session:
            assert session.scalars(select(Grant.request)).one() == known


def test_an_officer_issues_a_certificate(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Opener, scripts: bool
):
    desk = officers.desk(office(database, tmp_path, at, typeface()))
    monkeypatch.setattr(clock, "now", lambda: desk.office.at)
    for address in served(desk.app):
        officer = arriving(reader, address, scripts=scripts)(officers.OFFICER.id).open("/console/issue")
        officer.open(officer.leads(officers.DRAFT))
        filled = {name: value for name, value in officers.filled().items() if _stands(officer, name)}
        assert filled["holders.0.code"] == firm(1)
        officer.send(officers.DRAFT, ("go", "preview"), **filled)
        assert officer.page.locator("main img[src^='data:image/png']").count() > 0
        officer.send(officers.DRAFT, ("go", "issue"))
        assert "证照已签发" in officer.text
        assert officer.is_clean()


def test_a_seal_is_applied_for_by_one_and_agreed_to_by_another(
    sealing: Flask, at: datetime, tmp_path: Path, reader: Opener, scripts: bool
):
    picture = tmp_path / "演示.png"
    picture.write_bytes(offices.PICTURE)
    for address in served(sealing):
        come = arriving(reader, address, scripts=scripts)
        clerk = come(offices.CLERK.id).open(register.APPLICATION)
        told: dict[str, Any] = {**register.told(at), "picture": str(picture)}
        clerk.send(register.APPLICATION, **told)
        assert "已申请" in clerk.text
        seal = clerk.path
        head = come(offices.HEAD.id).open("/console/seals").open(seal)
        head.open(head.leads("/steps/agree")).send(f"{seal}/steps/agree")
        assert head.path == seal
        assert head.page.locator("main a[href*='/steps/agree']").count() == 0
        assert clerk.is_clean()
        assert head.is_clean()


def test_an_operator_sends_a_dead_letter_again(operating: Flask, house: Any, reader: Opener, scripts: bool):
    house.platform.replying = lambda _record: None
    for address in served(operating):
        at = arriving(reader, address, scripts=scripts)(operators.OPERATOR.id).open(operators.BOARD)
        at.open(operators.DEAD)
        number = at.page.locator("input[name=number]").first.get_attribute("value")
        at.send(operators.DEAD, number=number)
        assert at.is_clean()
        house.push()
        assert "没有记录" in at.open(operators.DEAD).text


def test_an_auditor_searches_the_ledger_and_exports_a_part_by_two(
    auditing: Flask, reader: Opener, tmp_path: Path, scripts: bool
):
    for address in served(auditing):
        come = arriving(reader, address, scripts=scripts)
        auditor = come(audit.AUDITOR.id).open("/console/audit")
        auditor.send("/console/audit", thing_kind="certificate", thing_id="c-1", reason="演示：投诉 12 号")
        assert "找到 2 条" in auditor.text
        auditor.open("/console/audit/exports")
        auditor.send("/console/audit/exports", first="0", last="3", reason="演示：年度审计")
        officer = come(audit.OFFICER.id).open("/console/audit/exports")
        officer.send("/console/audit/exports/1/decision", ("agrees", "yes"), reason="演示：同意")
        assert "已同意" in officer.text
        auditor.open("/console/audit/exports")
        with auditor.page.expect_download() as taken:
            auditor.page.locator("main form[action='/console/audit/exports/1/file'] button").first.click()
        file = tmp_path / "ledger.jsonl"
        taken.value.save_as(file)
        assert len(file.read_text(encoding="utf-8").splitlines()) == 4
        assert auditor.is_clean()
        assert officer.is_clean()


def _stands(at: Worker, name: str) -> bool:
    return bool(at.page.locator(f"main [name='{name}']").count())
