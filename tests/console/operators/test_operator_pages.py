"""The operator's pages, walked without scripts: channels stopped and run, dead letters, comparisons, jobs, systems."""

from datetime import datetime

import pytest
from flask import Flask

from base import clock
from base.callers import Caller
from catalog_sync.targets.target import Outcome, Reply
from catalog_sync.wiring import Sync, SyncSettings
from keys.parties import systems
from keys.parties.sample import code_of
from keys.parties.systems import NewSystem
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import House
from tests.console.people import Reader, pages
from tests.exchange import departments


def person(name: str, organisation: str, *roles: str) -> Caller:
    return Caller("person", name, f"演示{name}", code_of(organisation), frozenset(roles))


OPERATOR = person("operator", "data", "operator")
OTHER = person("other", "police", "operator")
AUDITOR = person("auditor", "data", "auditor")
SYSADMIN = person("sysadmin", "data", "sysadmin")
SECADMIN = person("secadmin", "data", "secadmin")
CLERK = person("clerk", "police", "window")
BOARD, DEAD = "/console/sync", "/console/sync/dead-letters"
CHANNEL = "/console/sync/channels/platform"
READ = (BOARD, DEAD, CHANNEL, "/console/sync/comparisons", "/console/jobs", "/console/systems", "/console/diagnostics")


@pytest.fixture
def house(database, tmp_path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(clock, "now", lambda: at)
    departments.opened(database, at)
    made = houses.opened(database, tmp_path, at)
    told = SyncSettings(organisation=OPERATOR.organisation)
    made.sync = Sync(told, made.sync.targets, made.sync.kinds, made.sync.keys, made.sync.parts)
    made.platform.replying = lambda record: (
        Reply(Outcome.REFUSED, code="E7", words="演示某人已存在") if record.subject.id == "t000001" else None
    )
    with database.transaction() as session:
        new = NewSystem("demo-intake", "演示收件系统", OPERATOR.organisation)
        systems.add(session, new, SYSADMIN, at)
    made.fill(3)
    made.write()
    made.push()
    return made


@pytest.fixture
def app(house: House) -> Flask:
    return pages(house.database, [OPERATOR, OTHER, AUDITOR, SYSADMIN, SECADMIN, CLERK], house.sync)


def refused(app: Flask) -> str:
    read = Reader(app, OPERATOR.id).open(DEAD)
    (address,) = [each for each in read.links() if "/records/" in each]
    return address


def test_the_board_shows_each_channel_with_what_waits_and_what_was_refused(app):
    read = Reader(app, OPERATOR.id).open(BOARD)
    assert CHANNEL in read.links()
    assert "运行中" in read.text


def test_a_channel_is_paused_with_a_reason_run_and_resumed(app, house):
    read = Reader(app, OPERATOR.id).open(CHANNEL)
    assert read.send(f"{CHANNEL}/pauses", reason="演示：对方维护").follow().status == 200
    assert "演示：对方维护" in read.text
    read.send(f"{CHANNEL}/resumptions").follow()
    assert "通道已恢复" in read.answer.text
    read.send(f"{CHANNEL}/runs").follow()
    assert "已要求立即同步" in read.answer.text


def test_a_pause_without_a_reason_is_refused_and_the_channel_runs_on(app):
    read = Reader(app, OPERATOR.id).open(CHANNEL).send(f"{CHANNEL}/pauses", reason="  ")
    assert read.status == 422
    assert "已暂停" not in Reader(app, OPERATOR.id).open(CHANNEL).text


def test_a_refused_record_says_why_and_is_corrected(app, house):
    address = refused(app)
    read = Reader(app, OPERATOR.id).open(address)
    assert "演示某人已存在" in read.text
    read.send(f"{address}/corrections", content='{"name": "演示更正"}', reason="核对后更正").follow()
    assert "等待" in read.text
    house.platform.replying = lambda _record: None
    house.push()
    assert "已入库" in Reader(app, OPERATOR.id).open(address).text


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": 1, "name": 2}', "null", "\x00"])
def test_what_is_no_object_is_refused_and_stays_in_the_form(app, content):
    address = refused(app)
    read = Reader(app, OPERATOR.id).open(address).send(f"{address}/corrections", content=content, reason="演示")
    assert read.status in {400, 422}
    if content.isprintable():
        assert (read.page.xpath("//textarea[@name='content']")[0].text or "").strip() == content


def test_dead_letters_are_told_again_together(app, house):
    house.platform.replying = lambda _record: None
    read = Reader(app, OPERATOR.id).open(DEAD)
    number = read.page.xpath("//input[@name='number']/@value")[0]
    assert read.send(DEAD, number=number).status == 303
    house.push()
    assert "没有记录" in read.open(DEAD).text


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "1.5"])
def test_a_choice_that_is_none_is_refused_in_words(app, number):
    assert Reader(app, OPERATOR.id).open(DEAD).send(DEAD, number=number).status in {303, 400, 404}


