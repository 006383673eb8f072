"""X-Road REST requests over HTTP: the issue is the basis, the headers come back, and refusals are X-Road errors."""

import base64
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from base import audit, clock
from base.audit import Search
from base.db import Database
from exchange.agreements.contracts import Quota
from exchange.agreements.models import RegisteredCaller
from exchange.dialects import x_road
from exchange.dialects.dialect import Outside
from exchange.door.models import Usage
from exchange.partners.wiring import DialectSettings
from keys.parties import request_signing
from keys.parties.request_signing import Message
from keys.parties.sample import code_of
from tests.exchange import gateway_house
from tests.exchange.dialects import dialect_house
from tests.exchange.dialects.dialect_house import CLIENT, SERVICE, X_ROAD, DialectHouse
from tests.exchange.gateway_house import MATTER

ISSUE = {"X-Road-Issue": "3209000007", "X-Road-UserId": "CN%E6%BC%94%E7%A4%BA", "Yinxin-Item-Code": MATTER}
QUERY = {"xkzbh": "苏卫0001"}


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
        return [json.loads(each.content)["facts"]["code"] for each in audit.search(session, Search(act="data.refused"))]


def is_error(answer: Any, status: int, kind: str, code: str) -> bool:
    assert (answer.status_code, answer.headers["X-Road-Error"]) == (status, kind), answer.text
    assert (answer.json["type"], set(answer.json)) == (kind, {"type", "message", "detail"})
    return code in answer.json["message"]


def test_the_issue_is_the_basis_and_the_user_the_operator(opened):
    partner = opened()
    answer = partner.road(headers=ISSUE, query_string=QUERY)
    assert answer.status_code == 200, answer.text
    assert answer.json["rows"][0]["单位名称"] == "演示饭店"
    (use,) = usages(partner)
    assert (use.basis_kind, use.basis, use.ground, use.operator_kind) == ("case", "3209000007", "statutory", "person")


def test_the_headers_of_the_protocol_come_back(opened):
    partner = opened()
    told = partner.road(headers={**ISSUE, "X-Road-Id": "4894e35d-bf0f-44a6"}, query_string=QUERY).headers
    assert (told["X-Road-Client"], told["X-Road-Service"]) == (CLIENT, SERVICE)
    assert (told["X-Road-Id"], told["X-Road-Request-Id"]) == ("4894e35d-bf0f-44a6", told["X-Request-Id"])
    assert "X-Road-Error" not in told
    without = partner.road(headers=ISSUE, query_string=QUERY).headers
    assert without["X-Road-Id"] == without["X-Road-Request-Id"]


def test_the_request_hash_binds_head_and_body():
    headers = {"x-road-client": CLIENT, "x-road-issue": "1", "authorization": "Bearer t"}
    bare = Outside("GET", "/dialects/x-road/r1/A/B/C/D/E?a=1", headers)
    head = f"GET\r\n/dialects/x-road/r1/A/B/C/D/E?a=1\r\nx-road-client:{CLIENT}\r\nx-road-issue:1\r\n".encode()
    assert base64.b64decode(x_road.request_hash(bare)) == hashlib.sha512(head).digest()
    whole = Outside("POST", bare.target, headers, body=b"{}")
    posted = head.replace(b"GET", b"POST", 1)
    both = hashlib.sha512(hashlib.sha512(posted).digest() + hashlib.sha512(b"{}").digest()).digest()
    assert base64.b64decode(x_road.request_hash(whole)) == both


def test_a_body_asks_as_the_address_does(opened):
    partner = opened()
    answer = partner.road("POST", headers=ISSUE, data=json.dumps({"许可证编号": ["苏卫0001", "苏卫0002"]}))
    assert [row["许可证编号"] for row in answer.json["rows"]] == ["苏卫0001", "苏卫0002"]


def test_the_next_page_is_asked_for_with_the_cursor(opened):
    partner = opened(quota=Quota(rows_per_call=2))
    first = partner.road(headers=ISSUE).json
    assert len(first["rows"]) == 2
    second = partner.road(headers={**ISSUE, "Yinxin-Cursor": first["next_cursor"]}).json
    assert [row["许可证编号"] for row in second["rows"]] == ["苏卫0003"]


def test_nobody_is_asked_for_a_token_and_a_person_gets_nothing(opened):
    partner = opened()
    nobody = partner.road(who=None, headers=ISSUE, query_string=QUERY)
    assert is_error(nobody, 401, "Client.AuthenticationFailed", "not-authenticated")
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    person = partner.road(who="clerk", headers=ISSUE, query_string=QUERY)
    assert is_error(person, 500, "Server.ServerProxy.AccessDenied", "not-allowed")


def test_a_signed_request_is_judged_and_counts_once(opened, at):
    partner = opened()
    path = f"{X_ROAD}/r1/{SERVICE}"
    body = json.dumps(QUERY).encode()
    given = {"X-Road-Client": CLIENT, **ISSUE}
    signed = request_signing.sign(
        Message("POST", path, "", {name.lower(): value for name, value in given.items()}, body),
        partner.system_key,
        "k1",
        "nonce-of-this-call",
        at,
    )
    told = [partner.road("POST", headers={**given, **signed.headers}, data=body) for _ in range(2)]
    assert told[0].status_code == 200, told[0].text
    assert is_error(told[1], 401, "Client.AuthenticationFailed", "request-replayed")
    altered = partner.road("POST", headers={**given, **signed.headers}, data=body + b" ")
    assert is_error(altered, 400, "Client.BadRequest", "content-digest-mismatch")


