"""`yinxin seal` and `yinxin seal-batch`: what is sealed verifies, what is not allowed is refused, batches go on."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

import app
from base import clock
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import read
from keys.authority import own_trust
from keys.authority.models import CertificateAuthority
from keys.authority.wiring import Authority
from keys.custody.custody import Custody
from keys.custody.kek import FileKek
from keys.custody.wiring import CustodyParts
from keys.data_keys import DataKeys
from keys.parties.models import System
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import sealing
from signing.commands.seal import seal_command
from signing.commands.seal_batch import seal_batch_command
from signing.models import DONE, FAILED, SealUse
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.seals.seal import Version
from signing.verification import verify
from signing.wiring import Signing
from tests.builders import pdf, seals
from tests.keys.authority.builders import Site, site
from tests.signing import offices
from tests.signing.batches.house import Died, dying

Run = Callable[..., Result]


def trust(at: datetime) -> Trust:
    return Trust(at, (Anchor(offices.authority().certificate),))


@pytest.fixture
def seal(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    """An active seal with one authorisation of three uses a day."""
    monkeypatch.setattr(clock, "now", lambda: at)
    offices.opened(database, at)
    with database.transaction() as session:
        session.get_one(System, offices.SYSTEM).scopes = "seal:use"
        made = offices.active_seal(session, at)
        offices.authorised(session, made, at)
        return made.id


@pytest.fixture
def running(database: Database, seal: str, tmp_path: Path) -> Running:
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = database  # its schema was made from the models, not by the migrations
    key = SoftwareSigner(offices.signing_identity(seal).key)
    house = site(database)

    def trust_at(session: Session, moment: datetime) -> Trust:
        own = own_trust.trust_at(session, moment)
        roots = select(CertificateAuthority.id).where(CertificateAuthority.parent.is_(None))
        above = house.trust(*session.scalars(roots))
        return replace(own, anchors=(*above.anchors, *trust(moment).anchors), intermediates=above.intermediates)

    running.parts = {
        Signing: Signing(lambda *_: key, trust_at, None, "", None, Version.GBT38540_2020, 20 << 20),
        Site: house,
        Authority: house.parts,
        CustodyParts: CustodyParts(cast("Custody", None), DataKeys(FileKek(tmp_path / "kek"))),
    }
    return running


@pytest.fixture
def run(running: Running) -> Run:
    group = SpeakingGroup("yinxin", commands={"seal": seal_command, "seal-batch": seal_batch_command})
    return lambda *told: CliRunner().invoke(group, [str(each) for each in told], obj=running)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    (made / "below").mkdir(parents=True)
    (made / "a.ofd").write_bytes(seals.archive(seals.document()))
    (made / "below" / "b.pdf").write_bytes(pdf.document())
    (made / "note.txt").write_text("not sealed")
    return made


def verdict(file: Path, at: datetime) -> Verdict:
    return verify(file.read_bytes(), file.name, trust(at), DEFAULT, at).verdict


def uses(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(SealUse.state).order_by(SealUse.id)))


@pytest.mark.parametrize("name", ["a.ofd", "below/b.pdf"])
def test_a_document_is_sealed_by_its_content_and_verifies(
    run: Run, seal: str, folder: Path, tmp_path: Path, database: Database, at: datetime, name: str
):
    out = tmp_path / "sealed"
    found = run("seal", folder / name, out, "--seal", seal, "--page", 1, "--x", 120, "--y", 200, "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["report"]["verdict"] == "valid"
    assert told["report"]["signatures"][0]["places"][0] == {
        "page": 1, "x_mm": 120.0, "y_mm": 200.0, "width_mm": 40.0, "height_mm": 40.0,
    }  # fmt: skip
    assert verdict(out, at) is Verdict.VALID
    assert uses(database) == [DONE]


@pytest.mark.parametrize("name", ["a.ofd", "below/b.pdf"])
def test_a_time_stamp_comes_from_this_house_where_no_other_is_named(
    run: Run, running: Running, seal: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """Time goes on meanwhile: what is verified at the end lies after the time stamp."""
    house: Site = running.parts[Site]
    house.tree()
    moments = (house.at + timedelta(seconds=number) for number in itertools.count(1))
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    found = run("seal", folder / name, tmp_path / "o", "--seal", seal, "--timestamp", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["report"]["signatures"][0]["signed_at"]["source"] == "timestamp"


def test_without_a_place_the_seal_is_there_and_not_seen(run: Run, seal: str, folder: Path, tmp_path: Path):
    found = run("seal", folder / "below" / "b.pdf", tmp_path / "o.pdf", "--seal", seal)
    assert found.exit_code == 0, found.output


def test_half_a_place_is_wrong_usage(run: Run, seal: str, folder: Path, tmp_path: Path, database: Database):
    found = run("seal", folder / "a.ofd", tmp_path / "o", "--seal", seal, "--page", 1)
    assert found.exit_code == 2
    assert uses(database) == []


@pytest.mark.parametrize(
    "told", [("--type", "another"), ("--act", "another"), ("--system", "another"), ("--region", "110000")]
)
def test_a_use_that_no_authorisation_covers_is_refused_and_nothing_is_written(
    run: Run, seal: str, folder: Path, tmp_path: Path, database: Database, told: tuple[str, str]
):
    found = run("seal", folder / "a.ofd", tmp_path / "o", "--seal", seal, *told)
    assert found.exit_code == 1
    assert found.stderr.startswith("yinxin: ")
    assert not (tmp_path / "o").exists()
    assert uses(database) == []


def test_a_system_without_the_scope_is_refused(run: Run, seal: str, folder: Path, tmp_path: Path, database: Database):
    with database.transaction() as session:
        session.get_one(System, offices.SYSTEM).scopes = "cert:read"
    assert run("seal", folder / "a.ofd", tmp_path / "o", "--seal", seal).exit_code == 1
    assert uses(database) == []


def test_two_authorisations_that_could_be_meant_must_be_told_apart(
    run: Run, seal: str, folder: Path, tmp_path: Path, database: Database, at: datetime
):
    with database.transaction() as session:
        row = offices.register.seal_of(session, seal)
        offices.authorised(session, row, at, act="renew")
    assert run("seal", folder / "a.ofd", tmp_path / "o", "--seal", seal).exit_code == 1
    assert run("seal", folder / "a.ofd", tmp_path / "o", "--seal", seal, "--act", "renew").exit_code == 0


def test_an_unknown_seal_is_refused(run: Run, folder: Path, tmp_path: Path):
    assert run("seal", folder / "a.ofd", tmp_path / "o", "--seal", "00000000000000").exit_code == 1


def test_a_document_that_is_none_is_refused_and_not_written(run: Run, seal: str, folder: Path, tmp_path: Path):
    found = run("seal", folder / "note.txt", tmp_path / "o", "--seal", seal)
    assert found.exit_code == 2
    assert not (tmp_path / "o").exists()


def test_an_output_that_cannot_be_written_names_the_use(run: Run, seal: str, folder: Path, tmp_path: Path):
    found = run("seal", folder / "a.ofd", tmp_path / "none" / "o", "--seal", seal)
    assert found.exit_code == 1
    assert "use " in found.stderr


def batch(run: Run, seal: str, folder: Path, out: Path, *more: str) -> Any:
    found = run("seal-batch", folder, out, "--seal", seal, "--json", *more)
    return found.exit_code, json.loads(found.stdout)


def test_a_batch_seals_what_it_can_and_tells_what_it_could_not(
    run: Run, seal: str, folder: Path, tmp_path: Path, at: datetime
):
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 broken")
    out = tmp_path / "out"
    code, told = batch(run, seal, folder, out)
    assert code == 1
    assert {name: each["state"] for name, each in told["files"].items()} == {
        "a.ofd": "sealed",
        "bad.pdf": "failed",
        "below/b.pdf": "sealed",
    }
    assert verdict(out / "a.ofd", at) is verdict(out / "below" / "b.pdf", at) is Verdict.VALID
    assert not (out / "bad.pdf").exists()
    assert not (out / "note.txt").exists()


def test_a_batch_goes_on_where_it_was(run: Run, seal: str, folder: Path, tmp_path: Path, database: Database):
    """First run: one file fails. It is mended, and the second run seals that one alone."""
    bad, out = folder / "bad.pdf", tmp_path / "out"
    bad.write_bytes(b"%PDF-1.7 broken")
    batch(run, seal, folder, out)
    before = {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}
    bad.write_bytes(pdf.document(pages=2))
    code, told = batch(run, seal, folder, out)
    assert (code, told["files"]["bad.pdf"]["state"]) == (0, "sealed")
    assert all(each.read_bytes() == content for each, content in before.items())
    assert uses(database).count(DONE) == 3


def test_a_sealed_file_that_was_lost_or_changed_is_sealed_anew(run: Run, seal: str, folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    batch(run, seal, folder, out)
    (out / "a.ofd").write_bytes(b"spoilt")
    code, _ = batch(run, seal, folder, out)
    assert code == 0
    assert (out / "a.ofd").read_bytes() != b"spoilt"


def test_a_batch_ends_at_the_ceiling_and_says_how_much_is_left(run: Run, seal: str, folder: Path, tmp_path: Path):
    """Three uses a day, five files."""
    for number in range(3):
        (folder / f"c{number}.pdf").write_bytes(pdf.document(pages=number + 2))
    code, told = batch(run, seal, folder, tmp_path / "out")
    assert code == 1
    assert told["left"] == 2
    assert told["stopped"]
    assert [each["state"] for each in told["files"].values()] == ["sealed"] * 3


@pytest.mark.parametrize("after", [False, True])
def test_a_killed_batch_goes_on_and_doubles_no_use(
    run: Run, seal: str, folder: Path, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, after: bool
):
    """The process dies over the second of three files, before or after the key signed; then it is run again."""
    (folder / "c.pdf").write_bytes(pdf.document(pages=2))
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(sealing, "carry_out", dying(sealing.carry_out, 2, after=after))
        with pytest.raises(Died):
            batch(run, seal, folder, out)
    assert uses(database).count(DONE) == 1
    code, told = batch(run, seal, folder, out)
    assert (code, told["left"]) == (0, 0)
    assert sorted(uses(database)) == [DONE, DONE, DONE, FAILED]


def test_a_batch_is_never_mixed_with_another(run: Run, seal: str, folder: Path, tmp_path: Path):
    out = tmp_path / "out"
    batch(run, seal, folder, out)
    state = tmp_path / "out.batch.json"
    told = json.loads(state.read_text("utf-8"))
    for spoilt in (json.dumps({**told, "seal": "x"}), json.dumps({**told, "purpose": "x"}), "{}", "no json", "[]"):
        state.write_text(spoilt, "utf-8")
        found = run("seal-batch", folder, out, "--seal", seal)
        assert found.exit_code == 1
        assert found.stderr.startswith("yinxin: ")


@pytest.mark.parametrize("out", [".", "below", "below/deeper"])
def test_the_output_stands_outside_of_the_input(run: Run, seal: str, folder: Path, out: str):
    assert run("seal-batch", folder, folder / out, "--seal", seal).exit_code == 2


def test_a_level_is_told_and_without_evidence_nothing_is_written(
    run: Run, seal: str, folder: Path, tmp_path: Path, database: Database
):
    found = run("seal", folder / "below" / "b.pdf", tmp_path / "b.pdf", "--seal", seal, "--level", "b-b", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["report"]["signatures"][0]["level"] == "B-B"
    refused = run("seal", folder / "a.ofd", tmp_path / "a.ofd", "--seal", seal, "--level", "b-lt")
    assert refused.exit_code == 1
    assert not (tmp_path / "a.ofd").exists()
    assert uses(database).count(DONE) == 1
