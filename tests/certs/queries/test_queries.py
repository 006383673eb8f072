"""Looking certificates up: who may, what is given, what is told of those that do not serve, and the record."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from base.db import Database
from base.models import AuditEntry
from certs import contents
from certs.consents import consents
from certs.holders import uses
from certs.life import State
from certs.queries import misses
from exchange.agreements.models import UseList
from exchange.door import quotas
from exchange.door.models import Usage
from tests.certs.papers import HYGIENE, MARRIAGE, draft, firm
from tests.certs.queries import house as of
from tests.certs.queries.house import HIGH, SHOWN, UNGRANTED, House, holder, purpose


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch)


def test_what_is_held_is_found_with_the_granted_fields_and_no_other(house: House):
    """By holder and type, by identifier, by type and number: the same answer."""
    identifier = house.keep(1)
    by_holder = house.held_by(1)
    by_identifier = house.told(identifier=identifier)
    number = by_holder["certificates"][0]["number"]
    by_number = house.told(certificate_type=HYGIENE.code, number=number)
    for told in (by_holder, by_identifier, by_number):
        (certificate,) = told["certificates"]
        assert (told["outcome"], told["origin"]) == ("found", "local")
        assert told["asked"] == [{"library": "own", "outcome": "found", "reason": "found"}]
        assert set(certificate["data"]) == SHOWN
        assert certificate["data"]["address"] == draft(HYGIENE).data["address"]
        assert certificate | {"data": 0} == {
            "identifier": identifier,
            "type": HYGIENE.code,
            "number": number,
            "holding": "issued",
            "status": "valid",
            "data": 0,
            "superseded_by": None,
        }


def test_fields_that_are_asked_for_are_all_that_is_given(house: House):
    """In the type's words or in Chinese; the number too is given only where it is asked for."""
    house.keep()
    told = house.told(holder=holder(), certificate_type=HYGIENE.code, fields=["经营地址"])
    (certificate,) = told["certificates"]
    assert (set(certificate["data"]), certificate["number"]) == ({"address"}, "")


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"certificate_type": UNGRANTED.code}, 403, "not-granted"),
        ({"fields": ["room_area"]}, 403, "not-granted"),
        ({"fields": ["colour"]}, 422, "unknown-certificate-field"),
        ({"certificate_type": "11100000YNX090019T999"}, 404, "no-such-certificate-type"),
        ({"holder": holder(code="91320900YNX00001X1")}, 422, "unsound-holder-code"),
        ({"holder": holder(type="999x")}, 422, "invalid-input"),
        ({"holder": {"code": firm(1), "type": "001"}}, 422, "invalid-input"),
        ({"number": "演"}, 422, "invalid-input"),
        ({"purpose": purpose(item_code=of.OTHER_MATTER)}, 403, "not-granted"),
        ({"purpose": purpose(handling_region="330100")}, 403, "not-granted"),
        ({"purpose": purpose(ground="agreement")}, 403, "not-granted"),
        ({"purpose": purpose(item_code="12")}, 422, "invalid-input"),
        ({"purpose": {}}, 422, "invalid-input"),
        ({"queries": []}, 422, "invalid-input"),
        ({"colour": 1}, 422, "invalid-input"),
    ],
)
def test_who_may_not_ask_and_bad_input_are_refused_with_a_code(
    house: House, peculiar: dict[str, Any], status: int, code: str
):
    """Each is on record as an attempt, and nothing of the holder is repeated."""
    house.keep()
    answer = house.ask(**{"holder": holder(), "certificate_type": HYGIENE.code, **peculiar})
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert firm(1) not in answer.text
    with house.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "data.refused")).one()
    assert firm(1).encode() not in entry.content


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"identifier": "1.2.156.3005.2.x"}, "invalid-certificate-identifier"),
        ({}, "invalid-input"),
        ({"number": "演1"}, "invalid-input"),
        ({"identifier": "x", "holder": holder()}, "invalid-input"),
    ],
)
def test_a_query_has_one_of_three_forms(house: House, body: dict[str, Any], code: str):
    answer = house.ask(**body)
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_who_holds_nothing_is_not_found_and_the_clerk_is_shown_the_way(house: House):
    told = house.held_by(2)
    assert (told["outcome"], told["certificates"], told["reason"]["code"]) == ("not_found", [], "no-such-certificate")
    assert told["missing_report"] == "/api/v1/missing-reports"


