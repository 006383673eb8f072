"""The leader's page: what it shows equals what the tables say, in both languages, without scripts, ready for paper."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from base import clock
from base.callers import Caller
from base.db import Database
from certs.figures import counting, figures, reading
from certs.figures.reading import By
from certs.figures.wiring import Figures
from keys.parties.sample import code_of
from tests.certs.figures import year_house
from tests.certs.figures.year_house import LAST, PARTS, YearHouse
from tests.console.people import Reader, pages

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
LEADER = Caller("person", "leader", "演示领导", code_of("data"), frozenset({"authority"}))
CLERK = Caller("person", "clerk", "演示窗口", code_of("data"), frozenset({"window"}))


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> YearHouse:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(counting, "now", lambda: NOW)
    made = year_house.opened(database, NOW)
    made.used = 6
    return made


def served(house: YearHouse, parts: Figures = PARTS) -> Flask:
    return pages(house.database, [LEADER, CLERK], parts)


def filled(house: YearHouse) -> Flask:
    house.uses(2)
    house.others(2)
    list(counting.count_all(house.database))
    return served(house)


def rows(reader: Reader, place: int) -> list[list[str]]:
    table = reader.page.xpath("//main//table")[place]
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table.xpath(".//tbody/tr")]


def plain(told: str) -> float | None:
    return None if told == "–" else float(told.replace(",", "").rstrip("%"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("by", list(By))
def test_every_figure_on_the_page_is_the_tables_own(house: YearHouse, by: By, language: str):
    reader = Reader(filled(house), "leader").open(f"/console/figures?by={by.value}&order=calls&lang={language}")
    assert reader.status == 200
    with house.database.reading() as session:
        told = reading.table(session, PARTS, LAST, by, "calls", NOW)
    ranking, whole, every = (rows(reader, place) for place in range(3))
    assert [[plain(each) for each in row[2:]] for row in ranking] == [
        [line.figures["calls"].value, line.figures["calls"].before, line.figures["calls"].change] for line in told.lines
    ]
    assert [row[0] for row in ranking] == [str(each.rank or "–") for each in told.lines]
    totals = [told.total[each.name] for each in figures.FIGURES]
    assert [[plain(each) for each in row[1:4]] for row in whole] == [[t.value, t.before, t.change] for t in totals]
    assert [row[4] for row in whole] == [getattr(each, f"formula_{language}") for each in figures.FIGURES]
    values = [[line.figures[each.name].value for each in figures.FIGURES] for line in told.lines]
    assert [[plain(each) for each in row[1:]] for row in every[:-1]] == values
    assert [plain(each) for each in every[-1][1:]] == [each.value for each in totals]


def test_the_page_holds_one_chart_with_a_bar_for_each_of_thirteen_cities(house: YearHouse):
    reader = Reader(filled(house), "leader").open("/console/figures")
    (chart,) = reader.page.xpath("//main//svg")
    bars = chart.xpath(".//*[@class='figures-bar']")
    assert len(bars) == 13
    assert max(int(each.get("width")) for each in bars) <= 420
    assert chart.xpath("./title")
    assert chart.get("role") == "img"


def test_the_page_needs_no_script_and_no_style_of_its_own(house: YearHouse):
    reader = Reader(filled(house), "leader").open("/console/figures")
    assert reader.page.xpath("//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]") == []
    assert "unsafe" not in reader.answer.headers["Content-Security-Policy"]


def test_the_english_page_is_english_but_for_names(house: YearHouse):
    reader = Reader(filled(house), "leader").open("/console/figures?lang=en")
    told = reader.text
    for name in [*PARTS.cities.values(), "演示领导", "省本级和其他地区"]:
        told = told.replace(name, "")
    assert not re.search(r"[\u4e00-\u9fff]", told)


def test_before_anything_is_counted_the_page_says_so(house: YearHouse):
    reader = Reader(served(house), "leader").open("/console/figures")
    assert reader.status == 200
    assert "尚未统计" in reader.text


def test_a_name_cannot_become_markup_and_a_long_one_is_cut_in_the_chart(house: YearHouse):
    filled(house)
    odd = Figures({"3201": "<script>alert(1)</script>市" + "长" * 60})
    reader = Reader(served(house, odd), "leader").open("/console/figures")
    assert reader.page.xpath("//main//script") == []
    assert "<script>alert(1)</script>市" in reader.text


@pytest.mark.parametrize(
    ("query", "status"),
    [("month=2026-13", 422), ("month=2027-01", 422), ("by=planet", 422), ("order=nothing", 422), ("month=&by=", 200)],
)
def test_what_cannot_be_asked_for_is_refused(house: YearHouse, query: str, status: int):
    assert Reader(served(house), "leader").open(f"/console/figures?{query}").status == status


def test_only_whoever_leads_audits_or_runs_the_site_sees_it(house: YearHouse):
    app = served(house)
    assert Reader(app, "clerk").open("/console/figures").status == 403
    assert Reader(app, "nobody").open("/console/figures").answer.location.startswith("/login")
    assert "/console/figures" in Reader(app, "leader").open("/console").answer.text
    assert "/console/figures" not in Reader(app, "clerk").open("/console").answer.text