def test_an_operator_of_another_organisation_sees_no_content_and_may_do_nothing(app):
    address = refused(app)
    read = Reader(app, OTHER.id).open(address)
    assert "演示某人已存在" not in read.text
    assert read.page.xpath("//form[starts-with(@action, '/console')]") == []
    token = Reader(app, OTHER.id).open("/console/jobs")
    answer = token.app.test_client(use_cookies=False).post(
        f"{CHANNEL}/runs",
        data={"csrf_token": _token(OTHER.id)},
        headers={"Cookie": f"__Host-yinxin={OTHER.id}", "Accept": "text/html"},
    )
    assert answer.status_code == 403


def _token(cookie: str) -> str:
    from keys.parties.sessions import csrf_token

    return csrf_token(cookie)


def test_a_difference_is_listed_with_what_was_not_compared(app, house):
    read = Reader(app, OPERATOR.id).open("/console/sync/comparisons")
    assert read.status == 200
    assert "还没有对账" in read.text
    assert Reader(app, OPERATOR.id).open("/console/sync/comparisons/99").status == 404


def test_a_system_is_suspended_by_the_one_who_may_and_by_nobody_else(app, house):
    listed = Reader(app, SYSADMIN.id).open("/console/systems")
    (address,) = [each for each in listed.links() if each.startswith("/console/systems/")]
    read = listed.open(address).send(f"{address}/suspensions", reason="演示：密钥疑似泄露").follow()
    assert "停用" in read.text
    assert Reader(app, OPERATOR.id).open(address).page.xpath("//form[starts-with(@action, '/console')]") == []


@pytest.mark.parametrize("path", READ)
def test_a_clerk_sees_none_of_it(app, path):
    assert Reader(app, CLERK.id).open(path).status == 403


@pytest.mark.parametrize("path", READ)
def test_the_pages_are_complete_in_english(app, path):
    read = Reader(app, AUDITOR.id).open(f"{path}?lang=en")
    assert read.status == 200
    words = read.text
    for each in ("演示auditor", "演示收件系统"):
        words = words.replace(each, "")
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in words), words


def test_scopes_are_set_by_who_guards_the_site_and_a_later_look_wins_nothing(app):
    place = "/console/systems/demo-intake"
    late = Reader(app, SECADMIN.id).open(place)
    read = Reader(app, SECADMIN.id).open(place).send(f"{place}/scopes", scopes=["cert:read", "filing:write"])
    assert "cert:read filing:write" in read.follow().text
    assert late.send(f"{place}/scopes", scopes=["admin"]).status == 412
    assert late.page.xpath("//input[@name='scopes' and @checked]/@value") == ["admin"], "what was typed is still there"
    assert "cert:read filing:write" in late.text
    assert read.send(f"{place}/scopes", scopes=["no:such"]).status == 422
    assert not Reader(app, SYSADMIN.id).open(place).page.xpath(f"//form[@action='{place}/scopes']")


@pytest.mark.parametrize("path", ["/console/sync/channels/none", "/console/sync/records/99", "/console/systems/none"])
def test_what_is_not_there_is_not_there(app, path):
    assert Reader(app, OPERATOR.id).open(path).status == 404
