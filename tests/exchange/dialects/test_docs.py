"""The commands and the call of the pages about dialects work as they stand, in both languages."""

import re
import shlex
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

import app
from base import clock, settings
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from exchange.commands.dialects import dialect_group
from keys.custody.wiring import CustodyParts
from tests.exchange.dialects import dialect_house
from tests.exchange.dialects.dialect_house import DialectHouse

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture
def partner(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DialectHouse:
    monkeypatch.setattr(clock, "now", lambda: at)
    return dialect_house.opened(database, tmp_path, at)


@pytest.mark.parametrize("page", ["dialects.md", "zh/dialects.md"])
def test_every_command_of_the_page_works(partner: DialectHouse, page: str):
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.strip().splitlines()]
    assert [words[0] for words in lines] == ["yinxin"] * 6 + ["curl"]
    for words in lines[:-1]:
        _run(partner, [each.replace("30701500003000000000000000/000001", partner.house.code) for each in words[1:]])
    _call(partner, lines[-1])


def _run(partner: DialectHouse, words: list[str]) -> None:
    running = Running(app.PROGRAM, settings.read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = partner.house.database
    made = dict(running.parts)
    made[CustodyParts] = replace(made[CustodyParts], data_keys=partner.house.parts.data_keys)
    running.parts = made
    done = CliRunner().invoke(SpeakingGroup("yinxin", commands={"dialect": dialect_group}), words, obj=running)
    assert done.exit_code == 0, (words, done.output)


def _call(partner: DialectHouse, words: list[str]) -> None:
    headers = [words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"]
    told = {name: value for name, value in headers if name != "Authorization"}
    path, _, query = words[1].removeprefix("$URL").partition("?")
    answer = partner.road(service=path.partition("/r1/")[2], headers=told, query_string=unquote(query))
    assert (answer.status_code, answer.json["outcome"]) == (200, "found"), answer.text
