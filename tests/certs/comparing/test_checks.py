"""Yes and no over HTTP: signed, without data, on record, and not so often that they tell what is not given."""

import base64
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from certs.comparing.comparisons import Comparison, Predicate, Result, compared
from certs.drafts import Content, Holder
from certs.libraries.answers import Entry
from certs.life import Standing, State
from certs.routes.checks import certificate_checks
from certs.routes.queries import certificate_queries
from certs.types.certificate_type import Holding
from exchange.door.models import Usage
from keys.algorithms.sm2 import SM2_SM3
from keys.checkpoints.head import NoteKey
from tests import rooms
from tests.certs.papers import HYGIENE, TODAY, draft, firm
from tests.certs.queries import house as of
from tests.certs.queries.house import House, holder, purpose

NAME = {"predicate": "equals", "field": "持证主体", "value": "演示企业1有限公司"}
ADDRESS = {"predicate": "equals", "field": "address", "value": "演示"}
VALID = {"predicate": "valid_on", "on": "2026-11-21"}


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    opened = of.opened(database, tmp_path, at, monkeypatch)
    blueprints = certificate_queries, certificate_checks
    opened.door = rooms.door(database, blueprints, of.PEOPLE, opened.parts, opened.parts.gateway)
    return opened


def check(house: House, *checks: dict[str, Any], **peculiar: Any) -> Any:
    body = {"holder": holder(1), "certificate_type": HYGIENE.code, "purpose": purpose(), "checks": list(checks)}
    return house.door.call("gm", "POST", "/certificate-checks", json={**body, **peculiar})


def results(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [each["result"] for each in answer.json["results"]]


def test_yes_and_no_are_answered_and_signed_and_nothing_is_given(house: House):
    """The signature is this platform's, over the statement's own bytes."""
    identifier = house.keep(1)
    answer = check(house, NAME, {**NAME, "value": "演示别家"}, ADDRESS, VALID)
    assert results(answer) == ["yes", "no", "yes", "yes"]
    told = answer.json
    key = NoteKey.of_text(told["key"])
    statement, signature = told["statement"].encode(), base64.b64decode(told["signature"])
    assert SM2_SM3.verify(key.public, signature, statement)
    assert not SM2_SM3.verify(key.public, signature, statement.replace(b'"yes"', b'"no"', 1))
    said = json.loads(statement)
    assert (said["certificate"], said["usage_id"], said["status"]) == (identifier, told["usage_id"], "valid")
    assert "演示企业" not in answer.text
    assert draft(HYGIENE).data["legal_representative"] not in json.dumps(told["results"])
    with house.database.reading() as session:
        assert session.get_one(Usage, told["usage_id"]).outcome == "found"


def test_what_is_not_granted_cannot_be_compared(house: House):
    """Else yes and no would be a way around the grant."""
    house.keep(1)
    answer = check(house, {"predicate": "equals", "field": "room_area", "value": "120.50"})
    assert (answer.status_code, answer.json["code"]) == (403, "not-granted")


@pytest.mark.parametrize(("state", "outcome"), [(State.FROZEN, "denied"), (State.DISCARDED, "not_found")])
def test_where_there_is_nothing_to_compare_the_outcome_says_so(house: House, state: State, outcome: str):
    house.keep(1, state=state)
    told = check(house, NAME).json
    assert (told["outcome"], told["results"], told["certificate"]) == (outcome, [], None)


def test_what_does_not_serve_is_not_compared(house: House):
    house.keep(1, state=State.REVOKED)
    answer = check(house, NAME)
    assert (results(answer), answer.json["status"]) == (["unknown"], "revoked")


def test_halving_is_refused_before_it_tells(house: House):
    """Three days of validity a day; another holder has a budget of its own, and tomorrow is another day."""
    house.keep(1)
    house.keep(2)
    for days in (1000, 500, 250):
        assert check(house, {"predicate": "valid_on", "on": (house.today + timedelta(days)).isoformat()})
    answer = check(house, VALID)
    assert (answer.status_code, answer.json["code"]) == (429, "check-budget-spent")
    assert check(house, VALID, holder=holder(2)).status_code == 200
    assert check(house, NAME).status_code == 200
    house.at += timedelta(days=1)
    assert check(house, VALID).status_code == 200


def test_many_in_one_call_take_as_much_as_many_calls(house: House):
    house.keep(1)
    assert check(house, *[VALID] * 4).json["code"] == "check-budget-spent"


@pytest.mark.parametrize(
    "peculiar",
    [
        {"checks": []},
        {"checks": [NAME] * 11},
        {"checks": [{"predicate": "equals", "field": "address"}]},
        {"checks": [{"predicate": "older_than", "field": "address", "years": 0}]},
        {"checks": [{"predicate": "like", "field": "address", "value": "演"}]},
        {"certificate_type": None},
        {"fields": ["address"]},
    ],
)
def test_bad_input_is_refused_with_a_code(house: House, peculiar: dict[str, Any]):
    answer = check(house, NAME, **peculiar)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid-input")


# --- the decisions ------------------------------------------------------------------------------------------------


def entry(**data: Any) -> Entry:
    content = Content("演1", (Holder(firm(1), "001", "演示企业"),), data)
    first, last = TODAY - timedelta(days=10), TODAY + timedelta(days=10)
    told = ("1.2.3", HYGIENE.code, "", "320900", Holding.ISSUED, Standing.VALID, first, first, last)
    return Entry(*told, None, content)


def asked(predicate: Predicate, name: str = "", **told: Any) -> Comparison:
    return Comparison(predicate, name, **told)


@pytest.mark.parametrize(
    ("comparison", "data", "result"),
    [
        (asked(Predicate.EQUALS, "address", value="演示路 1 号"), {"address": "演示路１号"}, Result.YES),
        (asked(Predicate.EQUALS, "address", value="演示路"), {"address": "演示路1号"}, Result.NO),
        (asked(Predicate.EQUALS, "address", value="演"), {}, Result.UNKNOWN),
        (asked(Predicate.EQUALS, "number", value="演1"), {}, Result.YES),
        (asked(Predicate.VALID_ON, on=TODAY + timedelta(days=10)), {}, Result.YES),
        (asked(Predicate.VALID_ON, on=TODAY + timedelta(days=11)), {}, Result.NO),
        (asked(Predicate.VALID_ON, on=TODAY - timedelta(days=11)), {}, Result.NO),
        (asked(Predicate.OLDER_THAN, "address", years=18), {"address": "2008-11-20"}, Result.YES),
        (asked(Predicate.OLDER_THAN, "address", years=18), {"address": "2008-11-21"}, Result.NO),
        (asked(Predicate.OLDER_THAN, "address", years=18, on=date(2026, 2, 28)), {"address": "2008-02-29"}, Result.NO),
        (asked(Predicate.OLDER_THAN, "address", years=18, on=date(2026, 3, 1)), {"address": "2008-02-29"}, Result.YES),
        (asked(Predicate.OLDER_THAN, "address", years=18), {"address": "no date"}, Result.UNKNOWN),
        (asked(Predicate.SAME_COMPANY, value=firm(1)), {}, Result.YES),
        (asked(Predicate.SAME_COMPANY, value=firm(2)), {}, Result.NO),
        (asked(Predicate.SAME_COMPANY, "address", value=firm(1)), {"address": firm(1)}, Result.UNKNOWN),
    ],
)
def test_each_predicate_is_decided(comparison: Comparison, data: dict[str, Any], result: Result):
    assert compared(comparison, entry(**data), HYGIENE, TODAY) is result
