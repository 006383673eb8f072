"""The national gateway's convention over HTTP: secrets fetched, calls answered, and every refusal in its own code."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from base import audit, clock, ledger_check
from base.audit import Search
from base.db import Database
from exchange.agreements.contracts import Quota
from exchange.door.models import Usage
from exchange.partners.wiring import DialectSettings
from keys.parties import systems
from keys.parties.models import System
from keys.parties.request_signers import national_gateway
from keys.parties.systems import system_of
from tests.exchange import departments, gateway_house
from tests.exchange.dialects import dialect_house
from tests.exchange.dialects.dialect_house import (
    GATEWAY,
    MATTER_HEADERS,
    NEWER_RID,
    RID,
    DialectHouse,
)

ONE = {"xkzbh": "苏卫0001"}
NEWER_PREFIX = "gjzwfwpt"


@pytest.fixture
def opened(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clock, "now", lambda: at)

    def open_house(settings: DialectSettings | None = None, **told: Any) -> DialectHouse:
        return dialect_house.opened(database, tmp_path, at, settings, **told)

    return open_house


def usages(partner: DialectHouse) -> list[Usage]:
    with partner.house.database.reading() as session:
        return list(session.scalars(select(Usage).order_by(Usage.id)))


def attempts(partner: DialectHouse) -> list[str]:
    with partner.house.database.reading() as session:
        found = audit.search(session, Search(act="data.refused"))
        return [json.loads(each.content)["facts"]["code"] for each in found]


def test_a_fetched_secret_signs_a_call_that_is_answered_and_on_record(opened):
    partner = opened()
    told = partner.proxy(partner.signed(partner.secret()) | MATTER_HEADERS, ONE)
    assert (told["code"], told["message"], told["data"]["outcome"]) == ("0", "成功", "found")
    assert told["data"]["rows"][0]["单位名称"] == "演示饭店"
    (use,) = usages(partner)
    assert (use.id, use.ground, use.stage, use.basis) == (
        told["data"]["usage_id"],
        "statutory",
        "acceptance",
        "3209000001",
    )
    assert (use.caller, use.item_code) == ("system:window", gateway_house.MATTER)


def test_the_secret_of_a_day_is_the_same_for_every_fetch_and_ends_with_it(opened, monkeypatch):
    partner = opened()
    answer = partner.refresh(partner.signed(partner.key))
    assert (answer["code"], answer["data"]["secretEndTime"]) == ("0", "2026-11-21 23:59:59")
    secret = partner.secret()
    assert secret == partner.secret()
    midnight = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
    for late, code in ((timedelta(minutes=9), "0"), (timedelta(minutes=11), "-5")):
        now = midnight + late
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        rtime = str(int(now.timestamp() * 1000))
        assert partner.proxy(partner.signed(secret, rtime=rtime) | MATTER_HEADERS, ONE)["code"] == code
    partner.at = midnight + timedelta(minutes=11)
    assert partner.secret() != secret


def test_the_newer_generation_is_handed_its_secret_and_answers_with_its_codes(opened):
    partner = opened()
    headers = partner.signed(partner.newer_key, NEWER_RID, NEWER_PREFIX)
    told = partner.proxy(headers | MATTER_HEADERS, ONE)
    assert (told["code"], told["data"]["outcome"]) == ("200", "found")
    refused = partner.proxy(partner.signed("wrong", NEWER_RID, NEWER_PREFIX) | MATTER_HEADERS, ONE)
    assert (refused["code"], "partner-signature-refused" in refused["message"]) == ("300", True)


def test_neither_generation_is_taken_for_the_other_nor_when_it_is_not_configured(opened):
    partner = opened(DialectSettings(national_gateway_headers=("gjgxjhpt",)))
    crossed = partner.proxy(partner.signed(partner.newer_key, NEWER_RID) | MATTER_HEADERS, ONE)
    assert crossed["code"] == "-5"
    unserved = partner.proxy(partner.signed(partner.newer_key, NEWER_RID, NEWER_PREFIX) | MATTER_HEADERS, ONE)
    assert unserved["code"] == "300"


def test_an_unknown_caller_and_a_wrong_signature_look_alike(opened):
    partner = opened()
    wrong = partner.proxy(partner.signed("wrong") | MATTER_HEADERS, ONE)
    unknown = partner.proxy(partner.signed("wrong", "nobody") | MATTER_HEADERS, ONE)
    assert wrong["code"] == unknown["code"] == "-5"
    assert wrong["message"].split("，")[0] == unknown["message"].split("，")[0]
    assert attempts(partner) == []


@pytest.mark.parametrize("minutes", [-11, 11])
def test_an_rtime_out_of_the_window_is_told_to_whoever_signs_rightly(opened, at, minutes):
    partner = opened()
    rtime = str(int((at + timedelta(minutes=minutes)).timestamp() * 1000))
    assert partner.proxy(partner.signed(partner.secret(), rtime=rtime) | MATTER_HEADERS, ONE)["code"] == "-19"
    assert partner.proxy(partner.signed("wrong", rtime=rtime) | MATTER_HEADERS, ONE)["code"] == "-5"
    assert partner.refresh(partner.signed(partner.key, rtime=rtime))["code"] == "-19"


def test_a_signature_counts_once_and_a_refresh_too(opened):
    partner = opened()
    headers = partner.signed(partner.secret()) | MATTER_HEADERS
    assert partner.proxy(headers, ONE)["code"] == "0"
    again = partner.proxy(headers, ONE)
    assert (again["code"], "request-replayed" in again["message"], again["data"]) == ("-5", True, "")
    assert attempts(partner) == ["request-replayed"]
    body = partner.signed(partner.key)
    assert [partner.refresh(body)["code"] for _ in range(2)] == ["0", "-5"]


def test_cached_signatures_pass_again_only_where_the_site_says_so(opened, at):
    partner = opened(DialectSettings(national_gateway_cached_signatures=True))
    rtime = str(int((at - timedelta(hours=2)).timestamp() * 1000))
    headers = partner.signed(partner.secret(), rtime=rtime) | MATTER_HEADERS
    assert [partner.proxy(headers, ONE)["code"] for _ in range(2)] == ["0", "0"]
    assert partner.refresh(partner.signed(partner.key, rtime=rtime))["code"] == "-19"


def test_a_call_without_a_matter_never_counts_as_statutory(opened):
    partner = opened()
    secret = partner.secret()
    for told in ({}, {"Yinxin-Ground": "statutory"}, {"Yinxin-Basis": "3209000001"}):
        assert partner.proxy(partner.signed(secret) | told, ONE)["code"] == "-20"
    assert attempts(partner) == ["not-granted"] * 3
    with partner.house.database.reading() as session:
        found = audit.search(session, Search(act="data.refused"))
        assert {json.loads(each.content)["facts"]["ground"] for each in found} == {"agreement"}
    assert usages(partner) == []


def test_a_service_that_is_unknown_and_one_that_is_not_granted_look_alike(opened, at):
    partner = opened()
    secret = partner.secret()
    unknown = partner.proxy(partner.signed(secret, sid="s_none") | MATTER_HEADERS, ONE)
    gateway_house.revoked(partner.house.database, at)
    revoked = partner.proxy(partner.signed(secret) | MATTER_HEADERS, ONE)
    assert unknown["code"] == revoked["code"] == "-20"
    assert unknown["message"].split("，")[0] == revoked["message"].split("，")[0]


def test_a_used_up_quota_is_minus_six(opened):
    partner = opened(quota=Quota(per_day=1))
    secret = partner.secret()
    codes = [partner.proxy(partner.signed(secret) | MATTER_HEADERS, ONE)["code"] for _ in range(2)]
    assert codes == ["0", "-6"]


def test_a_suspended_system_is_refused_and_fetches_no_secret(opened, at):
    partner = opened()
    secret = partner.secret()
    with partner.house.database.transaction() as session:
        systems.suspend(session, system_of(session, "window"), "演示", departments.MAKER, at)
    assert partner.proxy(partner.signed(secret) | MATTER_HEADERS, ONE)["code"] == "-20"
    assert partner.refresh(partner.signed(partner.key))["code"] == "E-106"
    with partner.house.database.transaction() as session:
        session.execute(update(System).values(state="active", scopes=""))
    assert partner.refresh(partner.signed(partner.key))["code"] == "E-106"


def test_what_is_not_there_is_success_and_a_silent_source_is_not(opened):
    partner = opened()
    secret = partner.secret()
    none = partner.proxy(partner.signed(secret) | MATTER_HEADERS, {"xkzbh": "苏卫0404"})
    assert (none["code"], none["data"]["outcome"]) == ("0", "not_found")
    (partner.house.folder / "licences.db").write_bytes(b"gone")
    partner.house.sources.close()
    down = partner.proxy(partner.signed(secret) | MATTER_HEADERS, ONE)
    assert (down["code"], down["data"]["outcome"]) == ("-1", "source_down")


def test_a_receipt_verifies_what_the_dialect_answered(opened):
    partner = opened()
    told = partner.proxy(partner.signed(partner.secret()) | MATTER_HEADERS, ONE)["data"]
    receipt = partner.house.get(told["receipt"]["url"].removeprefix("/api/v1")).json
    ledger_check.check(receipt)
    asked = {
        "directory": partner.house.code,
        "body": {"dialect": "national-gateway", "service": dialect_house.SID, "parameters": ONE},
    }
    ledger_check.fits(receipt, "", asked, told)


def test_the_purpose_may_stand_in_the_body_and_never_twice(opened):
    partner = opened()
    secret = partner.secret()
    purpose = {"item_code": gateway_house.MATTER, "basis": {"kind": "case", "number": "3209000002"}}
    told = partner.proxy(partner.signed(secret), {**ONE, "purpose": purpose})
    assert (told["code"], usages(partner)[0].basis) == ("0", "3209000002")
    twice = partner.proxy(partner.signed(secret) | MATTER_HEADERS, {**ONE, "purpose": purpose})
    assert (twice["code"], "dialect-purpose-refused" in twice["message"]) == ("-1", True)


def test_with_get_the_parameters_stand_in_the_address(opened):
    partner = opened()
    headers = partner.signed(partner.secret()) | MATTER_HEADERS
    answer = partner.open("GET", f"{GATEWAY}/httpproxy?xkzbh=苏卫0001", headers=headers)
    assert answer.json["data"]["rows"][0]["单位名称"] == "演示饭店"


def test_where_every_call_must_be_signed_beyond_denial_a_shared_secret_is_not_enough(opened):
    partner = opened(settings=None)
    object.__setattr__(partner.house.parts.told, "signatures", "always")
    told = partner.proxy(partner.signed(partner.secret()) | MATTER_HEADERS, ONE)
    assert (told["code"], "request-not-signed" in told["message"]) == ("-5", True)


BROKEN: list[tuple[str, dict[str, str | None]]] = [
    ("missing", {"gjgxjhpt_rtime": None}),
    ("no-headers", {"gjgxjhpt_rid": None, "gjgxjhpt_sid": None, "gjgxjhpt_rtime": None, "gjgxjhpt_sign": None}),
    ("oversize", {"gjgxjhpt_rid": "r" * 129}),
    ("wrong-base64", {"gjgxjhpt_sign": "%" * 44}),
    ("short-base64", {"gjgxjhpt_sign": "AAAA"}),
    ("rtime-in-words", {"gjgxjhpt_rtime": "yesterday"}),
    ("rtime-in-other-digits", {"gjgxjhpt_rtime": "1" * 14}),
    ("joined", {"gjgxjhpt_rid": f"{RID}, {RID}"}),
    ("both-generations", {"gjzwfwpt_rid": RID}),
]


@pytest.mark.parametrize(("name", "peculiar"), BROKEN, ids=[name for name, _ in BROKEN])
def test_headers_that_are_not_of_their_form_are_refused_before_anything_is_judged(opened, name, peculiar):
    partner = opened()
    headers = {**partner.signed(partner.secret()), **MATTER_HEADERS, **peculiar}
    told = partner.proxy({key: value for key, value in headers.items() if value is not None}, ONE)
    assert (told["code"], "dialect-header-refused" in told["message"]) == ("-1", True), name
    assert attempts(partner) == []


@pytest.mark.parametrize("second", ["gjgxjhpt_rid", "gjgxjhpt-rid"])
def test_a_header_that_stands_twice_or_in_two_spellings_is_refused(opened, second):
    partner = opened()
    headers = [*partner.signed(partner.secret()).items(), (second, RID)]
    assert "dialect-header-refused" in partner.proxy(headers, ONE)["message"]


BODIES = [
    b"{",
    b"[]",
    b'"text"',
    b'{"a":1,"a":2}',
    b'{"xkzbh":""}',
    b'{"xkzbh":{"$gt":""}}',
    b'{"xkzbh":1.5}',
    b'{"xkzbh":[]}',
    b'{"xkzbh":99999999999999999999}',
    b"\xff\xfe",
    b"[" * 4000,
]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_question_is_refused_and_on_record(opened, body):
    partner = opened()
    told = partner.proxy(partner.signed(partner.secret()) | MATTER_HEADERS, data=body)
    assert (told["code"], "dialect-body-refused" in told["message"]) == ("-1", True)
    assert attempts(partner) == ["dialect-body-refused"]


@pytest.mark.parametrize(
    "purpose",
    [
        [],
        "x",
        {"basis": []},
        {"operator": "x"},
        {"basis": {"x": 1}},
        {"item_code": 1},
        {"stage": "x"},
        {"stranger": "x"},
        {"region": "1"},
    ],
)
def test_a_purpose_that_cannot_be_read_is_refused(opened, purpose):
    partner = opened()
    told = partner.proxy(partner.signed(partner.secret()) | MATTER_HEADERS, {**ONE, "purpose": purpose})
    assert "dialect-purpose-refused" in told["message"], told


def test_items_that_the_directory_has_not_are_refused_by_the_gate(opened):
    partner = opened()
    assert partner.proxy(partner.signed(partner.secret()) | MATTER_HEADERS, {"mima": "1"})["code"] == "-20"


def test_a_body_beyond_the_limit_is_refused_in_the_dialect(opened):
    partner = opened()
    told = partner.proxy(partner.signed(partner.secret()), data=b" " * (256 * 1024 + 1))
    assert (told["code"], "dialect-body-refused" in told["message"]) == ("-1", True)


@pytest.mark.parametrize("body", [{}, [], {"gjgxjhpt_rid": 1}, {"gjgxjhpt_rid": RID, "more": "x"}])
def test_a_refresh_without_its_four_members_is_refused(opened, body):
    partner = opened()
    told = partner.refresh(body)
    assert (told["code"], "dialect-body-refused" in told["message"], told["data"]) == ("-1", True, "")


def test_refresh_headers_that_differ_from_the_body_are_refused(opened):
    partner = opened()
    answer = partner.open(
        "POST",
        f"{GATEWAY}/sysapi/auth/refreshappsecret",
        headers={"gjgxjhpt_rid": "other"},
        data=json.dumps(partner.signed(partner.key)),
    )
    assert "dialect-header-refused" in answer.json["message"]


def test_no_secret_and_no_key_stands_in_the_ledger_or_in_an_account(opened):
    partner = opened()
    secret = partner.secret()
    partner.proxy(partner.signed(secret) | MATTER_HEADERS, ONE)
    with partner.house.database.reading() as session:
        said = b"".join(each.content for each in audit.search(session, Search())).decode()
        connection = session.connection()
        rows = str(connection.exec_driver_sql("select * from exchange_dialect_accounts").all())
    assert not [each for each in (partner.key, secret, partner.newer_key) if each in said or each in rows]
    assert national_gateway.sealed_secret(partner.key, secret) not in said
