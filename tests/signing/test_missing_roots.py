"""The newcomer's own file: which root is missing, whether the file brings it along, and what to run next."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import app
from base import clock
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import read
from keys.commands.trust import trust_group
from keys.trust import Trust
from signing import missing_roots, replay
from signing.commands.verify import verify_command
from signing.levels import Level
from signing.policy import DEFAULT
from signing.report_json import dump
from signing.verification import examine
from tests.builders import lasting, pki, seals
from tests.builders.pki import AT, Identity

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def with_root() -> bytes:
    """A PDF that keeps its whole chain."""
    return lasting.lasting(lasting.usual(), Level.B_LT)


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(clock, "now", lambda: AT)
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = database
    group = SpeakingGroup("yinxin", commands={"verify": verify_command, "trust": trust_group})
    return lambda *told: CliRunner().invoke(group, [str(each) for each in told], obj=running)


# --- which root


def test_a_chain_is_followed_to_the_root_that_came_along():
    chain = pki.chain()
    (top,) = missing_roots.tops(each.certificate for each in (chain.signer, chain.authority, chain.root))
    assert (top.certificate, top.between) == (chain.root.certificate, (chain.authority.certificate,))
    assert top.is_root


def test_without_the_root_its_name_is_what_is_missing():
    chain = pki.chain()
    (top,) = missing_roots.tops(each.certificate for each in (chain.signer, chain.authority))
    assert not top.is_root
    assert top.missing == chain.root.certificate.subject.text


def test_several_signers_under_one_root_lack_it_once_and_roots_inside_come_first():
    one, other = pki.root("演示根甲"), pki.root("演示根乙")
    found = missing_roots.tops(
        each.certificate for each in (other.issues("丙"), one.issues("甲"), one.issues("乙"), one)
    )
    assert [each.certificate for each in found if each.is_root] == [one.certificate]
    assert found[0].is_root
    assert len(found) == 2


def test_authorities_that_name_each_other_lead_nowhere():
    root = pki.root("甲")
    a, b = root.authority("乙"), root.authority("丙")
    crossed = [Identity(a.der, a.key, a.subject, b), Identity(b.der, b.key, b.subject, a)]
    assert missing_roots.tops(each.certificate for each in crossed) == ()


@pytest.mark.parametrize(
    "evidence", [None, b"", b"[]", b"{", b'{"certificates": ["!"]}', b'{"certificates": ["MAA="]}']
)
def test_evidence_that_cannot_be_read_shows_no_root(evidence: bytes | None):
    assert missing_roots.of_evidence(evidence) == ()


def test_the_evidence_of_a_verification_shows_the_root(with_root: bytes):
    examination = examine(with_root, "x.pdf", Trust(AT), DEFAULT, AT)
    assert missing_roots.is_missing(dump(examination.report))
    (top,) = [each for each in missing_roots.of_evidence(replay.evidence(examination, Trust(AT))) if each.is_root]
    assert top.certificate == lasting.usual().root.certificate


# --- what to run


def test_from_a_file_that_nobody_knows_to_a_verdict(run: Run, with_root: bytes, tmp_path: Path):
    document, root = tmp_path / "a.pdf", tmp_path / "root.pem"
    document.write_bytes(with_root)
    first = run("verify", document)
    assert first.exit_code == 4
    assert f"yinxin verify {document} --extract-root root.pem" in first.stderr
    taken = run("verify", document, "--extract-root", root)
    assert taken.exit_code == 4
    assert lasting.usual().root.certificate.sm3.hex(":").upper() in taken.stderr
    assert f"yinxin trust import {root}" in taken.stderr
    assert run("verify", document, "--trust", root).exit_code == 0
    proposed = run("trust", "import", root, "--yes")
    assert proposed.exit_code == 0, proposed.output
    assert "yinxin trust confirm" in proposed.output


def test_a_file_without_its_root_names_whom_to_ask_and_writes_nothing(run: Run, tmp_path: Path):
    document, root = tmp_path / "a.ofd", tmp_path / "root.pem"
    document.write_bytes(seals.ofd())
    found = run("verify", document, "--extract-root", root)
    assert found.exit_code == 4
    assert "yinxin trust import root.pem" in found.stderr
    assert not root.exists()


def test_a_valid_file_asks_for_nothing(run: Run, with_root: bytes, tmp_path: Path):
    document, root = tmp_path / "a.pdf", tmp_path / "root.pem"
    document.write_bytes(with_root)
    root.write_bytes(lasting.usual().root.certificate.pem)
    assert "extract-root" not in run("verify", document, "--trust", root).stderr
