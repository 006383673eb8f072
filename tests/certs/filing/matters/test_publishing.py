"""From the correspondence to a statutory use: said, drafted, published by another, and then granted; nothing else."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import clock
from base.db import Database
from certs.filing.matter import Matter
from certs.filing.matters import keeping
from certs.routes.matters import matters
from certs.routes.queries import certificate_queries
from exchange.agreements import use_lists
from exchange.agreements.models import UseListItem
from exchange.agreements.use_list_tables import UseRow
from tests import rooms
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import AUTHORITY, SECOND, item_code, matter
from tests.certs.papers import HYGIENE, MARRIAGE
from tests.certs.queries import house as library
from tests.certs.queries.house import House, holder, purpose
from tests.keys.parties.builders import PROVINCE
from tests.rooms import Door

BASIC = library.OTHER_MATTER
CODE = item_code(basic=BASIC)
MATERIAL = "原许可证"
TITLE = {"title": "演示用证清单", "basis": "演示依据"}


@dataclass
class Town:
    """The library, and the address at which matters are spoken for."""

    house: House
    door: Door

    def keep(self, *told: Matter) -> None:
        """Keep matters."""
        with self.house.database.transaction() as session:
            for each in told:
                keeping.keep(session, each, AUTHORITY, self.house.at)

    def post(self, who: str, path: str, **body: Any) -> Any:
        """Send a body."""
        return self.door.call(who, "POST", path, json=body)

    def said(self, code: str = BASIC, who: str = "authority", **peculiar: Any) -> Any:
        """Say that a hygiene permit stands in for the old one."""
        stands = {
            "means": "certificate",
            "target": HYGIENE.code,
            "name": HYGIENE.name,
            "fields": ["address", "证照编号"],
            "mode": "file",
            "basis": "演示条例第二条",
            **peculiar.pop("stands", {}),
        }
        return self.post(
            who, f"/matters/{code}/correspondence", material=MATERIAL, **{"replacements": [stands], **peculiar}
        )

    def drafted(self, code: str = BASIC, who: str = "authority") -> Any:
        """Draft a list for one matter."""
        return self.post(who, f"/matters/{code}/use-lists", **TITLE)

    def publish(self, known: str, who: str = "second") -> Any:
        """Publish it, a while after the list before it."""
        self.house.at += timedelta(minutes=5)
        return self.post(who, f"/matter-use-lists/{known}/publications")

    def published(self, code: str = BASIC) -> str:
        """Draft and publish; give the list's number."""
        drafted = self.drafted(code)
        assert drafted.status_code == 201, drafted.json
        answer = self.publish(drafted.json["id"])
        assert answer.status_code == 200, answer.json
        return str(drafted.json["id"])

    def query(self, item: str, type_: Any = HYGIENE, **peculiar: Any) -> Any:
        """Ask for a certificate by duty."""
        body = {"purpose": purpose(item_code=item), "holder": holder(1), "certificate_type": type_.code}
        return self.door.call("gm", "POST", "/certificate-queries", json={**body, **peculiar})

    def rows(self, known: str) -> list[tuple[str, str]]:
        """Give a list's rows: for which code which resource."""
        with self.house.database.reading() as session:
            query = select(UseListItem.item_code, UseListItem.resource).where(UseListItem.use_list == known)
            return [(code, resource) for code, resource in session.execute(query.order_by(UseListItem.place))]


