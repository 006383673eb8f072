"""Archives that somebody tampered with, or never were any: a verdict and a reason each time, never a fault."""

import io
import random
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from base import clock
from base.command_line import SpeakingGroup
from base.db import Base, DatabaseSettings, connect
from base.program import Running
from base.settings import read
from certs.commands.archives import archive_group
from certs.filing.archives import contents, examination, manifest, package
from certs.filing.archives.examination import FourProperties, Property
from keys.algorithms.sm2 import SM2_SM3
from keys.algorithms.sm3 import SM3
from keys.cms import writing
from keys.signers.signer import signed
from keys.signers.software import SoftwareSigner
from keys.trust import Trust
from signing.policy import DEFAULT
from signing.report import Outcome, Verdict
from tests.builders import pki
from tests.certs.filing.archives import house as houses
from tests.certs.filing.archives.house import members_of, packed
from tests.certs.papers import AT
from tests.signing import offices

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Trust]:
    """Make one archive for all stories here: the package and whom its reader trusts."""
    folder = tmp_path_factory.mktemp("archive")
    database = connect(DatabaseSettings(url=f"sqlite:///{folder / 'yinxin.db'}"), app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    with pytest.MonkeyPatch.context() as patched:
        house = houses.opened(database, folder, AT, patched)
        data = house.file(house.archived(house.closed())["id"])
        trust = house.trust()
    database.close()
    return data, trust


def examined(data: bytes, trust: Trust) -> FourProperties:
    """Check a package; its report can be written in both forms."""
    found = examination.examined(data, "case.zip", trust, DEFAULT, AT)
    assert examination.dump(found)["verdict"] == found.verdict.value
    return found


def codes(found: FourProperties, of: Property) -> set[str]:
    """Give the codes of what is wrong with a property."""
    return {each.code for each in found.findings.get(of, ()) if each.outcome is not Outcome.PASSED}


def with_members(data: bytes, **changes: bytes | None) -> bytes:
    """Pack again with some members otherwise; names have `__` for a slash."""
    members = members_of(data)
    for name, content in changes.items():
        plain = name.replace("__", "/").replace("_dot_", ".")
        if content is None:
            del members[plain]
        else:
            members[plain] = content
    return packed(members)


def test_a_good_archive_is_valid_and_says_who_signed(made: tuple[bytes, Trust]) -> None:
    found = examined(*made)
    assert found.verdict is Verdict.VALID
    told: Any = examination.dump(found)
    assert {each["outcome"] for each in told["properties"].values()} == {"passed"}
    assert any("演示省电子证照库" in str(each) for each in found.findings[Property.AUTHENTICITY])


def test_without_a_root_nothing_is_decided(made: tuple[bytes, Trust]) -> None:
    found = examined(made[0], Trust(AT))
    assert found.verdict is Verdict.INDETERMINATE
    assert found.outcome(Property.INTEGRITY) is Outcome.PASSED
    assert found.outcome(Property.AUTHENTICITY) is Outcome.NOT_CHECKED


def test_an_altered_file_is_named(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    content = members_of(data)["case/case.json"].replace("演示".encode(), "真实".encode(), 1)
    found = examined(with_members(data, case__case_dot_json=content), trust)
    assert found.verdict is Verdict.INVALID
    altered = [each.subject for each in found.findings[Property.INTEGRITY] if each.code == "ARCHIVE_ALTERED"]
    assert altered == ["case/case.json"]


def test_missing_and_extra_files_are_named(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    missing = examined(with_members(data, case__evaluations_dot_json=None), trust)
    assert codes(missing, Property.INTEGRITY) == {"ARCHIVE_MISSING"}
    extra = examined(with_members(data, materials__zzz_dot_txt="多出来的".encode()), trust)
    assert "ARCHIVE_EXTRA" in codes(extra, Property.INTEGRITY)
    assert {missing.verdict, extra.verdict} == {Verdict.INVALID}


def test_an_altered_manifest_breaks_the_signature(made: tuple[bytes, Trust]) -> None:
    """Whoever changes a file and its digest in the manifest has to sign anew."""
    data, trust = made
    members = members_of(data)
    told = manifest.of(members[package.MANIFEST])
    shorter = replace(told, kept=replace(told.kept, retention="10年"))
    found = examined(packed({**members, package.MANIFEST: shorter.written}), trust)
    assert found.verdict is Verdict.INVALID
    assert "ARCHIVE_SIGNATURE_INVALID" in codes(found, Property.AUTHENTICITY)
    assert found.outcome(Property.INTEGRITY) is Outcome.PASSED


def test_a_foreign_signature_over_a_forged_manifest_is_not_believed(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    members = members_of(data)
    told = manifest.of(members[package.MANIFEST])
    forged = replace(told, platform="伪造的平台").written
    stranger = pki.root("陌生 CA").issues("陌生人", not_after=pki.AT + pki.YEAR)
    template = writing.template(stranger.certificate, SM2_SM3)
    prepared = template.prepare(SM3.of(forged), AT)
    value = prepared.embed(signed(SoftwareSigner(stranger.key), SM2_SM3, prepared.to_sign))
    found = examined(packed({**members, package.MANIFEST: forged, package.SIGNATURE: value}), trust)
    assert found.verdict in {Verdict.INVALID, Verdict.INDETERMINATE}
    assert found.outcome(Property.AUTHENTICITY) is not Outcome.PASSED
    own = next(each for each in found.signatures if each.id == "manifest")
    assert own.verdict is not Verdict.VALID


def test_an_unsigned_archive_says_so(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    found = examined(with_members(data, manifest_dot_p7s=None, manifest_dot_tst=None), trust)
    assert found.verdict is Verdict.UNSIGNED
    assert "ARCHIVE_UNSIGNED" in codes(found, Property.AUTHENTICITY)


def test_a_ledger_proof_of_something_else_is_refuted(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    members = members_of(data)
    name = next(each for each in members if each.startswith("ledger/") and each.endswith(".json"))
    found = examined(packed({**members, name: members[name].replace(b'"case.', b'"cake.')}), trust)
    assert "ARCHIVE_LEDGER_PROOF_WRONG" in codes(found, Property.INTEGRITY)
    gone = examined(with_members(data, ledger__checkpoint_dot_txt=b"nothing"), trust)
    assert "ARCHIVE_LEDGER_HEAD_WRONG" in codes(gone, Property.INTEGRITY)


def test_an_archive_that_was_packed_anew_by_a_tool_is_not_in_its_form(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, content in members_of(data).items():
            packing.writestr(name, content)
    found = examined(out.getvalue(), trust)
    assert found.verdict is Verdict.INVALID
    assert "ARCHIVE_FORM_OTHER" in codes(found, Property.INTEGRITY)
    assert found.outcome(Property.AUTHENTICITY) is Outcome.PASSED


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "case\\..\\x", "C:/x", "materials/../../x", "case/a\x00b"]
)
def test_names_that_lead_outside_are_refused(made: tuple[bytes, Trust], name: str) -> None:
    data, trust = made
    found = examined(packed({**members_of(data), name: b"x"}), trust)
    assert found.verdict is Verdict.UNREADABLE
    assert codes(found, Property.SAFETY) == {"ARCHIVE_UNREADABLE"}


@pytest.mark.parametrize("name", ["run.sh", "hidden/x.txt", "materials/中文.txt", "materials/.hidden"])
def test_names_that_are_no_archives_are_told(made: tuple[bytes, Trust], name: str) -> None:
    data, trust = made
    found = examined(packed({**members_of(data), name: b"x"}), trust)
    assert found.verdict is Verdict.INVALID
    assert "ARCHIVE_NAME" in codes(found, Property.SAFETY)


def test_a_bomb_and_two_files_of_one_name_are_refused(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packing:
        packing.writestr("mimetype", package.MEDIA_TYPE)
        packing.writestr("materials/001.txt", b"\x00" * (40 * MIB))
    assert examined(out.getvalue(), trust).verdict is Verdict.UNREADABLE
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as packing:
        packing.writestr("manifest.json", members_of(data)[package.MANIFEST])
        with pytest.warns(UserWarning, match="Duplicate name"):
            packing.writestr("manifest.json", b"{}")
    assert examined(twice.getvalue(), trust).verdict is Verdict.UNREADABLE


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"%PDF-1.7", b"PK\x05\x06" + b"\x00" * 18])
def test_bytes_that_are_no_archive_are_unreadable(made: tuple[bytes, Trust], data: bytes) -> None:
    found = examined(data, made[1])
    assert found.verdict is Verdict.UNREADABLE


def test_another_package_is_no_archive(made: tuple[bytes, Trust]) -> None:
    found = examined(packed({"OFD.xml": b"<x/>"}), made[1])
    assert found.verdict is Verdict.UNREADABLE


def test_any_byte_that_is_flipped_is_never_valid(made: tuple[bytes, Trust]) -> None:
    """Sixty places drawn, each answered with a verdict that is not *valid*."""
    data, trust = made
    drawn = random.Random(20261121)  # noqa: S311 - the same places each time
    for _ in range(60):
        place = drawn.randrange(len(data))
        flipped = data[:place] + bytes([data[place] ^ (1 << drawn.randrange(8))]) + data[place + 1 :]
        assert examined(flipped, trust).verdict is not Verdict.VALID, place


def test_what_acts_by_itself_is_not_safe(made: tuple[bytes, Trust]) -> None:
    data, trust = made
    macro = packed({"[Content_Types].xml": b"<x/>", "word/vbaProject.bin": b"x"})
    for content, what in (
        (b"MZ\x90", "executable"),
        (b"<html><script>1</script>", "markup"),
        (b"%PDF-1.7 /JavaScript", "JavaScript"),
        (macro, "macro"),
        (contents._OLE, "old-office-file"),
    ):
        found = examined(with_members(data, materials__001_dot_bin=content), trust)
        wrong = [each for each in found.findings[Property.SAFETY] if each.code == "ARCHIVE_ACTIVE"]
        assert [each.facts["what"] for each in wrong] == [what]
        assert found.verdict is Verdict.INVALID


def test_files_are_known_by_their_bytes() -> None:
    kinds: Mapping[bytes, str] = {
        b"%PDF-1.7": contents.PDF,
        "文字".encode(): contents.TEXT,
        b"\x89PNG\r\n\x1a\n": contents.PNG,
        b"\xff\xd8\xff\xe0": contents.JPEG,
        zlib.compress(b"x") + b"\xff": contents.UNKNOWN,
    }
    assert {content: contents.media_type(content) for content in kinds} == kinds
    assert contents.opens(b"\x89PNG\r\n\x1a\n", contents.PNG) is False
    assert contents.opens(b"?", contents.UNKNOWN) is None


def test_every_check_has_its_words() -> None:
    facts: dict[str, str | int] = {
        "reason": "x",
        "count": 1,
        "what": "x",
        "who": "x",
        "why": "x",
        "kind": "x",
        "title": "x",
    }
    for code in examination.codes():
        words = examination.Finding(code, Outcome.PASSED, facts=facts).words
        assert words["zh"]
        assert words["en"]
        assert "{" not in words["zh"] + words["en"]


def test_a_manifest_reads_back_and_refuses_another_form(made: tuple[bytes, Trust]) -> None:
    content = members_of(made[0])[package.MANIFEST]
    assert manifest.of(content).written == content
    for other in (content + b" ", b"{}", b"[]", b"\xff", content.replace(b'"form":1', b'"form":2')):
        with pytest.raises(manifest.FaultyManifest):
            manifest.of(other)


# --- the command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `yinxin archive verify` on a machine that has no database."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    told = {"YINXIN_DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere.db'}", "YINXIN_WEB_SECRET": "s" * 32}
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment=told))
    group = SpeakingGroup("yinxin", commands={"archive": archive_group})

    def invoke(data: bytes, *more: str) -> Result:
        file, root = tmp_path / "case.zip", tmp_path / "root.pem"
        file.write_bytes(data)
        root.write_bytes(offices.authority().certificate.pem)
        arguments = ["archive", "verify", str(file), "--trust", str(root), *more]
        return CliRunner().invoke(group, arguments, obj=running)

    return invoke


def test_the_command_exits_as_its_verdict(run: Any, made: tuple[bytes, Trust]) -> None:
    data = made[0]
    assert run(data).exit_code == 0
    assert run(with_members(data, case__case_dot_json=b"{}")).exit_code == 1
    assert run(with_members(data, manifest_dot_p7s=None, manifest_dot_tst=None)).exit_code == 3
    assert run(b"no archive").exit_code == 5
    assert run(data, "--at", "yesterday").exit_code == 2
    told = run(data, "--json")
    assert told.exit_code == 0
    assert '"authenticity"' in told.output
    assert "ARCHIVE_ENTRIES" in run(data).output
