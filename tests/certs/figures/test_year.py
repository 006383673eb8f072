"""A year of twelve departments and thirteen cities: every figure equals what is counted plainly.

`bench/drills/figures_year.py` counts the same of sixty directories.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from base.db import Database
from certs.figures import counting, figures, invented, reading
from certs.figures.invented import Scale
from certs.figures.months import Month
from certs.figures.reading import By
from certs.figures.tallies import FOUND
from certs.figures.wiring import Figures
from tests.certs.figures import plain, year_house
from tests.certs.figures.year_house import LAST, PARTS, YearHouse

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
LINES: dict[By, Callable[[str, str], str]] = {
    By.CITY: lambda region, _: region[:4] if region[:4] in PARTS.cities else "",
    By.COUNTY: lambda region, _: region[:6],
    By.DEPARTMENT: lambda _, organisation: organisation,
}


def count(house: YearHouse, most: int = counting.PIECE) -> None:
    list(counting.count_all(house.database, most))


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> YearHouse:
    monkeypatch.setattr(counting, "now", lambda: NOW)
    return year_house.opened(database, NOW)


def test_every_figure_of_the_year_is_what_a_plain_recount_and_the_generator_say(house: YearHouse):
    """The first month, one of the others, the last: value, month before, whole, and rank, by each kind of line."""
    house.used = 3
    house.uses(12)
    house.others(12)
    count(house)
    with house.database.reading() as session:
        promised(session, house.scale(12))
        for month, by in ((LAST.after(-11), By.CITY), (LAST.after(-4), By.COUNTY), (LAST, By.DEPARTMENT)):
            compare(session, month, by, LINES[by])


def compare(session: Session, month: Month, by: By, line_of: Callable[[str, str], str]) -> None:
    order = "materials_spared" if by is By.DEPARTMENT else "certificate_uses"
    told = reading.table(session, PARTS, month, by, order, NOW)
    now = plain.figures(session, str(month), NOW, line_of)
    before = plain.figures(session, str(month.after(-1)), NOW, line_of)
    lines = {each.code: each.figures for each in told.lines}
    assert {line for line, said in now.items() if line != "*" and any(said.values())} <= set(lines)
    for line, said in [*lines.items(), ("*", told.total)]:
        for figure in figures.FIGURES:
            name, nothing = figure.name, None if figure.unit == figures.SHARE else 0
            expected = now.get(line, {}).get(name, nothing), before.get(line, {}).get(name, nothing)
            assert (said[name].value, said[name].before) == expected, (str(month), by, line, name)
    for each in told.lines:
        values = [now.get(other.code, {}).get(order, 0) for other in told.lines if other.code]
        mine = now.get(each.code, {}).get(order, 0)
        assert each.rank == (1 + sum(value > mine for value in values) if each.code else None)


def promised(session: Session, scale: Scale) -> None:
    """Hold the calls of some months against what can be said without counting."""
    for place in (0, 5, 10):
        told = reading.table(session, PARTS, scale.months[place], By.CITY, "calls", NOW)
        calls = {each.code: each.figures["calls"].value for each in told.lines}
        for city, code in enumerate(scale.cities):
            uses = sum(invented.how_many(place, city, each) for each in range(len(scale.directories)))
            assert calls[code[:4]] == uses


@pytest.mark.parametrize("by", list(By))
def test_a_month_is_read_with_as_many_statements_whatever_was_counted(house: YearHouse, by: By):
    house.used = 9

    def statements() -> int:
        seen: list[str] = []
        with house.database.reading() as session:
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *told: seen.append(told[2]))
            reading.table(session, PARTS, LAST, by, "calls", NOW)
        return len(seen)

    house.uses(1)
    count(house)
    few = statements()
    house.uses(2)
    house.others(2)
    count(house)
    assert statements() == few <= 5


def test_pieces_of_any_size_come_to_the_same(house: YearHouse):
    house.used = 5
    house.uses(1)
    house.others(2)
    count(house, most=77)
    with house.database.reading() as session:
        compare(session, LAST, By.CITY, LINES[By.CITY])
        assert reading.standing(session).waiting == 0


def test_a_city_without_figures_has_its_line_and_its_rank(house: YearHouse):
    with house.database.reading() as session:
        told = reading.table(session, PARTS, LAST, By.CITY, figures.DEFAULT, NOW)
    assert [each.rank for each in told.lines] == [1] * 13
    assert all(each.figures["satisfaction"].value is None for each in told.lines)


def test_what_lies_in_no_ranked_city_has_a_line_of_its_own_and_is_in_the_whole(house: YearHouse):
    peculiar = year_house.use_of(house)
    with house.database.transaction() as session:
        purposes = [
            year_house.dataclasses.replace(peculiar.purpose, handling_region=each)
            for each in ("320000", "310101", "320902100", "320900")
        ]
        uses = [
            year_house.use_of(house, id=f"u{place}", outcome=FOUND, mount="own", purpose=each)
            for place, each in enumerate(purposes)
        ]
        invented.keep(session, uses)
    count(house)
    with house.database.reading() as session:
        told = reading.table(session, PARTS, LAST, By.CITY, "certificate_uses", NOW)
        counties = reading.table(session, PARTS, LAST, By.COUNTY, "certificate_uses", NOW)
    values = {each.code: each.figures["certificate_uses"].value for each in told.lines}
    assert (values["3209"], values[""], told.total["certificate_uses"].value) == (2, 2, 4)
    assert told.lines[-1].rank is None
    assert {each.code for each in counties.lines} == {"320000", "310101", "320902", "320900"}


def test_without_a_list_the_cities_are_those_of_the_organisations(house: YearHouse):
    with house.database.reading() as session:
        told = reading.table(session, Figures(), LAST, By.CITY, "calls", NOW)
    assert [(each.code, each.name) for each in told.lines] == [("3209", "320900")]
