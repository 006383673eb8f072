"""Matters kept by version and found by code, day and region."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from base.models import AuditEntry
from certs.filing.matter import Condition, Matter
from certs.filing.matters import keeping, matters
from certs.filing.matters.errors import AmbiguousMatter, MatterDateTaken, NoSuchMatter, NotYourMatter, UnsoundMatter
from tests.certs.filing.matters import builders
from tests.certs.filing.matters.builders import (
    AUTHORITY,
    BASIC,
    CITY_REGION,
    COUNTY_REGION,
    STEWARD,
    STRANGER,
    item_code,
    material,
    matter,
)
from tests.keys.parties.builders import CITY, PROVINCE, populate


@pytest.fixture(autouse=True)
def _organisations(request: pytest.FixtureRequest, at: Any) -> None:
    """Put the organs and the authorities there."""
    populate(request.getfixturevalue("database"), at)


def keep(database: Database, at: Any, *told: Matter) -> None:
    """Keep matters, as the authority."""
    with database.transaction() as session:
        for each in told:
            keeping.keep(session, each, AUTHORITY, at)


def found(database: Database, code: str, at: Any, region: str = "") -> Matter:
    with database.reading() as session:
        return matters.matter_of(session, code, at, region)


@pytest.mark.parametrize("length", [12, 31, 33])
def test_a_matter_is_found_by_each_of_its_codes(database: Database, at: Any, length: int):
    told = matter()
    keep(database, at, told)
    code = BASIC if length == 12 else told.item_code[:length]
    assert found(database, code, at) == replace(told, version=1)


@pytest.mark.parametrize(
    "code", ["", "0001", "999999999999", "0" * 33, "'; drop table", "x" * 2000, item_code(item="09")]
)
def test_an_unknown_code_names_no_matter(database: Database, at: Any, code: str):
    keep(database, at, matter())
    with pytest.raises(NoSuchMatter) as refused:
        found(database, code, at)
    assert len(refused.value.matter) <= 33


def test_twelve_characters_that_name_two_matters_give_the_candidates(database: Database, at: Any):
    """As 000118008000 does in the list of a hundred; no region can choose between two names."""
    keep(database, at, matter(), matter(item_code(item="02"), name="演示场所许可（变更）"))
    for code in (BASIC, item_code()[:31]):
        for region in ("", CITY_REGION, COUNTY_REGION):
            with pytest.raises(AmbiguousMatter) as refused:
                found(database, code, at, region)
            assert [each.item_code for each in refused.value.candidates] == [item_code(), item_code(item="02")]
            assert refused.value.members["candidates"][0]["name"] == "演示场所许可"
    assert found(database, item_code(item="02"), at).name == "演示场所许可（变更）"


@pytest.mark.parametrize(
    ("region", "organ"),
    [
        ("320902", "county"),
        ("320902100", "county"),
        ("320900", "city"),
        ("320903", "city"),
        ("320000", None),
        ("", None),
    ],
)
def test_a_region_chooses_the_nearest_organ_of_one_matter(database: Database, at: Any, region: str, organ: str | None):
    county = matter(item_code(PROVINCE, "4"), region=COUNTY_REGION)
    keep(database, at, matter(), county)
    if organ is None:
        with pytest.raises(AmbiguousMatter):
            found(database, BASIC, at, region)
        return
    assert found(database, BASIC, at, region).organ == {"county": PROVINCE, "city": CITY}[organ]


def test_a_matter_that_only_the_city_carries_out_stays_a_candidate_beside_the_countys_other_one(
    database: Database, at: Any
):
    """The county carries out one of two matters under the code; in the county both are meant."""
    county = matter(item_code(PROVINCE, "4"), region=COUNTY_REGION)
    keep(database, at, matter(), matter(item_code(item="02"), name="另一事项"), county)
    with pytest.raises(AmbiguousMatter) as refused:
        found(database, BASIC, at, COUNTY_REGION)
    assert {each.name for each in refused.value.candidates} == {"演示场所许可", "另一事项"}
    assert len(refused.value.candidates) == 2


def test_a_case_of_last_month_is_read_with_the_version_of_last_month(database: Database, at: Any):
    today = at.date()
    changed = matter(materials=(material("新表"),), effective_from=today)
    ahead = matter(materials=(material("更新表"),), effective_from=today + timedelta(days=30))
    keep(database, at, matter(), changed, ahead)
    assert found(database, BASIC, at - timedelta(days=31)).version == 1
    assert found(database, BASIC, at).materials == (material("新表"),)
    assert found(database, BASIC, at + timedelta(days=30)).version == 3
    with pytest.raises(NoSuchMatter):
        found(database, BASIC, at - timedelta(days=4000))


def test_the_day_begins_at_midnight_in_shanghai(database: Database, at: Any):
    """At 16:00 UTC the new day's version holds."""
    keep(database, at, matter(), matter(name="新名称", effective_from=date(2026, 12, 1)))
    midnight = at.replace(month=11, day=30, hour=16, minute=0)
    assert found(database, BASIC, midnight - timedelta(seconds=1)).version == 1
    assert found(database, BASIC, midnight).version == 2


