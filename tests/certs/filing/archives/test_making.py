"""Archives of closed cases: whole, sealed as one, judged offline by anybody, one a case and version."""

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import audit
from base.audit import Search
from base.canonical import read
from base.db import Database
from certs.filing.archives import archives, jobs, package
from certs.filing.archives.examination import Property
from certs.filing.archives.models import Archive, ArchiveAttempt
from keys.algorithms.sm3 import SM3
from keys.trust import Anchor, Trust
from signing.report import Outcome, Verdict
from tests.builders import pki, seals
from tests.certs.evidence.house import Stamps
from tests.certs.filing.archives import house as houses
from tests.certs.filing.archives.house import ArchiveHouse, members_of
from tests.certs.papers import AT, firm

# What a database has to do with archives is told in `test_transfers`, on both.
pytestmark = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchiveHouse:
    """Open the house."""
    return houses.opened(database, tmp_path, AT, monkeypatch)


def material(key: str, content: bytes, file_name: str) -> dict[str, Any]:
    """Write a material with a file, as a body."""
    return {"key": key, "name": key, "file_name": file_name, "content": base64.b64encode(content).decode()}


def test_a_closed_case_becomes_one_package_that_passes_all_four(house: ArchiveHouse) -> None:
    """From the receipt to the archive over HTTP; judged by who has the root and nothing else."""
    number = house.closed([material("layout", "演示平面布局".encode(), "layout.txt")], certified=True)
    made = house.archived(number)
    assert made["is_new"] is True
    assert (made["version"], made["retention"], made["state"]) == (1, "30年", "made")
    data = house.file(made["id"])
    assert SM3.of(data).hex() == made["sm3"]
    found = house.examined(data)
    assert found.verdict is Verdict.VALID, found.findings
    assert {found.outcome(each) for each in Property} == {Outcome.PASSED}
    members = members_of(data)
    folders = {name.partition("/")[0] for name in members if "/" in name}
    assert folders >= {"case", "ledger", "lookups", "materials", "notices", "receipts", "results", "signers", "uses"}
    assert found.manifest is not None
    assert found.manifest.case.number == number
    steps: Any = read(members["case/steps.json"])
    assert [each["act"] for each in steps["items"]] == ["receive", "accept", "grant", "issue", "deliver"]
    assert all(each.verdict is Verdict.VALID for each in found.signatures)
    assert {each.id for each in found.signatures} >= {"manifest", "timestamp", "receipts/001.ofd#s001"}


def test_the_same_case_again_is_the_same_archive_and_a_change_is_a_new_version(house: ArchiveHouse) -> None:
    number = house.closed()
    first = house.archived(number)
    house.sheets.pass_time(hours=1)
    again = house.archived(number)
    assert (again["id"], again["is_new"]) == (first["id"], False)
    rated: dict[str, Any] = {"key": "r1", "satisfaction": 5, "options": [], "channel": "window"}
    house.good("POST", f"/cases/{number}/evaluations", **rated)
    second = house.archived(number)
    assert (second["version"], second["is_new"]) == (2, True)
    assert house.examined(house.file(second["id"])).verdict is Verdict.VALID


def test_an_open_case_and_somebody_elses_are_not_archived(house: ArchiveHouse) -> None:
    number = house.received()
    answer = house.sheets.call("POST", f"/cases/{number}/archive")
    assert (answer.status_code, answer.json["code"]) == (409, "case-not-closed")
    assert house.sheets.call("POST", f"/cases/{number}/archive", "elsewhere").status_code == 404


def test_nothing_of_the_archive_lies_open_and_every_fetching_is_on_record(house: ArchiveHouse) -> None:
    number = house.closed()
    made = house.archived(number)
    house.file(made["id"])
    with house.database.reading() as session:
        row = session.scalars(select(Archive)).one()
        acts = [each.entry.act for each in audit.search(session, Search(thing_kind=archives.THING))]
    assert firm(1).encode() not in bytes(row.content)
    assert acts == ["archive.fetched", "archive.made", "archive.intended"]


def test_what_acts_by_itself_is_left_out_and_said_to_be(house: ArchiveHouse) -> None:
    number = house.closed([material("program", b"MZ\x90\x00 not for an archive", "setup.exe")])
    made = house.archived(number)
    assert [(each["role"], each["title"], each["why"]) for each in made["left_out"]] == [
        ("material", "setup.exe", "active:executable")
    ]
    found = house.examined(house.file(made["id"]))
    assert found.verdict is Verdict.VALID


