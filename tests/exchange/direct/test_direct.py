"""Direct delivery: a town gets its own region's rows, once, as long as all that it hangs on is true."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from base.db import Database
from base.models import AuditEntry
from exchange.agreements import granting, sharing
from exchange.agreements.errors import NotGranted
from exchange.agreements.life import RequestStep
from exchange.agreements.models import Grant
from exchange.direct import delivering, following, offering, subscribing
from exchange.direct.errors import (
    DirectlySubscribed,
    DirectStepNotAllowed,
    NotDeliveredNow,
    NotOfferedDirectly,
    UnknownDirectMark,
    UnusableDirectOffer,
)
from exchange.direct.models import DirectOffer, DirectRow, DirectSubscription
from exchange.direct.offering import NewOffer
from exchange.door.models import Usage
from exchange.errors import NotYourDirectory
from exchange.life import State
from exchange.models import Directory
from exchange.sources.source import Question
from tests.exchange.departments import person
from tests.exchange.direct import direct_house
from tests.exchange.direct.direct_house import (
    COUNTY,
    KEY,
    OTHER_TOWN,
    PROVIDER,
    ROWS,
    TOWN,
    House,
    asker,
    row,
)


class Killed(BaseException):
    """What `kill -9` does: nothing after it happens."""


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    made = direct_house.opened(database, tmp_path, at)
    yield made
    made.parts.mounts.close()


def offer_of(house: House) -> DirectOffer:
    with house.database.reading() as session:
        return offering.offer_of(session, house.code)


def names(*numbers: int) -> list[tuple[str, str]]:
    return [("upsert", f"苏卫{number:04d}") for number in numbers]


def test_a_town_gets_its_own_rows_and_a_row_without_a_region_goes_to_nobody(house: House):
    town = house.subscribed()
    assert house.keys(town) == names(1, 2, 5)
    county = house.subscribe(COUNTY)
    house.settle(county)
    assert house.keys(county, organisation=COUNTY) == names(1, 2, 3, 4, 5)
    told = offer_of(house)
    assert (told.read_rows, told.read_nowhere, told.read_doubles) == (8, 2, 0)


def test_a_directory_declared_for_a_level_is_granted_in_its_name_and_another_level_is_decided_on(house: House):
    house.offer("town")
    house.follow()
    town, county = house.subscribe(TOWN), house.subscribe(COUNTY)
    assert house.settle(town).state == "active"
    assert (house.settle(county).state, house.settle(county).reason) == ("asked", "deciding")
    with house.database.transaction() as session:
        request = sharing.request_of(session, subscribing.subscription_of(session, county).request)
        sharing.take(session, request, RequestStep.APPROVE, "", PROVIDER, house.at)
        steps = sharing.steps(session, sharing.request_of(session, subscribing.subscription_of(session, town).request))
    assert [each.by for each in steps][-1] == "system:exchange"
    assert house.settle(county).state == "active"


def test_nothing_is_granted_before_the_own_department_checked(house: House):
    house.offer("town")
    house.follow()
    town = house.subscribe(checks=False)
    assert (house.settle(town).state, house.settle(town).reason) == ("asked", "checking")
    with pytest.raises(NotDeliveredNow):
        house.page(town)


def test_a_refused_request_ends_the_asking_and_leaves_the_way_for_another(house: House):
    house.offer()
    county = house.subscribe(COUNTY)
    with house.database.transaction() as session:
        request = sharing.request_of(session, subscribing.subscription_of(session, county).request)
        sharing.take(session, request, RequestStep.REFUSE, "无依据", PROVIDER, house.at)
    assert (house.settle(county).state, house.settle(county).reason) == ("refused", "refused")
    assert house.subscribe(COUNTY) != county


def test_one_subscription_stands_for_a_directory(house: House):
    town = house.subscribed()
    with pytest.raises(DirectlySubscribed) as refusal:
        house.subscribe()
    assert refusal.value.subscription == town


def test_what_is_not_offered_cannot_be_subscribed_to(house: House):
    with pytest.raises(NotOfferedDirectly):
        house.subscribe()


def test_pages_go_on_from_a_mark_and_nothing_comes_twice(house: House):
    town = house.subscribed()
    seen, mark, more = [], "", True
    while more:
        told = house.page(town, mark, limit=1)
        seen += [each.row[KEY] for each in told.items]
        mark, more = told.next, told.more
    assert seen == ["苏卫0001", "苏卫0002", "苏卫0005"]
    assert house.page(town, mark).items == ()
    house.write([*ROWS[:1], row(2, "320902100001", "改了名"), *ROWS[2:]])
    house.follow()
    assert house.keys(town, mark) == names(2)


def test_a_row_that_leaves_the_region_is_told_as_gone_and_comes_to_the_other(house: House):
    town = house.subscribed()
    other = house.subscribe(OTHER_TOWN)
    house.settle(other)
    mine, theirs = house.page(town).next, house.page(other, organisation=OTHER_TOWN).next
    house.write([row(1, "320902101000"), *ROWS[1:]])
    house.follow()
    assert house.keys(town, mine) == [("delete", "苏卫0001")]
    told = house.page(town, mine).items[0]
    assert set(told.row) == {KEY}
    assert house.keys(other, theirs, OTHER_TOWN) == names(1)


def test_a_row_that_is_gone_at_the_source_is_told_and_keeps_nothing_but_its_key(house: House):
    town = house.subscribed()
    mark = house.page(town).next
    house.write([*ROWS[:1], *ROWS[2:]])
    house.follow()
    assert house.keys(town, mark) == [("delete", "苏卫0002")]
    with house.database.reading() as session:
        gone = session.scalars(select(DirectRow).where(DirectRow.is_gone)).one()
        assert set(house.parts.opened(session, gone.directory, gone.key, gone.region, gone.content)) == {KEY}


def test_a_reading_that_found_far_fewer_rows_is_held_for_the_department(house: House):
    rows = [row(number, "320902100000") for number in range(1, 41)]
    house.write(rows)
    town = house.subscribed()
    mark = house.page(town).next
    house.write(rows[:20])
    house.follow()
    assert (offer_of(house).state, offer_of(house).reason) == ("held", "many-gone")
    assert house.page(town, mark).items == ()
    with house.database.transaction() as session:
        held = offering.offer_of(session, house.code, locked=True)
        offering.release(session, house.parts, held, "核实过", PROVIDER, house.at)
    assert len(house.page(town, mark).items) == 20
    assert offer_of(house).state == "offered"


def test_a_double_at_the_source_counts_once_and_is_told(house: House):
    house.write([*ROWS])
    house.offer("town")
    house.follow()
    serial = offer_of(house).serial
    house.follow()
    assert offer_of(house).serial == serial


def test_a_death_between_reading_and_keeping_reads_the_same_page_again(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(following, "ROWS", 2)
    house.offer("town")
    taken, calls = following.take_in, []

    def dies(*args: object, **told: object) -> object:
        kept = taken(*args, **told)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return kept

    with monkeypatch.context() as bent:
        bent.setattr(following, "take_in", dies)
        with pytest.raises(Killed):
            house.follow()
    assert offer_of(house).read_at is None
    direct_house.again(house).follow()
    town = house.subscribe()
    house.settle(town)
    assert house.keys(town) == names(1, 2, 5)
    assert offer_of(house).read_rows == 8


def test_two_processes_at_once_keep_a_page_once(house: House, monkeypatch: pytest.MonkeyPatch):
    house.offer("town")
    step = house.database.repeat(lambda session: following._next(session, house.code))
    assert step is not None
    answer = house.parts.mounts.source(step.plan).ask(Question(tuple(each.item for each in step.plan.columns), (), 500))
    with house.database.transaction() as session:
        assert following.take_in(session, house.parts, step, answer, house.at) is not None
    with house.database.transaction() as session:
        assert following.take_in(session, house.parts, step, answer, house.at) is None
    assert offer_of(house).serial == 6


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("moved", "region-changed"),
        ("suspended", "organisation-suspended"),
        ("withdrawn", "directory-withdrawn"),
        ("offer", "offer-withdrawn"),
    ],
)
def test_a_subscription_is_suspended_at_once_and_its_grant_with_it(house: House, cause: str, reason: str):
    town = house.subscribed()
    with house.database.transaction() as session:
        if cause == "withdrawn":
            session.get_one(Directory, house.code).state = State.WITHDRAWN.value
        if cause == "offer":
            held = offering.offer_of(session, house.code, locked=True)
            offering.withdraw(session, held, "不再直达", PROVIDER, house.at)
    if cause in {"moved", "suspended"}:
        house.in_session(**({"region": "320902101"} if cause == "moved" else {"state": "suspended"}))
    with pytest.raises(NotDeliveredNow) as refusal:
        house.page(town)
    assert refusal.value.reason == reason
    assert (house.settle(town).state, house.settle(town).reason) == ("suspended", reason)
    with house.database.reading() as session:
        assert session.scalars(select(Grant.state)).all() == ["suspended"]


def test_a_cause_that_passed_lets_it_go_on_from_its_mark(house: House):
    town = house.subscribed()
    mark = house.page(town).next
    house.in_session(region="320902101")
    house.settle(town)
    house.in_session(region="320902100")
    assert house.settle(town).state == "active"
    assert house.page(town, mark).items == ()


def test_a_grant_that_the_provider_suspended_is_not_resumed_by_us(house: House):
    town = house.subscribed()
    with house.database.transaction() as session:
        grant = session.scalars(select(Grant)).one()
        granting.suspend(session, grant, "核查", PROVIDER, house.at)
    assert (house.settle(town).state, house.settle(town).reason) == ("suspended", "grant-suspended")
    assert house.settle(town).state == "suspended"
    with house.database.transaction() as session:
        granting.resume(session, session.scalars(select(Grant)).one(), "查清", PROVIDER, house.at)
    assert house.settle(town).state == "active"


def test_a_revoked_grant_ends_it(house: House):
    town = house.subscribed()
    with house.database.transaction() as session:
        granting.revoke(session, session.scalars(select(Grant)).one(), "取消", PROVIDER, house.at)
    with pytest.raises(NotDeliveredNow):
        house.page(town)
    assert (house.settle(town).state, house.settle(town).reason) == ("ended", "grant-revoked")


def test_a_receipt_moves_forward_only_and_never_past_what_was_given(house: House):
    town = house.subscribed()
    mark = house.page(town).next

    def receive(told: str, taken: int) -> DirectSubscription:
        with house.database.transaction() as session:
            found = subscribing.subscription_of(session, town, locked=True)
            return delivering.received(session, found, told, taken, 0, asker(TOWN), house.at)

    assert receive(mark, 3).received == int(mark)
    assert (receive("1", 1).received, receive(mark, 3).taken) == (int(mark), 3)
    for wrong in (str(int(mark) + 1), "x", "-1", "9" * 30, "１"):
        with pytest.raises(UnknownDirectMark):
            receive(wrong, 1)
    with pytest.raises(UnknownDirectMark):
        house.page(town, str(int(mark) + 1))


def test_each_page_is_a_use_of_the_grant_on_record(house: House):
    town = house.subscribed()
    house.page(town)
    with house.database.reading() as session:
        use = session.scalars(select(Usage)).one()
        entries = session.scalars(select(AuditEntry).where(AuditEntry.thing_kind == "usage")).all()
    assert (use.reason, use.rows, use.outcome, use.directory) == ("direct", 3, "found", house.code)
    assert len(entries) == 1
    assert all(b"320999199001010013" not in each.content for each in entries)


def test_rows_are_kept_sealed_and_under_a_hash_of_their_key(house: House):
    house.subscribed()
    with house.database.reading() as session:
        rows = session.scalars(select(DirectRow)).all()
    assert all("苏卫".encode() not in each.content and "苏卫" not in each.key for each in rows)


def test_a_purpose_or_field_that_was_not_granted_delivers_nothing_more(house: House):
    town = house.subscribed(fields=("单位名称",))
    assert {name for each in house.page(town).items for name in each.row} == {KEY, "单位名称"}
    with pytest.raises(NotGranted):
        house.page(town, organisation=COUNTY)


def test_a_source_that_compares_regions_as_numbers_is_never_delivered_from(house: House):
    import sqlite3

    with sqlite3.connect(house.folder / "licences.db") as connection:
        connection.execute("ALTER TABLE licences RENAME TO former")
        columns = ", ".join(f'"{each}" {"INTEGER" if each == "区划" else "TEXT"}' for each in direct_house.FIELDS)
        connection.execute(f"CREATE TABLE licences ({columns})")
        connection.execute("INSERT INTO licences SELECT * FROM former")
    connection.close()
    house.offer("town")
    house.follow()
    assert (offer_of(house).state, offer_of(house).reason) == ("held", "compared-as-numbers")
    town = house.subscribe()
    assert house.settle(town).state != "active"
    assert offer_of(house).serial == 0


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"key": "没有的"}, "#/key_item"),
        ({"key": "面积"}, "#/key_item"),
        ({"region": "面积"}, "#/region_item"),
        ({"region": "没有的"}, "#/region_item"),
    ],
)
def test_an_offer_names_items_that_can_do_it(house: House, told: dict[str, str], pointer: str):
    with pytest.raises(UnusableDirectOffer) as refusal:
        house.offer(**told)
    assert refusal.value.pointer == pointer


def test_only_the_department_of_the_data_offers_it(house: House):
    new = NewOffer(house.code, KEY, "区划", ("town",))
    for who in (person("x", "police", "provider"), person("y", "health", "steward")):
        with pytest.raises(NotYourDirectory), house.database.transaction() as session:
            offering.offer(session, new, who, house.at)


def test_the_region_item_stays_while_somebody_subscribes(house: House):
    house.subscribed()
    with pytest.raises(DirectStepNotAllowed):
        house.offer("town", region="单位名称")


def test_giving_it_up_gives_the_grant_back(house: House):
    town = house.subscribed()
    with house.database.transaction() as session:
        found = subscribing.subscription_of(session, town, locked=True)
        subscribing.end(session, found, "不再需要", asker(TOWN), house.at)
        assert session.scalars(select(Grant.state)).one() == "given-back"
    with pytest.raises(NotDeliveredNow):
        house.page(town)
    assert house.subscribe() != town
