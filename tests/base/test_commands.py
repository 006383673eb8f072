"""The command line: refusals are one sentence with what to do and an exit code; nothing is half-written."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import column, create_engine, func, select, table

import app
from base.audit import Entry, Thing, record
from base.db import DatabaseSettings, connect
from base.program import Running


def process(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, where that is what is told of."""
    base = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=cwd,
        env={**base, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def yinxin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command in this process, in a folder of its own."""
    for name in [each for each in os.environ if each.startswith("YINXIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environment: str) -> Result:
        running, usual = Running(app.PROGRAM), os.umask(0o022)
        try:
            return CliRunner(env=environment).invoke(app.group(), arguments, obj=running, catch_exceptions=False)
        finally:
            os.umask(usual)  # the sandbox narrows it for the whole process
            if "unchecked_database" in vars(running):
                running.unchecked_database.close()

    return run


def test_the_version_is_told(yinxin: Callable[..., Result], tmp_path: Path):
    assert process("version", cwd=tmp_path).stdout.startswith("yinxin ")
    assert json.loads(yinxin("version", "--json").stdout)["name"] == "yinxin"


def test_what_is_logged_on_the_way_stands_neither_in_the_answer_nor_with_values(tmp_path: Path):
    """An empty database breaks most checks; each break is logged with its traceback."""
    done = process("doctor", "--json", cwd=tmp_path, YINXIN_DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    assert json.loads(done.stdout)["outcome"] == "failed"
    assert "check_broke" in done.stderr
    assert "locals" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"YINXIN_WEB_PROT": "1"}, 2, "YINXIN_WEB_PROT"),
        ({"YINXIN_WEB_PORT": "many"}, 2, "web.port"),
        ({"YINXIN_DATABASE_URL_FILE": "/nowhere/url"}, 2, "/nowhere/url"),
        ({"YINXIN_CONFIG": "/nowhere/settings.toml"}, 2, "/nowhere/settings.toml"),
        ({"YINXIN_DATABASE_URL": "oracle://x"}, 2, "oracle"),
        ({"YINXIN_DATABASE_URL": "postgresql://a:hush@127.0.0.1:1/x"}, 1, "does not answer"),
        ({"YINXIN_DATABASE_URL": "sqlite:////nowhere/a.db"}, 1, "does not answer"),
    ],
)
def test_a_bad_start_is_one_sentence_and_an_exit_code(
    yinxin: Callable[..., Result], tmp_path: Path, environment: dict[str, str], code: int, said: str
):
    told = yinxin("db", "check", **environment)
    assert told.exit_code == code, told.stderr
    assert said in told.stderr
    assert told.stderr.count("\n") == 1
    assert "Traceback" not in told.stderr
    assert "hush" not in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_bad_start_ends_the_process_with_one_sentence(tmp_path: Path):
    told = process("db", "check", cwd=tmp_path, YINXIN_WEB_PROT="1")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1), told.stderr


def test_an_old_schema_is_not_served(yinxin: Callable[..., Result]):
    told = yinxin("serve", "--port", "18999")
    assert told.exit_code == 1
    assert "yinxin db upgrade" in told.stderr


def test_a_taken_port_is_told(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        told = process("sandbox", "--data", str(tmp_path / "s"), "--port", port, cwd=tmp_path)
    assert told.returncode == 1
    assert port in told.stderr
    assert not (tmp_path / "s" / "sandbox.db").exists()


def test_a_place_that_cannot_be_written_is_told(yinxin: Callable[..., Result], tmp_path: Path):
    (tmp_path / "file").write_text("")
    told = yinxin("sandbox", "--data", str(tmp_path / "file" / "s"))
    assert told.exit_code == 1
    assert "cannot be written" in told.stderr


def test_wrong_usage_is_2(yinxin: Callable[..., Result]):
    assert yinxin("nonsense").exit_code == 2


def test_upgrade_check_doctor_and_ledger_in_a_row(yinxin: Callable[..., Result]):
    assert yinxin("db", "upgrade").exit_code == 0
    assert yinxin("db", "check").exit_code == 0
    doctor = yinxin("doctor", "--json")
    assert doctor.exit_code == 0, doctor.stdout
    assert {each["name"] for each in json.loads(doctor.stdout)["checks"]} >= {"database", "schema", "durability"}
    ledger = yinxin("ledger", "verify", "--json")
    assert json.loads(ledger.stdout)["sound"] is True


def test_a_head_that_a_witness_remembers_refutes_a_cut_ledger(yinxin: Callable[..., Result]):
    yinxin("db", "upgrade")
    told = yinxin("ledger", "verify", "--remembered", "3:" + "ab" * 32)
    assert told.exit_code == 1
    assert "✕" in told.stdout


def test_the_settings_are_listed_without_secrets(yinxin: Callable[..., Result]):
    told = yinxin("config", "show", "--json", YINXIN_WEB_SECRET="hush" * 8)
    assert "hush" not in told.stdout
    assert {each["path"] for each in json.loads(told.stdout)} >= {"database.url", "web.port"}


def test_the_routes_are_listed_with_their_guards(yinxin: Callable[..., Result]):
    rows = json.loads(yinxin("routes", "--json", YINXIN_WEB_ENVIRONMENT="demo").stdout)
    assert {"methods": ["GET"], "path": "/api/v1/ledger/checkpoint", "who": "everyone"} in rows


def test_a_refusal_is_told_in_chinese_on_a_chinese_terminal(yinxin: Callable[..., Result], tmp_path: Path):
    assert yinxin("version", "--json", YINXIN_NONE="1").exit_code == 0, "the version needs no settings"
    told = process("db", "check", cwd=tmp_path, YINXIN_NONE="1", LC_ALL="zh_CN.UTF-8", LANG="zh_CN.UTF-8")
    assert "不认识配置项 YINXIN_NONE" in told.stderr or "YINXIN_NONE is not known" in told.stderr


def test_the_database_url_default_is_beside_the_caller():
    assert DatabaseSettings().url == "sqlite:///yinxin.db"


def test_an_export_is_proven_by_the_file_that_shares_no_code(
    yinxin: Callable[..., Result], tmp_path: Path, at: datetime
):
    yinxin("db", "upgrade")
    database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'yinxin.db'}"), app.LAST_ACTS)
    for number in range(5):
        with database.transaction() as session:
            record(session, Entry(at, "system:a", "o", "made", Thing("thing", str(number))))
    database.close()
    assert yinxin("ledger", "export", "--out", "e.jsonl").exit_code == 0
    checker = Path(__file__).resolve().parents[2] / "base" / "ledger_check.py"
    check = [sys.executable, "-I", str(checker), "e.jsonl"]
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    text = (tmp_path / "e.jsonl").read_text(encoding="utf-8")
    (tmp_path / "e.jsonl").write_text(text.replace("system:a", "system:b", 1), encoding="utf-8")
    assert subprocess.run(check, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def test_an_upgrade_brings_the_rows_that_no_site_can_do_without_and_once_is_enough(
    yinxin: Callable[..., Result], tmp_path: Path
):
    counted = []
    for _ in range(2):
        assert yinxin("db", "upgrade").exit_code == 0
        with create_engine(f"sqlite:///{tmp_path / 'yinxin.db'}").connect() as connection:
            counted.append(
                {
                    name: connection.scalar(select(func.count()).select_from(table(name, column("rowid"))))
                    for name in ("base_calendar_years", "exchange_terms", "certs_case_terms", "base_audit_entries")
                }
            )
    assert all(counted[0].values()), counted
    assert counted[1] == counted[0], "each seed is laid down and on record once"
