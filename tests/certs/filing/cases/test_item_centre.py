"""A client of an item centre: its matters come in page by page, each once; what is hostile is kept and not applied."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from base.db import Database
from base.fetch import FetchFailed, Outgoing
from base.settings import UnusableSetting, read
from certs.contents import Keys
from certs.filing.cases import item_centre, item_pages, wiring
from certs.filing.cases.centre_models import CentreCursor, ItemPull
from certs.filing.cases.errors import CentreAnswerUnreadable
from certs.filing.cases.item_centre import ItemClient
from certs.filing.cases.item_pages import page
from certs.filing.cases.wiring import Centre, ItemCentre
from certs.filing.matters import matters
from certs.filing.matters.errors import NoSuchMatter, NotYourMatter
from certs.filing.matters.models import MatterVersion
from certs.simulator import item_centre as simulator
from certs.simulator.item_centre import ItemScene, matter
from tests.certs.filing.matters.builders import item_code
from tests.certs.papers import TYPES
from tests.keys.parties.builders import CITY, PROVINCE, populate

ORGAN = "演示机关"
CODES = tuple(item_code(basic=f"3999000{place:02d}000") for place in range(1, 6))


class Sealing:
    """Seals by turning the bytes round, so that what is kept is not what came."""

    def seal(self, _session: Any, plain: bytes, bound: bytes) -> bytes:
        """Seal."""
        return bound + b"|" + plain[::-1]

    def open(self, _session: Any, sealed: bytes, bound: bytes) -> bytes:
        """Open what was sealed for that place."""
        assert sealed.startswith(bound + b"|")
        return sealed[len(bound) + 1 :][::-1]


@dataclass
class Answer:
    """What a centre answered."""

    status: int
    body: bytes

    def expect(self, status: int) -> "Answer":
        """Give the answer if it has this status."""
        if self.status != status:
            raise FetchFailed
        return self


@dataclass
class House:
    """The house, and the centre that it reads."""

    database: Database
    centre: simulator.ItemCentre
    at: datetime
    organisation: str = PROVINCE

    @property
    def client(self) -> ItemClient:
        """Give the client."""
        reached = Centre("https://items.example", self._fetch)  # type: ignore[arg-type]
        keys: Keys = Sealing()  # type: ignore[assignment]
        return ItemClient(self.database, keys, TYPES, ItemCentre(reached, self.organisation))

    def pulls(self) -> list[ItemPull]:
        """Give what was kept of pages."""
        with self.database.reading() as session:
            return list(session.scalars(select(ItemPull).order_by(ItemPull.came_at, ItemPull.after)))

    def versions(self, code: str) -> list[MatterVersion]:
        """Give the versions of a matter."""
        with self.database.reading() as session:
            return list(matters.versions(session, code))

    def _fetch(self, request: Outgoing) -> Answer:
        told: list[str] = []
        query = request.url.partition("?")[2]
        body = b"".join(self.centre({"QUERY_STRING": query}, lambda status, _headers: told.append(status)))
        return Answer(int(told[0][:3]), body)


def of(place: int, *materials: str, **peculiar: str) -> dict[str, Any]:
    """Invent the matter of a place."""
    name = peculiar.pop("task_name", f"演示事项{place}")
    return matter(CODES[place], name, ORGAN, "320900", *(materials or ("申请表", "身份证明")), **peculiar)


@pytest.fixture
def house(database: Database, at: datetime) -> House:
    populate(database, at)
    return House(database, simulator.ItemCentre([of(place) for place in range(3)]), at)


def test_matters_come_in_page_by_page_and_a_second_run_reads_on(house: House) -> None:
    pulled = house.client.pull(house.at)
    assert (pulled.pages, pulled.matters, pulled.new, pulled.faulty) == (2, 3, 3, 0)
    assert [each.materials[0]["name"] for each in house.versions(CODES[2])] == ["申请表"]
    house.centre.matters.append(of(3))
    again = house.client.pull(house.at)
    assert (again.matters, again.new) == (1, 1)
    assert house.centre.asked == ["", "2", "3", "3", "4"]


def test_a_page_that_comes_twice_changes_nothing_and_a_changed_matter_is_a_new_version(house: House) -> None:
    house.client.pull(house.at)
    house.centre.matters.append(of(0))
    assert house.client.pull(house.at).changed == 0
    assert len(house.versions(CODES[0])) == 1
    later = house.at + timedelta(days=30)
    house.centre.matters.append(of(0, "申请表", "身份证明", "平面图"))
    assert house.client.pull(later).changed == 1
    first, second = house.versions(CODES[0])
    assert (first.effective_until, second.effective_from) == (later.date(), later.date())
    with house.database.reading() as session:
        assert len(matters.matter_of(session, CODES[0], house.at).materials) == 2
        assert len(matters.matter_of(session, CODES[0], later).materials) == 3


def test_a_faulty_matter_is_told_by_its_pointer_and_holds_up_no_other(house: House) -> None:
    house.centre.matters = [of(0), of(1, promise_day="soon")]
    pulled = house.client.pull(house.at)
    assert (pulled.new, pulled.faulty) == (1, 1)
    (kept,) = house.pulls()
    (fault,) = kept.report["faults"]
    assert (fault["pointer"], fault["code"]) == ("#/tables/up_task_general_basic/1/promise_day", "not-a-number-of-days")
    with house.database.reading() as session:
        came = json.loads(item_centre.evidence(session, house.client.keys, kept))
        assert came["tables"]["up_task_general_basic"][1]["promise_day"] == "soon"
        with pytest.raises(NoSuchMatter):
            matters.matter_of(session, CODES[1], house.at)


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (ItemScene.NO_JSON, "no-json"),
        (ItemScene.STUCK, "next-does-not-move"),
        (ItemScene.FLOOD, "too-many-rows"),
        (ItemScene.STRANGE, "tables"),
    ],
)
def test_a_page_that_is_none_is_kept_as_it_came_and_nothing_of_it_applied(
    house: House, scene: ItemScene, reason: str
) -> None:
    """Asked again it is the same row; mended, the run goes on from the same mark."""
    house.centre.scene = scene
    for _ in range(2):
        with pytest.raises(CentreAnswerUnreadable):
            house.client.pull(house.at)
    (kept,) = house.pulls()
    assert (kept.state, kept.code) == ("refused", f"case-centre-unreadable: {reason}")
    with house.database.reading() as session:
        assert item_centre.evidence(session, house.client.keys, kept)
        assert session.get(CentreCursor, item_centre.ITEMS) is None
        assert session.scalars(select(MatterVersion)).all() == []
    house.centre.scene = ItemScene.GOOD
    assert house.client.pull(house.at).new == 3


def test_a_centre_that_is_down_moves_nothing(house: House) -> None:
    house.centre.scene = ItemScene.DOWN
    with pytest.raises(FetchFailed):
        house.client.pull(house.at)
    assert house.pulls() == []


def test_a_centre_speaks_for_no_matter_outside_the_region_of_its_organisation(house: House) -> None:
    house.organisation = CITY
    house.centre.matters = [of(0), matter(CODES[1], "演示越权", ORGAN, "320500", "申请表")]
    with pytest.raises(NotYourMatter):
        house.client.pull(house.at)
    (kept,) = house.pulls()
    assert (kept.state, kept.code) == ("refused", "not-your-matter")
    with house.database.reading() as session:
        assert session.scalars(select(MatterVersion)).all() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["tables", "next", "up_task_general_basic", "x"]), JSON, max_size=3))
def test_whatever_a_centre_answers_is_a_page_or_refused(told: dict[str, Any]) -> None:
    try:
        found = page(told, "")
    except CentreAnswerUnreadable:
        return
    assert found.rows <= item_pages.MOST_ROWS


def test_settings_name_the_item_centre() -> None:
    def built(**told: str) -> wiring.Cases:
        environment = {f"YINXIN_CASE_CENTRE_{name.upper()}": value for name, value in told.items()}
        found = read((wiring.CaseSettings, wiring.CentreSettings), environment=environment)
        return wiring.built(found, None, None, None, None)  # type: ignore[arg-type]

    assert built().items is None
    items = built(items_url="https://items.example/", items_organisation=PROVINCE).items
    assert items is not None
    assert (items.reached.url, items.organisation) == ("https://items.example", PROVINCE)
    for wrong in ({"items_url": "https://items.example"}, {"items_url": "ftp://x", "items_organisation": PROVINCE}):
        with pytest.raises(UnusableSetting):
            built(**wrong)
