"""`yinxin receipt verify`: the same verdict as the one-file checker, as one sentence and an exit code."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from base import clock
from base.command_line import SpeakingGroup
from base.db import Database
from exchange.commands.receipts import receipt_group
from tests.exchange import gateway_house

ONE = [{"item": "许可证编号", "values": ["苏卫0001"]}]


def run(*arguments: object):
    group = SpeakingGroup("yinxin", commands={"receipt": receipt_group})
    return CliRunner().invoke(group, ["receipt", "verify", *map(str, arguments)])


@pytest.fixture
def files(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    monkeypatch.setattr(clock, "now", lambda: at)
    house = gateway_house.opened(database, tmp_path, at)
    answer = house.ask(conditions=ONE).json
    told = {"answer": answer, "receipt": house.get(answer["receipt"]["url"].removeprefix("/api/v1")).json}
    for name, value in told.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return {name: tmp_path / f"{name}.json" for name in told}


def test_a_receipt_is_verified_with_its_answer(files):
    told = run(files["receipt"], "--answer", files["answer"])
    assert (told.exit_code, "is in the tree of" in told.output) == (0, True)
    key = json.loads(files["receipt"].read_text(encoding="utf-8"))["key"]
    told = run(files["receipt"], "--key", key, "--json")
    assert json.loads(told.output)["key_is_given"] is True


def test_an_altered_answer_is_refuted_and_no_receipt_is_unreadable(files):
    text = files["answer"].read_text(encoding="utf-8").replace("found", "not_found")
    files["answer"].write_text(text, encoding="utf-8")
    assert run(files["receipt"], "--answer", files["answer"]).exit_code == 1
    files["answer"].write_text("{", encoding="utf-8")
    assert run(files["answer"]).exit_code == 2
    files["answer"].write_text("{}", encoding="utf-8")
    assert run(files["answer"]).exit_code == 2