@pytest.fixture
def town(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Town:
    house = library.opened(database, tmp_path, at)
    monkeypatch.setattr(clock, "now", lambda: house.at)
    people = {each.id: each for each in (*library.PEOPLE, *builders.PEOPLE, library.WINDOW)}
    parts = house.parts
    door = rooms.door(database, (certificate_queries, matters), people.values(), parts, parts.gateway, parts.certs)
    made = Town(house, door)
    made.keep(matter(CODE))
    return made


def test_after_publishing_a_statutory_query_for_that_matter_is_granted(town: Town):
    """Before, it is refused; drafting alone changes nothing; what the matter does not name stays refused."""
    town.house.keep(1)
    assert town.query(CODE).json["code"] == "not-granted"
    assert town.said().status_code == 201
    drafted = town.drafted().json
    assert (drafted["state"], town.query(CODE).json["code"]) == ("draft", "not-granted")
    assert town.publish(drafted["id"]).json["state"] == "published"
    for item in (CODE, BASIC):
        answer = town.query(item).json
        assert answer["outcome"] == "found"
        assert set(answer["certificates"][0]["data"]) == {"address"}
    assert town.query(CODE, fields=["legal_representative"]).json["code"] == "not-granted"
    assert town.query(CODE, MARRIAGE).json["code"] == "not-granted"
    assert town.query("000119001000").json["code"] == "not-granted"


def test_the_rows_of_other_matters_go_on(town: Town):
    """A published list ends the one before; what it said of other matters is taken over."""
    town.house.keep(1)
    town.said()
    known = town.published()
    assert town.query(library.MATTER).json["outcome"] == "found"
    assert {code for code, _ in town.rows(known)} == {library.MATTER, BASIC}


def test_what_no_longer_stands_in_is_no_longer_granted(town: Town):
    town.house.keep(1)
    town.said()
    town.published()
    town.keep(matter(item_code(basic="000119001000"), name="另一事项"))
    town.said("000119001000")
    assert town.said(replacements=[]).json["replacements"] == 0
    answer = town.post("authority", "/matter-use-lists", **TITLE)
    assert town.publish(answer.json["id"]).status_code == 200
    assert town.query(CODE).json["code"] == "not-granted"
    assert town.query("000119001000").json["outcome"] == "found"
    assert town.query(library.MATTER).json["outcome"] == "found"


def test_who_drafted_does_not_publish(town: Town):
    town.said()
    drafted = town.drafted().json["id"]
    assert town.publish(drafted, "authority").json["code"] == "own-share-request"
    assert town.publish(drafted, "steward").status_code == 403
    assert town.publish("no-such").json["code"] == "no-such-matter-use-list"


def test_one_draft_waits_at_a_time_and_an_outdated_one_is_not_published(town: Town):
    """Else two drafts of the same list would take each other's rows away without a word."""
    town.said()
    first = town.drafted().json["id"]
    assert town.drafted().json["code"] == "use-list-draft-open"
    row = UseRow("000119001000", "", "营业执照", HYGIENE.code, ("address",), (), (), "")
    with town.house.database.transaction() as session:
        at = town.house.at + timedelta(minutes=1)
        made = use_lists.draft(session, "另一份", "演示依据", [row], AUTHORITY, at)
        use_lists.publish(session, made, at, SECOND, at)
    assert town.publish(first).json["code"] == "use-list-outdated"


def test_two_matters_under_one_code_are_granted_by_their_items(town: Town):
    """The twelve characters would grant both; the rows name the 33 of the one that was meant."""
    other = item_code(basic=BASIC, item="02")
    town.keep(matter(other, name="另一事项"))
    town.house.keep(1)
    town.said(matter_name="另一事项")
    known = town.published()
    assert (other, HYGIENE.code) in town.rows(known)
    assert town.query(other).json["outcome"] == "found"
    for item in (CODE, BASIC):
        assert town.query(item).json["code"] == "not-granted"


def test_a_list_for_one_item_grants_that_item_alone(town: Town):
    """What is said of the twelve characters is granted for the item that was asked for."""
    county = item_code(PROVINCE, "4", BASIC)
    town.keep(matter(county, region=builders.COUNTY_REGION))
    town.house.keep(1)
    town.said()
    known = town.published(CODE)
    assert [row for row in town.rows(known) if row[0] != library.MATTER] == [(CODE, HYGIENE.code)]
    assert town.query(county).json["code"] == "not-granted"


@pytest.mark.parametrize(
    "stands",
    [
        {"means": "check", "target": "全国失业登记信息"},
        {"means": "assistance", "target": "演示水利局"},
        {"target": ""},
    ],
)
def test_what_needs_no_grant_or_is_not_mapped_makes_no_list(town: Town, stands: dict[str, str]):
    assert town.said(stands=stands).status_code == 201
    assert town.drafted().json["code"] == "nothing-corresponds"


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"who": "stranger"}, 403, "not-your-matter"),
        ({"who": "steward"}, 403, "not-your-matter"),
        ({"who": "gm"}, 403, "not-allowed"),
        ({"code": "0001"}, 422, "unsound-correspondence"),
        ({"stands": {"means": "magic"}}, 422, "invalid-input"),
        ({"stands": {"means": "check", "target": ""}}, 422, "unsound-correspondence"),
        ({"stands": {"region": "999999"}}, 422, "unsound-correspondence"),
        ({"stands": {"fields": [""]}}, 422, "invalid-input"),
        ({"stands": {"name": ""}}, 422, "invalid-input"),
        ({"colour": 1}, 422, "invalid-input"),
    ],
)
def test_what_cannot_stand_in_and_who_may_not_say_so_are_refused(
    town: Town, peculiar: dict[str, Any], status: int, code: str
):
    answer = town.said(**peculiar)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_the_organs_own_steward_says_it_of_the_organs_own_item(town: Town):
    assert town.said(CODE, "steward").status_code == 201
    assert town.door.call(None, "GET", f"/matters/{CODE}").json["materials"][3]["replacements"][0]["is_mapped"]


def test_a_replacement_that_holds_in_one_region_is_not_told_in_another(town: Town):
    """The city says that it holds with it; elsewhere the paper is asked for."""
    town.said(stands={"region": "320902"})
    told = town.door.call(None, "GET", f"/matters/{BASIC}?region=320902").json
    assert told["materials"][3]["replacements"]
    for region in ("320900", "320903", "310000", ""):
        told = town.door.call(None, "GET", f"/matters/{BASIC}?region={region}").json
        assert not told["materials"][3]["replacements"]


def test_what_is_said_holds_from_its_day_and_not_before(town: Town):
    town.said(effective_from="2026-12-01")
    for moment, count in (("2026-11-30T10:00:00Z", 0), ("2026-11-30T16:00:00Z", 1)):
        told = town.door.call(None, "GET", f"/matters/{BASIC}?at={moment}").json
        assert len(told["materials"][3]["replacements"]) == count
    assert town.said(effective_from="2026-11-01", stands={"name": "别的"}).json["code"] == "unsound-correspondence"


def test_saying_the_same_again_changes_nothing(town: Town):
    town.said()
    town.said()
    with town.house.database.reading() as session:
        told = session.scalars(select(UseListItem)).all()
    assert town.drafted().json["rows"] == len(told) + 1
