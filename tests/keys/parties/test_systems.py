"""Systems and their keys: rights are given by one administrator, identity by another, and nothing is taken twice."""

import itertools
from datetime import datetime, timedelta

import pytest

from base import clock
from base.db import Database
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import jwk, sample, system_keys, systems
from keys.parties.errors import (
    KeyKnown,
    NoSuchKey,
    NoSuchOrganisation,
    NoSuchSystem,
    PartyStateConflict,
    SystemKnown,
    TooManyKeys,
    UnfitJwk,
    UnfitKeyPeriod,
    UnknownScope,
)
from keys.parties.system_keys import KEYS_LIMIT, NewKey
from keys.parties.systems import NewSystem, system_of
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, MAKER
from tests.keys.parties.conftest import COOKIE

KEY = asymmetric.generated(KeyKind.P256).public


@pytest.fixture
def filled(database: Database, at: datetime) -> Database:
    builders.populate(database, at)
    return database


def test_a_system_is_taken_in_once_and_only_for_a_known_organisation(filled: Database, at: datetime):
    with pytest.raises(SystemKnown), filled.transaction() as session:
        systems.add(session, NewSystem("gm", "again", CITY), MAKER, at)
    with pytest.raises(NoSuchOrganisation), filled.transaction() as session:
        systems.add(session, NewSystem("new", "new", sample.code_of("tax")), MAKER, at)
    with pytest.raises(NoSuchSystem), filled.reading() as session:
        system_of(session, "new")


def test_only_scopes_of_the_contract_can_be_granted(filled: Database, at: datetime):
    with pytest.raises(UnknownScope), filled.transaction() as session:
        systems.grant_scopes(session, system_of(session, "gm", locked=True), ["cert:read", "cert:eat"], MAKER, at)


def test_a_key_is_valid_from_its_first_moment_until_its_last(filled: Database, at: datetime):
    start, end = at + timedelta(days=1), at + timedelta(days=2)
    with filled.transaction() as session:
        row = system_of(session, "gm", locked=True)
        system_keys.add_key(session, row, NewKey(KEY, "k", start, end), MAKER, at)
        moments = [(at, False), (start, True), (end - timedelta(microseconds=1), True), (end, False)]
        for moment, valid in moments:
            assert (system_keys.valid_key(session, "gm", "k", moment) is not None) is valid
        assert system_keys.valid_key(session, "intl", "k", start) is None


def test_a_withdrawn_key_is_valid_no_more_and_raises_the_generation(filled: Database, at: datetime):
    with filled.transaction() as session:
        row = system_of(session, "gm", locked=True)
        system_keys.add_key(session, row, NewKey(KEY, "k"), MAKER, at)
        generation = row.generation
        later = at + timedelta(hours=1)
        system_keys.withdraw_key(session, row, "k", "lost", MAKER, later)
        assert row.generation == generation + 1
        assert system_keys.valid_key(session, "gm", "k", later) is None
        with pytest.raises(PartyStateConflict):
            system_keys.withdraw_key(session, row, "k", "lost", MAKER, later)
        with pytest.raises(NoSuchKey):
            system_keys.withdraw_key(session, row, "none", "lost", MAKER, later)


@pytest.mark.parametrize(("system", "kid"), [("gm", "k"), ("gm", "other"), ("intl", "other")])
def test_a_key_that_was_ever_on_record_is_not_taken_again(filled: Database, at: datetime, system: str, kid: str):
    with filled.transaction() as session:
        row = system_of(session, "gm", locked=True)
        system_keys.add_key(session, row, NewKey(KEY, "k"), MAKER, at)
        system_keys.withdraw_key(session, row, "k", "lost", MAKER, at)
    with pytest.raises(KeyKnown), filled.transaction() as session:
        system_keys.add_key(session, system_of(session, system, locked=True), NewKey(KEY, kid), MAKER, at)


