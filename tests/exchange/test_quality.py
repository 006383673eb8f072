"""The score of a directory: six parts, each so many good of so many, and none made up."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import clock
from base.db import Database
from exchange import quality
from exchange.dictionaries import dictionaries
from exchange.quality import CYCLES, Failing, Measures, Ratio, complete, fresh, valid
from exchange.routes.directories import directories as directory_routes
from exchange.routes.quality import quality as quality_route
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import STEWARD, STRANGER, content, item


def test_everything_filled_in_is_complete_and_each_gap_is_named():
    filled = content(
        system="平台",
        source_departments="无",
        office="一处",
        industry="Q",
        related_codes=["307015/1"],
        remarks="无",
        use_requirements="无",
        items=[{**item("甲", 1), "column": "a"}],
        closed_because="依据",
    )
    assert complete(filled) == Ratio(complete(filled).all, complete(filled).all)
    less = complete({**filled, "office": " ", "items": [item("甲", 1)]})
    assert less.all - less.good == 2
    assert [each.pointer for each in less.failing] == ["#/office", "#/items/0/column"]


def test_a_field_whose_condition_does_not_hold_does_not_count():
    assert complete(content()).all + 1 == complete(content(**{"class": "1"})).all


def test_a_directory_without_items_is_told_so():
    assert "#/items" in [each.pointer for each in complete(content(items=None)).failing]


def test_valid_counts_only_what_is_filled():
    whole = valid(content())
    assert (whole.good, whole.failing) == (whole.all, ())
    wrong = valid(content(storage=["TABLE", "TAPE"], matter_code="1", items=[{**item("甲", 1), "type": "x"}]))
    assert [(each.pointer, each.code) for each in wrong.failing] == [
        ("#/storage", "not-in-dictionary"),
        ("#/matter_code", "wrong-length"),
        ("#/items/0/type", "not-in-dictionary"),
    ]


def test_every_cycle_that_promises_something_has_a_length():
    assert set(CYCLES) == {each.code for each in dictionaries()["update_cycle"].entries} - {"ondemand"}


@pytest.mark.parametrize(
    ("cycle", "age", "good"),
    [
        ("day", timedelta(0), 100),
        ("day", timedelta(hours=24), 100),
        ("day", timedelta(hours=36), 50),
        ("day", timedelta(hours=48), 0),
        ("day", timedelta(days=900), 0),
        ("day", timedelta(days=-1), 100),
        ("realtime", timedelta(minutes=90), 50),
        ("year", timedelta(days=366), 100),
    ],
)
def test_freshness_falls_after_the_promised_cycle(at: datetime, cycle: str, age: timedelta, good: int):
    found = fresh(content(update_cycle=cycle), at - age, at)
    assert found is not None
    assert (found.good, found.all, bool(found.failing)) == (good, 100, good < 100)


def test_what_promises_nothing_or_was_never_updated_is_not_measured(at: datetime):
    assert fresh(content(update_cycle="ondemand"), at, at) is None
    assert fresh(content(update_cycle="day"), None, at) is None


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_never_above_what_it_is_of(good: int, more: int):
    part = quality.Part("x", "", "", "", "", Ratio(good, good + more))
    assert part.score is None if good + more == 0 else 0 <= (part.score or 0) <= 100


def test_parts_without_data_have_no_figure_and_do_not_count(database: Database, at: datetime):
    with database.reading() as session:
        bare = quality.score(session, Measures(), "c", 1, content(), at)
        parts = {each.name: each for each in bare.parts}
        assert [name for name, each in parts.items() if each.measured] == ["complete", "valid"]
        assert {each.score for each in bare.parts if not each.measured} == {None}
        assert bare.score == ((parts["complete"].score or 0) + 100) // 2
        measures = Measures(
            last_update=lambda _session, _code, at: at - timedelta(hours=36),
            use=lambda *_: Ratio(3, 12, (Failing("", "no-use", "2026-01"),)),
            health=lambda *_: Ratio(0, 0),
            corrections=lambda *_: Ratio(1, 2),
        )
        full = {each.name: each.score for each in quality.score(session, measures, "c", 1, content(), at).parts}
    assert full == {**full, "fresh": 50, "used": 25, "health": None, "corrections": 50}


def test_the_score_is_told_over_http(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch):
    departments.opened(database, at)
    monkeypatch.setattr(clock, "now", lambda: at)
    with database.transaction() as session:
        published, _ = departments.published(session, at)
        draft, _ = departments.drafted(session, at, name="草稿", summary=None)
        codes = published.code, draft.code
    blueprints = (quality_route, directory_routes)
    door = rooms.door(database, blueprints, (STEWARD, STRANGER), Measures())
    told: dict[str, Any] = door.call("stranger", "GET", f"/directories/{codes[0]}/quality").json
    assert (told["number"], told["measured"], [each["name"] for each in told["parts"]]) == (
        1,
        2,
        ["complete", "valid", "fresh", "used", "health", "corrections"],
    )
    assert all(each["formula_zh"] and each["formula_en"] for each in told["parts"])
    assert door.call("stranger", "GET", f"/directories/{codes[1]}/quality").status_code == 404
    failing = door.call("steward", "GET", f"/directories/{codes[1]}/quality").json["parts"][0]["failing"]
    assert "#/summary" in [each["pointer"] for each in failing]
