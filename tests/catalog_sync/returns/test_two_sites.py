"""A province returns a table to a city: its own region's rows arrive there, once, and the province has the receipt."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from base import clock
from base.identifiers import RegionCode
from catalog_sync.arrivals.models import Arrival
from catalog_sync.models import Channel
from catalog_sync.returns import applying, declaring, fetching
from catalog_sync.returns.declaring import NewReturn
from catalog_sync.returns.models import ReturnLoad
from catalog_sync.targets.site import rows as site_rows
from catalog_sync.targets.site.words import Unbelievable
from exchange.direct import following, offering, regions, subscribing
from exchange.direct.models import DirectSubscription
from exchange.direct.offering import NewOffer
from exchange.direct.wiring import Directs
from exchange.feeds.wiring import Pushes
from keys.parties.models import Organisation
from keys.parties.sample import code_of
from tests.catalog_sync.cascade import sites
from tests.catalog_sync.cascade.sites import Site
from tests.catalog_sync.house import BY
from tests.catalog_sync.returns.return_house import pushes_of
from tests.exchange import gateway_house
from tests.exchange.departments import published
from tests.exchange.direct import direct_house
from tests.exchange.direct.direct_house import KEY, PLACE, PROVIDER, row
from tests.exchange.gateway_house import FIELDS
from tests.exchange.push_house import kept

CITY = code_of("city-data")
ROWS = (row(1, "320900"), row(2, "320902100000"), row(3, "320500"), row(4, None), row(5, "320903"))
# So many that one which goes is no reason to ask a person.
MORE = tuple(row(number, "320902100001") for number in range(6, 13))


@dataclass
class Two:
    """Both sites, the province's directory and the city's return."""

    province: Site
    city: Site
    house: direct_house.House
    returned: str
    folder: Path

    def run(self) -> tuple[int, int]:
        """Do what the city's job does; give the rows that came and the receipts that went."""
        came = fetching.fetch(self.city.database, self.city.sync, self.returned)
        applying.bring(self.city.database, self.city.sync, self.pushes, self.returned)
        return came, fetching.confirm(self.city.database, self.city.sync, self.returned)

    @property
    def pushes(self) -> Pushes:
        found: Pushes = self.city.app.extensions["yinxin"][Pushes]
        return found

    def stands(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.folder / "returned.db") as connection:
            found = connection.execute(f'SELECT "{KEY}", "{PLACE}" FROM licences ORDER BY 1').fetchall()  # noqa: S608
        connection.close()
        return found

    def subscription(self) -> DirectSubscription:
        with self.province.database.reading() as session:
            return session.scalars(select(DirectSubscription)).one()


@pytest.fixture
def two(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Two]:
    """Open both; the city subscribes for its region, and declares what comes back."""
    with sites.opened(tmp_path, request.getfixturevalue("_sqlite_template")) as (province, city):
        at = clock.now()
        sources = gateway_house.sources_of(tmp_path)
        gateway_house.write_table(tmp_path, rows=(*ROWS, *MORE))
        directs = Directs(sources, province.app.extensions["yinxin"][Directs].data_keys, gate)
        province.app.extensions["yinxin"][Directs] = directs
        house = direct_house.House(province.database, tmp_path, at, directs)
        with province.database.transaction() as session:
            directory, _ = published(session, at, items=direct_house.items())
            gateway_house.mounted(session, directory, sources, at)
            house.code = directory.code
            offering.offer(session, NewOffer(house.code, KEY, PLACE, ("city",)), PROVIDER, at)
        following.follow(province.database, directs, house.code)
        found = house.subscribe(CITY)
        assert house.settle(found).state == "active"
        owner = code_of("city-market")
        kept(tmp_path / owner / "destinations" / "returned", f"sqlite:///{tmp_path / 'returned.db'}")
        city.app.extensions["yinxin"][Pushes] = pushes_of(tmp_path)
        ours = city.publish(items=direct_house.items())
        columns = {each: each for each in FIELDS}
        new = NewReturn(
            "演示许可回流",
            "province",
            house.code,
            ours,
            KEY,
            columns,
            "changes",
            {"database": "returned", "table": "licences"},
            PLACE,
        )
        with city.database.transaction() as session:
            returned = declaring.declare(session, city.sync, new, BY, at).id
        yield Two(province, city, house, returned, tmp_path)
        sources.close()