def test_a_key_id_of_one_system_may_be_anothers_too(filled: Database, at: datetime):
    with filled.transaction() as session:
        for system in ("gm", "intl"):
            key = asymmetric.generated(KeyKind.P256).public
            system_keys.add_key(session, system_of(session, system, locked=True), NewKey(key, "1"), MAKER, at)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 0), (1, 1), (2, 1), (-5, -1), (0, 1099), (5, 1104)],
    ids=["empty", "empty later", "backwards", "over", "four years", "four years later"],
)
def test_a_period_that_is_empty_over_or_too_long_is_refused(filled: Database, at: datetime, start: int, end: int):
    new = NewKey(KEY, "k", at + timedelta(days=start), at + timedelta(days=end))
    with pytest.raises(UnfitKeyPeriod), filled.transaction() as session:
        system_keys.add_key(session, system_of(session, "gm", locked=True), new, MAKER, at)


def test_a_system_has_a_handful_of_keys_at_most(filled: Database, at: datetime):
    with filled.transaction() as session:
        row = system_of(session, "gm", locked=True)
        for number in itertools.count(1):
            key = NewKey(asymmetric.generated(KeyKind.P256).public, str(number))
            if number == KEYS_LIMIT:
                with pytest.raises(TooManyKeys):
                    system_keys.add_key(session, row, key, MAKER, at)
                break
            system_keys.add_key(session, row, key, MAKER, at)


@pytest.mark.parametrize("kind", [KeyKind.P384, KeyKind.ED25519])
def test_keys_of_other_kinds_are_refused(filled: Database, at: datetime, kind: KeyKind):
    key = NewKey(asymmetric.generated(kind).public, "k")
    with pytest.raises(UnfitJwk), filled.transaction() as session:
        system_keys.add_key(session, system_of(session, "gm", locked=True), key, MAKER, at)


@pytest.mark.parametrize("kid", ["a b", "k" * 65, "é", "a/b"])
def test_a_key_id_is_plain(filled: Database, at: datetime, kid: str):
    with pytest.raises(UnfitJwk), filled.transaction() as session:
        system_keys.add_key(session, system_of(session, "gm", locked=True), NewKey(KEY, kid), MAKER, at)


# --- over HTTP ----------------------------------------------------------------------------------------------------

PLACE = "/api/v1/systems/gm"


def test_the_system_administrator_takes_in_and_the_security_administrator_gives_rights(site, read):
    sysadmin = builders.with_person(site, read, {"sysadmin"}, "anna").client
    secadmin = builders.with_person(site, read, {"secadmin"}, "bert").client
    body = {"id": "new-one", "name": "演示新系统", "organisation": CITY}
    assert sysadmin.post("/api/v1/systems", json=body, headers=COOKIE).status_code == 201
    assert secadmin.post("/api/v1/systems", json=body, headers=COOKIE).status_code == 403
    place = "/api/v1/systems/new-one"
    tag = {"If-Match": secadmin.get(place, headers=COOKIE).headers["ETag"]}
    scopes = {"scopes": ["cert:read", "verify:write"]}
    assert sysadmin.put(f"{place}/scopes", json=scopes, headers={**COOKIE, **tag}).status_code == 403
    granted = secadmin.put(f"{place}/scopes", json=scopes, headers={**COOKIE, **tag})
    assert granted.json["scopes"] == ["cert:read", "verify:write"]
    assert secadmin.put(f"{place}/scopes", json=scopes, headers=COOKIE).status_code == 428
    key = {"jwk": {**jwk.written(KEY), "kid": "first"}}
    assert sysadmin.post(f"{place}/keys", json=key, headers=COOKIE).status_code == 403
    added = secadmin.post(f"{place}/keys", json=key, headers=COOKIE)
    assert (added.status_code, added.json["kid"], added.json["kind"]) == (201, "first", "p-256")
    assert added.json["jwk"] == key["jwk"]
    renamed = sysadmin.patch(
        place, json={"name": "x"}, headers={**COOKIE, "If-Match": sysadmin.get(place, headers=COOKIE).headers["ETag"]}
    )
    assert renamed.json["name"] == "x"