def test_a_client_speaks_only_under_its_own_name(opened):
    partner = opened()
    for told in (CLIENT + "2", "YANSHI/GOV/OTHER"):
        answer = partner.road(headers={**ISSUE, "X-Road-Client": told}, query_string=QUERY)
        assert is_error(answer, 500, "Server.ServerProxy.AccessDenied", "dialect-party-refused")
    other = partner.road(who="other", headers=ISSUE, query_string=QUERY)
    assert is_error(other, 500, "Server.ServerProxy.AccessDenied", "dialect-party-refused")
    assert attempts(partner) == ["dialect-party-refused"] * 3


def test_a_client_acts_for_itself_or_for_whoever_mandates_it(opened, at):
    partner = opened()
    own = {**ISSUE, "X-Road-Represented-Party": f"GOV/{code_of('police')}"}
    assert partner.road(headers=own, query_string=QUERY).status_code == 200
    foreign = {**ISSUE, "X-Road-Represented-Party": f"GOV/{code_of('health')}"}
    answer = partner.road(headers=foreign, query_string=QUERY)
    assert is_error(answer, 500, "Server.ServerProxy.AccessDenied", "dialect-party-refused")
    row = {"organisation": code_of("police"), "kind": "department", "mandate": code_of("health"), "paper": "演示"}
    with partner.house.database.transaction() as session:
        until = {"valid_until": at + timedelta(days=1), "version": 1, "changed_by": "test", "changed_at": at}
        session.execute(insert(RegisteredCaller), [{**row, **until}])
    assert partner.road(headers=foreign, query_string=QUERY).status_code == 200


def test_without_a_matter_the_use_is_not_statutory(opened):
    partner = opened()
    answer = partner.road(headers={"X-Road-Issue": "3209000007"}, query_string=QUERY)
    assert is_error(answer, 500, "Server.ServerProxy.AccessDenied", "not-granted")
    without_issue = partner.road(headers={"Yinxin-Item-Code": MATTER}, query_string=QUERY)
    assert is_error(without_issue, 400, "Client.BadRequest", "dialect-purpose-refused")


def test_an_unknown_service_and_one_that_is_not_granted_look_alike(opened, at):
    partner = opened()
    unknown = partner.road(service="YANSHI/GOV/X/Y/Z", headers=ISSUE, query_string=QUERY)
    gateway_house.revoked(partner.house.database, at)
    revoked = partner.road(headers=ISSUE, query_string=QUERY)
    assert unknown.json["message"] == revoked.json["message"]
    assert unknown.status_code == revoked.status_code == 500


def test_a_used_up_quota_says_when_to_come_back(opened):
    partner = opened(quota=Quota(per_minute=1))
    told = [partner.road(headers=ISSUE, query_string=QUERY) for _ in range(2)]
    assert is_error(told[1], 429, "Server.ServerProxy.LimitExceeded", "quota-exceeded")
    assert 1 <= int(told[1].headers["Retry-After"]) <= 61


BROKEN = [
    {"X-Road-Client": None},
    {"X-Road-Client": ""},
    {"X-Road-Client": "A/B"},
    {"X-Road-Client": "A/../C"},
    {"X-Road-Client": "A/B%2FX/C/D/E"},
    {"X-Road-Client": f"{CLIENT}, {CLIENT}"},
    {"X-Road-Client": "A/B/C/" + "D" * 500},
    {"X-Road-Client": "%ff%fe/B/C"},
    {"X-Road-Issue": "1" * 65},
    {"X-Road-Issue": "%ff"},
    {"X-Road-UserId": "x" * 2049},
    {"X-Road-Represented-Party": "A/B/C"},
    {"X-Road-Service": "A/B/C/D/E"},
    {"Yinxin-Cursor": "a,b"},
]


@pytest.mark.parametrize("peculiar", BROKEN)
def test_headers_that_are_not_of_their_form_are_the_clients_fault(opened, peculiar):
    partner = opened()
    answer = partner.road(headers={**ISSUE, **peculiar}, query_string=QUERY)
    assert is_error(answer, 400, "Client.BadRequest", "dialect-header-refused")


@pytest.mark.parametrize("service", ["A/B/C/D", "A/B/C/D/E/F", "A/B/C/D/..", "A/B/C/D/%25", "A/B/C/D/e%3bf"])
def test_an_address_that_is_no_service_is_the_clients_fault(opened, service):
    partner = opened()
    answer = partner.road(service=service, headers=ISSUE)
    assert is_error(answer, 400, "Client.BadRequest", "dialect-header-refused")


@pytest.mark.parametrize("told", [{"query_string": "a=1&a=2"}, {"query_string": "a=1", "data": b"{}"}, {"data": b"[]"}])
def test_what_is_no_question_is_the_clients_fault(opened, told):
    partner = opened()
    answer = partner.road("POST", headers=ISSUE, **told)
    assert is_error(answer, 400, "Client.BadRequest", "dialect-body-refused")


def test_a_prefix_of_the_sites_own_serves_and_an_empty_one_does_not(opened):
    partner = opened(DialectSettings(national_gateway="", x_road="/dialects/x-road"))
    assert partner.open("POST", "/dialects/national-gateway/httpproxy").status_code == 404
    assert partner.road(headers=ISSUE, query_string=QUERY).status_code == 200
