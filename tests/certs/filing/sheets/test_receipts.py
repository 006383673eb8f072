"""The receipt of a look-up: sealed, the same bytes each time, for the asking office, with nothing found on it."""

import threading
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from base import audit
from base.audit import Search
from base.db import Database
from certs.filing.sheets import sheets
from certs.filing.sheets.models import FilingSheetFile
from certs.life import State
from certs.models import CertificateFile
from keys.algorithms.sm3 import SM3
from signing.models import DONE, SealUse
from signing.report import Verdict
from tests.certs.filing.sheets import house as houses
from tests.certs.filing.sheets.house import SheetHouse
from tests.certs.papers import AT, firm

# Two at once are tried on both databases; what stands on a receipt is the same on either.
ONE_DATABASE = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SheetHouse:
    """Open the window with its seal; the first firm has a permit."""
    opened = houses.opened(database, tmp_path, AT, monkeypatch)
    opened.window.library.keep(1)
    return opened


def text_of(document: bytes) -> str:
    """Read what stands on a PDF, without its line breaks."""
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(document)]
    return "".join("".join(pages).split())


def fetched(house: SheetHouse, lookup: str, form: str = "pdf", who: str = "gm") -> Any:
    """Fetch a receipt."""
    return house.call("GET", f"/filing/lookups/{lookup}/receipt.{form}", who)


@ONE_DATABASE
@pytest.mark.parametrize("form", ["pdf", "ofd"])
def test_a_look_up_links_to_a_receipt_that_verifies_and_is_the_same_each_time(house: SheetHouse, form: str) -> None:
    told = house.looked()
    path = told["receipt"]["documents"][form].removeprefix("/api/v1")
    first = house.call("GET", path)
    assert first.status_code == 200
    assert first.mimetype == sheets.MEDIA_TYPES[form]
    report = house.verified(first.data)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].seal is None or "服务章" in report.signatures[0].seal.name
    house.pass_time(hours=3)
    assert house.call("GET", path).data == first.data


@ONE_DATABASE
def test_a_receipt_says_how_each_material_ended_and_nothing_that_was_found(house: SheetHouse) -> None:
    told = house.looked()
    text = text_of(fetched(house, told["usage_id"]).data)
    with house.database.reading() as session:
        originals = session.scalars(select(CertificateFile.sm3)).all()
    assert told["usage_id"] in text
    assert "已查到" in text
    assert "依职权" in text
    assert "未查询（不在可查范围）" in text
    assert all(each["usage_id"] in text for each in told["items"] if each["usage_id"])
    assert all(each in text for each in originals)
    assert "平台服务章，不是颁发机构" in text
    found = [str(value) for each in told["items"] for one in each["certificates"] for value in one["data"].values()]
    rows = [value for each in told["items"] for row in each["data"].get("rows", ()) for value in row.values()]
    assert found
    assert rows
    # The one that is left out is the word that everything invented is marked with.
    assert not [each for each in (*found, *rows, firm(1)) if each in text and each != "演示"]


@ONE_DATABASE
def test_a_receipt_is_the_asking_offices_alone(house: SheetHouse) -> None:
    told = house.looked()
    answer = fetched(house, told["usage_id"], who="elsewhere")
    assert answer.status_code == 404
    assert answer.json["code"] == "no-such-lookup"
    assert fetched(house, "no-such-number").status_code == 404
    assert fetched(house, told["usage_id"], "docx").status_code == 404


@ONE_DATABASE
def test_a_look_up_that_was_made_again_has_a_receipt_of_its_new_state(house: SheetHouse) -> None:
    first = house.looked()
    one = fetched(house, first["usage_id"]).data
    again = house.looked()
    assert again["usage_id"] == first["usage_id"]
    two = fetched(house, first["usage_id"]).data
    assert one != two
    assert "（第2次）" in text_of(two)


def test_the_use_of_the_seal_and_the_document_are_on_record(house: SheetHouse) -> None:
    told = house.looked()
    document = fetched(house, told["usage_id"]).data
    with house.database.reading() as session:
        kept = session.scalars(select(FilingSheetFile)).one()
        use = session.get_one(SealUse, kept.seal_use)
        acts = [each.entry.act for each in audit.search(session, Search(thing_kind=sheets.THING))]
    assert kept.sm3 == SM3.of(document).hex()
    assert use.state == DONE
    assert sorted(acts) == ["filing-receipt.made", "filing-receipt.sealed"]
    assert document not in bytes(kept.content)


def test_two_who_ask_at_once_are_given_one_document(house: SheetHouse) -> None:
    lookup = house.looked()["usage_id"]
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(fetched(house, lookup).data)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1
    with house.database.reading() as session:
        assert len(session.scalars(select(FilingSheetFile)).all()) == 1


@ONE_DATABASE
def test_what_was_not_found_and_what_is_not_in_force_is_said(house: SheetHouse) -> None:
    assert "未查到" in text_of(fetched(house, house.looked(2)["usage_id"]).data)
    house.window.library.keep(3, state=State.REVOKED)
    assert "现状：已撤销" in text_of(fetched(house, house.looked(3)["usage_id"]).data)
