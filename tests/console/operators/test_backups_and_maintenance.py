"""Backups as they lie in their folder, looked through from the page; and the window in which nothing is written."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

import app as whole
from base import audit, clock, maintenance
from base.audit import Search
from base.callers import Caller
from base.db import Database
from base.maintenance import Maintenance
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.backup import making
from keys.backup.making import Made, Plan
from keys.backup.wiring import Backups, BackupSettings
from keys.envelopes import Recipient
from keys.parties.sample import code_of
from tests.console.people import ACCEPTS, Reader, pages
from tests.exchange import departments

SYSADMIN = Caller("person", "sysadmin", "演示系统管理员", code_of("data"), frozenset({"sysadmin"}))
READER = Caller("person", "operator", "演示运维人员", code_of("data"), frozenset({"operator"}))
CLERK = Caller("person", "clerk", "演示窗口人员", code_of("police"), frozenset({"window"}))
BACKUPS, WINDOW = "/console/backups", "/console/maintenance"


@dataclass
class Site:
    """The pages, and a clock that moves when a story moves on."""

    app: Flask
    database: Database
    folder: Path
    at: datetime

    def reader(self, who: Caller = SYSADMIN) -> Reader:
        return Reader(self.app, who.id)

    def back_up(self) -> Made:
        plan = Plan(recipients=(Recipient.of_key(asymmetric.generated(KeyKind.SM2).public),), tool="test")
        return making.made(self.database, self.folder, plan, self.at)


@pytest.fixture
def site(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Site:
    departments.opened(database, at)
    folder, window = tmp_path / "backups", Maintenance(database)
    backups = Backups(BackupSettings(folder=str(folder)), {}, (), (), ())
    made = Site(pages(database, (SYSADMIN, READER, CLERK), backups, window), database, folder, at)
    maintenance.install(made.app, window, whole.PASSING)
    monkeypatch.setattr(clock, "now", lambda: made.at)
    return made


# --- backups ------------------------------------------------------------------------------------------------------


def test_no_backup_yet_is_said(site: Site):
    assert "没有完成的备份" in site.reader().open(BACKUPS).text


def test_a_backup_is_listed_with_its_size_and_found_whole(site: Site):
    made = site.back_up()
    read = site.reader().open(BACKUPS)
    assert made.folder.name in read.text
    assert str(sum(each.bytes for each in made.manifest.parts)) in read.text
    assert "尚未核对" in read.text
    read.send(f"{BACKUPS}/{made.folder.name}/checks")
    assert read.status == 200
    assert "完好" in read.text


def test_a_backup_that_was_changed_is_found_damaged(site: Site):
    made = site.back_up()
    part = made.folder / made.manifest.parts[0].file
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(bytes(content))
    read = site.reader().open(BACKUPS).send(f"{BACKUPS}/{made.folder.name}/checks")
    assert "已损坏" in read.text
    assert "backup-damaged" in read.text


@pytest.mark.parametrize("name", ["..", "yinxin-20310101T000000Z-00000000", "%2e%2e%2fetc"])
def test_only_backups_of_the_folder_are_looked_through(site: Site, name: str):
    made = site.back_up()
    read = site.reader().open(BACKUPS)
    path = f"{BACKUPS}/{made.folder.name}/checks"
    read.page  # noqa: B018 - the form is there
    token = read.page.xpath(f"//form[@action='{path}']//input[@name='csrf_token']/@value")[0]
    client = site.app.test_client(use_cookies=False)
    headers = {**ACCEPTS, "Cookie": f"__Host-yinxin={SYSADMIN.id}"}
    answer = client.post(f"{BACKUPS}/{name}/checks", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 404


def test_who_only_reads_is_told_no_folder_and_checks_nothing(site: Site):
    site.back_up()
    read = site.reader(READER).open(BACKUPS)
    assert str(site.folder) not in read.text
    assert not read.page.xpath("//form[contains(@action, '/checks')]")
    assert site.reader(CLERK).open(BACKUPS).status == 403


# --- the maintenance window ---------------------------------------------------------------------------------------


def typed(at: datetime) -> str:
    return (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")


def entered(site: Site, **peculiar: str) -> Reader:
    told = {"ends_at": typed(site.at + timedelta(hours=1)), "zh": "演示：升级数据库", "en": "Upgrading the database"}
    return site.reader().open(WINDOW).send(WINDOW, **{**told, **peculiar})


def written(site: Site, **headers: str):
    client = site.app.test_client(use_cookies=False)
    return client.post("/console/subscriptions/x/pauses", headers={**headers, "Cookie": f"__Host-yinxin={READER.id}"})


def test_while_it_lasts_writing_waits_and_reading_goes_on(site: Site):
    assert written(site).status_code != 503
    assert entered(site).status == 303
    refused = written(site)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3600")
    assert (refused.json["code"], refused.json["retryable"]) == ("under-maintenance", True)
    assert "演示：升级数据库" in refused.json["detail"]
    assert "Upgrading the database" in written(site, **{"Accept-Language": "en"}).json["detail"]
    page = written(site, **ACCEPTS)
    assert page.status_code == 503
    assert "演示：升级数据库" in page.text
    read = site.reader(CLERK).open("/console")
    assert read.status == 200
    assert "演示：升级数据库" in read.answer.text
    assert site.app.test_client().post("/login", data={}, headers=ACCEPTS).status_code != 503


def test_it_ends_by_itself_and_by_hand(site: Site):
    entered(site)
    site.at += timedelta(hours=1)
    assert written(site).status_code != 503
    entered(site)
    assert written(site).status_code == 503
    assert site.reader().open(WINDOW).send(f"{WINDOW}/ends").status == 303
    assert written(site).status_code != 503
    assert "演示：升级数据库" not in site.reader(CLERK).open("/console").answer.text
    with site.database.reading() as session:
        assert len(audit.search(session, Search(act="maintenance.announced"))) == 2
        assert len(audit.search(session, Search(act="maintenance.ended"))) == 1


def test_one_announced_for_later_is_shown_and_stops_nothing_yet(site: Site):
    begins, ends = site.at + timedelta(days=1), site.at + timedelta(days=1, hours=2)
    entered(site, begins_at=typed(begins), ends_at=typed(ends))
    assert written(site).status_code != 503
    assert "计划维护" in site.reader(CLERK).open("/console").answer.text
    site.at = begins + timedelta(minutes=1)
    assert written(site).status_code == 503


@pytest.mark.parametrize(
    "wrong", [{"ends_at": "2020-01-01T00:00"}, {"ends_at": "🙂"}, {"zh": ""}, {"en": "x" * 301}, {"begins_at": "soon"}]
)
def test_what_is_no_window_is_refused_and_stays_as_typed(site: Site, wrong: dict[str, str]):
    read = entered(site, **wrong)
    assert read.status in {400, 422}
    assert re.search("升级数据库|演示|Upgrading", "".join(read.page.xpath("//input[@name='zh' or @name='en']/@value")))
    assert written(site).status_code != 503


def test_a_second_window_is_not_laid_over_the_first(site: Site):
    late = site.reader().open(WINDOW)
    entered(site)
    late.send(WINDOW, ends_at=typed(site.at + timedelta(hours=3)), zh="演示乙", en="second")
    assert late.status == 409
    assert "maintenance-stands" in late.answer.text


def test_only_who_runs_the_site_announces(site: Site):
    assert not site.reader(READER).open(WINDOW).page.xpath("//main//form[@method='post']")
    assert site.reader(CLERK).open(WINDOW).status == 403