def test_a_name_that_does_not_fit_is_told_as_if_there_were_nothing(house: House):
    """Codes alone are not enough; whoever tries them out learns nothing."""
    house.keep(1)
    wrong = house.told(holder=holder(1, name="演示企业2有限公司"), certificate_type=HYGIENE.code)
    none = house.told(holder=holder(2), certificate_type=HYGIENE.code)
    for each in (wrong, none):
        each.pop("usage_id")
        each.pop("receipt")
    assert wrong == none


def test_a_name_is_the_same_however_wide_it_is_written(house: House):
    house.keep(1)
    told = house.told(holder=holder(1, name=" 演示企业１有限公司 "), certificate_type=HYGIENE.code)
    assert told["outcome"] == "found"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.REVOKED, "revoked"),
        (State.SUSPENDED, "suspended"),
        (State.CANCELLED, "cancelled"),
        (State.TRANSFERRED, "transferred"),
    ],
)
def test_what_does_not_serve_is_told_by_its_status_without_data(house: House, state: State, status: str):
    house.keep(state=state)
    told = house.held_by(1)
    (certificate,) = told["certificates"]
    assert (told["outcome"], told["reason"]["code"]) == ("found", "not-in-force")
    assert (certificate["status"], certificate["data"], certificate["number"]) == (status, {}, "")


def test_what_is_expired_or_not_yet_valid_gives_no_data(house: House):
    day = house.today
    house.keep(1, issued_on=day, valid_from=day + timedelta(days=2))
    house.keep(2, issued_on=day - timedelta(days=9), valid_from=day - timedelta(days=9), valid_until=day)
    assert house.held_by(1)["certificates"][0]["status"] == "not_yet"
    assert house.held_by(2)["certificates"][0]["status"] == "valid"
    house.at += timedelta(days=1)
    (expired,) = house.held_by(2)["certificates"]
    assert (expired["status"], expired["data"]) == ("expired", {})


def test_what_was_changed_leads_to_the_newer_version(house: House):
    new = house.keep(1)
    old = house.keep(1, state=State.CHANGED, superseded_by=new)
    (certificate,) = house.told(identifier=old)["certificates"]
    assert (certificate["status"], certificate["data"], certificate["superseded_by"]) == ("changed", {}, new)
    statuses = {each["identifier"]: each["status"] for each in house.held_by(1)["certificates"]}
    assert statuses == {new: "valid", old: "changed"}


def test_a_frozen_certificate_is_denied_with_its_own_reason(house: House):
    house.keep(state=State.FROZEN)
    told = house.held_by(1)
    assert (told["outcome"], told["reason"]["code"], told["certificates"]) == ("denied", "frozen", [])


@pytest.mark.parametrize("state", [State.TO_BE_SIGNED, State.DISCARDED, State.STAGED])
def test_what_is_not_yet_a_certificate_is_not_there(house: House, state: State):
    identifier = house.keep(state=state)
    assert house.held_by(1)["outcome"] == "not_found"
    assert house.told(identifier=identifier)["outcome"] == "not_found"


def test_a_holder_of_several_types_is_shown_those_that_are_granted(house: House):
    house.keep(1)
    house.keep(1, UNGRANTED)
    told = house.told(holder=holder(1))
    assert [each["type"] for each in told["certificates"]] == [HYGIENE.code]


def test_who_is_granted_no_type_at_all_is_refused(house: House):
    answer = house.ask(holder=holder(), purpose=purpose(item_code=of.OTHER_MATTER))
    assert (answer.status_code, answer.json["code"]) == (403, "not-granted")


# --- consent ------------------------------------------------------------------------------------------------------


def high_holder() -> dict[str, Any]:
    (first, *_) = draft(HIGH).holders
    return {"code": first.code, "type": first.type, "name": first.name}


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("by", ["holder", "identifier"])
def test_without_consent_a_type_of_high_level_is_denied_whether_there_is_one_or_not(
    house: House, is_there: bool, by: str
):
    """Denied must not tell that there is something to deny."""
    house.keep(1, HIGH)
    asked: dict[str, Any] = {"holder": high_holder(), "certificate_type": HIGH.code}
    if by == "identifier":
        asked = {"identifier": house.keep(2, HIGH, state=State.VALID if is_there else State.STAGED, number="演2")}
    elif not is_there:
        asked["holder"]["name"] = "演示别人"
    told = house.told(**asked)
    assert (told["outcome"], told["reason"]["code"]) == ("denied", "consent-missing")
    assert (told["certificates"], told["missing_report"]) == ([], None)
    assert told["asked"] == [{"library": "own", "outcome": "denied", "reason": "consent-missing"}]


