"""Values: soft in spelling, hard in meaning."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.sources.values import BEIJING, ItemType, Mismatch, plain, typed

S, N, D, DAY, T, B = ItemType
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("苏卫0001", S, "苏卫0001"),
        (320900, S, "320900"),
        (12.0, S, "12"),
        ("", S, ""),
        (date(2026, 1, 2), S, "2026-01-02"),
        ("12", N, 12),
        (" -7 ", N, -7),
        (3.0, N, 3),
        (Decimal("4.00"), N, 4),
        ("", N, None),
        (None, N, None),
        ("1.50", D, Decimal("1.50")),
        (0.1, D, Decimal("0.1")),
        (7, D, Decimal(7)),
        ("1e3", D, Decimal(1000)),
        ("20260102", DAY, date(2026, 1, 2)),
        ("2026/1/2", DAY, date(2026, 1, 2)),
        ("2026-01-02", DAY, date(2026, 1, 2)),
        (20260102, DAY, date(2026, 1, 2)),
        ("2026-01-02 00:00:00", DAY, date(2026, 1, 2)),
        ("20260102030405", T, MOMENT),
        ("2026-01-02 03:04:05", T, MOMENT),
        ("2026-01-01T19:04:05Z", T, MOMENT),
        ("2026-01-02 03:04:05+08", T, MOMENT),
        (datetime(2026, 1, 2, 3, 4, 5), T, MOMENT),  # noqa: DTZ001 - the case
        ("是", B, True),
        ("N", B, False),
        (1, B, True),
        ("0", B, False),
        (True, B, True),
    ],
)
def test_what_the_field_writes_is_read(raw: object, kind: ItemType, value: object):
    assert typed(raw, kind) == value


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"a": 1}, S),
        ([1], S),
        (True, S),
        (b"x", S),
        (1.5, S),
        ("a\0b", S),
        ("\ud800", S),
        ("x" * 70_000, S),
        ("1.5", N),
        ("١٢", N),
        (True, N),
        (1.5, N),
        (math.inf, N),
        (math.nan, N),
        ("9" * 20, N),
        (10**19, N),
        ("NaN", D),
        ("Infinity", D),
        (math.nan, D),
        (True, D),
        ("1,000", D),
        ("1e99", D),
        ("٣", D),
        ("2026-02-30", DAY),
        ("昨天", DAY),
        ("2026-01-02 10:00:00", DAY),
        (True, DAY),
        ("20261301", DAY),
        (2.5, DAY),
        ("now", T),
        (5, T),
        ("2026-01-02T25:00:00", T),
        ("0001-01-01T00:00:00+23:59", T),
        ("maybe", B),
        (2, B),
        (1.0, B),
        ([], B),
    ],
)
def test_what_is_something_else_is_a_mismatch(raw: object, kind: ItemType):
    with pytest.raises(Mismatch):
        typed(raw, kind)


VALUES = st.one_of(
    st.tuples(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.just(S)),
    st.tuples(st.integers(-(10**19) + 1, 10**19 - 1), st.just(N)),
    st.tuples(
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6), st.just(D)
    ),
    st.tuples(st.dates(), st.just(DAY)),
    st.tuples(st.datetimes(datetime(1901, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)), st.just(T)),  # noqa: DTZ001
    st.tuples(st.booleans(), st.just(B)),
)


@given(VALUES)
def test_what_is_written_plainly_is_read_as_the_same(pair: tuple[object, ItemType]):
    value, kind = pair
    assert typed(plain(value), kind) == value  # type: ignore[arg-type]


@given(
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary()), st.sampled_from(ItemType)
)
def test_anything_is_read_or_a_mismatch(raw: object, kind: ItemType):
    try:
        value = typed(raw, kind)
    except Mismatch:
        return
    assert value is None or typed(plain(value), kind) == value
