"""Rows that are offered: each fault by its name and place, and what a load would do."""

from typing import Any

import pytest

from catalog_sync.mirror import entries, weighing
from catalog_sync.mirror.entries import Entry, Fault, Reject
from catalog_sync.mirror.offering import CATALOG, CODE_TABLE, UNKNOWN, Offered
from catalog_sync.mirror.weighing import MANY_GONE, MANY_REJECTS, Kept, Limits, Staged
from tests.catalog_sync.mirror.library import BODY, directory, table

LIMITS = Limits(20, 20)


def test_a_sound_row_of_each_kind_is_an_entry() -> None:
    found = entries.read(CATALOG, Offered("d1", directory(1)))
    assert isinstance(found, Entry)
    assert found.content["items"] == [{"id": "i1", "name": "纳税信用等级1", "type": "string", "length": "20"}]
    assert found.digest == entries.digest(found.content)
    tree = [{"code": "1", "words": "许可"}, {"code": "11", "words": "经营许可", "parent": "1"}]
    assert isinstance(entries.read(CODE_TABLE, Offered("kind", table(entries=tree))), Entry)


@pytest.mark.parametrize("body", ["2700000000000", "X0320000000000000", BODY])
def test_bodies_are_named_in_each_form_that_was_seen(body: str) -> None:
    assert isinstance(entries.read(CATALOG, Offered("d1", directory(1, organisation=body))), Entry)


@pytest.mark.parametrize(
    ("told", "fault", "member"),
    [
        ({"name": ""}, Fault.MISSING, "name"),
        ({"name": None}, Fault.MISSING, "name"),
        ({"name": 7}, Fault.WRONG_TYPE, "name"),
        ({"name": "演" * 201}, Fault.TOO_LONG, "name"),
        ({"name": "演示\x00"}, Fault.WRONG_TYPE, "name"),
        ({"summary": "\ud800"}, Fault.WRONG_TYPE, "summary"),
        ({"version": "yesterday"}, Fault.WRONG_TYPE, "version"),
        ({"version": "2026-09-01T08:00:00"}, Fault.WRONG_TYPE, "version"),
        ({"organisation": BODY[:-1] + "A"}, Fault.CHECK_DIGIT, "organisation"),
        ({"organisation": "演示单位"}, Fault.WRONG_TYPE, "organisation"),
        ({"organisation": BODY.lower()}, Fault.WRONG_TYPE, "organisation"),
        ({"region": "32"}, Fault.WRONG_TYPE, "region"),
        ({"share_type": f"{UNKNOWN}9"}, Fault.UNKNOWN_CODE, "share_type"),
        ({"update_cycle": "hourly"}, Fault.UNKNOWN_CODE, "update_cycle"),
        ({"items": "none"}, Fault.WRONG_TYPE, "items"),
        ({"items": [1]}, Fault.WRONG_TYPE, "items"),
        ({"items": [{"name": "x"}] * 501}, Fault.TOO_LONG, "items"),
        ({"items": [{"name": "x"}, {"id": "y"}]}, Fault.MISSING, "items[1].name"),
        ({"items": [{"name": "x", "type": "blob"}]}, Fault.UNKNOWN_CODE, "items[0].type"),
    ],
)
def test_a_directory_with_a_fault_is_a_reject_that_names_it(told: dict[str, Any], fault: Fault, member: str) -> None:
    assert entries.read(CATALOG, Offered("d1", directory(1, **told))) == Reject("d1", fault, member)


@pytest.mark.parametrize(
    ("told", "fault", "member"),
    [
        ({"entries": []}, Fault.MISSING, "entries"),
        ({"version": ""}, Fault.MISSING, "version"),
        ({"entries": [{"code": "1", "words": "a"}, {"code": "1", "words": "b"}]}, Fault.DUPLICATE, "entries[1].code"),
        ({"entries": [{"code": "1", "words": "a", "parent": "9"}]}, Fault.UNKNOWN_CODE, "entries[0].parent"),
        ({"entries": [{"code": "1"}]}, Fault.MISSING, "entries[0].words"),
    ],
)
def test_a_code_table_with_a_fault_is_one_too(told: dict[str, Any], fault: Fault, member: str) -> None:
    assert entries.read(CODE_TABLE, Offered("kind", table(**told))) == Reject("kind", fault, member)


@pytest.mark.parametrize(
    ("upstream_id", "fault"),
    [(None, Fault.MISSING), ("", Fault.MISSING), (7, Fault.WRONG_TYPE), ("<script>", Fault.WRONG_TYPE)],
)
def test_a_row_without_a_usable_name_is_a_reject_without_one(upstream_id: Any, fault: Fault) -> None:
    assert entries.read(CATALOG, Offered(upstream_id, directory(1))) == Reject("", fault, "id")


