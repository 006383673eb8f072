"""`yinxin directory`: what it writes, takes in, and says when it cannot."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

import app
from base import clock
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import read
from exchange.commands import COMMANDS
from keys.parties.sample import code_of
from tests.exchange import departments, import_house
from tests.exchange.import_house import book, told

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Run:
    import_house.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = database  # its schema was made from the models, not by the migrations
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    return lambda *arguments: CliRunner().invoke(group, [str(each) for each in arguments], obj=running)


def test_the_template_is_written(run: Run, tmp_path: Path):
    file = tmp_path / "t.xlsx"
    assert run("directory", "template", file).exit_code == 0
    assert "目录" in openpyxl.load_workbook(file).sheetnames


def test_a_workbook_is_taken_in_and_its_faults_are_told(run: Run, tmp_path: Path):
    file, back = tmp_path / "in.xlsx", tmp_path / "back.xlsx"
    file.write_bytes(book([told(1), told(2, format="papyrus")]))
    done = run("directory", "import", file, "--as", "import-steward", "--returned", back, "--apply", "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert (said["rows"]["new"], said["rows"]["error"], said["task"] is not None) == (1, 1, True)
    assert openpyxl.load_workbook(io.BytesIO(back.read_bytes()))["目录"][said["faults"][0]["cell"]].comment
    plain = run("directory", "import", file, "--as", "import-steward")
    assert "第 3 行" in plain.output


def test_whoever_is_no_steward_takes_nothing_in(run: Run, tmp_path: Path):
    file = tmp_path / "in.xlsx"
    file.write_bytes(book([told(1)]))
    for login in ("nobody", "data-head"):
        assert run("directory", "import", file, "--as", login).exit_code == 2


@pytest.mark.parametrize("form", ["csv", "json-ld", "turtle", "workbook"])
def test_directories_are_written_in_every_form(run: Run, database: Database, at: datetime, tmp_path: Path, form: str):
    with database.transaction() as session:
        departments.published(session, at, **told(1))
    file = tmp_path / "out"
    arguments = ("--owner", code_of("health"), "--publisher", code_of("data"))
    done = run("directory", "export", file, "--form", form, *arguments)
    assert done.exit_code == 0, done.output
    again = run("directory", "import", file, "--as", "import-steward", "--json")
    assert json.loads(again.stdout)["rows"]["same"] == 1


@pytest.mark.parametrize("form", ["workbook", "turtle"])
def test_a_form_that_needs_to_know_whose_says_so(run: Run, tmp_path: Path, form: str):
    assert run("directory", "export", tmp_path / "out", "--form", form).exit_code == 2
