"""The commands of the pages work as they stand, in both languages, and the sandbox's accounts call at once."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import app
from base import settings
from base.command_line import SpeakingGroup
from base.program import Running, Sandbox
from certs.commands.dialects import certificate_dialect_group
from certs.dialects import sample
from certs.wiring import Certs
from keys.algorithms import sm2
from tests.certs.consents import desk
from tests.certs.dialects.dialect_house import ITEM, SYSTEM, DialectHouse

DOCS = Path(__file__).resolve().parents[3] / "docs"


def running(partner: DialectHouse) -> Running:
    read = settings.read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32})
    made = Running(app.PROGRAM, read)
    made.database = partner.database
    parts = dict(made.parts)
    parts[Certs] = replace(parts[Certs], keys=partner.house.office.parts.keys)
    made.parts = parts
    return made


@pytest.mark.parametrize("page", ["certificate-dialects.md", "zh/certificate-dialects.md"])
def test_every_command_of_the_page_works(partner: DialectHouse, page: str):
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [shlex.split(line) for line in block.strip().splitlines()]
    assert [words[2] for words in lines] == ["add", "list", "renew", "close"]
    for words in lines:
        group = SpeakingGroup("yinxin", commands={"certificate-dialect": certificate_dialect_group})
        named = [SYSTEM if each == "window" else each for each in words[1:]]
        done = CliRunner().invoke(group, named, obj=running(partner))
        assert done.exit_code == 0, (words, done.output)


def test_the_sandbox_tells_accounts_that_call(partner: DialectHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sample, "SYSTEMS", (type("Invented", (), {"id": SYSTEM}),))
    told = {"purpose": desk.purpose_body(item_code=ITEM[-12:])}
    sandbox = Sandbox(tmp_path, "http://127.0.0.1", told)
    sample.sample(running(partner), sandbox)
    made = sandbox.told["certificate_dialects"]
    assert set(made) == {"shandong", "national_library", "fujian"}
    partner.secrets["shandong"] = made["shandong"]["secret"]
    partner.key = sm2.PrivateKey.from_scalar(bytes.fromhex(made["shandong"]["private_key"]))
    partner.issue()
    answer = partner.shandong("queryCertInfoByHolderCode", partner.held(), head={"accessId": "YANSHI"})
    assert len(partner.plain(answer)) == 1
