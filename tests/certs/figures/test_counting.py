"""Counting goes on where it stopped: killed at any statement, late events, two at once, and recounts that mend."""

import dataclasses
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update

from base import audit
from base.db import Database
from certs.figures import counting, figures, invented, recounting, tallies
from certs.figures.errors import RebuiltMeanwhile
from certs.figures.figures import BY_NAME
from certs.figures.models import FigureCount, FigureKind, FigureReader
from certs.figures.months import Month
from certs.figures.recounting import Difference
from certs.figures.tallies import CaseName, Place, Step
from keys.parties.sample import MAKER, code_of
from tests.certs.figures import year_house
from tests.certs.figures.year_house import LAST, YearHouse

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
PIECE = 60
# Numbers of statements that a run survives: each of the first, then further and further apart, beyond the last.
LIVES = (*range(1, 40), *range(43, 1000, 23))


class Killed(BaseException):
    """The process was killed."""


@pytest.fixture
def house(database: Database, monkeypatch: pytest.MonkeyPatch) -> YearHouse:
    monkeypatch.setattr(counting, "now", lambda: NOW)
    made = year_house.opened(database, NOW)
    made.used = 6
    made.uses(1)
    made.others(2)
    return made


def count(house: YearHouse) -> None:
    list(counting.count_all(house.database, PIECE))


def kept(house: YearHouse) -> dict[tuple[object, ...], object]:
    with house.database.reading() as session:
        counts = session.scalars(select(FigureCount)).all()
        kinds = session.scalars(select(FigureKind)).all()
    told = {(each.day, each.region, each.organisation, each.measure): each.count for each in counts}
    return told | {(each.kind, each.region, each.organisation, each.code): each.first_day for each in kinds}


def differences(house: YearHouse, month: Month = LAST) -> tuple[Difference, ...]:
    return recounting.recount(house.database, month).differences


