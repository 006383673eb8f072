"""The commands: what they do, what they say when they cannot, and the signed request they print."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import Settings
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import jwk, request_signing
from keys.parties.commands import COMMANDS
from keys.parties.request_signing import Message
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, PROVINCE

Run = Callable[..., Result]


@pytest.fixture
def running(read: Settings, database: Database) -> Running:
    made = Running(app.PROGRAM, read)
    made.database = database  # its schema was made from the models, not by the migrations
    builders.populate(database)
    return made


@pytest.fixture
def run(running: Running) -> Run:
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    return lambda *arguments, **told: CliRunner().invoke(group, list(arguments), obj=running, **told)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_organisations_are_added_listed_suspended_and_resumed(run: Run):
    code = "11320902YNX0001403"
    added = told(
        run("party", "add", code, "演示区", "--region", "320902", "--level", "county", "--parent", CITY, "--json")
    )
    assert added["parent"] == CITY
    assert code in run("party", "list").stdout
    assert len(told(run("party", "list", "--region", "3209", "--json"))) == 2
    assert "suspended" in run("party", "suspend", code, "--reason", "x").stdout
    assert run("party", "suspend", code, "--reason", "x").exit_code == 1
    assert "active" in run("party", "resume", code, "--reason", "x").stdout


def test_systems_are_added_given_scopes_and_keys_and_suspended(run: Run, tmp_path: Path):
    assert run("party", "system", "add", "new-one", "演示", "--organisation", CITY).exit_code == 0
    scopes = told(run("party", "system", "scopes", "new-one", "cert:read", "data:read", "--json"))
    assert scopes["scopes"] == ["cert:read", "data:read"]
    pem = tmp_path / "key.pem"
    pem.write_bytes(asymmetric.public_key_pem(asymmetric.generated(KeyKind.SM2).public))
    added = told(run("party", "system", "key-add", "new-one", str(pem), "--kid", "k1", "--days", "30", "--json"))
    assert added["kind"] == "sm2"
    assert "k1" in run("party", "system", "keys", "new-one").stdout
    assert run("party", "system", "key-withdraw", "new-one", "k1", "--reason", "x").exit_code == 0
    assert told(run("party", "system", "keys", "new-one", "--json"))[0]["withdrawn_at"]
    assert "suspended" in run("party", "system", "suspend", "new-one", "--reason", "x").stdout
    assert "active" in run("party", "system", "resume", "new-one", "--reason", "x").stdout
    assert "new-one" in run("party", "system", "list").stdout
    assert len(told(run("party", "system", "list", "--json"))) == 3


def test_accounts_are_added_given_roles_and_suspended(run: Run):
    assert run("user", "add", "anna", "演示甲", "--organisation", PROVINCE).exit_code == 0
    given = told(run("user", "role", "anna", "secadmin", "steward", "--json"))
    assert given["roles"] == ["secadmin", "steward"]
    both = run("user", "role", "anna", "secadmin", "auditor")
    assert both.exit_code == 1
    assert len(both.stderr.strip().splitlines()) == 1
    assert "anna" in run("user", "list", "--role", "steward").stdout
    assert told(run("user", "list", "--role", "holder", "--json")) == []
    assert run("user", "suspend", "anna", "--reason", "x").exit_code == 1
    run("user", "role", "anna", "steward")
    run("user", "add", "bert", "演示乙", "--organisation", PROVINCE)
    assert run("user", "role", "bert", "secadmin").exit_code == 0
    run("user", "role", "anna", "steward")
    assert "suspended" in run("user", "suspend", "anna", "--reason", "x").stdout
    assert "active" in run("user", "resume", "anna", "--reason", "x").stdout
    assert run("user", "role", "nobody").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("party", "add", "x", "演示", "--region", "320902", "--level", "county"),
        ("party", "add", "11320902YNX0001403", "", "--region", "320902", "--level", "county"),
        ("party", "add", "11320902YNX0001403", "演示", "--region", "1", "--level", "county"),
        ("party", "system", "add", "Bad Id", "演示", "--organisation", CITY),
        ("party", "system", "scopes", "gm", "cert:eat"),
        ("user", "add", "a b", "演示", "--organisation", PROVINCE),
        ("user", "add", "anna", "演示", "--organisation", PROVINCE, "--email", "x"),
        ("sign-request", "GET", "http://x/", "--key", "/none"),
    ],
)
def test_a_wrong_use_is_told_with_exit_code_two(run: Run, arguments: tuple[str, ...]):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr


def test_a_register_is_looked_at_and_then_taken_in(run: Run, tmp_path: Path):
    file = tmp_path / "table.csv"
    with file.open("w", newline="", encoding="utf-8") as written:
        csv.writer(written).writerows(
            [["code", "name", "region", "level"], ["11320902YNX0001403", "演示区", "320902", "county"]]
        )
    assert "not applied" in run("party", "import", str(file)).stdout
    done = told(run("party", "import", str(file), "--apply", "--json"))
    assert (done["applied"], done["added"]) == (True, 1)
    people = tmp_path / "people.csv"
    people.write_text(f"login,name,organisation\nanna,演示甲,{PROVINCE}\nb b,演示乙,none\n", encoding="utf-8")
    result = run("user", "import", str(people), "--apply")
    assert result.exit_code == 1
    assert "A3" in result.stderr
    assert "not applied" in result.stdout
    assert told(run("user", "list", "--json")) == []


def test_a_token_key_is_listed_and_withdrawn(run: Run, running: Running):
    site = builders.build(running.settings, running.database)
    key = asymmetric.generated(KeyKind.P256)
    public = Path(site.parties.token_key.name).with_name("public.pem")
    public.write_bytes(asymmetric.public_key_pem(key.public))
    run("party", "system", "key-add", "gm", str(public))
    site.keys = {"gm": key}
    site.token("gm")
    (found,) = told(run("party", "token-key", "list", "--json"))
    assert found["state"] == "trusted"
    assert run("party", "token-key", "withdraw", found["kid"]).exit_code == 0
    assert "withdrawn" in run("party", "token-key", "list").stdout
    assert run("party", "token-key", "withdraw", found["kid"]).exit_code == 1


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.P256])
def test_a_signed_request_is_printed_that_holds(run: Run, tmp_path: Path, kind: KeyKind, at):
    key = asymmetric.generated(kind)
    pem, body = tmp_path / "key.pem", tmp_path / "body.json"
    pem.write_bytes(asymmetric.private_key_pem(key, None))
    body.write_bytes(b'{"a":1}')
    created = ("--created", str(int(at.timestamp())))
    arguments = ("sign-request", "post", "http://x.example/api/v1/办件?a=1", "--key", str(pem), "--basis", "办-1")
    result = told(run(*arguments, "--body", str(body), *created, "--json"))
    message = Message.of_url("POST", "http://x.example/api/v1/办件?a=1", result["headers"], b'{"a":1}')
    judged = request_signing.judge(message, lambda _kid: key.public, at, basis_needed=True)
    assert judged.canonical == result["canonical"]
    assert judged.input.keyid == jwk.thumbprint(key.public)
    assert '"yinxin-basis": %E5%8A%9E-1' in judged.canonical
    plain = run(*arguments, "--body", str(body), *created, "--nonce", "0123456789abcdef")
    assert plain.stdout.startswith('"@method": POST\n"@path": /api/v1/%E5%8A%9E%E4%BB%B6\n"@query": ?a=1\n')
    assert "Signature-Input: yinxin=(" in plain.stdout
    assert "PRIVATE" not in plain.stdout


def test_a_request_is_signed_with_other_headers_and_without_a_body(run: Run, tmp_path: Path):
    pem = tmp_path / "key.pem"
    pem.write_bytes(asymmetric.private_key_pem(asymmetric.generated(KeyKind.SM2), None))
    result = run("sign-request", "GET", "http://x/a", "--key", str(pem), "--header", "X-A: b", "--json")
    assert told(result)["headers"]["x-a"] == "b"
    assert "content-digest" not in result.stdout
    assert run("sign-request", "GET", "http://x/a", "--key", str(pem), "--header", "nonsense").exit_code == 2
    pem.write_text("nonsense", encoding="utf-8")
    assert run("sign-request", "GET", "http://x/a", "--key", str(pem)).exit_code == 2