def test_what_was_said_before_is_not_kept_again(database: Database, at: Any):
    """An import can be repeated."""
    keep(database, at, matter(), matter(effective_from=at.date()))
    with database.reading() as session:
        assert len(matters.versions(session, item_code())) == 1
        acts = session.scalars(select(AuditEntry.act)).all()
    assert acts.count("matter.kept") == 1


def test_a_correction_of_the_same_day_takes_the_place_of_the_version(database: Database, at: Any):
    keep(database, at, matter(), matter(name="更正后的名称"))
    assert found(database, BASIC, at).name == "更正后的名称"
    with pytest.raises(MatterDateTaken):
        keep(database, at, matter(effective_from=date(2025, 1, 1), name="更早"))


def test_a_matter_that_is_withdrawn_holds_until_its_day_and_can_come_back(database: Database, at: Any):
    keep(database, at, matter())
    with database.transaction() as session:
        keeping.withdraw(session, item_code(), at.date(), AUTHORITY, at)
    assert found(database, BASIC, at - timedelta(days=1)).version == 1
    with pytest.raises(NoSuchMatter):
        found(database, BASIC, at)
    keep(database, at, matter(effective_from=at.date()))
    assert found(database, BASIC, at).version == 2


def test_only_the_authority_and_the_organ_speak_for_a_matter(database: Database, at: Any):
    with database.transaction() as session:
        keeping.keep(session, matter(), STEWARD, at)
    for by in (STRANGER, builders.WINDOW):
        with pytest.raises(NotYourMatter), database.transaction() as session:
            keeping.keep(session, matter(name="别人的"), by, at)


@pytest.mark.parametrize(
    ("peculiar", "member"),
    [
        ({"item_code": BASIC}, "item_code"),
        ({"organ": PROVINCE}, "organ"),
        ({"item_code": "11320900YNX000116X" + item_code()[18:], "organ": "11320900YNX000116X"}, "organ"),
        ({"region": "329"}, "region"),
        ({"name": " "}, "name"),
        ({"name": "名" * 301}, "name"),
        ({"materials": tuple(material(f"{each}") for each in range(201))}, "materials"),
        ({"materials": (material(), material())}, "materials/1/name"),
        ({"materials": (material(when=(Condition("colour", frozenset({"red"})),)),)}, "materials/0/when"),
        ({"materials": (material(when=(Condition("kind", frozenset({"red"})),)),)}, "materials/0/when"),
        ({"questions": (builders.AIR, builders.KIND)}, "questions/0/when"),
        ({"questions": (builders.KIND, builders.KIND)}, "questions"),
        ({"questions": (replace(builders.KIND, answers={}),), "materials": ()}, "questions/0/answers"),
    ],
)
def test_a_matter_that_does_not_hang_together_is_not_kept(
    database: Database, at: Any, peculiar: dict[str, Any], member: str
):
    with pytest.raises(UnsoundMatter) as refused:
        keep(database, at, replace(matter(), **peculiar))
    assert refused.value.member == member


def test_matters_are_searched_by_words_codes_and_region(database: Database, at: Any):
    """Words as a person types them, the first of the pinyin too."""
    other = matter(item_code(PROVINCE, "4", "000119001000"), region=COUNTY_REGION, name="取水许可", materials=())
    keep(database, at, matter(), other)

    def asked(text: str = "", code: str = "", region: str = "") -> set[str]:
        with database.reading() as session:
            return {each.name for each in session.scalars(matters.listed(session, text, code, region))}

    assert asked() == {"演示场所许可", "取水许可"}
    assert asked("取水") == asked("qsxk") == asked(code="000119") == asked(code=PROVINCE) == {"取水许可"}
    assert asked(region="320902") == {"取水许可"}
    assert asked(region="320900") == asked(region="320000") == {"演示场所许可", "取水许可"}
    assert asked("没有这个事项") == asked(code="%") == asked(code="_") == set()
