"""Figures over HTTP: JSON, CSV for spreadsheets, who may read them, and what is refused."""

import csv
import io
from datetime import UTC, datetime

import pytest

from base import clock
from base.callers import Caller
from base.db import Database
from certs.figures import counting, reading
from certs.figures.figures import FIGURES
from certs.figures.reading import By
from certs.figures.wiring import Figures
from certs.routes.figures import figure_routes
from keys.parties.sample import code_of
from tests import rooms
from tests.certs.figures import year_house
from tests.certs.figures.year_house import LAST, PARTS, YearHouse
from tests.rooms import Door

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
READERS = [
    Caller("person", role, role, code_of("data"), frozenset({role})) for role in ("authority", "auditor", "operator")
]
CLERK = Caller("person", "clerk", "clerk", code_of("data"), frozenset({"window", "requester"}))


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> YearHouse:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(counting, "now", lambda: NOW)
    made = year_house.opened(database, NOW)
    made.used = 6
    made.uses(2)
    made.others(2)
    list(counting.count_all(database))
    return made


def door(house: YearHouse, parts: Figures = PARTS) -> Door:
    return rooms.door(house.database, (figure_routes,), [*READERS, CLERK], parts)


def test_the_answer_is_the_table_with_formulas_and_how_far_the_counting_came(house: YearHouse):
    answer = door(house).call("operator", "GET", "/figures?month=2026-11&by=department&order=data_uses")
    with house.database.reading() as session:
        told = reading.table(session, PARTS, LAST, By.DEPARTMENT, "data_uses", NOW)
    assert (answer.status_code, answer.json["waiting"], answer.json["by"]) == (200, 0, "department")
    assert [each["name"] for each in answer.json["figures"]] == [each.name for each in FIGURES]
    assert all(each["formula_zh"] and each["formula_en"] for each in answer.json["figures"])
    assert [(each["code"], each["rank"]) for each in answer.json["items"]] == [(e.code, e.rank) for e in told.lines]
    first = answer.json["items"][0]["figures"]["data_uses"]
    assert (first["value"], first["before"]) == (
        told.lines[0].figures["data_uses"].value,
        told.lines[0].figures["data_uses"].before,
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_csv_is_what_excel_opens_and_holds_the_same_numbers(house: YearHouse, language: str):
    answer = door(house).call("auditor", "GET", f"/figures/table?month=2026-11&language={language}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"].endswith("figures-2026-11-city.csv")
    head, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert len(head) == 4 + 3 * len(FIGURES)
    with house.database.reading() as session:
        told = reading.table(session, PARTS, LAST, By.CITY, "certificate_uses", NOW)
    assert len(lines) == len(told.lines) + 1
    for line, row in zip(told.lines, lines, strict=False):
        cells = (line.figures[each.name] for each in FIGURES)
        values = [value for each in cells for value in (each.value, each.before, each.change)]
        assert row[4:] == ["" if each is None else str(each) for each in values]


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", 'a\0b,"c"\n=2'])
def test_a_name_never_becomes_a_formula(house: YearHouse, name: str):
    answer = door(house, Figures({"3201": name})).call("auditor", "GET", "/figures/table?month=2026-11")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    (row,) = [each for each in rows if each[2] == "3201"]
    assert row[3][:1] not in {"=", "+", "-", "@", "\t"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid-input"),
        ("month=2026-1", "invalid-input"),
        ("month=2026-11-01", "invalid-input"),
        ("month=2026-11%0a", "invalid-input"),
        ("month=2026-12", "figures-month-not-begun"),
        ("month=2026-11&by=town", "invalid-input"),
        ("month=2026-11&order=password", "invalid-input"),
        ("month=2026-11&x=1", "invalid-input"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(house: YearHouse, query: str, code: str):
    answer = door(house).call("authority", "GET", f"/figures?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_only_whoever_leads_audits_or_runs_the_site_reads_them(house: YearHouse):
    served = door(house)
    for path in ("/figures?month=2026-11", "/figures/table?month=2026-11"):
        assert served.call("clerk", "GET", path).status_code == 403
        assert served.call(None, "GET", path).status_code == 401
