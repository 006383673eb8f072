"""The auditor's pages: searches that stand on record, the days, and exports by two people, walked without scripts."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from base import audit, clock
from base.audit import Entry, Search, Thing
from base.callers import Caller
from base.db import Database
from keys.parties.sample import code_of
from tests.console.people import Reader, pages


def person(name: str, *roles: str) -> Caller:
    return Caller("person", name, f"演示{name}", code_of("data"), frozenset(roles))


AUDITOR, SECOND, OFFICER, CLERK = (
    person("a-1", "auditor"),
    person("a-2", "auditor"),
    person("s-1", "secadmin"),
    person("w-1", "window"),
)
NAUGHTY = ["<script>alert(1)</script>", "' or 1=1 --", "\u202e倒写", "{{ 7*7 }}", "😀" * 40]


@pytest.fixture
def app(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(clock, "now", lambda: at)
    with database.transaction() as session:
        for number in range(4):
            told = Thing("certificate", f"c-{number % 2}")
            entry = Entry(at - timedelta(days=number), "system:s", code_of("data"), "certificate.used", told, "case-7")
            audit.record(session, entry)
    return pages(database, [AUDITOR, SECOND, OFFICER, CLERK])


def searches(database: Database) -> list[Entry]:
    with database.reading() as session:
        return [each.entry for each in audit.search(session, Search(act="ledger.searched"))]


def test_an_auditor_finds_the_story_of_one_thing_and_the_search_is_on_record(app, database):
    read = Reader(app, AUDITOR.id).open("/console/audit")
    read.send("/console/audit", thing_kind="certificate", thing_id="c-1", reason="演示：投诉 12 号")
    assert read.status == 200
    assert "找到 2 条" in read.text
    (told,) = searches(database)
    assert told.actor == "person:a-1"
    assert told.facts["reason"] == "演示：投诉 12 号"


def test_looking_at_the_page_searches_nothing(app, database):
    Reader(app, AUDITOR.id).open("/console/audit?thing_kind=certificate&thing_id=c-1")
    assert searches(database) == []


def test_a_search_without_a_reason_is_refused_and_keeps_what_was_typed(app, database):
    read = Reader(app, AUDITOR.id).open("/console/audit").send("/console/audit", thing_kind="certificate")
    assert read.status == 422
    assert read.page.xpath("//input[@name='thing_kind']/@value") == ["certificate"]
    assert searches(database) == []


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "9999-12-31", "-1"])
def test_a_day_that_is_none_is_refused_and_never_a_fault_of_ours(app, day):
    read = Reader(app, AUDITOR.id).open("/console/audit").send("/console/audit", until=day, reason="演示")
    assert read.status in {200, 422}


def test_a_day_means_all_of_it(app, at):
    day = (at + timedelta(hours=8)).date().isoformat()
    read = Reader(app, AUDITOR.id).open("/console/audit")
    read.send("/console/audit", since=day, until=day, act="certificate.used", reason="演示")
    assert "找到 1 条" in read.text


@pytest.mark.parametrize("text", NAUGHTY)
def test_hostile_text_is_shown_as_text(app, text):
    read = Reader(app, AUDITOR.id).open("/console/audit").send("/console/audit", purpose=text, reason=text)
    assert read.status == 200
    assert read.page.xpath("//main//script") == []
    assert text in read.page.xpath("//input[@name='purpose']/@value")


def test_an_export_is_asked_for_by_one_agreed_to_by_another_and_taken(app):
    asking = Reader(app, AUDITOR.id).open("/console/audit/exports")
    assert asking.send("/console/audit/exports", first="0", last="3", reason="演示：年度审计").follow().status == 200
    assert "已申请导出" in asking.answer.text
    assert asking.page.xpath("//button[@name='agrees']") == []
    agreeing = Reader(app, OFFICER.id).open("/console/audit/exports")
    decision = agreeing.page.xpath("//form[contains(@action, '/decision')]/@action")[0]
    agreeing.send(decision, button=("agrees", "yes"), reason="演示：同意").follow()
    assert "已同意" in agreeing.text
    taking = asking.open("/console/audit/exports").send(decision.replace("decision", "file"))
    assert taking.status == 200
    assert len(taking.answer.text.splitlines()) == 4


def test_a_range_behind_the_end_is_refused_in_words(app):
    read = Reader(app, AUDITOR.id).open("/console/audit/exports")
    read.send("/console/audit/exports", first="0", last="99", reason="演示")
    assert read.status == 422
    assert read.page.xpath("//input[@name='last']/@value") == ["99"]
    assert "unfit-ledger-range" in read.answer.text


@pytest.mark.parametrize("number", ["x", "", "-1", "9" * 30, "1.5"])
def test_what_is_no_number_is_refused_at_its_field(app, number):
    read = Reader(app, AUDITOR.id).open("/console/audit/exports")
    read.send("/console/audit/exports", first="0", last=number, reason="演示")
    assert read.status == 422


@pytest.mark.parametrize(
    ("who", "path"), [(CLERK, "/console/audit"), (OFFICER, "/console/audit"), (CLERK, "/console/audit/exports")]
)
def test_others_are_refused(app, who, path):
    assert Reader(app, who.id).open(path).status == 403


@pytest.mark.parametrize("path", ["/console/audit", "/console/audit/exports"])
def test_the_pages_are_complete_in_english(app, path):
    read = Reader(app, AUDITOR.id).open(f"{path}?lang=en")
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in read.text.replace(AUDITOR.name, ""))
