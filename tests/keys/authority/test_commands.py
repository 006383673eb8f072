"""`yinxin ca`: what the commands do, say and refuse; and what doctor, settings and sandbox make of the authority."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete

import app
from base import settings
from base.command_line import SpeakingGroup
from base.db import Database, DatabaseSettings
from base.fetch import FetchSettings
from base.health import House, examine
from base.program import Running, Sandbox
from base.settings import Settings
from base.web import WebSettings
from keys import anchors, timestamps
from keys.algorithms import asymmetric, pem
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.authority import checks, edges, requests, sample, wiring
from keys.authority.commands import COMMANDS
from keys.authority.commands import authorities as authority_commands
from keys.authority.commands import certificates as certificate_commands
from keys.authority.errors import UnusableAuthoritySetting
from keys.authority.models import PublishedList
from keys.authority.records import own_certificate
from keys.authority.wiring import Authority
from keys.certificates import bundle
from keys.chain import path
from keys.custody.wiring import CustodySettings
from keys.custody.wiring import built as custody_built
from keys.ocsp import CertId, OcspAnswer, question
from keys.purposes import SEAL, TIME_STAMP
from keys.revocation_lists import Reason, of_file
from keys.timestamps import Imprint
from tests.builders import pki
from tests.keys.authority import builders
from tests.keys.authority.builders import AT, FIRST, SECOND, Drawer, Site, days, read_certificate, request_pem

Run = Callable[..., Result]


@pytest.fixture
def running(read: Settings, database: Database, site: Site) -> Running:
    made = Running(replace(app.PROGRAM, make_parts=lambda _read: {Authority: site.parts}), read)
    made.database = database  # its schema was made from the models, not by the migrations
    return made


@pytest.fixture
def run(running: Running, now: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})

    def invoke(*arguments: str, who: Any = FIRST) -> Result:
        for module in (authority_commands, certificate_commands):
            monkeypatch.setattr(module, "operator", lambda: who)
        return CliRunner().invoke(group, ["ca", *arguments], obj=running)

    return invoke


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_walk_of_an_authority_on_the_command_line(run: Run, site: Site, tmp_path: Path):
    site.drawer.put("k", KeyKind.SM2)
    opened = ("open", "r", "演示根", "--organisation", "演示单位", "--key-id", "k", "--test")
    assert told(run(*opened, "--json"))["state"] == "proposed"
    assert run("confirm", "r").exit_code == 1
    assert told(run("confirm", "r", "--json", who=SECOND))["state"] == "active"
    assert "演示根" in run("list").stdout
    assert told(run("list", "--json"))[0]["is_test"] is True
    key, request = tmp_path / "key.pem", tmp_path / "request.pem"
    key.write_bytes(asymmetric.private_key_pem(pki.key(KeyKind.SM2, "甲"), None))
    written = run("request", "演示甲", "--organisation", "演示单位", "--key", str(key))
    assert requests.read(written.stdout.encode()).public == pki.key(KeyKind.SM2, "甲").public
    request.write_text(written.stdout, encoding="utf-8")
    issued = told(run("issue", "r", "--template", "seal-maker", "--request", str(request), "--json"))
    serial = issued["serial"]
    assert issued["state"] == "waiting"
    assert run("complete", "r", serial).exit_code == 1
    assert told(run("complete", "r", serial, "--confirm", "--json", who=SECOND))["state"] == "issued"
    shown = run("show", "r", serial)
    assert bundle(shown.stdout.encode())[0].serial_text == serial
    assert told(run("show", "r", serial, "--json"))["template"] == "seal-maker"
    der = tmp_path / "request.der"
    der.write_bytes(pem.only(request_pem(KeyKind.SM2, "乙").encode())[1])
    renewed = told(run("renew", "r", serial, "--request", str(der), "--days", "9", "--json"))
    assert renewed["state"] == "waiting"
    assert "waiting" in run("show", "r", renewed["serial"]).stdout
    since = ("--invalid-since", "2026-11-21T02:30:00+00:00")
    assert told(run("revoke", "r", serial, "--why", "key-compromise", *since, "--json"))["invalid_since"]
    assert serial in run("certificates", "r").stdout
    assert len(told(run("certificates", "r", "--json"))) == 3
    assert told(run("publish", "r", "--json"))["entries"] == 1
    out = tmp_path / "list.crl"
    assert run("crl", "r", "--out", str(out)).exit_code == 0
    assert of_file(run("crl", "r").stdout.encode())[0].der == out.read_bytes()
    withdraw = ("withdraw", "r", "--why", "cessation-of-operation", "--words", "演示结束")
    assert "active" in run(*withdraw).stdout
    assert run("withdraw", "r", "--confirm").exit_code == 1
    assert told(run("withdraw", "r", "--confirm", "--json", who=SECOND))["state"] == "withdrawn"
    for wrong in (
        ("withdraw", "r"),
        ("withdraw", "r", "--confirm", "--why", "superseded"),
        ("withdraw", "r", "--words", "x"),
    ):
        assert run(*wrong).exit_code == 2


def test_a_service_is_issued_for_a_key_in_custody(run: Run, site: Site):
    below = site.tree(services=False)
    site.drawer.put("responder", KeyKind.SM2)
    service = ("issue", below, "--template", "ocsp-responder", "--key-id", "responder")
    assert run(*service).exit_code == 2  # whom it names is not said
    named = (*service, "--name", "演示应答", "--organisation", "演示单位")
    assert told(run(*named, "--json"))["key_id"] == "responder"


def test_ocsp_and_time_stamps_are_answered_from_files(run: Run, site: Site, tmp_path: Path):
    below = site.tree()
    row = read_certificate(site.issue(below, site.order()))
    asked, out = tmp_path / "asked", tmp_path / "out"
    asked.write_bytes(question(CertId.of(row, site.trust("sm2-root").intermediates[0])))
    assert told(run("ocsp", str(asked), str(out), "--json")) == {"status": "successful", "answers": 1}
    assert OcspAnswer.of(out.read_bytes()).singles[0].known
    asked.write_bytes(timestamps.question(Imprint.of(SM3, b"x")))
    assert told(run("stamp", str(asked), str(out), "--json"))["status"] == "granted"
    assert timestamps.response(out.read_bytes()).info.at == AT
    asked.write_bytes(timestamps.question(Imprint.of(SHA256, b"x")))
    refused = run("stamp", str(asked), str(out))
    assert (refused.exit_code, "system-failure" in refused.stdout) == (1, True)
    asked.write_bytes(b"x")
    refused = run("ocsp", str(asked), str(out))
    assert (refused.exit_code, "malformed-request" in refused.stdout) == (1, True)


def test_templates_are_listed(run: Run):
    assert "制章人" in run("templates").stdout
    assert len(told(run("templates", "--json"))) == 8


def test_what_is_refused_is_one_sentence(run: Run):
    refused = run("certificates", "nobody")
    assert refused.exit_code == 1
    assert len(refused.stderr.splitlines()) == 1


# --- the doctor ---------------------------------------------------------------------------------------------------


def found(read: Settings, site: Site, at: Any) -> dict[str, str]:
    told_ = examine(House(read, site.database, at), checks.CHECKS)
    return {each.check.name: each.finding.outcome for each in told_}


def test_the_doctor_sees_lists_that_end_and_certificates_that_are_about_to(read: Settings, site: Site):
    assert found(read, site, AT) == dict.fromkeys(
        ("revocation-lists", "authority-certificates", "ocsp-responders"), "good"
    )
    below = site.tree(services=False)
    assert found(read, site, AT)["ocsp-responders"] == "warning"
    for name in ("sm2-root", below):
        site.serve(name, "ocsp-responder", KeyKind.SM2)
    assert set(found(read, site, AT).values()) == {"good"}
    assert found(read, site, AT + timedelta(hours=25))["revocation-lists"] == "failed"
    for left, outcome in ((89, "warning"), (29, "warning"), (6, "failed")):
        assert found(read, site, AT + days(365 - left))["authority-certificates"] == outcome
    later = AT + days(300)
    for name in ("sm2-root", below):
        site.at = later
        site.serve(name, "ocsp-responder", KeyKind.SM2)
    # The old responders end, but nobody followed them by name: the doctor goes on telling until they are over.
    assert found(read, site, later)["authority-certificates"] == "warning"


def test_a_list_that_was_never_published_is_a_failure(read: Settings, site: Site):
    site.open("r", KeyKind.SM2)
    with site.database.transaction() as session:
        session.execute(delete(PublishedList))
    assert found(read, site, AT)["revocation-lists"] == "failed"


# --- settings and sandbox -----------------------------------------------------------------------------------------


def test_settings_make_the_parts(database_settings, site: Site):
    made = wiring.built(builders.read_settings(database_settings), site.drawer.signer_for)
    assert made.address == "http://127.0.0.1:8080"
    told_ = builders.read_settings(
        database_settings, address="https://ca.example", crl_hours="2", ocsp_minutes="5", time_stamp_policy="1.2.3.4"
    )
    made = wiring.built(told_, site.drawer.signer_for)
    assert made.places("a").crl == "https://ca.example/api/v1/crl/a"
    assert (made.crl_life, made.ocsp_life, made.policy) == (timedelta(hours=2), timedelta(minutes=5), "1.2.3.4")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crl_hours", "0"),
        ("crl_hours", "169"),
        ("ocsp_minutes", "1441"),
        ("time_stamp_accuracy_seconds", "0"),
        ("time_stamp_policy", "1.02"),
        ("time_stamp_policy", "policy"),
        ("time_stamp_policy", "1.45.3"),
        ("time_stamp_policy", "1.2" + ".1234567890123456789" * 7),
        ("address", "https://ca.example/"),
        ("address", "ldap://ca.example"),
    ],
)
def test_a_setting_that_cannot_be_worked_with_is_named(database_settings, site: Site, name: str, value: str):
    read = builders.read_settings(database_settings, **{name: value})
    with pytest.raises(UnusableAuthoritySetting) as refused:
        wiring.built(read, site.drawer.signer_for)
    assert refused.value.path == f"authority.{name}"


def test_the_sandbox_has_authorities_of_both_families_whose_documents_verify(
    database: Database, database_settings: DatabaseSettings, tmp_path: Path, now: Any
):
    """With keys in real custody: files under a password, those of authorities let in by two."""
    told_ = {name: str(tmp_path / name) for name in ("folder", "password_file", "kek")}
    environment = {
        "YINXIN_DATABASE_URL": database_settings.url,
        **{f"YINXIN_CUSTODY_{name.upper()}": value for name, value in told_.items()},
    }
    sections = (DatabaseSettings, WebSettings, wiring.AuthoritySettings, FetchSettings, CustodySettings)
    read = settings.read(sections, environment=environment)
    custody = custody_built(read)
    parts = wiring.built(read, custody.custody.signer_for)
    running = Running(replace(app.PROGRAM, make_parts=lambda _: {Authority: parts, type(custody): custody}), read)
    running.database = database
    site = Site(database, parts, Drawer())
    sandbox = Sandbox(tmp_path, "http://x", {})
    sample.sample(running, sandbox)
    roots = bundle(Path(sandbox.told["trust"]).read_bytes())
    assert len(roots) == 2
    assert sandbox.told["authorities"] == ["sm2-root", "sm2-issuing", "ecdsa-root", "ecdsa-issuing"]
    with site.database.reading() as session:
        trust = anchors.trust_at(session, AT)
        assert {each.certificate for each in trust.anchors} == set(roots)
        assert all(each.is_test for each in trust.anchors)
        assert own_certificate(session, "sm2-issuing").extensions.key_usage
    row = site.issue("sm2-issuing", site.order("seal-signer"))
    assert path(read_certificate(row), trust, SEAL, AT).is_test
    for digest in (SM3, SHA256):
        asked = timestamps.question(Imprint.of(digest, b"x"))
        token = timestamps.response(edges.stamp(site.database, site.parts, asked, FIRST, AT))
        assert timestamps.verify(token, digest.of(b"x"), trust, AT).path.purpose is TIME_STAMP
    site.revoke(row, Reason.SUPERSEDED)
    for name in sandbox.told["authorities"]:
        asked = question(CertId.of(read_certificate(row), own(site, "sm2-issuing")))
        assert OcspAnswer.of(edges.answer(site.database, site.parts, asked, AT).der).singles[0].revoked, name


def own(site: Site, name: str) -> Any:
    with site.database.reading() as session:
        return own_certificate(session, name)


def test_the_bundle_is_written_as_a_whole(tmp_path: Path):
    file = tmp_path / "trust.pem"
    sample.write(file, b"a")
    sample.write(file, b"b")
    assert file.read_bytes() == b"b"
    assert [each.name for each in tmp_path.iterdir()] == ["trust.pem"]
