"""Regions nest, and a row goes to those that it lies in and to nobody else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.identifiers import Level, RegionCode
from bench.drills import direct_regions
from exchange.direct import comparing, regions
from exchange.direct.comparing import Found, Kept

CHAIN = ("320000", "320900", "320981", "320981100000", "320981100001")
digits = st.integers


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Draw a well-formed code of any level and length, near each other often."""
    city = draw(st.sampled_from(["00", "05", "09"]))
    county = "00" if city == "00" else draw(st.sampled_from(["00", "02", "81"]))
    town = "000" if city == "00" else draw(st.sampled_from(["000", "001", "100", "101", "999"]))
    village = "000" if town == "000" else draw(st.sampled_from(["000", "001", "999"]))
    whole = draw(st.sampled_from(["32", "44"])) + city + county + town + village
    shortest = 12 if village != "000" else 9 if town != "000" else 6
    return whole[: draw(st.sampled_from([length for length in (6, 9, 12) if length >= shortest]))]


def test_each_region_of_a_chain_holds_those_below_and_none_above():
    for upper, outer in enumerate(CHAIN):
        for lower, inner in enumerate(CHAIN):
            assert regions.belongs(RegionCode(outer), inner) == (upper <= lower)


@given(codes(), codes(), codes())
def test_nesting_is_an_order(one: str, other: str, third: str):
    a, b = RegionCode(one), RegionCode(other)
    assert regions.belongs(a, one)
    if regions.belongs(a, other) and regions.belongs(b, third):
        assert regions.belongs(a, third)
    if regions.belongs(a, other) and regions.belongs(b, one):
        assert regions.written(a) == regions.written(b)
    # Two regions lie in each other or share nothing.
    if regions.belongs(a, third) and regions.belongs(b, third):
        assert regions.belongs(a, other) or regions.belongs(b, one)


@given(codes(), codes())
def test_the_bounds_as_texts_say_the_same_as_the_rule(one: str, other: str):
    region = RegionCode(one)
    low, high = regions.bounds(region)
    assert (low <= other <= high) == regions.belongs(region, other)
    assert regions.written(RegionCode(other)).startswith(regions.within(region)) == regions.belongs(region, other)


NONE: tuple[object, ...] = (
    *(None, "", 320981, 320981.0, True, b"320981", "32098", "3209811", "320981100000000"),
    *("３２０９８１", "32０981", " 320981", "320981 ", "320981\n", "32098I", "-20981", "320981'--"),
    *("000000", "990000", "320081", "320981000001"),
)


@pytest.mark.parametrize("code", NONE)
def test_a_code_that_cannot_be_believed_belongs_to_nobody(code: object):
    assert regions.placed(code) is None
    assert not any(regions.belongs(RegionCode(each), code) for each in (*CHAIN, "100000"))


def test_the_nation_has_every_region_and_no_region_has_the_nation():
    assert regions.belongs(RegionCode("100000"), "320981")
    assert RegionCode("100000").level is Level.NATION
    assert not regions.belongs(RegionCode("320000"), "100000")


@given(st.lists(st.tuples(st.sampled_from("abc"), codes().map(RegionCode).map(regions.written), st.sampled_from("xy"))))
def test_comparing_twice_changes_nothing_the_second_time(rows: list[tuple[str, str, str]]):
    found = [Found(key, region, digest, {}) for key, region, digest in rows]
    first = comparing.changes({}, found, 1)
    kept = {(each.key, each.region): Kept(each.digest, is_gone=False, seen=1) for each in first.told}
    second = comparing.changes(kept, first.told, 2)
    assert (second.told, second.gone) == ((), ())
    assert len({each.key for each in first.told}) == len(first.told)
    assert len(first.told) + first.doubles == len(rows)


def test_a_row_that_moved_is_gone_from_where_it_was():
    kept = {("a", "r1"): Kept("x", is_gone=False, seen=1)}
    changes = comparing.changes(kept, [Found("a", "r2", "x", {})], 2)
    assert [(each.key, each.region) for each in changes.told] == [("a", "r2")]
    assert changes.gone == (("a", "r1"),)
    back = comparing.changes(
        {("a", "r1"): Kept("", is_gone=True, seen=1), ("a", "r2"): Kept("x", is_gone=False, seen=2)},
        [Found("a", "r1", "x", {})],
        3,
    )
    assert [(each.key, each.region) for each in back.told] == [("a", "r1")]
    assert back.gone == (("a", "r2"),)


@given(st.integers(0, 2**32))
def test_no_filter_makes_another_regions_row_come(seed: int):
    chance = random.Random(seed)  # noqa: S311 - nothing here is secret
    assert direct_regions.case(chance)["of_other_regions"] == 0
