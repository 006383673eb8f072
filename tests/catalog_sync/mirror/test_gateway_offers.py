"""What the simulated national gateway offers, copied over its own convention, with its faults."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog_sync.mirror import entries, pulling
from catalog_sync.mirror.entries import Entry
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE, KINDS, Place
from catalog_sync.simulator import offerings
from catalog_sync.simulator.wire import Request
from catalog_sync.targets.gateway import offered
from catalog_sync.targets.gateway.answers import Meaning, Told, Unbelievable
from catalog_sync.targets.national_gateway import NationalGateway
from tests.catalog_sync.house import House
from tests.catalog_sync.mirror.library import catalogs, code_tables, loads, rejects
from tests.catalog_sync.simulator import twin
from tests.catalog_sync.simulator.twin import Bench


@pytest.fixture
def bench(tmp_path: Path, house: House) -> Iterator[Bench]:
    with twin.bench(tmp_path / "national") as made:
        made.at = house.at
        target = NationalGateway(made.target._line.account, made.twin, offers=frozenset(KINDS))
        house.sync = replace(house.sync, targets={target.name: target})
        made.target = target
        yield made


def pull(house: House, bench: Bench, kind: str = CATALOG) -> pulling.Pulled:
    bench.at = house.at
    return pulling.pull(house.database, house.sync, bench.target, kind, house.now)


def changed(bench: Bench, **told: Any) -> None:
    """Change the first directory over the control address."""
    first = {"cata_id": "30300101/000001", "cata_title": "演示改名", "updatetime": "2026-11-01 08:00:00"}
    body = {"credit_code": "11100000YNG000019L", "shared_type": "0", "columnlist": []}
    put(bench, {"kind": CATALOG, "content": {**first, **body}, **told})


def put(bench: Bench, body: Any) -> int:
    request = Request("PUT", "/simulator/offered", {}, {}, json.dumps(body).encode())
    return bench.platform(request).status


def test_the_whole_offer_is_copied_and_then_what_changed(house: House, bench: Bench) -> None:
    first = pull(house, bench)
    assert (first.rows, first.rejects, first.applied) == (48, 0, 1)
    assert pull(house, bench, CODE_TABLE).rows == 3
    assert {row.share_type for row in catalogs(house).values()} == {"1", "2", "3"}
    assert set(code_tables(house)) == {"2026.1", "2025.2"}
    changed(bench)
    house.later(hours=7)
    assert pull(house, bench).rows == 1
    names = {row.code: row.name for row in catalogs(house).values()}
    assert names["30300101/000001"] == "演示改名"
    changed(bench, gone=True)
    house.later(hours=7)
    pull(house, bench)
    assert [row.code for row in catalogs(house).values() if row.gone_since] == ["30300101/000001"]
    assert put(bench, {"kind": "other", "content": {}}) == 422


def test_its_pages_are_gone_on_from_and_a_place_that_is_forgotten_begins_again(
    house: House, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offerings, "MOST_PAGE", 20)
    bench.platform.switch("place-forgotten:x1")
    assert pull(house, bench).applied == 0
    assert pull(house, bench).pages == 3
    assert [(row.state, row.pages) for row in loads(house)] == [("dropped", 0), ("applied", 3)]
    assert len(catalogs(house)) == 48


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("offer-faulty:x1", ("wrong-check-digit", "organisation")),
        ("offer-faulty:x1/cata_title", ("missing-field", "name")),
        ("offer-doubled:x1", ("duplicate", "")),
    ],
)
def test_its_faulty_rows_are_rejects(house: House, bench: Bench, spec: str, found: tuple[str, str]) -> None:
    bench.platform.switch(spec)
    assert pull(house, bench).applied == 1
    ((_, *fault),) = rejects(house)
    assert tuple(fault) == found


def test_an_offer_that_shrinks_is_held(house: House, bench: Bench) -> None:
    pull(house, bench)
    bench.platform.switch("offer-shrunk:x1")
    house.later(days=8)
    assert pull(house, bench).held == 1
    assert not any(row.gone_since for row in catalogs(house).values())


@pytest.mark.parametrize(("fault", "state"), [("not-json", "paused"), ("schema-change", "paused"), ("half", "running")])
def test_a_spoilt_answer_applies_nothing(house: House, bench: Bench, fault: str, state: str) -> None:
    pull(house, bench, CODE_TABLE)
    bench.platform.switch(f"{fault}:x1")
    pull(house, bench)
    assert house.channel(bench.target.name).state == state
    assert catalogs(house) == {}


def told(data: Any) -> Told:
    return Told("0", Meaning.SUCCESS, "", data)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"list": "x", "token": "", "mark": "1"},
        {"list": [], "token": None, "mark": "1"},
        {"list": [], "token": "", "mark": ""},
        {"list": [], "token": "x" * 501, "mark": "1"},
        {"list": [{}] * 1001, "token": "", "mark": "1"},
        {"list": [7], "token": "", "mark": "1"},
        {"list": [{"content": []}], "token": "", "mark": "1"},
    ],
)
def test_an_answer_without_its_frame_is_none(data: Any) -> None:
    with pytest.raises(Unbelievable):
        offered.page(CATALOG, told(data))


def test_what_cannot_be_translated_is_handed_on_and_told_by_the_mirror() -> None:
    content = {"shared_type": "7", "updatetime": "soon", "update_cycle": 3, "columnlist": "x", "cata_title": None}
    (row,) = offered.page(CATALOG, told({"list": [{"content": content}], "token": "", "mark": "1"})).rows
    assert row.upstream_id is None
    assert dict(row.content) == {
        "share_type": "unknown:7",
        "version": "soon",
        "update_cycle": 3,
        "items": "x",
        "name": None,
    }
    # Their 3 is no code there, and 3 is one of ours: it must not become that.
    (other,) = offered.page(CATALOG, told({"list": [{"content": {"shared_type": "3"}}], "token": "", "mark": "1"})).rows
    assert other.content["share_type"] == "unknown:3"


def test_every_row_that_it_offers_is_sound(house: House, bench: Bench) -> None:
    for kind in KINDS:
        page = bench.target.pages(kind, Place(), house.at)
        assert all(isinstance(entries.read(kind, each), Entry) for each in page.rows)
