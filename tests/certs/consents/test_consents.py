"""Consents: what lies within one, what ends it, and that a use under one that is gone is none."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import audit
from base.audit import Search
from base.db import Database
from certs.consents import consents
from certs.consents.consent import LONGEST, Giver
from certs.consents.errors import ConsentNotStanding, FaultyConsent, NoSuchConsent
from exchange.agreements.purposes import Basis, BasisKind, Ground, Stage
from tests.certs.consents import desk
from tests.certs.consents.desk import agreed, given, hashed, holder, purpose
from tests.certs.office import Office, office
from tests.certs.papers import HYGIENE, MARRIAGE, firm
from tests.keys.parties.builders import CITY, PROVINCE

AGREED: Any = Basis(BasisKind.AGREEMENT, "演示协议1")
AGREED_USE: dict[str, Any] = {"stage": Stage.AGREEMENT, "ground": Ground.AGREEMENT, "basis": AGREED}


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    return office(database, tmp_path, at, None)


def found(house: Office, *, type_code: str = HYGIENE.code, organisation: str = CITY, **peculiar: Any) -> str | None:
    named = peculiar.pop("identifier", None)
    whose = peculiar.pop("whose", holder())
    with house.database.transaction() as session:
        told = hashed(house, session, whose)
        asked = purpose(**peculiar)
        one = consents.standing(session, told, type_code, organisation, asked, house.at, identifier=named)
        many = consents.OnRecord().standing(session, {(told, type_code)}, organisation, asked, house.at)
        assert named or {each.id for each in many.values()} == ({one.id} if one else set())
        return one.id if one else None


def test_a_use_within_what_was_agreed_to_is_found(house: Office):
    number = agreed(house)
    assert found(house) == number
    assert found(house, item_code=f"{CITY}2{desk.MATTER}") == number


@pytest.mark.parametrize(
    "other",
    [
        {"type_code": MARRIAGE.code},
        {"organisation": PROVINCE},
        {"item_code": "000123019999"},
        {"whose": holder(2)},
        AGREED_USE,
    ],
    ids=["type", "organisation", "matter", "holder", "agreement"],
)
def test_a_use_beside_what_was_agreed_to_is_not(house: Office, other: dict[str, Any]):
    agreed(house)
    assert found(house, **other) is None


def test_an_agreed_use_names_its_agreement(house: Office):
    number = agreed(house, agreement="演示协议1")
    assert found(house, **AGREED_USE) == number
    assert found(house, **{**AGREED_USE, "basis": Basis(BasisKind.AGREEMENT, "演示协议2")}) is None
    assert found(house) is None


def test_a_consent_for_one_certificate_is_none_for_another(house: Office):
    number = agreed(house, identifiers=("a",))
    assert found(house, identifier="a") == number
    assert found(house, identifier="b") is None


def test_a_consent_ends_at_its_end_and_not_before(house: Office):
    number = agreed(house)
    house.at += timedelta(days=7, microseconds=-1)
    assert found(house) == number
    house.at += timedelta(microseconds=1)
    assert found(house) is None


def test_a_withdrawn_consent_is_none_from_then_on(house: Office):
    number = agreed(house)
    with house.database.transaction() as session:
        row = consents.consent_of(session, number, locked=True)
        consents.withdraw(session, row, "", desk.SECURITY, house.at)
    assert found(house) is None
    with house.database.transaction() as session, pytest.raises(ConsentNotStanding) as refusal:
        consents.used(session, number, "0" * 36, house.at)
    assert refusal.value.reason == "withdrawn"
    with house.database.transaction() as session:
        assert len(audit.search(session, Search(act="consent.withdrawn"))) == 1
        row = consents.consent_of(session, number)
        with pytest.raises(ConsentNotStanding):
            consents.withdraw(session, row, "", desk.SECURITY, house.at)


def test_a_consent_for_one_use_serves_once(house: Office):
    number = agreed(house, most_uses=1)
    with house.database.transaction() as session:
        consents.used(session, number, "1" * 36, house.at)
    assert found(house) is None
    with house.database.transaction() as session, pytest.raises(ConsentNotStanding) as refusal:
        consents.used(session, number, "2" * 36, house.at)
    assert refusal.value.reason == "used-up"


def test_fields_are_spelled_out_when_it_is_given(house: Office):
    """What a type gets later was not agreed to."""
    number = agreed(house, scope={HYGIENE.code: ()})
    with house.database.transaction() as session:
        fields = consents.value(consents.consent_of(session, number)).fields_of(HYGIENE.code)
    assert {"address", "number", "holder_name"} <= set(fields)
    with house.database.transaction() as session, pytest.raises(NoSuchConsent):
        consents.consent_of(session, "x")


@pytest.mark.parametrize(
    ("peculiar", "place"),
    [
        ({"matter": "12"}, "#/matter"),
        ({"scope": {}}, "#/scope"),
        ({"scope": {"x": ()}}, "#/scope/x"),
        ({"scope": {HYGIENE.code: ("colour",)}}, f"#/scope/{HYGIENE.code}"),
        ({"most_uses": 0}, "#/most_uses"),
        ({"giver": Giver.AGENT}, "#/basis"),
        ({"giver": Giver.GUARDIAN, "acting": "演示甲"}, "#/basis"),
        ({"holder": holder().__class__("91320900YNX00001X0", "001", "演示")}, "#/holder/code"),
        ({"holder": holder().__class__(firm(), "000", "演示")}, "#/holder/type"),
    ],
    ids=["matter", "no-type", "type", "field", "uses", "agent", "no-basis", "code", "code-type"],
)
def test_what_cannot_be_agreed_to_is_refused_with_its_place(house: Office, peculiar: dict[str, Any], place: str):
    with pytest.raises(FaultyConsent) as refusal:
        agreed(house, **peculiar)
    assert refusal.value.pointer == place


@pytest.mark.parametrize("after", [timedelta(0), LONGEST + timedelta(seconds=1)], ids=["at-once", "too-late"])
def test_an_end_that_is_no_end_is_refused(house: Office, after: timedelta):
    with pytest.raises(FaultyConsent):
        agreed(house, ends=house.at + after)


def test_whose_it_is_stands_nowhere_readable(house: Office):
    number = agreed(house, giver=Giver.LEGAL_REPRESENTATIVE, acting="演示法人", basis="演示委托书")
    with house.database.transaction() as session:
        row = consents.consent_of(session, number)
        told = consents.told(session, house.parts.keys, row)
        assert (told.holder.code, told.acting, told.basis) == (firm(1), "演示法人", "演示委托书")
        assert firm(1).encode() not in row.content
        (entry,) = audit.search(session, Search(act="consent.given"))
        assert firm(1).encode() not in entry.content
    assert firm(1) not in repr(given(house))
