"""A profile holds what direct calls give, no more and no less: generated policies, and leaks that must be seen."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from exchange.profiles import answers, assembling
from tests.exchange.profiles import cases
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CODE, CREDIT, FIRM, SYSTEM, House

CASES = 100


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr("base.clock.now", lambda: at)
    made = built.opened(database, tmp_path, at)
    built.declared(made)
    return made


@pytest.mark.parametrize("zone", [None, CODE])
def test_a_profile_is_what_direct_calls_give(house: House, zone: str | None):
    drawn = random.Random(20261122)  # noqa: S311 - nothing here is secret
    wrong, found, policy = [], Counter[str](), cases.Policy(())
    for number in range(CASES):
        policy = cases.drawn_policy(drawn, house) if number % cases.CALLS == 0 else policy
        case = cases.drawn_case(drawn, policy)
        wrong += [(number, each, case) for each in cases.check(house, case, zone, found)]
    assert wrong == []
    assert {"found", "not_found", "denied"} <= set(found)


def granted(house: House, **peculiar: Any) -> cases.Case:
    """Give a plain case: both directories granted, one item of one of them masked."""
    told = {
        "grantee": SYSTEM.organisation,
        "fields": built.TABLES["licences"][2][:3],
        "masks": {"法定代表人": "name"},
        "state": cases.GrantState.ACTIVE,
        **peculiar,
    }
    body = {"purpose": built.gateway_house.purpose(), "subject": {"credit_code": FIRM}}
    return cases.Case(cases.Policy((("licences", told),)), SYSTEM.id, body)


def unmasked(told: list[Any]) -> list[Any]:
    """Show what the grant masks."""
    for field in told:
        for value in field["values"]:
            value["value"] = "演示甲" if field["name"] == "法定代表人" else value["value"]
    return told


def ungranted(told: list[Any]) -> list[Any]:
    """Show an item that is not granted, as if the same use had brought it."""
    source = told[0]["values"][0]["sources"][0]
    return [
        *told,
        {"name": "区划", "conflict": False, "values": [{"value": "320900", "mask": "keep", "sources": [source]}]},
    ]


def unsourced(told: list[Any]) -> list[Any]:
    """Show a value that nobody said."""
    return [*told, {"name": "区划", "conflict": False, "values": [{"value": "320900", "mask": "keep", "sources": []}]}]


def forgotten(told: list[Any]) -> list[Any]:
    """Leave a granted item out."""
    return [each for each in told if each["name"] != "单位名称"]


@pytest.mark.parametrize("leak", [unmasked, ungranted, unsourced, forgotten])
def test_the_checker_shouts_at_a_planted_leak(
    house: House, monkeypatch: pytest.MonkeyPatch, leak: Callable[[list[Any]], list[Any]]
):
    case = granted(house)
    assert cases.check(house, case) == []
    sound = answers.fields
    monkeypatch.setattr(answers, "fields", lambda answered: leak(sound(answered)))
    assert cases.check(house, case) != []


def test_the_checker_shouts_at_a_gate_that_was_walked_around(house: House, monkeypatch: pytest.MonkeyPatch):
    """What a refused call would have brought, shown all the same."""
    case = granted(house, state=cases.GrantState.REVOKED)
    assert cases.check(house, case) == []
    sound = assembling._refused

    def around(planned: Any, refusal: Any) -> Any:
        made = sound(planned, refusal)
        answer: Mapping[str, Any] = {"usage_id": "u", "receipt": {}, "rows": [{CREDIT: FIRM}]}
        return answers.Answered(**{**vars(made), "answer": answer})

    monkeypatch.setattr(assembling, "_refused", around)
    assert cases.check(house, case) != []
