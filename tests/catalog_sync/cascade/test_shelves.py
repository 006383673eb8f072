"""What is held and laid out, on both databases: receipts in order, one row a thing, numbers that are never reused."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base.canonical import Json
from base.db import Database
from base.identifiers import CreditCode, RegionCode
from catalog_sync.cascade import answering, contents, holding, jobs, partners, returning
from catalog_sync.cascade.errors import (
    CascadePartnerKnown,
    NoSuchCascadePartner,
    UnknownCascadeMark,
    UnusableCascadePartner,
)
from catalog_sync.cascade.holding import Handed, Source
from catalog_sync.cascade.models import CascadePartner
from catalog_sync.cascade.partners import NewPartner
from catalog_sync.kinds import KINDS, directory
from catalog_sync.record import Operation, Record, Subject
from keys.parties import organisations, systems
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import MAKER, code_of
from keys.parties.systems import NewSystem
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import House

CITY = "320900"
TELLER = Source("told", "county", "320902")
SHELF = "city"


@pytest.fixture
def both(database: Database, tmp_path: Path, at: datetime) -> House:
    """Open a house that knows a city and a county."""
    found = houses.opened(database, tmp_path, at)
    with database.transaction() as session:
        new = NewOrganisation(CreditCode(code_of("city-data")), "演示市数据管理局", RegionCode(CITY), "city", None)
        organisations.add(session, new, MAKER, at)
        for name, region in (("city", CITY), ("county", "320902")):
            systems.add(session, NewSystem(f"{name}-site", "演示站点", code_of("city-data")), MAKER, at)
            partners.add(session, NewPartner(name, f"{name}-site", region, ("organisation",)), MAKER, at)
    return found


def office(version: int = 1, short: str = "county-window", **peculiar: Any) -> Record:
    content: Mapping[str, Json] = {
        "code": code_of(short),
        "name": "演示区政务服务中心",
        "region": "320902",
        "level": "county",
        "state": "active",
        "parent": None,
        **peculiar,
    }
    return Record(Subject("organisation", code_of(short)), version, Operation.UPDATE, content, (), "2026-11-20")


def tell(house: House, *records: Record) -> list[str]:
    with house.database.transaction() as session:
        handed = [Handed(each, each.key) for each in records]
        replies = holding.take_in(session, house.sync.keys, TELLER, handed, MAKER, house.at)
    return [each.outcome.value for each in replies]


def shelf(house: House, mark: str = "") -> tuple[list[Record], str]:
    with house.database.reading() as session:
        row = session.get_one(CascadePartner, SHELF)
        records, mark, _ = returning.page(session, house.sync, row, mark)
    return records, mark


def test_a_thing_that_changes_is_met_again_by_whoever_reads_on(both: House) -> None:
    """The newest row of the shelf is replaced: its number is not given out again, so nothing is missed."""
    tell(both, office(1))
    jobs.laid_out(both.database, both.sync, SHELF)
    first, mark = shelf(both)
    assert shelf(both, mark) == ([], mark)
    tell(both, office(2, name="更名"))
    assert jobs.laid_out(both.database, both.sync, SHELF).laid_out == 1
    second, later = shelf(both, mark)
    assert [each.content["name"] for each in first + second] == ["演示区政务服务中心", "更名"]
    assert int(later) > int(mark)
    assert len(shelf(both)[0]) == 1


def test_what_a_site_takes_back_is_taken_back_from_the_shelf(both: House) -> None:
    tell(both, office(1))
    jobs.laid_out(both.database, both.sync, SHELF)
    _, mark = shelf(both)
    tell(both, replace(office(1), version=2, operation=Operation.DELETE))
    assert jobs.laid_out(both.database, both.sync, SHELF).taken_back == 1
    (record,), _ = shelf(both, mark)
    assert record.operation is Operation.DELETE
    assert record.version > 1


def test_what_another_site_says_of_our_own_changes_nothing_on_a_shelf(both: House, at: datetime) -> None:
    """A county takes back, and then tells as its own, an office of this house that was laid out for the city."""
    ours = code_of("city-data")
    both.sync = replace(both.sync, kinds=KINDS)
    jobs.laid_out(both.database, both.sync, SHELF)
    (before,), mark = shelf(both)
    assert before.subject.id == ours
    content = {**office().content, "code": ours, "region": "320902", "name": "冒名"}
    for version, operation in ((1, Operation.DELETE), (2, Operation.UPDATE)):
        forged = Record(Subject("organisation", ours), version, operation, content, (), "2026-11-20")
        assert tell(both, forged) == ["stored"]
        done = jobs.laid_out(both.database, both.sync, SHELF)
        assert (done.laid_out, done.taken_back) == (0, 0)
    assert shelf(both, mark) == ([], mark)


def test_what_one_site_takes_back_stays_where_another_told_it(both: House) -> None:
    """The county told it first; a city beside it tells and takes back the same code."""
    tell(both, office(1))
    beside = Source("told", "beside", CITY)
    for version, operation in ((7, Operation.UPDATE), (8, Operation.DELETE)):
        record = replace(office(version, name="另一"), operation=operation)
        with both.database.transaction() as session:
            handed = [Handed(record, record.key)]
            (reply,) = holding.take_in(session, both.sync.keys, beside, handed, MAKER, both.at)
        assert reply.outcome.value == "stored"
    jobs.laid_out(both.database, both.sync, SHELF)
    found = {each.subject.id: each for each in shelf(both)[0]}[office().subject.id]
    assert (found.operation.value, found.content["name"]) == ("U", "演示区政务服务中心")


def test_a_page_ends_before_it_is_more_than_a_reader_takes(both: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(both, office(1), office(1, "transport"))
    jobs.laid_out(both.database, both.sync, SHELF)
    monkeypatch.setattr(returning, "MOST_BYTES", 1)
    told, mark = [], ""
    for _ in range(2):
        (record,), mark = shelf(both, mark)
        told.append(record.subject.id)
    assert len(set(told)) == 2
    assert shelf(both, mark) == ([], mark)


def test_receipts_are_numbered_in_the_order_of_the_records(both: House) -> None:
    assert tell(both, office(1), office(2, name="更名"), office(1), office(1, region=CITY)) == [
        "stored",
        "stored",
        "stored",
        "refused",
    ]
    with both.database.reading() as session:
        rows, mark = answering.receipts(session, TELLER, "")
        assert [(each.version, each.outcome, each.code) for each in rows] == [
            (1, "stored", ""),
            (2, "stored", ""),
            (1, "refused", "older-version"),
        ]
        assert answering.receipts(session, TELLER, mark) == ([], mark)
        with pytest.raises(UnknownCascadeMark):
            answering.receipts(session, TELLER, "-1")
        with pytest.raises(UnknownCascadeMark):
            answering.receipts(session, TELLER, "9" * 19)


def test_what_says_no_region_is_held_without_one_where_any_may_come(both: House) -> None:
    """A site that fetches from anywhere takes what it is given; what is no region code is not kept as one."""
    record = office(1, region="no region, and longer than any")
    with both.database.transaction() as session:
        handed = [Handed(record, record.key)]
        (reply,) = holding.take_in(session, both.sync.keys, Source("returned", "x", ""), handed, MAKER, both.at)
        row = holding.held(session, Source("returned", "x", ""), record.subject)
        assert (reply.outcome.value, row is not None and row.region) == ("stored", "")


def test_what_is_sealed_opens_in_its_own_place_alone(both: House) -> None:
    tell(both, office(1))
    with both.database.reading() as session:
        row = holding.held(session, TELLER, office().subject)
        assert row is not None
        assert contents.of_held(session, both.sync.keys, row) == office().content
        assert "政务".encode() not in row.content


def test_a_site_is_registered_once_closed_and_opened_again(both: House, at: datetime) -> None:
    with both.database.transaction() as session:
        with pytest.raises(CascadePartnerKnown):
            partners.add(session, NewPartner("city", "city-site", CITY), MAKER, at)
        with pytest.raises(CascadePartnerKnown):
            partners.add(session, NewPartner("another", "city-site", CITY), MAKER, at)
        for new in (("City", CITY), ("city2", "32"), ("city2", CITY, ("nothing",))):
            with pytest.raises(UnusableCascadePartner):
                partners.add(session, NewPartner(new[0], "city-site", *new[1:]), MAKER, at)
        partners.close(session, "city", MAKER, at)
        with pytest.raises(NoSuchCascadePartner):
            partners.locked(session, "city")
        with pytest.raises(UnusableCascadePartner, match="region"):
            partners.add(session, NewPartner("city", "city-site", "320500"), MAKER, at)
        assert partners.add(session, NewPartner("city", "city-site", CITY), MAKER, at).version == 3
    assert directory.NAME in partners.RETURNS


def test_kinds_that_are_no_longer_given_are_not_given(both: House, at: datetime) -> None:
    """A site that was closed and opened again for fewer kinds does not read what was laid out before."""
    tell(both, office(1))
    jobs.laid_out(both.database, both.sync, SHELF)
    assert len(shelf(both)[0]) == 1
    with both.database.transaction() as session:
        partners.close(session, SHELF, MAKER, at)
        partners.add(session, NewPartner(SHELF, "city-site", CITY, ("item",)), MAKER, at)
    assert shelf(both) == ([], "")
