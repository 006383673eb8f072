"""Whatever a request holds, a dialect reads it or refuses it with a code; and any refusal of ours can be written."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import DomainError, Kind
from exchange.dialects import DIALECTS, national_gateway, x_road
from exchange.dialects.dialect import PURPOSE_HEADERS, Outside, Refusal, Served, Written
from tests.exchange.dialects import golden
from tests.exchange.dialects.dialect_house import DEFAULTS

NAMES = (
    *(f"{prefix}-{part}" for prefix in ("gjgxjhpt", "gjzwfwpt") for part in national_gateway.PARTS),
    *x_road.HASHED,
    *PURPOSE_HEADERS,
    "yinxin-cursor",
)
VALUES = st.one_of(st.text(max_size=60), st.sampled_from(["", "%", "%ff", "%00", ",", "a,b", "A/B/C", "../..", "\x00"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PURPOSES = st.fixed_dictionaries({}, optional={"purpose": JSON, "xkzbh": JSON, "item_code": JSON})


def requests() -> st.SearchStrategy[Outside]:
    return st.builds(
        Outside,
        st.sampled_from(["GET", "POST"]),
        st.one_of(
            st.text(max_size=60), st.just("/x/r1/A/B/C/D/E"), st.text(max_size=20).map("/x/r1/A/B/C/D/{}".format)
        ),
        st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
        st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=2).map(tuple),
        st.one_of(st.binary(max_size=40), PURPOSES.map(lambda told: json.dumps(told).encode())),
    )


@given(requests())
@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_any_request_is_read_or_refused_with_a_code(name: str, asked: Outside):
    row = DIALECTS[name]
    for read in (row.account_in, row.service_in, lambda told: row.ask(told, Served("s", {}), DEFAULTS)):
        with suppress(DomainError):
            read(asked)
    with suppress(DomainError):
        national_gateway.refresh_headers(asked)
    with suppress(DomainError):
        x_road.represented_in(asked)


@given(requests(), st.sampled_from(list(Kind)))
@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_kind_of_refusal_is_written_for_any_request(name: str, asked: Outside, kind: Kind):
    made = DIALECTS[name].refuse(asked, Refusal("code", kind, "", "演示", "demo", "request-1"))
    assert isinstance(made, Written)
    assert all("\n" not in value and "\r" not in value and value.isascii() for value in made.headers.values())


@pytest.mark.parametrize("ground", ["statutory", "", "holder", "agreement"])
def test_no_request_that_names_no_matter_becomes_statutory(ground: str):
    known = golden.outside(golden.read("national_gateway.json")["requests"][2]["request"])
    asked = Outside("GET", "/", {**known.headers, "yinxin-ground": ground, "yinxin-basis": "1"})
    told = DIALECTS["national-gateway"].ask(asked, Served("s", {}), replace(DEFAULTS, ground="statutory"))
    assert told.purpose.ground in {"holder", "agreement"}
