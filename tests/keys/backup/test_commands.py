"""`yinxin backup`, `yinxin restore`, the nightly job and what the doctor says of them."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import app
from base import scheduling
from base.audit import tree_at
from base.db import Database, DatabaseSettings, connect
from base.health import House, examine
from base.models import AuditEntry
from base.program import Running
from base.scheduling import SchedulingSettings
from base.scheduling.models import Outcome
from base.scheduling.process import run_by_hand
from base.settings import Settings, UnusableSetting
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.backup import checking, checks, jobs, places, wiring
from keys.backup.commands import COMMANDS
from keys.backup.errors import (
    BackupForAnotherKey,
    BackupKeyMissing,
    BackupKeyNeeded,
    BackupKeyUnusable,
    BackupUnreadable,
    NoBackup,
    UnfinishedBackup,
)
from keys.backup.wiring import Backups
from keys.signers.software import SoftwareSigner
from tests.builders import pki
from tests.keys.backup.conftest import AT, SIGNER, read_settings, write_some

Run = Callable[..., Result]
PASSWORD = "a long password"


def running(database: Database, **told: str) -> Running:
    url = database.engine.url.render_as_string(hide_password=False)
    made = Running(app.PROGRAM, read_settings(DatabaseSettings(url=url), **told))
    made.database = made.unchecked_database = database  # its schema was made from the models, not by the migrations
    return made


def runner(database: Database, **settings: str) -> Run:
    group = click.Group("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    made = running(database, **settings)
    return lambda *arguments, **told: CliRunner().invoke(group, [str(each) for each in arguments], obj=made, **told)


@pytest.fixture
def keys(tmp_path: Path, empty: Database) -> Path:
    """Make a key pair as an operator does."""
    (tmp_path / "password").write_text(PASSWORD + "\n")
    made = runner(empty)("backup", "key", "--out", tmp_path / "keys", "--password-file", tmp_path / "password")
    assert made.exit_code == 0, made.output
    return tmp_path / "keys"


@pytest.fixture
def small(tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    """Give a small site of the embedded kind."""
    database: Database = request.getfixturevalue("source")
    write_some(database, 5)
    return database


@pytest.fixture
def source(_sqlite_template: Path, tmp_path: Path):
    (tmp_path / "site").mkdir()
    shutil.copy(_sqlite_template, tmp_path / "site" / "site.db")
    opened = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'site' / 'site.db'}"), app.LAST_ACTS)
    yield opened
    opened.close()


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_pair_of_keys_is_made_and_the_private_half_is_closed(keys: Path):
    private = (keys / "backup.key.pem").read_bytes()
    assert b"ENCRYPTED PRIVATE KEY" in private
    assert (keys / "backup.key.pem").stat().st_mode & 0o177 == 0
    key = asymmetric.private_key_of_pem(private, PASSWORD.encode())
    assert wiring.recipient(keys / "backup.pub.pem").public == key.public


def test_a_pair_of_keys_is_never_written_over(keys: Path, empty: Database, tmp_path: Path):
    before = (keys / "backup.key.pem").read_bytes()
    again = runner(empty)("backup", "key", "--out", keys, "--password-file", tmp_path / "password")
    assert isinstance(again.exception, BackupUnreadable)
    assert (keys / "backup.key.pem").read_bytes() == before


def test_a_short_password_is_refused(tmp_path: Path, empty: Database):
    result = runner(empty)("backup", "key", "--out", tmp_path / "keys", input="short\nshort\n")
    assert result.exit_code == 2
    assert not (tmp_path / "keys").exists()


def test_a_site_is_backed_up_looked_through_and_restored(small: Database, empty: Database, keys: Path, tmp_path: Path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a").write_bytes(b"a paper")
    run = runner(small, folders=f"papers={tmp_path / 'papers'}", public_keys=str(keys / "backup.pub.pem"))
    made = told(run("backup", "--to", tmp_path / "backups", "--json"))
    with small.reading() as session:
        head = tree_at(session)
        assert session.scalars(select(AuditEntry.act).order_by(AuditEntry.leaf_index)).all()[-1] == "backup-begun"
    assert made["verified"] is True
    assert made["ledger"] == {"size": head.size, "root": head.root.hex()}

    known = ["--key", keys / "backup.key.pem", "--password-file", tmp_path / "password", "--json"]
    restore = runner(empty)
    digests = told(restore("restore", "--from", tmp_path / "backups", "--verify-only", "--json"))
    assert digests["opened"] is False
    looked = told(restore("restore", "--from", tmp_path / "backups", "--verify-only", *known))
    assert (looked["opened"], looked["rows"], looked["files"]) == (True, made["rows"], 1)
    with empty.reading() as session:
        assert tree_at(session).size == 0

    files = ["--files", tmp_path / "again", "--remembered", f"{head.size}:{head.root.hex()}"]
    restored = told(restore("restore", "--from", made["backup"], *known, *files))
    assert restored["restored"] > 10
    with empty.reading() as session:
        assert tree_at(session) == head
    assert (tmp_path / "again" / "papers" / "a").read_bytes() == b"a paper"


def test_the_password_is_asked_for(small: Database, empty: Database, keys: Path, tmp_path: Path):
    run = runner(small)
    assert run("backup", "--to", tmp_path / "b", "--public-key", keys / "backup.pub.pem").exit_code == 0
    restore = ["restore", "--from", tmp_path / "b", "--verify-only", "--key", keys / "backup.key.pem"]
    good = runner(empty)(*restore, input=PASSWORD + "\n")
    assert good.exit_code == 0, good.output
    wrong = runner(empty)(*restore, input="another password\n")
    assert isinstance(wrong.exception, BackupKeyUnusable)
    assert wrong.exception.reason == "wrong-key-password"
    assert PASSWORD not in good.output + wrong.output


def test_the_key_beside_the_database_is_the_usual_one(small: Database, keys: Path, tmp_path: Path):
    missing = runner(small)("backup", "--to", tmp_path / "b")
    assert isinstance(missing.exception, BackupKeyMissing)
    assert not (tmp_path / "b").exists()
    shutil.copy(keys / "backup.pub.pem", tmp_path / "site" / "backup.pub.pem")
    assert runner(small)("backup", "--to", tmp_path / "b").exit_code == 0


def test_a_certificate_may_stand_for_the_key(small: Database, empty: Database, tmp_path: Path):
    owner = pki.chain().signer
    (tmp_path / "owner.pem").write_bytes(owner.certificate.pem)
    (tmp_path / "owner.key").write_bytes(asymmetric.private_key_pem(owner.key, None))
    assert runner(small)("backup", "--to", tmp_path / "b", "--public-key", tmp_path / "owner.pem").exit_code == 0
    restore = ["restore", "--from", tmp_path / "b", "--verify-only", "--key", tmp_path / "owner.key"]
    without = runner(empty)(*restore)
    assert isinstance(without.exception, BackupForAnotherKey)
    assert runner(empty)(*restore, "--certificate", tmp_path / "owner.pem").exit_code == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pem",
        asymmetric.public_key_pem(asymmetric.generated(KeyKind.P256).public),
        asymmetric.private_key_pem(SIGNER.private, None),
        pki.chain(KeyKind.RSA).signer.certificate.pem,
    ],
    ids=["empty", "text", "another kind", "private", "certificate of another kind"],
)
def test_a_file_that_is_no_public_key_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(BackupKeyUnusable):
        wiring.recipient(tmp_path / "key")
    with pytest.raises(BackupKeyMissing):
        wiring.recipient(tmp_path / "none")


def test_what_cannot_be_done_is_told(empty: Database, spoilt: Path):
    run = runner(empty)
    assert run("backup").exit_code == 2
    assert isinstance(run("restore", "--from", spoilt).exception, BackupKeyNeeded)
    assert isinstance(run("restore", "--from", spoilt.parent / "nowhere").exception, NoBackup)
    assert run("restore", "--from", spoilt, "--remembered", "x", "--key", __file__).exit_code != 0
    unfinished = spoilt.rename(spoilt.with_name(spoilt.name + ".part"))
    assert isinstance(run("restore", "--from", unfinished, "--verify-only").exception, UnfinishedBackup)
    assert isinstance(run("restore", "--from", unfinished.parent, "--verify-only").exception, NoBackup)


def test_backups_are_listed_with_what_is_wrong_with_them(spoilt: Path, empty: Database):
    good = runner(empty)("backup", "list", spoilt.parent, "--json")
    assert [each["fault"] for each in told(good)] == [None]
    (spoilt / "001.part").write_bytes(b"x")
    bad = runner(empty)("backup", "list", spoilt.parent, "--json")
    assert bad.exit_code == 1
    assert [each["fault"] for each in json.loads(bad.stdout)] == ["backup-damaged"]
    assert "backup-damaged" in runner(empty)("backup", "list", spoilt.parent).stdout


def test_the_settings_travel_without_their_secrets(small: Database, keys: Path, tmp_path: Path):
    run = runner(small, public_keys=str(keys / "backup.pub.pem"), folder=str(tmp_path / "nightly"))
    made = told(run("backup", "--to", tmp_path / "b", "--json"))
    key = asymmetric.private_key_of_pem((keys / "backup.key.pem").read_bytes(), PASSWORD.encode())
    opened = checking.opened(Path(made["backup"]), SoftwareSigner(key))
    (part,) = (each for each in opened.manifest.parts if each.kind == "settings")
    with opened.texts(part) as pieces:
        lines = [json.loads(each) for each in b"".join(pieces).splitlines()]
    values = {each["path"]: each["value"] for each in lines}
    assert values["backup.folder"] == str(tmp_path / "nightly")
    assert values["web.secret"] == "•••"
    assert values["database.url"] == "•••"


# Settings


@pytest.mark.parametrize(
    "told",
    [
        {"folders": "papers"},
        {"folders": "a=/x,a=/y"},
        {"folders": "A=/x"},
        {"keep": "-1"},
        {"least_free_share": "1.0"},
        {"least_free_share": "-0.1"},
        {"folders": "k=/keys/below", "folder": "/keys"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_worked_with_are_refused(told: dict[str, str]):
    with pytest.raises(UnusableSetting):
        wiring.built(read_settings(DatabaseSettings(url="sqlite:////keys/a.db"), **told))


def test_places_of_keys_are_known(tmp_path: Path):
    told = read_settings(DatabaseSettings(url=f"sqlite:///{tmp_path / 'a.db'}"))
    names = {each.name for each in wiring.built(told).private}
    assert {"keys", "custody.kek", "custody.password", "token.key", "a.db", "a.db-wal"} <= names


# At night


def nightly(database: Database, read: Settings) -> Outcome:
    table = scheduling.joined(jobs.JOBS)
    parts = {Backups: wiring.built(read)}
    _, outcome = run_by_hand(database, table, "keys.backup.nightly", SchedulingSettings(), parts=parts)
    assert isinstance(outcome, Outcome)
    return outcome


def night_settings(keys: Path, tmp_path: Path, **told: str) -> Settings:
    usual = {"folder": str(tmp_path / "nightly"), "public_keys": str(keys / "backup.pub.pem"), "keep": "2"}
    return read_settings(DatabaseSettings(url=f"sqlite:///{tmp_path / 'a.db'}"), **{**usual, **told})


def test_a_backup_is_made_at_night_and_the_old_ones_go(small: Database, keys: Path, tmp_path: Path):
    read = night_settings(keys, tmp_path)
    for days in (40, 41, 42):
        name = places.name_for(AT - timedelta(days=days), "33333333")
        (tmp_path / "nightly" / name).mkdir(parents=True)
    assert nightly(small, read) is Outcome.DONE
    kept = places.finished(tmp_path / "nightly")
    assert len(kept) == 2
    assert checking.intact(kept[-1].folder).ledger.size == 6


def test_without_a_folder_the_night_is_quiet(small: Database, keys: Path, tmp_path: Path):
    assert nightly(small, night_settings(keys, tmp_path, folder="")) is Outcome.DONE
    with small.reading() as session:
        assert tree_at(session).size == 5


def test_without_its_key_the_night_fails(small: Database, keys: Path, tmp_path: Path):
    assert nightly(small, night_settings(keys, tmp_path, public_keys="/nowhere/key.pem")) is not Outcome.DONE


# The doctor


def asked(read: Settings, database: Database, at=AT) -> str:
    (found,) = examine(House(read, database, at), checks.CHECKS)
    return found.finding.outcome


def test_the_doctor_looks_at_the_last_backups_age(small: Database, keys: Path, tmp_path: Path):
    assert asked(night_settings(keys, tmp_path, folder=""), small) == "warning"
    read = night_settings(keys, tmp_path)
    assert asked(read, small) == "failed", "there is none yet"
    (tmp_path / "nightly" / places.name_for(AT - timedelta(hours=25), "44444444")).mkdir(parents=True)
    (tmp_path / "nightly" / (places.name_for(AT, "55555555") + ".part")).mkdir()
    assert asked(read, small) == "good"
    assert asked(read, small, AT + timedelta(hours=2)) == "failed", "what is unfinished does not count"
    assert asked(night_settings(keys, tmp_path, public_keys="/nowhere"), small) == "failed"
