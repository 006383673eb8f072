"""Clauses: written down and read back the same, and never wider than what was asked."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from exchange.agreements import clauses, contracts
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.clauses import Clauses, Parties
from exchange.agreements.contracts import ROW_TESTS, Allowed, Quota, RowCondition
from exchange.agreements.purposes import Ground, Stage
from exchange.sources.source import Test
from tests.exchange import contract_house as house
from tests.exchange.contract_house import AT, DIRECTORY, FIELDS, HEALTH, LICENCE, MARKET, WINDOW

DAY = timedelta(days=1)
PARTIES = Parties("grant-1", DIRECTORY, WINDOW, house.CallerKind.DEPARTMENT)


def any_clauses(number: int) -> Clauses:
    told = vars(house.any_contract(Random(number)))  # noqa: S311 - a seed, so that every run tries the same
    return Clauses(**{name: told[name] for name in Clauses.__dataclass_fields__})


def test_what_is_written_down_is_read_back_the_same():
    for number in range(200):
        told = any_clauses(number)
        written = json.loads(json.dumps(clauses.document(told)))
        assert clauses.read(written) == told
        assert clauses.document(clauses.read(written)) == written


def test_nothing_is_wider_than_itself():
    for number in range(200):
        assert clauses.widened(any_clauses(number), any_clauses(number)) is None


ASKED = house.clauses(
    regions=("320900",),
    organs=frozenset({MARKET}),
    systems=frozenset({"yanshi-window"}),
    masks={FIELDS[0]: "name"},
    conditions=(RowCondition(FIELDS[0], "equal", ("甲",)),),
    quota=Quota(10, 10, 10, 10),
    encrypted=True,
    agreement="协议-1",
)


@pytest.mark.parametrize(
    ("clause", "value"),
    [
        ("fields", FIELDS),
        ("matters", (LICENCE, "000123014000")),
        ("stages", frozenset(Stage)),
        ("grounds", frozenset(Ground)),
        ("modes", frozenset(Mode)),
        ("begins", AT - DAY),
        ("ends", AT + 999 * DAY),
        ("systems", frozenset()),
        ("systems", frozenset({"yanshi-window", "other"})),
        ("organs", frozenset()),
        ("organs", frozenset({MARKET, HEALTH})),
        ("regions", ()),
        ("regions", ("320000",)),
        ("regions", ("320902", "320800")),
        ("masks", {}),
        ("masks", {FIELDS[0]: "keep"}),
        ("conditions", ()),
        ("quota", Quota(10, 10, 10, None)),
        ("quota", Quota(10, 11, 10, 10)),
        ("encrypted", False),
        ("agreement", "协议-2"),
    ],
)
def test_giving_more_in_any_clause_is_wider(clause: str, value: Any):
    wider = clauses.widened(ASKED, replace(ASKED, **{clause: value}))
    assert wider is not None
    assert wider.startswith(clause)


@pytest.mark.parametrize(
    ("clause", "value"),
    [
        ("fields", FIELDS[:1]),
        ("matters", (f"{MARKET}3{LICENCE}",)),
        ("stages", frozenset({Stage.REVIEW})),
        ("begins", AT + DAY),
        ("ends", AT + DAY),
        ("regions", ("320902",)),
        ("masks", {FIELDS[0]: "name", FIELDS[1]: "hide"}),
        ("quota", Quota(1, 1, 1, 1)),
    ],
)
def test_giving_less_is_not(clause: str, value: Any):
    assert clauses.widened(ASKED, replace(ASKED, **{clause: value})) is None


def test_what_is_narrower_never_lets_more_through():
    """If an offer is not wider, no call gets a field by it that the request would not have given."""
    drawn, compared = Random(11), 0  # noqa: S311 - as above
    for number in range(4_000):
        asked = any_clauses(number)
        offered = replace(any_clauses(number), **dict([drawn.choice(list(vars(any_clauses(number + 1)).items()))]))
        if clauses.widened(asked, offered) is not None:
            continue
        wide, narrow = clauses.contract(asked, PARTIES), clauses.contract(offered, PARTIES)
        for _ in range(3):
            call = house.fitted(narrow, house.any_call(drawn), set(house.some(drawn, house.SPOILS, most=2)))
            told, before = contracts.judge(narrow, call), contracts.judge(wide, call)
            if isinstance(told, Allowed):
                compared += 1
                assert isinstance(before, Allowed)
                assert set(told.fields) <= set(before.fields)
    assert compared > 100


def test_the_strictest_of_the_directory_and_its_items_counts():
    items = {"许可证编号": {"share_type": "1"}, "单位名称": {"share_type": "2"}, "密项": {"share_type": "3"}}
    for fields, kind in ((("许可证编号",), "1"), (("许可证编号", "单位名称"), "2"), (("密项",), "3")):
        assert clauses.share_type("1", house.clauses(fields=fields), items) == kind
    assert clauses.share_type("2", house.clauses(fields=("许可证编号",)), items) == "2"


def test_a_condition_asks_what_sources_understand():
    assert {each.value for each in Test} == ROW_TESTS