def test_killed_before_any_statement_nothing_is_lost_or_doubled(house: YearHouse):
    """Each run dies some statements later than the one before, until one comes to the end."""
    lives = 0
    for lives in LIVES:
        left = [lives]

        def kill(*_told: object, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed

        event.listen(house.database.engine, "before_cursor_execute", kill)
        try:
            count(house)
        except Killed:
            continue
        finally:
            event.remove(house.database.engine, "before_cursor_execute", kill)
        break
    assert lives > 10
    assert kept(house)
    assert (differences(house), differences(house, LAST.after(-1))) == ((), ())


def test_counting_again_adds_nothing(house: YearHouse):
    count(house)
    first = kept(house)
    count(house)
    assert kept(house) == first


def test_what_is_told_late_is_counted_on_its_own_day(house: YearHouse):
    count(house)
    then = datetime(2026, 9, 30, 16, 0, tzinfo=UTC)
    with house.database.transaction() as session:
        late = year_house.use_of(house, at=then, id="late", outcome=tallies.FOUND, mount="own")
        invented.keep(session, [late])
        invented.keep(session, [dataclasses.replace(late, id="earlier", at=then - timedelta(seconds=1))])
    count(house)
    place = ("320100", late.by.organisation, "certificate_found")
    told = kept(house)
    assert (told[date(2026, 10, 1), *place], told[date(2026, 9, 30), *place]) == (1, 1)
    assert (differences(house, Month(2026, 10)), differences(house, Month(2026, 9))) == ((), ())


def test_two_that_count_at_once_count_everything_once(house: YearHouse):
    faults: list[BaseException] = []

    def work() -> None:
        try:
            count(house)
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert faults == []
    assert (differences(house), differences(house, LAST.after(-1))) == ((), ())


def test_a_recount_names_each_difference_and_mends_when_asked(house: YearHouse):
    count(house)
    right = kept(house)
    with house.database.transaction() as session:
        some = session.scalars(select(FigureCount).where(FigureCount.measure == "data_found").limit(2)).all()
        wrong, gone = (Place(each.day, each.region, each.organisation, each.measure) for each in some)
        some[0].count += 5
        session.delete(some[1])
        session.add(FigureCount(day=LAST.first, region="329999", organisation="x", measure="spared", count=2))
        known = session.scalars(select(FigureKind).where(FigureKind.first_day >= LAST.first).limit(1)).one()
        known.first_day += timedelta(days=1)
    found = recounting.recount(house.database, LAST)
    named = {each.place: each.kept - each.counted for each in found.differences}
    assert (named[wrong], named[Place(LAST.first, "329999", "x", "spared")], len(named)) == (5, 2, 4)
    assert named[gone] < 0
    with house.database.transaction() as session:
        recounting.rebuild(session, found, MAKER, NOW)
    assert kept(house) == right
    with house.database.reading() as session:
        assert audit.search(session, audit.Search(act="figures.rebuilt"))


def test_what_is_counted_during_a_recount_stays(house: YearHouse):
    count(house)
    with house.database.transaction() as session:
        session.execute(update(FigureCount).values(count=FigureCount.count + 1))
    found = recounting.recount(house.database, LAST)
    with house.database.transaction() as session:
        invented.keep(session, [year_house.use_of(house, id="meanwhile", outcome=tallies.FOUND)])
    count(house)
    with house.database.transaction() as session:
        recounting.rebuild(session, found, MAKER, NOW)
    places = [each.place for each in differences(house)]
    assert all(isinstance(each, Place) and each.measure in tallies.OF_DUTIES for each in places)
    count(house)
    assert differences(house) == ()


def test_of_two_rebuildings_at_once_the_second_is_refused(house: YearHouse):
    count(house)
    with house.database.transaction() as session:
        session.execute(update(FigureCount).values(count=FigureCount.count + 1))
    found = recounting.recount(house.database, LAST)
    with house.database.transaction() as session:
        recounting.rebuild(session, found, MAKER, NOW)
    with pytest.raises(RebuiltMeanwhile), house.database.transaction() as session:
        recounting.rebuild(session, found, MAKER, NOW)


def test_all_months_are_recounted_from_the_first_entry_to_the_last_day(house: YearHouse):
    count(house)
    with house.database.reading() as session:
        assert recounting.months(session) == [LAST.after(-1), LAST]
        assert session.scalar(select(func.count()).select_from(FigureReader)) == 1


def test_a_duty_done_late_stays_overdue_and_one_not_yet_due_is_not_counted(house: YearHouse):
    who = code_of("market")
    with house.database.transaction() as session:
        for late in (0, 1, None):
            year_house.task(session, who, "demand-answer", NOW - timedelta(days=6), late)
            year_house.task(session, who, "demand-answer", NOW - timedelta(days=4), late)
    count(house)
    told, day = kept(house), (NOW - timedelta(days=1)).date()
    values = {name: told.get((day, "320000", who, name)) for name in tallies.OF_DUTIES}
    assert values == {"duties_due": 3, "duties_overdue": 2, "demands_due": 3, "demands_in_time": 1}


def made(place: int, found: list[list[str]], thing: str = "l", basis: str = "", kind: str = "case") -> Step:
    facts = {"found": found, "basis": basis, "basis_kind": kind if basis else ""}
    return Step(place, tallies.LOOKED_UP, facts, thing, "o")


LICENCE, REGISTER, CARD = ["licence", "applicant"], ["register", "applicant"], ["card", "spouse"]
PAPERS = st.lists(st.sampled_from([LICENCE, REGISTER, CARD]), max_size=4)


@given(st.lists(st.tuples(st.sampled_from("abc"), PAPERS), max_size=8))
def test_a_case_is_spared_each_paper_once_whoever_finds_it_how_often(runs: list[tuple[str, list[list[str]]]]):
    history = [made(place, found, thing, "n") for place, (thing, found) in enumerate(runs)]
    most = {tuple(each): max(found.count(each) for _, found in runs) for _, papers in runs for each in papers}
    assert sum(count for _, count in tallies.spared(history)) == sum(most.values())


def test_two_look_ups_of_one_case_that_find_the_same_spare_it_once():
    history = [made(0, [LICENCE, CARD], "a", "n"), made(1, [LICENCE, REGISTER], "b", "n")]
    assert list(tallies.spared(history)) == [(0, 2), (1, 1)]


def test_the_papers_of_two_persons_in_one_role_are_two():
    assert list(tallies.spared([made(0, [CARD, CARD], "a", "n"), made(1, [CARD], "b", "n")])) == [(0, 2)]


def test_a_look_up_without_a_case_spares_nothing_until_it_is_bound_to_one():
    bound = Step(2, tallies.BOUND, {"case": "n"}, "a", "o")
    history = [made(0, [LICENCE], "a"), made(1, [LICENCE, REGISTER], "b", "n"), bound, made(3, [CARD], "a")]
    assert list(tallies.spared(history)) == [(1, 2), (3, 1)]
    assert list(tallies.spared(history[:1])) == []


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        ("case", CaseName("n")),
        ("intake", CaseName("n", "o")),
        ("task", None),
        ("agreement", None),
    ],
)
def test_inspections_and_agreements_name_no_case_and_an_intake_is_its_office_s(kind: str, case: CaseName | None):
    assert tallies.case_named(made(0, [LICENCE], basis="n", kind=kind)) == case


