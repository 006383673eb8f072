"""The support bundle: it tells how a site stands, and nothing of anyone; what cannot be read keeps nothing else out."""

import hashlib
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from base import clock, settings, support
from base.db import Database
from base.program import Running

SECRET = "sehr-geheim-4711"
# An invented number with a right check digit.
PERSON = "11010519491231002X"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjbGVyayJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


def running(url: str, **environment: str) -> Running:
    told = {"YINXIN_DATABASE_URL": url, "YINXIN_WEB_SECRET": SECRET * 3, **environment}
    return Running(app.PROGRAM, settings.read(app.PROGRAM.sections, None, told))


def bundled(house: Running, to: Path, *logs: Path) -> dict[str, str]:
    try:
        support.write_bundle(house, to, logs, clock.now())
    finally:
        house.unchecked_database.close()
    with zipfile.ZipFile(to) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def read(told: dict[str, str], name: str) -> Any:
    return json.loads(told[name])


def test_it_tells_how_a_site_is_set_up_and_stands(database: Database, tmp_path: Path):
    url = database.engine.url.render_as_string(hide_password=False)
    told = bundled(running(url), tmp_path / "report.zip")
    assert read(told, "about.json")["yinxin"] == app.VERSION
    assert read(told, "about.json")["database"] == database.engine.dialect.name
    assert "sqlalchemy" in {name.lower() for name in read(told, "about.json")["libraries"]}
    assert {each["name"] for each in read(told, "checks.json")} == {each.name for each in app.PROGRAM.checks}
    assert read(told, "tables.json")["base_ledger_tail"] == {"rows": 0, "or_more": False}
    assert read(told, "ledger.json") == {"entries": 0}
    assert {each["path"] for each in read(told, "settings.json")} >= {"database.url", "web.secret"}
    assert "印信支持包" in told["inside.txt"]


def test_each_file_stands_in_the_list_with_its_sum(database: Database, tmp_path: Path):
    told = bundled(running(database.engine.url.render_as_string(hide_password=False)), tmp_path / "report.zip")
    sums = read(told, "files.json")
    assert sums == {
        name: hashlib.new("sm3", content.encode()).hexdigest() for name, content in told.items() if name != "files.json"
    }
    assert stat.S_IMODE((tmp_path / "report.zip").stat().st_mode) == 0o600


def test_no_secret_and_no_person_is_in_it(tmp_path: Path):
    log = tmp_path / "web.log"
    lines = [
        json.dumps({"event": f"asked for {PERSON}", "token": TOKEN, "holder": "张三", "facts": {"secret": SECRET}}),
        json.dumps([PERSON, TOKEN]),
        f"plain words of {PERSON} with Bearer {TOKEN}",
        "postgresql://clerk:" + SECRET + "@db.example/yinxin refused",
    ]
    log.write_text("\n".join(lines))
    told = bundled(running(f"sqlite:///{tmp_path / 'a.db'}"), tmp_path / "report.zip", log)
    assert len(told["logs/1-web.log"].splitlines()) == len(lines)
    assert "asked for" in told["logs/1-web.log"]
    for name, content in told.items():
        for kept in (SECRET, PERSON, TOKEN, "张三"):
            assert kept not in content, name


def test_the_half_line_at_which_a_long_log_is_cut_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(support, "LOG_BYTES", 20)
    log = tmp_path / "web.log"
    log.write_text(f"identity {PERSON}\nlast line\n")
    told = bundled(running(f"sqlite:///{tmp_path / 'a.db'}"), tmp_path / "report.zip", log)
    assert told["logs/1-web.log"] == "last line\n"


def test_a_site_without_its_database_still_has_a_bundle(tmp_path: Path):
    told = bundled(running("postgresql+psycopg://nobody@127.0.0.1:1/none"), tmp_path / "report.zip")
    assert set(read(told, "tables.json")) == {"could_not_be_read"}
    assert read(told, "about.json")["database"] == "postgresql"
    assert {each["outcome"] for each in read(told, "checks.json") if each["name"] == "database"} == {"failed"}


def command(folder: Path, *arguments: str) -> Result:
    house = running(f"sqlite:///{folder / 'a.db'}")
    try:
        return CliRunner().invoke(app.group(), ["report", *arguments], obj=house)
    finally:
        house.unchecked_database.close()


def test_the_command_says_what_it_wrote_and_writes_over_nothing(tmp_path: Path):
    to = tmp_path / "report.zip"
    assert "files.json" in command(tmp_path, "--to", str(to), "--json").stdout
    before = to.read_bytes()
    refused = command(tmp_path, "--to", str(to))
    assert (refused.exit_code, to.read_bytes()) == (2, before)
    assert str(to) in refused.output
    assert command(tmp_path, "--to", str(tmp_path / "nowhere" / "report.zip")).exit_code == 2
