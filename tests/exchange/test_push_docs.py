"""The commands of the pages about changes and pushes work as they stand, in both languages."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from base import clock
from base.db import Database
from exchange.routes.changes import feed
from exchange.routes.pushes import pushed
from exchange.routes.subscriptions import subscribed
from tests import rooms
from tests.exchange import push_house
from tests.exchange.push_house import House
from tests.exchange.webhook_house import Receiver
from tests.rooms import Door
from tests.simulators.http import HttpSimulator

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("changes.md", "pushes.md", "zh/changes.md", "zh/pushes.md")


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    opened = push_house.opened(database, tmp_path, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    yield opened
    opened.close()


def commands(page: str) -> list[list[str]]:
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [shlex.split(each) for block in blocks for each in re.split(r"\n(?=curl )", block.strip())]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_works(house: House, page: str):
    door = rooms.door(house.database, (feed, subscribed, pushed), (house.requester,), house.parts, house.deliveries)
    found = commands(page)
    assert len(found) >= 3
    with HttpSimulator() as server:
        server.on("/yinxin", Receiver())
        known = {"$CURSOR": "0"}
        for words in found:
            _done(door, house, server, words, known)


def _done(door: Door, house: House, server: HttpSimulator, words: list[str], known: dict[str, str]) -> None:
    """Do one command, and remember what its answer names."""
    (url,) = [each for each in words if each.startswith("$URL")]
    for name, value in known.items():
        url = url.replace(name, value)
    told = words[words.index("-d") + 1] if "-d" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    if told is not None:
        told = told.replace("https://hooks.example.gov.cn", server.url("")).replace(
            "30701500003000000000000000/000001", house.code
        )
        json.loads(told)
    given = {"data": told, "content_type": "application/json"} if told is not None else {}
    answer = door.call(house.requester.id, method, url.removeprefix("$URL/api/v1"), **given)
    assert answer.status_code < 300, (words, answer.text)
    if method == "POST" and answer.is_json:
        known["$RUN" if url.endswith("/runs") else "$ID"] = answer.json["id"]
