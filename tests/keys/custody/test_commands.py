"""`yinxin key`: what the commands do, and what they say when they cannot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from base import audit
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import Settings
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody import wiring
from keys.custody.commands import COMMANDS
from keys.signers import secret_files
from tests.builders import pki
from tests.keys.parties import builders

Run = Callable[..., Result]


@pytest.fixture
def running(read: Settings, database: Database) -> Running:
    made = Running(app.PROGRAM, read)
    made.database = database  # its schema was made from the models, not by the migrations
    builders.populate(database)
    for login in ("first", "second"):
        builders.add_person(database, login, {"secadmin"})
    return made


@pytest.fixture
def run(running: Running) -> Run:
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    return lambda *arguments, **told: CliRunner().invoke(group, list(arguments), obj=running, **told)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_key_is_made_listed_shown_rotated_retired_and_withdrawn(run: Run):
    made = told(run("key", "create", "tsa", "--use", "tsa", "--json"))
    assert (made["state"], made["version"], made["device"]) == ("active", 1, "file")
    assert made["proposed_by"].startswith("person:os:")
    assert "tsa" in run("key", "list").stdout
    assert told(run("key", "list", "--use", "ocsp", "--json")) == []
    assert told(run("key", "rotate", "tsa", "--json"))["version"] == 2
    assert [each["state"] for each in told(run("key", "show", "tsa", "--json"))] == ["active", "retired"]
    assert "uri: file:" in run("key", "show", "tsa").stdout
    assert told(run("key", "retire", "tsa", "--reason", "x", "--json"))["state"] == "retired"
    withdrawn = told(run("key", "withdraw", "tsa", "--version", "1", "--reason", "x", "--json"))
    assert (withdrawn["version"], withdrawn["state"], withdrawn["ended_why"]) == (1, "withdrawn", "x")
    assert "withdrawn" in run("key", "withdraw", "tsa", "--reason", "x").stdout


def test_a_seal_key_needs_two_people(run: Run, database: Database):
    made = told(run("key", "create", "seal-1", "--use", "seal", "--by", "first", "--json"))
    assert made["state"] == "proposed"
    alone = run("key", "confirm", "seal-1", "--by", "first")
    assert (alone.exit_code, "Traceback" in alone.output) == (1, False)
    assert told(run("key", "confirm", "seal-1", "--by", "second", "--json"))["state"] == "active"
    with database.reading() as session:
        found = audit.search(session, audit.Search(act="custody-key.acting-as"))
    assert len(found) == 2
    assert all(each.entry.actor.startswith("person:os:") for each in found)


def test_nobody_acts_under_an_account_that_is_not_there(run: Run):
    for arguments in (
        ("create", "a", "--use", "tsa"),
        ("confirm", "a"),
        ("rotate", "a"),
        ("retire", "a", "--reason", "x"),
    ):
        refused = run("key", *arguments, "--by", "nobody")
        assert refused.exit_code == 1
        assert "Traceback" not in refused.output


def test_a_key_is_imported_from_an_encrypted_file_only(run: Run, tmp_path: Path):
    private = asymmetric.generated(KeyKind.P256)
    pem, password = tmp_path / "old.pem", tmp_path / "old.password"
    secret_files.write(pem, asymmetric.private_key_pem(private, b"right"))
    secret_files.write(password, b"right\n")
    taken = run("key", "import", "tsa", str(pem), "--use", "tsa", "--password-file", str(password), "--json")
    assert told(taken)["kind"] == "p-256"
    assert "destroy" in taken.stderr
    again = run("key", "import", "b", str(pem), "--use", "tsa", "--password-file", str(password))
    assert again.exit_code == 1
    pem.chmod(0o644)
    assert run("key", "import", "c", str(pem), "--use", "tsa", "--password-file", str(password)).exit_code == 1
    plain = tmp_path / "plain.pem"
    secret_files.write(plain, asymmetric.private_key_pem(asymmetric.generated(KeyKind.SM2), None))
    assert run("key", "import", "d", str(plain), "--use", "tsa", "--password-file", str(password)).exit_code == 2


def test_a_key_of_a_token_is_made_and_adopted(running: Running, with_token: tuple[Settings, str], database: Database):
    read, label = with_token
    told_so = Running(app.PROGRAM, read)
    told_so.database = database
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(group, list(arguments), obj=told_so)

    made = told(
        run("key", "create", "a", "--use", "tsa", "--kind", "p-256", "--where", "pkcs11", "--token", label, "--json")
    )
    assert made["device"] == "pkcs11"
    (shown,) = told(run("key", "show", "a", "--json"))
    assert told(run("key", "create", "c", "--use", "tsa", "--json"))["device"] == "file"
    moved = run("key", "rotate", "c", "--kind", "p-256", "--where", "pkcs11", "--token", label, "--json")
    assert told(moved)["device"] == "pkcs11"
    assert run("key", "rotate", "c", "--uri", shown["uri"]).exit_code == 1
    assert run("key", "adopt", "b", shown["uri"], "--use", "ocsp").exit_code == 1
    assert run("key", "adopt", "b", f"pkcs11:token={label};object=none", "--use", "ocsp").exit_code == 1
    assert run("key", "adopt", "b", "pkcs11:token=a;object=b;pin-value=1", "--use", "ocsp").exit_code == 2


def test_a_certificate_is_put_on_record(run: Run, tmp_path: Path):
    private = asymmetric.generated(KeyKind.SM2)
    pem, password, file = tmp_path / "old.pem", tmp_path / "p", tmp_path / "certificate.pem"
    secret_files.write(pem, asymmetric.private_key_pem(private, b"right"))
    secret_files.write(password, b"right")
    told(run("key", "import", "tsa", str(pem), "--use", "tsa", "--password-file", str(password), "--json"))
    issued = pki.root().issues("时间戳", spki=private.public.spki)
    file.write_bytes(issued.certificate.pem)
    certified = told(run("key", "certify", "tsa", str(file), "--json"))
    assert certified["not_after"].startswith(issued.certificate.not_after.date().isoformat())
    file.write_bytes(b"no certificate")
    assert run("key", "certify", "tsa", str(file)).exit_code == 2


def test_a_new_wrapping_key_is_drawn_into_a_file_that_is_not_there(run: Run, tmp_path: Path):
    assert told(run("key", "rewrap", "--json")) == {"rewrapped": 0, "data_keys": 0}
    new = tmp_path / "new.kek"
    assert "custody.former_kek" in run("key", "new-kek", str(new)).stdout
    assert run("key", "new-kek", str(new)).exit_code == 1
    assert new.stat().st_mode & 0o777 == 0o600


def test_rewrap_wraps_under_the_new_key(told: Callable[..., Settings], database: Database, tmp_path: Path):
    with database.transaction() as session:
        wiring.built(told()).data_keys.prepare(session)
    new = tmp_path / "new.kek"
    secret_files.write(new, secret_files.new_password() + b"\n")
    running = Running(app.PROGRAM, told(kek=new, former_kek=tmp_path / "custody.kek"))
    running.database = database
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    assert CliRunner().invoke(group, ["key", "rewrap"], obj=running).stdout == "2 / 2\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "A", "--use", "tsa"),
        ("create", "a", "--use", "toy"),
        ("create", "a", "--use", "tsa", "--kind", "dsa"),
        ("create", "a", "--use", "tsa", "--where", "sdf"),
        ("create", "../../a", "--use", "tsa"),
        ("adopt", "a", "file:relative.pem", "--use", "tsa"),
        ("adopt", "a", "nonsense", "--use", "tsa"),
        ("retire", "a"),
        ("import", "a", "/nothing", "--use", "tsa"),
    ],
    ids=" ".join,
)
def test_a_wrong_use_is_told_in_one_sentence(run: Run, arguments: tuple[str, ...]):
    refused = run("key", *arguments)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_an_unknown_key_is_told_in_one_sentence(run: Run):
    for arguments in (("show",), ("rotate",), ("confirm",), ("retire", "--reason", "x"), ("withdraw", "--reason", "x")):
        refused = run("key", arguments[0], "nothing", *arguments[1:])
        assert (refused.exit_code, refused.stdout) == (1, "")