def test_a_system_with_every_scope_cannot_widen_its_own_rights(site):
    with site.database.transaction() as session:
        systems.grant_scopes(session, system_of(session, "gm", locked=True), ["admin"], MAKER, clock.now())
    headers, client = site.bearer("gm"), site.client
    assert client.get(PLACE, headers=headers).status_code == 200
    assert client.put(f"{PLACE}/scopes", json={"scopes": ["seal:use"]}, headers=headers).status_code == 403
    assert client.post(f"{PLACE}/keys", json={"jwk": jwk.written(KEY)}, headers=headers).status_code == 403
    assert client.post(f"{PLACE}/resumptions", json={"reason": "x"}, headers=headers).status_code == 403


def test_a_key_comes_as_pem_too_and_is_listed_and_withdrawn(secadmin):
    client = secadmin.client
    pem = asymmetric.public_key_pem(asymmetric.generated(KeyKind.SM2).public).decode()
    added = client.post(f"{PLACE}/keys", json={"pem": pem}, headers=COOKIE).json
    assert len(added["kid"]) == 43
    kids = [each["kid"] for each in client.get(f"{PLACE}/keys", headers=COOKIE).json["items"]]
    assert added["kid"] in kids
    withdrawn = client.post(f"{PLACE}/keys/{added['kid']}/withdrawals", json={"reason": "x"}, headers=COOKIE)
    assert withdrawn.json["withdrawn_at"] is not None
    assert client.post(f"{PLACE}/keys/none/withdrawals", json={"reason": "x"}, headers=COOKIE).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid-input"),
        ({"jwk": {}, "pem": ""}, "invalid-input"),
        ({"jwk": {}}, "unfit-jwk"),
        ({"jwk": {**jwk.written(KEY), "d": "AAAA"}}, "private-key-offered"),
        ({"jwk": {**jwk.written(KEY), "kid": 5}}, "invalid-input"),
        ({"jwk": {**jwk.written(KEY), "kid": "a b"}}, "unfit-jwk"),
        ({"jwk": {**jwk.written(KEY), "x5u": "http://x"}}, "unfit-jwk"),
        ({"jwk": {**jwk.written(KEY), "use": "enc"}}, "unfit-jwk"),
        ({"pem": "nonsense"}, "unfit-jwk"),
        ({"pem": asymmetric.private_key_pem(asymmetric.generated(KeyKind.P256), None).decode()}, "private-key-offered"),
        ({"pem": asymmetric.public_key_pem(asymmetric.generated(KeyKind.ED25519).public).decode()}, "unfit-jwk"),
        ({"jwk": jwk.written(KEY), "valid_until": "2020-01-01T00:00:00Z"}, "unfit-key-period"),
        ({"jwk": jwk.written(KEY), "valid_until": "2030-01-01T00:00:00"}, "invalid-input"),
    ],
)
def test_a_key_that_is_none_is_refused_by_name(secadmin, body, code: str):
    answer = secadmin.client.post(f"{PLACE}/keys", json=body, headers=COOKIE)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert "PRIVATE" not in answer.text


@pytest.mark.parametrize("identifier", ["A", "a", "-a-", "a b", "a_b", "x" * 65, "Ab-c", "é-é", ""])
def test_an_identifier_is_lower_case_letters_digits_and_hyphens(sysadmin, identifier: str):
    body = {"id": identifier, "name": "x", "organisation": CITY}
    assert sysadmin.client.post("/api/v1/systems", json=body, headers=COOKIE).status_code == 422


def test_a_system_is_suspended_and_resumed(secadmin):
    client = secadmin.client
    assert client.post(f"{PLACE}/suspensions", json={"reason": "x"}, headers=COOKIE).json["state"] == "suspended"
    assert client.post(f"{PLACE}/suspensions", json={"reason": "x"}, headers=COOKIE).status_code == 409
    assert client.post(f"{PLACE}/suspensions", json={}, headers=COOKIE).status_code == 422
    assert client.get("/api/v1/systems?state=suspended", headers=COOKIE).json["items"][0]["id"] == "gm"
    assert client.post(f"{PLACE}/resumptions", json={"reason": "x"}, headers=COOKIE).json["state"] == "active"
