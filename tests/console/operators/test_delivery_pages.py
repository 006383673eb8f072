"""Webhooks on pages: whose are shown, each delivery with its tries, stopped, ended and sent again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from keys.parties.sample import code_of
from tests.console.people import Reader, pages
from tests.exchange import push_house
from tests.exchange.push_house import House
from tests.exchange.webhook_house import Receiver, deliver, happened, log, subscribed
from tests.simulators.http import HttpSimulator

AUDITOR = Caller("person", "auditor", "演示审计员", code_of("data"), frozenset({"auditor"}))
STRANGER = Caller("person", "stranger", "演示外人", code_of("data"), frozenset({"requester"}))


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(clock, "now", lambda: at)
    opened = push_house.opened(database, tmp_path, at)
    yield opened
    opened.close()


@pytest.fixture
def told(house: House) -> Iterator[str]:
    with HttpSimulator() as server:
        server.on("/hook", Receiver())
        subscription = subscribed(house, server)
        happened(house, "演示目录甲")
        deliver(house)
        yield subscription


def read_by(house: House, who: Caller) -> Reader:
    return Reader(pages(house.database, [house.requester, AUDITOR, STRANGER], house.deliveries), who.id)


def test_a_subscription_is_shown_with_what_was_delivered_and_sent_again(house, told):
    read = read_by(house, house.requester).open("/console/subscriptions")
    address = f"/console/subscriptions/{told}"
    assert address in read.links()
    assert "已送达" in read.open(address).text
    before = log(house.database, told)
    (action, *_) = [each for each in read.page.xpath("//form/@action") if each.endswith("/resends")]
    assert "已排队重发" in read.send(action).follow().answer.text
    assert len(log(house.database, told)) == len(before) + 1


def test_it_is_paused_and_goes_on_and_ends(house, told):
    read = read_by(house, house.requester).open(f"/console/subscriptions/{told}")
    for step, word in (("pauses", "已暂停"), ("resumptions", "有效"), ("endings", "已终止")):
        assert word in read.send(f"/console/subscriptions/{told}/{step}").follow().text
    assert read.page.xpath("//form[contains(@action, '/console/subscriptions/') and contains(@action, 'pauses')]") == []


def test_an_auditor_sees_it_and_changes_nothing_and_a_stranger_sees_nothing(house, told):
    read = read_by(house, AUDITOR).open(f"/console/subscriptions/{told}")
    assert read.status == 200
    assert read.page.xpath("//form[contains(@action, '/console/subscriptions/')]") == []
    assert read_by(house, STRANGER).open(f"/console/subscriptions/{told}").status == 404
    assert "没有订阅" in read_by(house, STRANGER).open("/console/subscriptions").text


@pytest.mark.parametrize("who", ["requester", "auditor"])
def test_the_pages_are_complete_in_english(house, told, who):
    reader = AUDITOR if who == "auditor" else house.requester
    read = read_by(house, reader).open(f"/console/subscriptions/{told}?lang=en")
    words = read.text.replace("演示订阅", "").replace("演示目录甲", "")
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in words), words
