"""Archives on both databases: made by two at once, handed over with a deadline, received with a digest, or refused."""

import base64
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from certs.filing.archives.models import Archive
from exchange.models import Task
from signing.report import Verdict
from tests.certs.filing.archives import house as houses
from tests.certs.filing.archives.house import ArchiveHouse
from tests.certs.filing.matters.builders import item_code
from tests.certs.papers import AT
from tests.keys.parties.builders import CITY, PROVINCE


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchiveHouse:
    """Open the house."""
    return houses.opened(database, tmp_path, AT, monkeypatch)


def tasks(house: ArchiveHouse) -> list[tuple[str, bool]]:
    """List the tasks of archive offices: whose, and whether done."""
    with house.database.reading() as session:
        found = session.scalars(select(Task).where(Task.duty == "archive-transfer").order_by(Task.id))
        return [(each.organisation, each.done_at is not None) for each in found]


def answered(house: ArchiveHouse, transfer: str, who: str = "elsewhere", **body: Any) -> Any:
    """Answer as an archive office."""
    return house.sheets.call("POST", f"/archive-transfers/{transfer}/receipts", who, **body)


def test_an_archive_is_handed_over_refused_handed_over_again_and_received(house: ArchiveHouse) -> None:
    """From the organ to the archive office of the province and back; the office sees it only while it is to."""
    number = house.closed()
    made = house.archived(number)
    path = f"/archives/{made['id']}"
    assert house.sheets.call("GET", path, "elsewhere").status_code == 404
    first = house.good("POST", f"{path}/transfers", to=PROVINCE)
    assert (first["state"], first["sm3"]) == ("handed-over", made["sm3"])
    assert first["due_at"] > first["handed_over_at"]
    assert tasks(house) == [(PROVINCE, False)]
    again = house.sheets.call("POST", f"{path}/transfers", to=PROVINCE)
    assert (again.status_code, again.json["code"]) == (409, "transfer-stands")
    data = house.file(made["id"], "elsewhere")
    assert house.examined(data).verdict is Verdict.VALID
    assert answered(house, first["id"], "gm", outcome="refused", reason="x").status_code == 404
    refused = answered(house, first["id"], outcome="refused", reason="演示：缺少纸质附件的扫描件")
    assert (refused.status_code, refused.json["state"]) == (201, "refused")
    assert tasks(house) == [(PROVINCE, True)]
    assert house.sheets.call("GET", f"{path}/file", "elsewhere").status_code == 404
    house.sheets.pass_time(hours=1)
    second = house.good("POST", f"{path}/transfers", to=PROVINCE)
    wrong = answered(house, second["id"], outcome="received", receipt="档收1", sm3="0" * 64)
    assert (wrong.status_code, wrong.json["code"]) == (409, "another-archive-received")
    told = {"outcome": "received", "receipt": "档收〔2026〕1号", "sm3": made["sm3"]}
    assert [answered(house, second["id"], **told).json["state"] for _ in range(2)] == ["received", "received"]
    whole = house.good("GET", path)
    assert (whole["state"], [each["state"] for each in whole["transfers"]]) == ("received", ["refused", "received"])
    assert tasks(house) == [(PROVINCE, True), (PROVINCE, True)]


def test_two_who_archive_at_once_get_one_archive(house: ArchiveHouse) -> None:
    number = house.closed()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(house.maker().make(number)[0].id)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 2
    assert len(set(found)) == 1
    with house.database.reading() as session:
        assert len(session.scalars(select(Archive)).all()) == 1


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_findings_are_accepted_with_a_reason_or_stay(house: ArchiveHouse) -> None:
    paper = {"key": "x", "name": "x", "file_name": "x.pdf", "content": base64.b64encode(b"text").decode()}
    made = house.archived(house.closed([paper]))
    path = f"/archives/{made['id']}/transfers"
    answer = house.sheets.call("POST", path, to=PROVINCE)
    assert (answer.status_code, answer.json["code"]) == (409, "findings-not-accepted")
    told = house.good("POST", path, to=PROVINCE, accepted_findings="演示：申请人提交时即为文本")
    assert told["accepted_findings"]


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_retention_is_laid_down_by_whose_it_is_and_stands_in_the_archive(house: ArchiveHouse) -> None:
    told = {"retention": "永久", "basis": "演示市归档范围"}
    own = house.sheets.call("PUT", f"/archive-retentions/{item_code()}", "operator", **told)
    assert (own.status_code, own.json["confidence"]) == (200, "site")
    every = house.sheets.call("PUT", "/archive-retentions/*", "operator", **told)
    assert (every.status_code, every.json["code"]) == (403, "retention-not-yours")
    assert house.sheets.call("PUT", "/archive-retentions/*", "authority", **told).status_code == 200
    bad = house.sheets.call("PUT", f"/archive-retentions/{item_code()}", "operator", retention="5年", basis="x")
    assert bad.status_code == 422
    assert house.archived(house.closed())["retention"] == "永久"
    scopes = [each["scope"] for each in house.good("GET", "/archive-retentions", "operator")["items"]]
    assert scopes == ["*", item_code()]
    assert item_code().startswith(CITY)


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "body", [{"outcome": "received"}, {"outcome": "refused"}, {"outcome": "lost"}, {"outcome": "received", "sm3": "x"}]
)
def test_an_answer_that_says_too_little_is_refused(house: ArchiveHouse, body: dict[str, Any]) -> None:
    assert answered(house, "any", **body).status_code == 422


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_copies_that_are_none_of_the_case_are_refused(house: ArchiveHouse) -> None:
    number = house.closed()
    answer = house.sheets.call("POST", f"/cases/{number}/archive", copies=["eA=="])
    assert (answer.status_code, answer.json["code"]) == (409, "not-a-copy-of-the-case")
    assert house.sheets.call("POST", f"/cases/{number}/archive", copies=["no base64!"]).status_code == 422
