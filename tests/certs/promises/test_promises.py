"""Promise records behind the gateway's sources: who may mount them, what a row says, who is told of a broken one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from base.fetch import FetchSettings
from base.notices.models import StoredNotice
from base.tables import laid_out
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.undertaking import Step
from certs.filing.undertakings.undertakings import Promise
from certs.promises import telling
from certs.promises.record import COLUMNS
from certs.promises.source import KIND, Records
from certs.promises.telling import Promising
from exchange.mounting.errors import UnusableMount
from exchange.mounting.wiring import MountParts, MountSettings, Plan
from exchange.sources import SOURCES
from exchange.sources.source import Column, Condition, Found, Question, Test
from exchange.sources.values import ItemType
from keys.algorithms.sm3 import SM3
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import ITEM, MATTERS, WINDOW, House
from tests.certs.filing.undertakings.test_undertakings import ALLOWED
from tests.certs.papers import firm
from tests.exchange.sources.sites import unused
from tests.keys.parties.builders import CITY, PROVINCE

TEXT = "演示：本企业承诺符合消防安全要求。"
COLUMN = tuple(Column(name, name, ItemType.STRING) for name in COLUMNS)


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setitem(MATTERS, ITEM, of.matter(materials=ALLOWED))
    return of.opened(database, tmp_path, at, monkeypatch, ())


def promised(house: House, step: Step | None = None, code: str = firm(1)) -> str:
    """Have a case received, a promise taken, and settled where a step is told."""
    applicant = {"name": "演示企业有限公司", "kind": "organisation", "type": "001", "code": code}
    number = house.receive(applicant=applicant)["number"]
    with house.database.transaction() as session:
        told = Promise("fire", "消防安全承诺", TEXT, "signature", "演示签名1", days=10)
        row = undertakings.promise(session, house.parts, number, told, WINDOW, house.at)
        if step is not None:
            by = replace(WINDOW, organisation=row.owner)
            undertakings.settle(session, house.parts, row.id, step, {"reason": "演示"}, by, house.at)
        return row.id


def mounted(house: House, owner: str = PROVINCE) -> MountParts:
    records = Records(lambda: house.database, house.parts.keys, owner)
    kinds = laid_out(*SOURCES.values(), records.kind())
    return MountParts(MountSettings(), unused, FetchSettings(), kinds)


def plan(organisation: str = PROVINCE, **declaration: Any) -> Plan:
    return Plan("promise-mount", organisation, 1, KIND, declaration, COLUMN)


def asked(house: House, *conditions: Condition, **told: Any) -> Any:
    return mounted(house).once(plan()).ask(Question(COLUMNS, conditions, **told))


def test_a_record_says_how_a_promise_stands_and_never_its_text(house: House):
    made = {
        step: promised(house, step, firm(number))
        for number, step in enumerate((None, Step.FULFIL, Step.BREAK, Step.CANCEL), 1)
    }
    found = asked(house)
    assert isinstance(found, Found)
    rows = {row["promise"]: row for row in found.rows}
    states = {step: rows[known]["state"] for step, known in made.items()}
    assert states == {None: "open", Step.FULFIL: "fulfilled", Step.BREAK: "broken", Step.CANCEL: "withdrawn"}
    broken = rows[made[Step.BREAK]]
    assert (broken["holder_code"], broken["text_sm3"]) == (firm(3), SM3.of(TEXT.encode()).hex())
    assert (broken["verified_by"], broken["organ"]) == (CITY, CITY)
    assert rows[made[None]]["verified_by"] is None
    assert rows[made[Step.CANCEL]]["verified_at"] is None
    assert not any(TEXT in str(value) for row in found.rows for value in row.values())


def test_records_are_asked_for_by_holder_and_state_page_by_page(house: House):
    mine = {promised(house) for _ in range(3)}
    promised(house, code=firm(2))
    whose = Condition("holder_code", Test.EQUAL, (firm(1),))
    first = asked(house, whose, limit=2)
    second = asked(house, whose, limit=2, cursor=first.next)
    assert {row["promise"] for page in (first, second) for row in page.rows} == mine
    assert (len(first.rows), second.next) == (2, None)
    assert asked(house, Condition("state", Test.EQUAL, ("broken",))).outcome.value == "empty"
    assert mounted(house).once(plan()).probe().outcome.value == "found"


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_only_the_organisation_that_the_site_names_can_share_the_records(house: House):
    for told in (plan(CITY), plan(path="x"), replace(plan(), columns=(Column("a", "text", ItemType.STRING),))):
        with pytest.raises(UnusableMount):
            mounted(house).require_usable(told)
    with pytest.raises(UnusableMount):
        mounted(house, "").require_usable(plan())


def test_whoever_shares_the_records_is_told_of_each_broken_promise_once(house: House):
    promised(house, Step.FULFIL)
    broken = promised(house, Step.BREAK)
    told = 0
    for _ in range(3):
        with house.database.transaction() as session:
            told += telling.carry(session, Promising(PROVINCE), house.at)[1]
    assert told == 1
    with house.database.reading() as session:
        (notice,) = session.scalars(select(StoredNotice).where(StoredNotice.kind == "promise-broken"))
        assert broken in str(notice.facts)
        assert TEXT not in str(notice.facts)