def test_a_material_that_does_not_open_is_a_finding_and_the_archive_is_made(house: ArchiveHouse) -> None:
    number = house.closed([material("layout", houses.PDF, "layout.pdf"), material("words", "演示".encode(), "x.pdf")])
    made = house.archived(number)
    assert made["properties"]["usability"] == "warning"
    assert made["findings"] == 2
    assert house.examined(house.file(made["id"])).verdict is Verdict.VALID


def test_the_job_archives_what_was_closed_a_day_ago_once(house: ArchiveHouse) -> None:
    number = house.closed()
    assert jobs.make_due(house.database, house.maker, lambda: house.at) == 0
    house.sheets.pass_time(days=1, hours=1)
    assert [jobs.make_due(house.database, house.maker, lambda: house.at) for _ in range(2)] == [1, 0]
    listed = house.good("GET", "/archives", "operator")["items"]
    assert [(each["case"], each["version"]) for each in listed] == [(number, 1)]


def test_a_service_that_dies_while_making_leaves_nothing_and_the_next_run_makes_one(
    house: ArchiveHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key signed, the process died before the package was kept: the ledger knows of the intention."""
    house.closed()
    house.sheets.pass_time(days=2)

    class Killed(BaseException):
        """Nobody comes to clean up."""

    def killed(*_told: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(archives, "keep", killed)
        with pytest.raises(Killed):
            jobs.make_due(house.database, house.maker, lambda: house.at)
    with house.database.reading() as session:
        assert session.scalars(select(Archive)).all() == []
        acts = [each.entry.act for each in audit.search(session, Search(thing_kind=archives.THING))]
    assert acts == ["archive.intended"]
    assert jobs.make_due(house.database, house.maker, lambda: house.at) == 1


def test_a_case_that_cannot_be_archived_is_tried_again_later_and_does_not_stop_others(house: ArchiveHouse) -> None:
    first = house.closed()
    house.sheets.pass_time(minutes=1)
    second = house.closed()
    house.sheets.pass_time(days=2)
    calls = []

    def fails_first() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the device went away")

    house.stamps.fault = fails_first
    assert jobs.make_due(house.database, house.maker, lambda: house.at) == 1
    with house.database.reading() as session:
        (kept,) = session.scalars(select(ArchiveAttempt)).all()
        assert (kept.case, kept.tries) == (first, 1)
        assert session.scalars(select(Archive.case)).all() == [second]
    assert jobs.make_due(house.database, house.maker, lambda: house.at) == 0
    house.sheets.pass_time(minutes=11)
    assert jobs.make_due(house.database, house.maker, lambda: house.at) == 1
    with house.database.reading() as session:
        assert session.scalars(select(ArchiveAttempt)).all() == []


def test_an_archive_outlives_the_certificates_of_who_sealed(house: ArchiveHouse) -> None:
    """The seal's, the library's and their authority's certificates end after a year; the time stamp's do not."""
    lasting = pki.root("演示时间戳根 CA", not_after=pki.AT + 6 * pki.YEAR)
    stamps = Stamps(lambda: house.at, by=seals.stamping(lasting, not_after=pki.AT + 5 * pki.YEAR))

    def trust_at(_session: object, at: datetime) -> Trust:
        return Trust(at, (*house.trust().anchors, Anchor(lasting.certificate)))

    maker = replace(house.maker(), stamper=stamps, trust_at=trust_at)
    data = house.file(maker.make(house.closed())[0].id)
    house.sheets.pass_time(days=730)
    found = house.examined(data, trust_at(None, house.at))
    assert found.verdict is Verdict.VALID, [(each.id, each.verdict, each.sub_indication) for each in found.signatures]


def test_the_members_are_in_one_order_with_one_time(house: ArchiveHouse) -> None:
    data = house.file(house.archived(house.closed())["id"])
    names = list(package.opened(data).files)
    assert names[:4] == list(package.AHEAD)
    assert names[4:] == sorted(names[4:])
    assert package.written({name: each for name, each in members_of(data).items() if name != package.MIMETYPE}) == data
    manifest = json.loads(members_of(data)[package.MANIFEST])
    assert manifest["retention"]["confidence"] == "memory"
    assert timedelta(0) <= house.at - AT
