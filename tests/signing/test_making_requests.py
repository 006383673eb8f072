"""Making apart from signing: a site without the maker's key draws, seals and verifies; the maker knows no register."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as some

import app
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import read
from keys.algorithms.sm2 import SM2_SM3
from keys.signers.signer import signed
from keys.signers.software import SoftwareSigner
from keys.trust import Trust
from signing import making, making_requests, register, seals
from signing.commands.seal_maker import seal_maker_group
from signing.edges import Sealer
from signing.errors import NoSealMaker, SealStepNotAllowed, UnfitMakingRequest, UnfitSeal
from signing.life import State, Step
from signing.making import KnownMaker, Maker
from signing.sealing import Order
from signing.seals.seal import SealDraft, Version
from signing.wiring import Signing
from tests.signing import offices
from tests.signing.batches import house
from tests.signing.offices import MAKER, TYPE, WINDOW, Walk, authority, material, sealing_maker

KNOWN = KnownMaker(sealing_maker().certificate)


@pytest.fixture
def drawn(database: Database, at: datetime) -> str:
    offices.opened(database, at)
    with database.transaction() as session:
        seal = Walk(session, at).to(Step.AGREE)
        making.draw(session, seal, material(seal.id), KNOWN, MAKER, at)
        return seal.id


def request(database: Database, seal: str) -> bytes:
    with database.reading() as session:
        return making_requests.request(session, register.seal_of(session, seal), KNOWN)


def made(content: bytes) -> bytes:
    return making_requests.made(making_requests.read(content), sealing_maker())


def taken_in(database: Database, seal: str, content: bytes, at: datetime) -> str:
    with database.transaction() as session:
        return making.take_in(session, register.seal_of(session, seal), content, KNOWN, MAKER, at).state


def test_a_site_without_the_makers_key_has_its_seal_made_and_seals_with_it(
    database: Database, drawn: str, at: datetime
):
    """The request goes out, the seal comes back; the site signs and verifies, though it could make no seal itself."""
    assert taken_in(database, drawn, made(request(database, drawn)), at) == State.MADE
    site = Signing(house.signer_for, house.trust_at, None, "", KNOWN.certificate, Version.GBT38540_2020, 1 << 20)
    with database.transaction() as session, pytest.raises(NoSealMaker):
        site.maker(session)
    with database.transaction() as session:
        seal = register.seal_of(session, drawn)
        walk = Walk(session, at)
        walk.take(seal, Step.FILE, MAKER)
        walk.take(seal, Step.ACTIVATE, offices.CUSTODIAN)
        offices.authorised(session, seal, at)
    parts = house.parts(Path())
    sealer = Sealer(database, site, parts[house.Authority], WINDOW, lambda: at)
    sealed = sealer.seal(drawn, Order(house.OFD, "x.ofd", TYPE, "issue", "320902", "演示"))
    assert sealed.report.verdict.value == "valid"


def test_nothing_goes_out_before_it_was_drawn(database: Database, at: datetime):
    offices.opened(database, at)
    with database.transaction() as session:
        seal = Walk(session, at).to(Step.AGREE)
        with pytest.raises(SealStepNotAllowed):
            making_requests.request(session, seal, KNOWN)
        with pytest.raises(SealStepNotAllowed):
            making.take_in(session, seal, b"x", KNOWN, MAKER, at)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "演示别的单位章"),
        ("type", 2),
        ("valid_until", "2039-01-01T00:00:00Z"),
        ("width_mm", 60),
        ("seal", "32090099999999"),
        ("to_sign", base64.b64encode(b"anything").decode()),
    ],
)
def test_the_maker_signs_nothing_but_what_the_request_says(database: Database, drawn: str, member: str, value: Any):
    told = {**json.loads(request(database, drawn)), member: value}
    with pytest.raises(UnfitMakingRequest) as refused:
        made(json.dumps(told).encode())
    assert refused.value.reason == "says-another-seal"


def test_another_makers_request_is_refused(database: Database, drawn: str):
    other = authority().issues("演示另一制章单位")
    with pytest.raises(UnfitMakingRequest) as refused:
        making_requests.made(
            making_requests.read(request(database, drawn)), Maker(SoftwareSigner(other.key), other.certificate)
        )
    assert refused.value.reason == "other-maker"


def test_a_seal_by_somebody_else_or_of_another_name_is_not_taken_in(database: Database, drawn: str, at: datetime):
    other = authority().issues("演示另一制章单位")
    asked = making_requests.read(request(database, drawn))
    foreign = seals.WRITABLE[asked.standard].prepare_seal(asked.draft, other.certificate.der)
    with pytest.raises(UnfitSeal):
        taken_in(
            database,
            drawn,
            foreign.finish(signed(SoftwareSigner(other.key), SM2_SM3, foreign.message)),
            at,
        )
    renamed = seals.WRITABLE[asked.standard].prepare_seal(
        SealDraft(**{**vars(asked.draft), "name": "演示别名章"}), KNOWN.certificate.der
    )
    signature = signed(sealing_maker().signer, SM2_SM3, renamed.message)
    with pytest.raises(UnfitSeal) as refused:
        taken_in(database, drawn, renamed.finish(signature), at)
    assert refused.value.reason == "draft-differs"


@examples(max_examples=100, deadline=None)
@given(
    some.binary(max_size=200)
    | some.dictionaries(some.text(max_size=8), some.integers() | some.text()).map(
        lambda told: json.dumps({"form": making_requests.FORM, **told}).encode()
    )
)
def test_any_bytes_are_refused_as_a_request(content: bytes):
    with pytest.raises(UnfitMakingRequest):
        making_requests.read(content)


def test_a_request_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(making_requests, "LARGEST_REQUEST", 1)
    with pytest.raises(UnfitMakingRequest):
        making_requests.read(b"{}")


def test_the_command_shows_what_it_signs_and_makes_it(database: Database, drawn: str, at: datetime, tmp_path: Path):
    running = Running(app.PROGRAM, read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = database
    maker = sealing_maker()
    running.parts = {
        Signing: Signing(
            lambda *_: maker.signer,
            lambda _, moment: Trust(moment),
            None,
            "maker",
            maker.certificate,
            Version.GBT38540_2020,
            1 << 20,
        )
    }
    file, out = tmp_path / "request.json", tmp_path / "seal.der"
    file.write_bytes(request(database, drawn))
    group = SpeakingGroup("yinxin", commands={"seal-maker": seal_maker_group})
    run = ["seal-maker", "make", str(file), str(out)]
    refused = CliRunner().invoke(group, run, obj=running, input="n\n")
    assert refused.exit_code != 0
    assert not out.exists()
    found = CliRunner().invoke(group, [*run, "--yes", "--json"], obj=running)
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["seal"] == drawn
    assert taken_in(database, drawn, out.read_bytes(), at) == State.MADE
