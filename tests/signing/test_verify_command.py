"""`yinxin verify`: exit codes, JSON, both languages, what is trusted, and files that are no documents."""

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
from base.settings import read
from keys.algorithms import pem
from keys.models import ANCHOR, TrustedCertificate
from signing.commands import COMMANDS
from signing.commands.verify import lines
from signing.policy import DEFAULT
from signing.report_json import dump
from signing.verification import verify
from tests.builders import pki, seals
from tests.builders.pki import AT, DAY
from tests.builders.seals import usual

Run = Callable[..., Result]
NOW = "2026-11-21T02:30:00Z"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command on a machine where nothing was ever set up."""
    settings = read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"})
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    running = Running(app.PROGRAM, settings)
    return lambda *arguments: CliRunner().invoke(group, [str(each) for each in arguments], obj=running)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    changed = seals.sealed(signing=seals.signing())
    changed["Doc_0/Pages/Page_0/Content.xml"] += b" "
    made = {
        "valid.ofd": seals.ofd(),
        "changed.ofd": seals.archive(changed),
        "unsigned.ofd": seals.archive(seals.document()),
        "stranger.ofd": seals.ofd(4, seals.Sealers(*_strangers())),
        "junk.ofd": b"junk",
        "root.pem": usual().root.certificate.pem + usual().authority.certificate.pem,
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    return {name: tmp_path / name for name in made}


def _strangers() -> tuple[Any, ...]:
    root = pki.root("别的根", whose="another root")
    middle = root.authority("别的中间", whose="another authority")
    return root, middle, middle.issues("别的制章单位"), middle.issues("别的签章人"), seals.stamping(middle)


def told(result: Result) -> Any:
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["valid.ofd"], 0),
        (["changed.ofd"], 1),
        (["unsigned.ofd"], 3),
        (["stranger.ofd"], 4),
        (["junk.ofd"], 5),
        (["valid.ofd", "unsigned.ofd"], 3),
        (["unsigned.ofd", "stranger.ofd", "valid.ofd"], 4),
        (["unsigned.ofd", "stranger.ofd", "junk.ofd"], 5),
        (["junk.ofd", "stranger.ofd", "changed.ofd", "valid.ofd"], 1),
    ],
)
def test_the_exit_code_tells_the_verdict(run: Run, files: dict[str, Path], names: list[str], code: int):
    result = run("verify", *(files[name] for name in names), "--trust", files["root.pem"], "--at", NOW)
    assert result.exit_code == code, result.output


def test_one_file_is_one_report_and_several_are_a_list(run: Run, files: dict[str, Path]):
    options = ("--trust", files["root.pem"], "--at", NOW, "--json")
    one = told(run("verify", files["valid.ofd"], *options))
    assert one["verdict"] == "valid"
    assert one["document"]["name"] == "valid.ofd"
    assert one["verified_at"] == NOW
    two = told(run("verify", files["valid.ofd"], files["junk.ofd"], *options))
    assert [each["verdict"] for each in two] == ["valid", "unreadable"]


def test_without_any_trust_it_says_so_and_does_not_fail(run: Run, files: dict[str, Path]):
    result = run("verify", files["valid.ofd"], "--at", NOW)
    assert result.exit_code == 4
    assert "--trust" in result.stderr
    assert "NO_CERTIFICATE_CHAIN_FOUND" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "/no/such/file.ofd"],
        ["verify", "{valid.ofd}", "--at", "yesterday"],
        ["verify", "{valid.ofd}", "--at", "2026-11-21T02:30:00"],
        ["verify", "{valid.ofd}", "--policy", "nobody"],
        ["verify", "{valid.ofd}", "--trust", "{junk.ofd}"],
        ["verify", "{valid.ofd}", "--crl", "{junk.ofd}"],
        ["verify", "{valid.ofd}", "--crl", "{root.pem}"],
    ],
)
def test_wrong_usage_is_told_as_such(run: Run, files: dict[str, Path], arguments: list[str]):
    given = [str(files[each[1:-1]]) if each.startswith("{") else each for each in arguments]
    result = run(*given)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_too_large_is_wrong_usage(run: Run, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("signing.commands.verify.FILE_LIMIT", 10)
    assert run("verify", files["valid.ofd"]).exit_code == 2


def test_a_list_on_the_command_line_counts(run: Run, files: dict[str, Path], tmp_path: Path):
    serial = usual().signer.certificate.serial
    crl = tmp_path / "a.crl"
    revoked = usual().authority.revocation_der({serial: (AT - DAY, None)})
    options = ("--trust", files["root.pem"], "--at", NOW, "--json", "--crl", crl)
    for written in (revoked, pem.written("X509 CRL", revoked)):
        crl.write_bytes(written)
        result = run("verify", files["valid.ofd"], *options)
        assert result.exit_code == 4
        assert told(result)["sub_indication"] == "REVOKED_NO_POE"


def test_the_policy_counts(run: Run, files: dict[str, Path]):
    options = ("--trust", files["root.pem"], "--at", NOW, "--json", "--policy")
    strict = told(run("verify", files["valid.ofd"], *options, "strict"))
    assert (strict["policy"]["name"], strict["sub_indication"]) == ("strict", "TRY_LATER")
    assert told(run("verify", files["valid.ofd"], *options, "compatible"))["verdict"] == "valid"


def test_anchors_of_the_site_are_trusted_when_none_are_named(
    database: Database, files: dict[str, Path], tmp_path: Path
):
    with database.transaction() as session:
        for each in (usual().root, usual().authority):
            session.add(
                TrustedCertificate(
                    role=ANCHOR,
                    sm3=each.certificate.sm3.hex(),
                    der=each.der,
                    subject=each.certificate.subject.text,
                    not_after=each.certificate.not_after,
                    purposes="",
                    is_test=True,
                    added_by="person/a",
                    added_at=AT - DAY,
                    confirmed_by="person/b",
                    confirmed_at=AT - DAY,
                )
            )
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={}))
    running.database = database
    group = SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})
    arguments = ["verify", str(files["valid.ofd"]), "--at", NOW, "--json"]
    site = told(CliRunner().invoke(group, arguments, obj=running))
    assert site["verdict"] == "valid"
    assert site["warnings"][0]["code"] == "TEST_SEAL"
    named = told(CliRunner().invoke(group, [*arguments, "--trust", str(files["root.pem"])], obj=running))
    assert "TEST_SEAL" not in [each["code"] for each in named["warnings"]], "anchors named are no test anchors"


@pytest.mark.parametrize(("tongue", "verdict", "fact"), [("zh", "✓ 有效", "未被改动"), ("en", "✓ VALID", "unchanged")])
def test_a_reader_sees_the_verdict_first(tongue: Any, verdict: str, fact: str):
    report = verify(seals.ofd(), "证照.ofd", usual().trust(), DEFAULT, AT)
    written = list(lines(report, tongue))
    assert verdict in written[0]
    assert "证照.ofd" in written[0]
    assert any(fact in line for line in written)
    assert any("演示市数据管理局行政审批专用章" in line for line in written)


@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_every_kind_of_report_can_be_read(tongue: Any):
    stamped = seals.archive(seals.sealed(signing=seals.signing(4, token=seals.token)))
    for document in (stamped, seals.ofd(1), seals.archive(seals.document()), b"x", seals.ofd()[:-30]):
        report = verify(document, "a", usual().trust(), DEFAULT, AT)
        assert len(list(lines(report, tongue))) >= 2


def test_what_a_document_says_does_not_act_on_the_terminal():
    found = seals.found(seals.value(), id="s\x1b[2J\u202e1")
    document, formats = seals.holding([found])
    report = verify(document, "\x1b]0;x\x07.ofd", usual().trust(), DEFAULT, AT, formats)
    written = "\n".join(lines(report, "en")).replace("\x1b[32m", "").replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert dump(report)["document"]["name"] == "\x1b]0;x\x07.ofd", "JSON has its own escapes"


def test_the_certificates_status_is_a_line_of_its_own_and_not_known_offline(run: Run, tmp_path: Path):
    """The seal covers the identifier; how the certificate stands now only its library knows."""
    named = seals.document()
    datas = b'<ofd:CustomDatas><ofd:CustomData Name="ZZBS">1.2.156.3005.2.x</ofd:CustomData></ofd:CustomDatas>'
    named["OFD.xml"] = named["OFD.xml"].replace(b"</ofd:DocInfo>", datas + b"</ofd:DocInfo>")
    (tmp_path / "named.ofd").write_bytes(seals.ofd(files=named))
    (tmp_path / "root.pem").write_bytes(usual().root.certificate.pem + usual().authority.certificate.pem)
    asked = (tmp_path / "named.ofd", "--trust", tmp_path / "root.pem", "--at", NOW)
    shown = run("verify", *asked)
    assert shown.exit_code == 0
    assert any("1.2.156.3005.2.x" in line and "VALID" not in line for line in shown.stdout.splitlines())
    certificate = told(run("verify", *asked, "--json"))["certificate"]
    assert (certificate["identifier"], certificate["status"]) == ("1.2.156.3005.2.x", "unknown")
    assert (certificate["as_of"], certificate["source"]) == (None, "s001: 演示签章人")