def gate(*told: Any) -> Any:
    from exchange.agreements import grants

    return grants.require(*told)


def test_the_citys_rows_arrive_once_with_a_receipt_and_no_other_regions(two: Two):
    assert two.run() == (10, 1)
    ours = [("苏卫0001", "320900"), ("苏卫0002", "320902100000"), ("苏卫0005", "320903")]
    assert two.stands()[:3] == ours
    assert len(two.stands()) == 10
    told = two.subscription()
    assert (told.received, told.given, told.taken, told.rejected) == (told.given, told.given, 10, 0)
    assert two.run() == (0, 0)
    two.house.write([row(1, "320900", "改名"), row(2, "320500"), *ROWS[2:], *MORE])
    following.follow(two.province.database, two.house.parts, two.house.code)
    assert two.run() == (2, 1)
    assert two.stands()[:2] == [ours[0], ours[2]]
    assert len(two.stands()) == 9
    assert two.subscription().received == two.subscription().given


def test_a_receipt_that_was_lost_is_sent_by_the_next_run(two: Two, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as bent:
        bent.setattr(fetching, "confirm", lambda *_told: 0)
        two.run()
    assert two.subscription().received == 0
    assert two.run() == (0, 1)
    with two.city.database.reading() as session:
        assert session.scalars(select(ReturnLoad.told_at)).one() is not None


def test_a_city_that_moved_gets_nothing_its_return_says_why_and_the_channel_runs(two: Two):
    with two.province.database.transaction() as session:
        session.execute(update(Organisation).where(Organisation.code == CITY).values(region="320500"))
    assert two.run() == (0, 0)
    with two.city.database.reading() as session:
        assert declaring.return_of(session, two.returned).reason == "region-changed"
        assert session.get_one(Channel, "province").state == "running"
        assert session.scalars(select(Arrival)).all() == []


def test_nothing_is_subscribed_nothing_comes(two: Two):
    with two.province.database.transaction() as session:
        found = session.scalars(select(DirectSubscription)).one()
        subscribing.end(session, found, "不再需要", direct_house.asker(CITY), clock.now())
    two.run()
    with two.city.database.reading() as session:
        assert declaring.return_of(session, two.returned).reason == "no-such-direct-subscription"


def test_what_a_province_wrongly_delivers_is_not_taken(two: Two):
    """The city judges each row by its own region, whatever the province said."""
    real = two.city.target.rows
    page = real(two.house.code, "", clock.now())
    values = {**page.rows[0].values, KEY: "苏卫9999", PLACE: "320500"}
    bent = site_rows.Delivered(
        (*page.rows, site_rows.DeliveredRow("insert", values)), page.mark, more=False, refused=""
    )
    two.city.target.rows = lambda *_told: bent  # type: ignore[method-assign]
    try:
        two.run()
    finally:
        two.city.target.rows = real  # type: ignore[method-assign]
    assert "苏卫9999" not in [key for key, _ in two.stands()]
    assert not regions.belongs(RegionCode("320900"), "320500")


HOSTILE: tuple[Any, ...] = (
    None,
    [],
    {},
    {"items": "x", "next": "1", "more": False, "refused": ""},
    {"items": [], "next": 1, "more": False, "refused": ""},
    {"items": [], "next": "-1", "more": False, "refused": ""},
    {"items": [], "next": "9" * 40, "more": False, "refused": ""},
    {"items": [{"operation": "drop", "row": {"a": "b"}}], "next": "9", "more": False, "refused": ""},
    {"items": [{"operation": "upsert", "row": {"a": {}}}], "next": "9", "more": False, "refused": ""},
    {"items": [{"operation": "upsert", "row": {}}], "next": "9", "more": False, "refused": ""},
    {"items": [{"operation": "upsert", "row": {"a": "b"}}], "next": "5", "more": False, "refused": ""},
    {"items": [], "next": "4", "more": False, "refused": ""},
    {"items": [], "next": "5", "more": True, "refused": ""},
    {"items": [{"operation": "upsert", "row": {"a": "b"}}] * 501, "next": "9", "more": False, "refused": ""},
)


@pytest.mark.parametrize("told", HOSTILE, ids=range(len(HOSTILE)))
def test_a_page_that_cannot_be_is_not_believed(told: Any):
    with pytest.raises(Unbelievable):
        site_rows.delivered(told, "5")