def test_with_consent_a_type_of_high_level_is_given_and_the_use_is_counted(house: House):
    identifier = house.keep(1, HIGH)
    consent = house.agree(high_holder(), HIGH)
    assert house.told(holder=high_holder(), certificate_type=HIGH.code)["outcome"] == "found"
    assert house.told(identifier=identifier)["outcome"] == "found"
    with house.database.reading() as session:
        assert consents.consent_of(session, consent).uses == 2


def test_a_consent_for_one_use_is_good_for_one(house: House):
    house.keep(1, HIGH)
    house.agree(high_holder(), HIGH, most_uses=1)
    outcomes = [house.told(holder=high_holder(), certificate_type=HIGH.code)["outcome"] for _ in range(2)]
    assert outcomes == ["found", "denied"]


def test_no_more_is_given_than_the_holder_agreed_to(house: House):
    """The grant names the number; the holder agreed to the name alone, so nothing is left."""
    house.keep(1, HIGH)
    house.agree(high_holder(), HIGH, "holder_name")
    assert house.told(holder=high_holder(), certificate_type=HIGH.code)["reason"]["code"] == "consent-missing"


def test_the_holder_finds_every_use(house: House):
    """Found, denied, and that there was nothing."""
    house.keep(1)
    house.held_by(1)
    house.held_by(2)
    house.told(holder=high_holder(), certificate_type=HIGH.code)
    keys = house.parts.certs.keys
    with house.database.reading() as session:
        firms = [contents.holder_hash(session, keys, "001", firm(number)) for number in (1, 2)]
        person = contents.holder_hash(session, keys, "111", high_holder()["code"])
        found, missed, denied = (uses.shown(session, [each], house.at).uses for each in (*firms, person))
    assert [each.outcome for each in (*found, *missed, *denied)] == ["found", "not_found", "denied"]
    assert set(found[0].fields) == {*SHOWN, "number"}


def test_one_holder_is_looked_up_only_so_often_a_day(house: House):
    """By all together."""
    house.keep(1)
    taken = misses.holder_takings(house.parts, [hash_of(house, 1)])
    with house.database.transaction() as session:
        quotas.take(session, [replace(each, calls=999) for each in taken], house.at)
    assert house.ask(holder=holder(1), certificate_type=HYGIENE.code).status_code == 200
    answer = house.ask(holder=holder(1), certificate_type=HYGIENE.code)
    assert (answer.status_code, answer.json["code"]) == (429, "quota-exceeded")
    assert house.held_by(2)["outcome"] == "not_found"


def hash_of(house: House, number: int) -> str:
    with house.database.reading() as session:
        return contents.holder_hash(session, house.parts.certs.keys, "001", firm(number))


# --- codes that are tried out -------------------------------------------------------------------------------------


def test_who_tries_out_codes_is_stopped_and_the_alarm_is_raised_once(house: House):
    """Nothing is answered any more, be there something or not, until the window is over."""
    house.keep(1)
    limit = house.parts.settings.misses_per_minute
    with house.database.transaction() as session:
        quotas.take(session, [misses.taking(house.parts, of.WINDOW, limit - 1)], house.at)
    assert house.held_by(2)["outcome"] == "not_found"
    for number in (1, 2, 3):
        answer = house.ask(holder=holder(number), certificate_type=HYGIENE.code)
        assert (answer.status_code, answer.json["code"]) == (429, "too-many-misses")
    with house.database.reading() as session:
        alarms = list(session.scalars(select(AuditEntry).where(AuditEntry.act == misses.ALARM)))
    assert [each.thing_id for each in alarms] == [of.WINDOW.id]
    assert b"yinxin_enumeration_alarms_total 1.0" in house.parts.counted.exposition()
    house.at += timedelta(minutes=1)
    assert house.held_by(1)["outcome"] == "found"


def test_a_batch_that_runs_over_the_bound_is_answered_not_at_all(house: House):
    queries = [{"holder": holder(number), "certificate_type": HYGIENE.code} for number in range(1, 62)]
    answer = house.ask(queries=queries)
    assert (answer.status_code, answer.json["code"]) == (429, "too-many-misses")


def test_a_statutory_use_of_an_ordinary_type_asks_for_no_consent(house: House):
    house.keep(1)
    assert house.held_by(1)["outcome"] == "found"
    assert house.consents.asked == 0


# --- batches ------------------------------------------------------------------------------------------------------


def test_a_hundred_queries_are_answered_each_by_itself(house: House):
    with house.database.transaction() as session:
        for number in range(1, 100, 2):
            house.kept(session, number)
    queries = [{"holder": holder(number), "certificate_type": HYGIENE.code} for number in range(1, 101)]
    told = house.told(queries=queries)
    outcomes = [each["outcome"] for each in told["items"]]
    assert outcomes == ["found", "not_found"] * 50
    assert len({each["usage_id"] for each in told["items"]}) == 100
    assert house.ask(queries=[*queries, queries[0]]).status_code == 422