def test_an_entry_that_names_no_materials_counts_by_itself():
    """Entries that were written before the materials were named."""
    told = [Step(place, tallies.LOOKED_UP, _of_old(found), "l", "o") for place, found in enumerate((1, 3, 2))]
    assert list(tallies.spared(told)) == [(0, 1), (1, 2)]
    assert tallies.case_named(told[0]) == CaseName("l", "l")


def _of_old(found: int) -> dict[str, object]:
    return {"outcomes": ["found"] * found + ["denied"], "basis": "n"}


def test_a_paper_is_reused_in_a_case_once_and_not_again_where_it_was_found():
    told = [Step(place, tallies.REUSED, {"material": key}, "n") for place, key in enumerate(["a", "a", "licence"])]
    assert list(tallies.spared(told)) == [(0, 1), (2, 1)]
    assert list(tallies.spared([*told, made(3, [LICENCE, CARD], "l", "n")])) == [(0, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize(
    ("counts", "before", "expected"),
    [
        ({"level_5": 2, "level_1": 1}, {"level_3": 1}, (66.7, 100.0, -33.3)),
        ({}, {"level_3": 1}, (None, 100.0, None)),
    ],
    ids=["both", "nobody"],
)
def test_a_share_of_nothing_is_no_figure(counts, before, expected):
    told = figures.of(counts, before)["satisfaction"]
    assert (told.value, told.before, told.change) == expected


@pytest.mark.parametrize(("now", "before", "change"), [(3, 2, 50.0), (1, 3, -66.7), (5, 0, None), (0, 4, -100.0)])
def test_a_number_changes_in_per_cent_of_what_it_was(now: int, before: int, change: float | None):
    assert figures.of({"certificates": now}, {"certificates": before})["certificates"].change == change


@given(st.dictionaries(st.text(max_size=3), st.one_of(st.none(), st.integers(0, 5)), max_size=9))
def test_equals_share_a_place_and_the_best_is_first(values: dict[str, int | None]):
    for name in ("calls", "duties_overdue"):
        places = figures.ranks(values, BY_NAME[name])
        assert set(places) == {code for code, value in values.items() if value is not None}
        known = {code: value for code, value in values.items() if value is not None}
        for code, place in places.items():
            mine = known[code]
            better = [each for each in known.values() if (each < mine if name != "calls" else each > mine)]
            assert place == 1 + len(better)
