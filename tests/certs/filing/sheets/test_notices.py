"""The one-time notice: everything still to do, what is free and why, which questions are open; sealed like receipts."""

from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from certs.filing.matters import keeping
from certs.filing.sheets import paper, sheet
from certs.filing.sheets.paper import Paper
from certs.filing.sheets.sheet import Sheet, Table
from signing.report import Verdict
from tests.certs.filing import window_house
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import AUTHORITY, item_code
from tests.certs.filing.sheets import house as houses
from tests.certs.filing.sheets.house import SheetHouse
from tests.certs.filing.sheets.test_receipts import text_of
from tests.certs.filing.window_house import CANCELLED, LICENCE, OWN
from tests.certs.papers import AT, firm

ONE_DATABASE = pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
OPERATOR = {"kind": "system", "name": "演示秒批系统", "unit": "演示市行政审批局"}


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SheetHouse:
    """Open the window with its seal."""
    return houses.opened(database, tmp_path, AT, monkeypatch)


def received(house: SheetHouse, **peculiar: Any) -> str:
    """Receive a case."""
    body = {
        "key": "intake-1",
        "matter": item_code(),
        "receiving_region": "320900",
        "receiving_window": "演示窗口",
        "project_name": "演示许可",
        "applicant": {"name": "演示企业1有限公司", "kind": "organisation", "type": "001", "code": firm(1)},
        "operator": OPERATOR,
        **peculiar,
    }
    number: str = house.good("POST", "/cases", **body)["number"]
    return number


def fetched(house: SheetHouse, told: dict[str, Any], form: str = "pdf", who: str = "gm") -> Any:
    """Fetch a notice."""
    return house.call("GET", told["documents"][form].removeprefix("/api/v1"), who)


@ONE_DATABASE
def test_a_plan_without_a_case_gives_a_sealed_notice(house: SheetHouse) -> None:
    body: dict[str, Any] = {"matter": item_code(), "region": "320900", "forms": {OWN: "A3 图纸一份"}}
    told = house.good("POST", "/filing/notices", **body)
    assert [(each["name"], each["answer"], each["form"]) for each in told["items"]] == [(OWN, "submit", "A3 图纸一份")]
    assert {each["name"] for each in told["free"]} >= {LICENCE, CANCELLED}
    assert (told["to_submit"], told["to_submit_at_most"], told["questions"]) == (1, 1, [])
    for form in ("pdf", "ofd"):
        document = fetched(house, told, form).data
        assert house.verified(document).verdict is Verdict.VALID
        assert fetched(house, told, form).data == document
    text = text_of(fetched(house, told).data)
    assert all(each in text for each in ("一次告知单", OWN, "A3图纸一份", "12345", "取消，不得收取", "免提交4项"))
    assert house.good("POST", "/filing/notices", **body)["id"] == told["id"]
    assert fetched(house, told, who="elsewhere").status_code == 404


@ONE_DATABASE
def test_the_notice_of_a_case_names_the_applicant_the_term_and_what_is_there(house: SheetHouse) -> None:
    """The organ asks for a supplement; the notice says until when, and no longer lists what was handed in."""
    number = received(house)
    step: dict[str, Any] = {
        "key": "s1",
        "act": "ask-supplement",
        "operator": OPERATOR,
        "words": {"reason": "平面图缺尺寸标注"},
    }
    due = house.good("POST", f"/cases/{number}/steps", **step)["case"]["due_at"]
    told = house.good("POST", f"/cases/{number}/notices")
    text = text_of(fetched(house, told).data)
    assert all(each in text for each in (number, "演示企业1有限公司", "平面图缺尺寸标注", "补正期限"))
    assert firm(1) not in text
    # The term ends with its last day, which is sixteen o'clock of Greenwich.
    assert (told["items"][0]["due"], due[10:16]) == (due[:10], "T16:00")
    assert house.call("POST", f"/cases/{number}/notices", "elsewhere").status_code == 404


@ONE_DATABASE
def test_open_questions_are_said_and_counted(house: SheetHouse) -> None:
    """While nobody has said what is applied for, the counts are bounds and the notice says so."""
    with house.database.transaction() as session:
        questions = (builders.KIND, builders.AIR)
        told = window_house.matter(questions=questions, materials=builders.materials(), version=2)
        keeping.keep(session, told, AUTHORITY, AT)
    notice = house.good("POST", "/filing/notices", matter=item_code(), region="320900")
    assert [each["key"] for each in notice["questions"]] == ["kind"]
    assert (notice["to_submit"], notice["to_submit_at_most"]) == (2, 3)
    text = text_of(fetched(house, notice).data)
    assert "办理情形" in text
    assert "需提交2至3项" in text
    assert "回答后可能增加材料" in text
    assert "不得另行要求" not in text
    whole = house.good(
        "POST", "/filing/notices", matter=item_code(), region="320900", situation={"kind": "new", "air": "no"}
    )
    assert (whole["to_submit"], whole["to_submit_at_most"], whole["questions"]) == (2, 2, [])


class Narrow:
    """A typeface in which every character is one em wide, and one is missing."""

    def has(self, character: str) -> bool:
        """Tell whether a character can be drawn."""
        return character != "㐀"

    def width(self, character: str) -> float:
        """Tell how wide it is."""
        return 1.0 if ord(character) > 0x2000 else 0.5


def long_sheet(rows: int, text: str = "演示") -> Sheet:
    """Make a document with many rows."""
    table = Table(
        "材料", (("材料", 60.0), ("说明", 114.0)), tuple((f"{text}{each}", "说明" * 20) for each in range(rows))
    )
    return Sheet(
        "notice", "一次告知单", "n", AT, (("事项", "演示"),), (table,), ("结束语",), "https://x.example/", "320900"
    )


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 18, 19, 20, 90])
def test_long_documents_run_over_pages_and_the_seal_has_its_room(rows: int) -> None:
    laid = paper.laid(long_sheet(rows), Narrow(), demonstration=True)
    assert isinstance(laid, Paper)
    assert 0 < laid.seal.y + paper.SEAL / 2 <= paper.BOTTOM
    for page in laid.pages:
        lowest = max(getattr(mark, "y", 0.0) for mark in page.marks)
        assert lowest < paper.HEIGHT
    # The seal is never alone: above it stands a row, or the facts where there is none.
    assert len([mark for mark in laid.pages[-1].marks if getattr(mark, "text", "").startswith(("说明", "事项"))]) > 0
    assert sheet.of(long_sheet(rows).written) == long_sheet(rows)


def test_a_character_that_cannot_be_drawn_stops_the_document() -> None:
    found = paper.laid(long_sheet(1, "㐀"), Narrow(), demonstration=False)
    assert not isinstance(found, Paper)
    assert found[0].code == "glyph-missing"