def test_of_what_was_withdrawn_nothing_else_is_asked() -> None:
    found = entries.read(CATALOG, Offered("d1", {"version": 7}, is_gone=True))
    assert isinstance(found, Entry)
    assert (found.is_gone, found.version) == (True, "")


# --- what a load would do -----------------------------------------------------------------------------------------


def kept(*names: str, gone: str = "") -> dict[str, Kept]:
    return {each: Kept("1", f"digest of {each}", each in gone.split()) for each in names}


def rows(*told: tuple[str, str, bool, str]) -> list[Staged]:
    return [Staged(number, *each) for number, each in enumerate(told)]


def same(name: str) -> tuple[str, str, bool, str]:
    return name, f"digest of {name}", False, ""


NEW = ("new", "x", False, "")
LESS = ("a", "digest of a", True, "")


def test_a_load_adds_changes_brings_back_and_removes() -> None:
    before = kept("a", "b", "c", "d", "e", "f", gone="d")
    load = rows(same("a"), ("b", "other", False, ""), NEW, same("d"), same("e"), same("f"))
    found = weighing.plan(before, load, LIMITS, is_whole=True)
    assert (found.added, found.changed, found.same) == ((2,), (1, 3), ("a", "e", "f"))
    assert (found.gone, found.held) == (("c",), "")
    part = weighing.plan(before, load, LIMITS, is_whole=False)
    assert part.gone == ()


def test_what_is_withdrawn_goes_once_whether_the_load_is_whole_or_not() -> None:
    before = kept("a", "b", "c", "d", "e")
    load = rows(LESS, *map(same, "bcde"))
    for is_whole in (True, False):
        assert weighing.plan(before, load, LIMITS, is_whole=is_whole).gone == ("a",)
    assert weighing.plan(kept("a", "b", gone="a"), rows(LESS, same("b")), LIMITS, is_whole=True).gone == ()


def test_a_reject_keeps_what_it_is_about_and_one_without_a_name_keeps_everything() -> None:
    before = kept(*"abcdefgh")
    named = rows(("a", "", False, "missing-field"), *map(same, "bcdefg"))
    assert weighing.plan(before, named, LIMITS, is_whole=True).gone == ("h",)
    nameless = rows(("", "", False, "missing-field"), *map(same, "bcdefg"))
    assert weighing.plan(before, nameless, LIMITS, is_whole=True).gone == ()


@pytest.mark.parametrize(("gone", "held"), [(2, ""), (3, MANY_GONE)])
def test_a_load_that_would_remove_more_than_a_fifth_is_held(gone: int, held: str) -> None:
    names = [f"d{number}" for number in range(10)]
    found = weighing.plan(kept(*names), rows(*map(same, names[gone:])), LIMITS, is_whole=True)
    assert (len(found.gone), found.held) == (gone, held)


@pytest.mark.parametrize(("bad", "held"), [(2, ""), (3, MANY_REJECTS)])
def test_a_load_with_more_rejects_than_a_fifth_is_held(bad: int, held: str) -> None:
    names = [f"d{number}" for number in range(10)]
    load = rows(*((each, "", False, "duplicate") for each in names[:bad]), *map(same, names[bad:]))
    assert weighing.plan(kept(*names), load, LIMITS, is_whole=True).held == held


def entry(version: str, digest: str = "x", *, is_gone: bool = False) -> Entry:
    return Entry("a", version, digest, is_gone, {})


EARLY, LATE = "2026-09-01T08:00:00+08:00", "2026-09-01T01:00:00+00:00"


def test_a_row_is_weighed_against_what_is_known_of_it() -> None:
    """The later moment is the one that is written with the lower hour."""
    known = Kept(LATE, "x", is_gone=False)
    assert weighing.fault_of(entry(EARLY), set(), known, is_versioned=False) is Fault.OLDER
    assert weighing.fault_of(entry(LATE, "y"), set(), known, is_versioned=False) is None
    assert weighing.fault_of(entry(EARLY, is_gone=True), set(), known, is_versioned=False) is None
    assert weighing.fault_of(entry(LATE), {"a"}, known, is_versioned=False) is Fault.DUPLICATE
    table_ = Kept("2026.1", "x", is_gone=False)
    assert weighing.fault_of(entry("2026.1", "y"), set(), table_, is_versioned=True) is Fault.ALTERED
    assert weighing.fault_of(entry("2026.1", "x"), set(), table_, is_versioned=True) is None