def test_what_is_not_granted_is_denied_alone_unless_nothing_is_granted(house: House):
    house.keep(1)
    mixed = [
        {"holder": holder(1), "certificate_type": UNGRANTED.code},
        {"holder": holder(1), "certificate_type": HYGIENE.code},
    ]
    denied, found = house.told(queries=mixed)["items"]
    assert (denied["outcome"], denied["reason"]["code"], denied["usage_id"]) == ("denied", "not-granted", None)
    assert found["outcome"] == "found"
    assert house.ask(queries=mixed[:1]).status_code == 403


def test_the_number_of_statements_does_not_grow_with_the_queries(house: House):
    """Nor with the certificates."""
    with house.database.transaction() as session:
        for number in range(1, 61):
            house.kept(session, number)
            house.kept(session, number)

    def statements(count: int) -> int:
        queries = [{"holder": holder(each), "certificate_type": HYGIENE.code} for each in range(1, count + 1)]
        queries.append({"identifier": first})
        with counted(house) as seen:
            assert len(house.told(queries=queries)["items"]) == count + 1
        return len(seen)

    first = house.held_by(1)["certificates"][0]["identifier"]
    statements(3)
    few, many = statements(3), statements(60)
    assert few == many


class counted:  # noqa: N801 - reads as a word in the story
    """Collects the statements that run within a block."""

    def __init__(self, house: House) -> None:
        self.engine = house.database.engine
        self.seen: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.seen.append(statement)


# --- the record ---------------------------------------------------------------------------------------------------


def test_every_answer_is_on_record_before_it_is_given(house: House):
    """Found, not found and denied: a use with the grant, the fields and the holder's hash; no number stands in it."""
    house.keep(1)
    house.keep(3, state=State.FROZEN)
    told = [house.held_by(number) for number in (1, 2, 3)]
    with house.database.reading() as session:
        rows = [session.get_one(Usage, each["usage_id"]) for each in told]
        held = contents.holder_hash(session, house.parts.certs.keys, "001", firm(1))
        entries = list(session.scalars(select(AuditEntry).where(AuditEntry.act == "data.used")))
    assert [each.outcome for each in rows] == ["found", "not_found", "denied"]
    assert [each.rows for each in rows] == [1, 0, 0]
    assert rows[0].subjects == [held]
    assert set(rows[0].fields) == {*SHOWN, "number"}
    assert (rows[1].fields, rows[0].directory) == ([], HYGIENE.code)
    assert rows[0].grant_code.startswith("use-list:")
    assert not any(firm(number).encode() in entry.content for entry in entries for number in (1, 2, 3))
    assert told[0]["receipt"]["url"].endswith(told[0]["usage_id"])


def test_nothing_is_answered_where_nothing_can_be_recorded(house: House, monkeypatch: pytest.MonkeyPatch):
    house.keep(1)

    def broken(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(house.parts.gateway.recorder, "write", broken)
    assert house.ask(holder=holder(1), certificate_type=HYGIENE.code).status_code == 500


def test_a_list_that_ends_meanwhile_gives_nothing_any_more(house: House):
    """The grant is asked for at each call."""
    house.keep(1)
    assert house.held_by(1)["outcome"] == "found"
    with house.database.transaction() as session:
        for row in session.scalars(select(UseList)):
            row.effective_until = house.at
    answer = house.ask(holder=holder(1), certificate_type=HYGIENE.code)
    assert (answer.status_code, answer.json["code"]) == (403, "not-granted")


@pytest.mark.parametrize("who", [None, "issuer"])
def test_only_systems_that_may_read_and_clerks_may_ask(house: House, who: str | None):
    assert house.ask(who, holder=holder(), certificate_type=HYGIENE.code).status_code in {401, 403}


def test_a_clerk_may_ask(house: House):
    house.keep(1)
    answer = house.ask("clerk", holder=holder(), certificate_type=HYGIENE.code)
    assert answer.json["outcome"] == "found"


def test_a_certificate_of_two_is_found_by_either(house: House):
    """A marriage certificate is held by both."""
    house.keep(1, MARRIAGE)
    for each in draft(MARRIAGE).holders:
        named = {"code": each.code, "type": each.type, "name": each.name}
        assert house.told(holder=named, certificate_type=MARRIAGE.code)["outcome"] == "found"
