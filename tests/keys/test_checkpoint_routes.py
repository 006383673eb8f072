"""Tree heads for everyone, over HTTP and on the command line; the doctor, the jobs and the sandbox."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from base import ledger_check, problems
from base.health import House as Doctored
from base.program import Sandbox
from base.settings import UnusableSetting
from keys.algorithms import sm2
from keys.checkpoints import checks, jobs, sample
from keys.checkpoints.errors import LedgerShrunk, UnusableOrigin
from keys.checkpoints.head import NoteKey, verified
from keys.checkpoints.models import Checkpoint, CheckpointAlarm
from keys.checkpoints.wiring import Checkpoints, CheckpointSettings, built
from keys.signers.software import SoftwareSigner
from keys.witnesses.file import FileWitness
from tests.keys import site_of_keys
from tests.keys.checkpoint_house import LOG, ORGANISATION, House, contents, forget_heads, house, rewrite
from tests.keys.site_of_keys import Site, person
from tests.simulators.witness_server import WitnessServer

OFFICER, AUDITOR = person("u-1", "secadmin"), person("u-3", "auditor")


@pytest.fixture
def home(database, tmp_path) -> House:
    return house(database, tmp_path / "witness")


@pytest.fixture
def site(database_settings, database, monkeypatch) -> Site:
    words = site_of_keys.whole_words()
    monkeypatch.setattr(problems, "words", lambda: words)
    return Site(site_of_keys.read_settings(database_settings), database)


# Over HTTP.


def test_before_the_first_head_the_ledgers_size_and_root_are_told_unsigned(site):
    told = site.of().get("/ledger/checkpoint")
    assert told.status_code == 200
    assert (told.json["size"], told.json["signed"], told.json["note"]) == (0, False, None)
    text = site.of().get("/ledger/checkpoint", Accept="text/plain")
    assert (text.status_code, text.json["code"]) == (404, "no-checkpoint-yet")
    for path in ("/ledger/checkpoint-keys", "/ledger/witnesses"):
        assert site.of().get(path).json["code"] == "no-checkpoint-yet"
    assert site.of().get("/ledger/checkpoints").json == {"items": [], "next_cursor": None}


def test_the_signed_head_is_given_as_json_and_as_a_note(site, home):
    home.signed()
    made = home.signed()
    told = site.of().get("/ledger/checkpoint").json
    key = NoteKey.of_text(told["key"])
    assert verified(told["note"].encode(), LOG, (key,)) == made
    assert (told["origin"], told["size"], told["root"]) == (LOG, made.head.size, made.head.root.hex())
    assert (told["signed"], told["number"]) == (True, 2)
    text = site.of().get("/ledger/checkpoint", Accept="text/plain")
    assert text.data == made.note
    assert text.mimetype == "text/plain"
    assert site.of().get("/ledger/checkpoint-keys").json == {"origin": LOG, "keys": [key.text]}


def test_a_stranger_checks_a_proof_against_the_signed_head_with_the_one_file(site, home, tmp_path):
    first = home.signed()
    made = home.signed()
    (tmp_path / "head.note").write_bytes(site.of().get("/ledger/checkpoint", Accept="text/plain").data)
    path = f"/ledger/consistency?first={first.head.size}&second={made.head.size}"
    (tmp_path / "proof.json").write_bytes(site.of().get(path).data)
    (key,) = site.of().get("/ledger/checkpoint-keys").json["keys"]
    command = [
        sys.executable,
        "-I",
        "-S",
        ledger_check.__file__,
        "--checkpoint",
        "head.note",
        "--key",
        key,
        "proof.json",
    ]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert f"continues that of {first.head.size}" in told.stdout


def test_past_heads_are_listed_by_pages(site, home):
    made = [home.signed() for _ in range(5)]
    first = site.of().get("/ledger/checkpoints?limit=3").json
    second = site.of().get(f"/ledger/checkpoints?limit=3&cursor={first['next_cursor']}").json
    assert [each["number"] for each in (*first["items"], *second["items"])] == [1, 2, 3, 4, 5]
    assert second["next_cursor"] is None
    later = site.of().get(f"/ledger/checkpoints?from_size={made[3].head.size}").json["items"]
    assert [each["number"] for each in later] == [4, 5]
    assert site.of().get("/ledger/checkpoints/2").json["note"].encode() == made[1].note
    assert site.of().get("/ledger/checkpoints/9").json["code"] == "no-such-checkpoint"


def test_a_kept_head_that_was_altered_is_never_given_out(site, home):
    home.signed()
    with home.database.engine.begin() as connection:
        connection.execute(update(Checkpoint).values(root="00" * 32))
    assert site.of().get("/ledger/checkpoint").json["code"] == "checkpoint-forged"


def test_everyone_sees_how_far_witnesses_are(site, home):
    home.round()
    home.server.down = True
    home.round()
    told = {each["name"]: each for each in site.of().get("/ledger/witnesses").json["witnesses"]}
    assert (told["audit"]["waiting"], told["province"]["waiting"]) == (0, 1)
    assert told["province"]["shown_size"] == 10
    assert told["province"]["code"] == "connect-failed"


def cut(home):
    with Session(home.database.engine) as session, session.begin():
        rewrite(session, contents(session)[:5])
    with pytest.raises(LedgerShrunk):
        home.sign()


def test_an_alarm_is_listed_and_settled_by_a_security_administrator(site, home):
    home.signed()
    cut(home)
    (told,) = site.of(AUDITOR).get("/ledger/alarms").json["items"]
    assert (told["finding"], told["stops"], told["settled_at"]) == ("ledger-shrunk", True, None)
    path = f"/ledger/alarms/{told['id']}/settlements"
    settled = site.of(OFFICER).post(path, {"reason": "已从副本恢复"})
    assert settled.status_code == 200, settled.text
    assert settled.json["settled_at"] is not None
    assert site.of(OFFICER).post(path, {"reason": "x"}).json["code"] == "no-such-checkpoint-alarm"
    assert site.of(AUDITOR).get("/ledger/alarms").json["items"] == []


# On the command line.


@pytest.fixture
def act(site, home):
    return lambda *arguments: site_of_keys.run(site_of_keys.running(site.read, site.database, home.parts), *arguments)


def test_heads_are_signed_shown_and_checked_on_the_command_line(act, home, tmp_path):
    home.grow()
    made = act("checkpoint", "sign")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith(f"{LOG}\n10\n")
    assert len(home.notes()) == len(home.server.given) == 1
    assert act("checkpoint", "show", "--out", str(tmp_path / "head")).exit_code == 0
    (key,) = act("checkpoint", "keys").stdout.split()
    assert ledger_check.signed_head((tmp_path / "head").read_bytes(), key)[0] == 10
    assert act("checkpoint", "show", "--number", "1").stdout == made.stdout
    assert act("checkpoint", "show", "--number", "7").exit_code == 1


def test_before_the_first_head_commands_say_so(act):
    assert act("checkpoint", "show").exit_code == 1
    assert act("checkpoint", "keys").exit_code == 1
    told = json.loads(act("checkpoint", "witnesses", "--json").stdout)
    assert [each["witness"] for each in told] == ["audit", "province"]


def test_nothing_new_is_nothing_signed_on_the_command_line(act, home):
    size = home.signed().head.size
    with Session(home.database.engine) as session, session.begin():
        rewrite(session, contents(session)[:size])
    assert "nothing new" in act("checkpoint", "sign").stdout


def test_witnesses_and_alarms_are_told_on_the_command_line(act, home):
    home.round()
    home.server.down = True
    home.round()
    told = act("checkpoint", "witnesses").stdout
    assert "✓ audit" in told
    assert "✕ province  10  +1  connect-failed" in told
    cut(home)
    (row,) = json.loads(act("checkpoint", "alarms", "--json").stdout)
    assert row["code"] == "ledger-shrunk"
    assert "✕" in act("checkpoint", "alarms").stdout
    assert act("checkpoint", "sign").exit_code == 1
    assert act("checkpoint", "settle", str(row["id"]), "--why", "x").exit_code == 0
    assert act("checkpoint", "settle", str(row["id"]), "--why", "x").exit_code == 1
    assert act("checkpoint", "begin", "a b", "--why", "x").exit_code == 2
    assert act("checkpoint", "begin", f"{LOG}/2", "--why", "restored").exit_code == 0
    assert act("checkpoint", "sign").stdout.startswith(f"{LOG}/2\n")


def test_a_verification_of_the_whole_asks_heads_and_witnesses(act, home):
    home.round()
    last = home.round()
    sound = json.loads(act("ledger", "verify", "--json").stdout)
    assert (sound["sound"], sound["heads"], sound["not_asked"]) == (True, 2, [])
    with Session(home.database.engine) as session, session.begin():
        rewrite(session, contents(session)[:12])
        forget_heads(session, 12)
    found = act("ledger", "verify")
    assert found.exit_code == 1
    assert f"entries 12-{last.head.size - 1}: cut" in found.stdout
    home.server.down = True
    assert "? witness province: connect-failed" in act("ledger", "verify").stdout
    keep = home.folder.rglob("*.note")
    newest = max(keep)
    newest.chmod(0o600)
    newest.write_bytes(b"nothing")
    told = json.loads(act("ledger", "verify", "--json").stdout)
    assert not told["sound"]
    assert "witness audit: checkpoint-unreadable" in told["findings"]


# The doctor.


def asked(site, home, name, **told):
    read = site.read.changed(replace(CheckpointSettings(), **told))
    (check,) = (each for each in checks.CHECKS if each.name == name)
    return check.ask(Doctored(read, home.database, home.now))


def test_the_doctor_fails_while_an_alarm_stands(site, home):
    home.signed()
    assert asked(site, home, "ledger-alarms").outcome == "good"
    cut(home)
    found = asked(site, home, "ledger-alarms")
    assert found.outcome == "failed"
    assert "ledger-shrunk" in found.en


def test_the_doctor_sees_whether_heads_are_signed(site, home):
    assert asked(site, home, "checkpoints").outcome == "warning"
    assert asked(site, home, "checkpoints", key="ledger").outcome == "warning"
    home.signed()
    assert asked(site, home, "checkpoints", key="ledger").outcome == "good"
    home.now += timedelta(minutes=4)
    assert asked(site, home, "checkpoints", key="ledger").outcome == "warning"
    assert asked(site, home, "checkpoints", key="ledger", minutes=2).outcome == "good"


def test_the_doctor_advises_two_witnesses_and_names_those_that_fail(site, home):
    one, two = f"audit file:{home.folder}", "province http://witness.example/yinxin"
    assert asked(site, home, "witnesses").outcome == "warning"
    assert asked(site, home, "witnesses", witnesses=(one,)).outcome == "warning"
    assert asked(site, home, "witnesses", witnesses=(one, two)).outcome == "good"
    home.server.down = True
    home.round()
    found = asked(site, home, "witnesses", witnesses=(one, two))
    assert found.outcome == "warning"
    assert "province (connect-failed, +1)" in found.en


# Jobs, wiring, the sandbox.


def test_the_jobs_sign_and_deliver(home):
    home.grow()
    run: Any = SimpleNamespace(database=home.database, part=lambda kind: {Checkpoints: home.parts}[kind])
    jobs.sign(run)
    jobs.sign(run)
    jobs.deliver(run)
    assert [each.head.size for each in home.kept()] == [10]
    assert len(home.notes()) == 1
    assert [each.name for each in jobs.JOBS] == ["keys.checkpoints.sign", "keys.checkpoints.deliver"]


def parts_of(site, **told):
    private = sm2.PrivateKey.generated()
    read = site.read.changed(replace(CheckpointSettings(), **told))
    return built(read, lambda *_: SoftwareSigner(private), WitnessServer())


def test_settings_become_parts(site, tmp_path):
    made = parts_of(site, organisation=ORGANISATION, alarm_mails=("a@b.example",), witnesses=(f"x file:{tmp_path}",))
    assert made.origin == "127.0.0.1:8080/ledger"
    assert len(made.recipients) == 4
    assert made.witnesses == (FileWitness("x", tmp_path),)
    assert parts_of(site, origin="a.example/log").origin == "a.example/log"


@pytest.mark.parametrize("told", [{"minutes": 0}, {"minutes": 1441}, {"entries": 0}, {"witnesses": ("x",)}])
def test_settings_that_cannot_be_worked_with_are_refused(site, told):
    with pytest.raises(UnusableSetting):
        parts_of(site, **told)


def test_an_origin_that_is_no_name_is_refused(site):
    with pytest.raises(UnusableOrigin):
        parts_of(site, origin="a b")


def test_the_sandbox_has_two_witnesses_and_a_first_head(site, tmp_path):
    text = sample.settings_of(tmp_path)
    assert f'"audit file:{tmp_path}/witness-audit"' in text
    made = parts_of(
        site,
        key=sample.KEY_ID,
        witnesses=tuple(f"{each} file:{tmp_path / each}" for each in sample.WITNESS_FOLDERS),
    )
    running = site_of_keys.running(site.read, site.database, made)
    sandbox = Sandbox(tmp_path, "http://127.0.0.1:8080", {})
    sample.sample(running, sandbox)
    assert sandbox.told == {"trust": str(tmp_path / "trust.pem")}
    notes = sorted(tmp_path.rglob("*.note"))
    assert len(notes) == 2
    assert notes[0].read_bytes() == notes[1].read_bytes()
    with site.database.reading() as session:
        assert session.query(CheckpointAlarm).count() == 0
