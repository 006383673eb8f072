"""The addresses of sharing: a whole path through HTTP, and every role of one's own and another department at each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from base.db import Database
from exchange.routes.grants import granted
from exchange.routes.sharing import sharing
from exchange.routes.use_lists import use_lists
from keys.parties.sample import code_of
from tests.exchange import contract_house
from tests.exchange import sharing_house as house
from tests.exchange.departments import person
from tests.exchange.sharing_house import (
    AUDITOR,
    AUTHORITY,
    CHECKER,
    CITY_AUTHORITY,
    EVERYONE,
    LICENCE,
    PROVIDER,
    REQUESTER,
    SECOND_AUTHORITY,
    STRANGER,
    SYSTEM,
)
from tests.rooms import Door, door

# The moment at which the addresses read the clock is the real one, so that what they grant is in force.
NOW = datetime.now(UTC).replace(microsecond=0)
WINDOW = person("window", "health", "window")
BLUEPRINTS = (sharing, granted, use_lists)
CSV = "事项编码,材料名称,资源代码,数据项\n{matter},卫生许可证,{resource},许可证编号|单位名称\n"
STALE = {"If-Match": '"0"'}


@pytest.fixture
def province(database: Database) -> Database:
    house.opened(database, NOW)
    return database


@pytest.fixture
def site(province: Database) -> Door:
    return door(province, BLUEPRINTS, (*EVERYONE, SYSTEM, WINDOW))


def directory(province: Database, share_type: str = "2") -> str:
    with province.transaction() as session:
        return house.directory(session, NOW, share_type).code


def body(directory: str, **peculiar: Any) -> dict[str, Any]:
    clauses = house.body(NOW - timedelta(hours=1), **peculiar)
    return {"directory": directory, "legal_basis": "条例（演示）", "scene": "窗口核验", "clauses": clauses}


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def begun(site: Door, code: str, **peculiar: Any) -> str:
    return str(told(site.call(REQUESTER.id, "POST", "/share-requests", json=body(code, **peculiar)), 201)["id"])


def act(site: Door, who: str, request: str, step: str, status: int = 200, **members: Any) -> Any:
    return told(site.call(who, "POST", f"/share-requests/{request}/{step}", json=members), status)


def deciding(site: Door, code: str) -> str:
    known = begun(site, code)
    act(site, REQUESTER.id, known, "submissions")
    act(site, CHECKER.id, known, "checks", decision="forward")
    return known


def judged(site: Door, grant: str, status: int = 200, **peculiar: Any) -> Any:
    call = {"purpose": contract_house.told(item_code=LICENCE), **peculiar}
    return told(site.call(SYSTEM.id, "POST", f"/grants/{grant}/judgements", json=call), status)


def test_a_request_becomes_a_grant_that_is_judged_tried_and_revoked(site: Door, province: Database):
    code = directory(province)
    request = begun(site, code)
    row = site.call(REQUESTER.id, "GET", f"/share-requests/{request}")
    changed = body(code, fields=["许可证编号", "单位名称"], masks={"单位名称": "name"})
    path = f"/share-requests/{request}"
    told(site.call(REQUESTER.id, "PUT", path, json=changed, headers=STALE), 412)
    told(site.call(REQUESTER.id, "PUT", path, json=changed), 428)
    fresh = {"If-Match": row.headers["ETag"]}
    assert told(site.call(REQUESTER.id, "PUT", path, json=changed, headers=fresh))["version"] == 2
    act(site, REQUESTER.id, request, "submissions")
    assert act(site, CHECKER.id, request, "checks", decision="forward")["state"] == "deciding"
    act(site, PROVIDER.id, request, "extensions", reason="需核对")
    act(site, PROVIDER.id, request, "messages", 201, text="请说明场景")
    decided = act(site, PROVIDER.id, request, "decisions", decision="approve")
    grant = decided["grant"]
    assert [each["step"] for each in told(site.call(AUDITOR.id, "GET", f"{path}/history"))["items"]] == [
        "submit",
        "forward",
        "extend",
        "approve",
    ]
    assert len(told(site.call(REQUESTER.id, "GET", f"{path}/messages"))["items"]) == 1
    assert judged(site, grant)["masks"] == {"单位名称": "name"}
    refused = judged(site, grant, purpose=contract_house.told(item_code="000123014000"))
    assert (refused["allowed"], refused["reason"], set(refused["because"])) == (False, "matter", {"zh", "en"})
    trials = told(site.call(PROVIDER.id, "GET", f"/grants/{grant}/trials"))
    assert trials["holds"]
    assert len(trials["items"]) > 100
    assert {each["expected"] for each in trials["items"]} >= {"allowed", "matter", "fields", "expired"}
    told(site.call(PROVIDER.id, "POST", f"/grants/{grant}/revocations", json={"reason": "不再需要"}))
    assert judged(site, grant)["reason"] == "revoked"
    assert told(site.call(REQUESTER.id, "GET", f"/grants/{grant}"))["state"] == "revoked"


def test_a_grant_is_narrowed_renewed_suspended_resumed_and_given_back(site: Door, province: Database):
    grant = act(site, PROVIDER.id, deciding(site, directory(province)), "decisions", decision="approve")["grant"]
    narrower: dict[str, Any] = {"reason": "最小必要", "clauses": house.body(NOW, fields=["许可证编号"])}
    narrower["clauses"]["ends"] = told(site.call(PROVIDER.id, "GET", f"/grants/{grant}"))["clauses"]["ends"]
    assert told(site.call(PROVIDER.id, "POST", f"/grants/{grant}/versions", json=narrower), 201)["number"] == 2
    wider = {**narrower, "clauses": {**narrower["clauses"], "fields": ["许可证编号", "法定代表人"]}}
    assert told(site.call(PROVIDER.id, "POST", f"/grants/{grant}/versions", json=wider), 422)["clause"] == "fields"
    later = {"reason": "继续", "ends": (NOW + timedelta(days=700)).isoformat()}
    assert told(site.call(PROVIDER.id, "POST", f"/grants/{grant}/renewals", json=later))["number"] == 3
    for step, state in (("suspensions", "suspended"), ("resumptions", "active")):
        assert (
            told(site.call(AUTHORITY.id, "POST", f"/grants/{grant}/{step}", json={"reason": "核查"}))["state"] == state
        )
    given = told(site.call(SYSTEM.id, "POST", f"/grants/{grant}/returns", json={"reason": "停办"}))
    assert given["state"] == "given-back"
    assert len(told(site.call(SYSTEM.id, "GET", f"/grants/{grant}/versions"))["items"]) == 3
    assert told(site.call(SYSTEM.id, "GET", f"/grants/{grant}/history"))["items"][-1]["reason"] == "停办"


def test_an_offer_is_declined_refused_disputed_and_ruled_on(site: Door, province: Database):
    code = directory(province)
    request = deciding(site, code)
    narrower = house.body(NOW, fields=["许可证编号"], ends=body(code)["clauses"]["ends"])
    offer: dict[str, Any] = {"decision": "offer", "reason": "最小必要", "clauses": narrower}
    assert act(site, PROVIDER.id, request, "decisions", **offer)["state"] == "offered"
    act(site, REQUESTER.id, request, "answers", decision="decline", reason="不够")
    assert act(site, PROVIDER.id, request, "decisions", 422, decision="refuse")["code"] == "reason-needed"
    act(site, PROVIDER.id, request, "decisions", decision="refuse", reason="无依据")
    act(site, REQUESTER.id, request, "objections", reason="有依据")
    assert act(site, AUTHORITY.id, request, "rulings", decision="grant", reason="应当共享")["grant"]


def test_a_published_list_is_sent_as_csv_published_and_ended(site: Door, province: Database):
    code = directory(province)
    asked = {"query_string": {"title": "用证清单", "basis": "条例"}}
    good = CSV.format(matter=LICENCE, resource=code).encode()
    bad = CSV.format(matter="12", resource=code).encode()
    faulty = told(site.call(AUTHORITY.id, "POST", "/use-lists", data=bad, **asked), 422)
    assert (faulty["code"], faulty["errors"][0]["column"]) == ("faulty-use-list", "item_code")
    told(site.call(AUTHORITY.id, "POST", "/use-lists", data=b"", **asked), 400)
    row = told(site.call(AUTHORITY.id, "POST", "/use-lists", data=good, **asked), 201)
    path = f"/use-lists/{row['id']}"
    told(site.call(SYSTEM.id, "GET", path), 404)
    assert told(site.call(AUTHORITY.id, "POST", f"{path}/publications", json={}), 403)["code"] == "own-share-request"
    told(site.call(SECOND_AUTHORITY.id, "POST", f"{path}/publications", json={}))
    items = told(site.call(SYSTEM.id, "GET", f"{path}/items", query_string={"resource": code}))["items"]
    assert items[0]["fields"] == ["许可证编号", "单位名称"]
    told(site.call(AUTHORITY.id, "POST", f"{path}/ends", json={"reason": "废止"}))
    draft = told(site.call(AUTHORITY.id, "POST", "/use-lists", data=good, **asked), 201)["id"]
    told(site.call(AUTHORITY.id, "DELETE", f"/use-lists/{draft}"))
    assert len(told(site.call(SYSTEM.id, "GET", "/use-lists"))["items"]) == 1


def test_the_register_and_the_code_list_are_read_by_whoever_needs_them(site: Door):
    kind = {"kind": "agent", "mandate": house.POLICE, "paper": "委托书"}
    path = f"/caller-kinds/{code_of('city-market')}"
    told(site.call(AUTHORITY.id, "PUT", path, json=kind))
    unusable = told(site.call(AUTHORITY.id, "PUT", path, json={"kind": "agent", "paper": "无"}), 422)
    assert unusable["code"] == "unusable-caller-kind"
    found = told(site.call(SYSTEM.id, "GET", "/caller-kinds"))
    assert [each["code"] for each in found["kinds"]] == ["department", "agent", "outside", "platform"]
    assert found["registered"][0]["mandate"] == house.POLICE
    codes = told(site.call(None, "GET", "/matter-codes"))["items"]
    assert (len(codes), len({each["code"] for each in codes})) == (100, 93)


# --- own and other departments, every role, every address -------------------------------------------------------


def addresses(site: Door) -> list[tuple[str, str]]:
    names = {blueprint.name for blueprint in BLUEPRINTS}
    return sorted(
        (method, str(rule).removeprefix("/api/v1"))
        for rule in site.app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in names
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


# Who is let in at each address, for a request under decision, an active grant of the health commission to the police,
# and a draft of the province's use list: R requester, C checker, P provider, A authority, O another region's authority,
# S stranger with every role, D auditor in the authority's own organisation.
PEOPLE = {"R": REQUESTER, "C": CHECKER, "P": PROVIDER, "A": AUTHORITY, "O": CITY_AUTHORITY, "S": STRANGER, "D": AUDITOR}
OWN = {
    ("GET", "/share-requests/<request_id>"): "RCPAD",
    ("PUT", "/share-requests/<request_id>"): "R",
    ("POST", "/share-requests/<request_id>/submissions"): "R",
    ("POST", "/share-requests/<request_id>/checks"): "C",
    ("POST", "/share-requests/<request_id>/extensions"): "P",
    ("POST", "/share-requests/<request_id>/decisions"): "P",
    ("POST", "/share-requests/<request_id>/answers"): "R",
    ("POST", "/share-requests/<request_id>/objections"): "R",
    ("POST", "/share-requests/<request_id>/rulings"): "A",
    ("POST", "/share-requests/<request_id>/withdrawals"): "R",
    ("GET", "/share-requests/<request_id>/messages"): "RCPAD",
    ("POST", "/share-requests/<request_id>/messages"): "RCPA",
    ("GET", "/share-requests/<request_id>/history"): "RCPAD",
    ("GET", "/grants/<code>"): "RCPAD",
    ("GET", "/grants/<code>/versions"): "RCPAD",
    ("POST", "/grants/<code>/versions"): "P",
    ("POST", "/grants/<code>/renewals"): "P",
    ("POST", "/grants/<code>/suspensions"): "PA",
    ("POST", "/grants/<code>/resumptions"): "PA",
    ("POST", "/grants/<code>/revocations"): "PA",
    ("POST", "/grants/<code>/returns"): "R",
    ("GET", "/grants/<code>/history"): "RCPAD",
    ("POST", "/grants/<code>/judgements"): "RCPAD",
    ("GET", "/grants/<code>/trials"): "RCPAD",
    ("GET", "/use-lists/<list_id>"): "AD",
    ("GET", "/use-lists/<list_id>/items"): "AD",
    ("POST", "/use-lists/<list_id>/publications"): "A",
    ("POST", "/use-lists/<list_id>/ends"): "A",
    ("DELETE", "/use-lists/<list_id>"): "A",
    ("PUT", "/caller-kinds/<organisation>"): "A",
}
# Addresses without a thing of one department: lists, which show each their own, and beginnings, which are one's own.
COMMON = {
    ("GET", "/share-requests"),
    ("POST", "/share-requests"),
    ("GET", "/grants"),
    ("GET", "/use-lists"),
    ("POST", "/use-lists"),
    ("GET", "/caller-kinds"),
    ("GET", "/matter-codes"),
}


def bodies(code: str) -> dict[str, Any]:
    """Give a body for each address that does nothing to the thing: its decision is of another state, or unread."""
    clauses = house.body(NOW, fields=["许可证编号"])
    return {
        "/share-requests/<request_id>": body(code),
        "/share-requests/<request_id>/checks": {"decision": "return", "reason": "理由"},
        "/share-requests/<request_id>/decisions": {"decision": "refuse"},
        "/share-requests/<request_id>/answers": {"decision": "accept", "reason": "理由"},
        "/share-requests/<request_id>/rulings": {"decision": "uphold", "reason": "理由"},
        "/share-requests/<request_id>/messages": {"text": "在吗"},
        "/share-requests/<request_id>/extensions": {},
        "/share-requests/<request_id>/withdrawals": {"reason": "理由"},
        "/grants/<code>/versions": {"clauses": {**clauses, "fields": ["法定代表人"]}, "reason": "理由"},
        "/grants/<code>/renewals": {"ends": NOW.isoformat(), "reason": "理由"},
        "/grants/<code>/judgements": {"purpose": contract_house.told(item_code=LICENCE)},
        "/use-lists/<list_id>/publications": {"effective_from": (NOW - timedelta(days=1)).isoformat()},
        "/use-lists/<list_id>/ends": {"reason": "理由"},
        "/caller-kinds/<organisation>": {"kind": "agent", "paper": "文"},
    }


def test_the_matrix_names_every_address(site: Door):
    assert set(addresses(site)) == set(OWN) | COMMON


def test_every_role_of_every_department_at_every_address(site: Door, province: Database):
    """A refusal of who asks is 403, or 404 where they may not even know; anything else means that they were let in."""
    code = directory(province)
    asked = {"query_string": {"title": "清单", "basis": "依据"}}
    csv = CSV.format(matter=LICENCE, resource=code).encode()
    use_list = told(site.call(AUTHORITY.id, "POST", "/use-lists", data=csv, **asked), 201)["id"]
    grant = act(site, PROVIDER.id, deciding(site, code), "decisions", decision="approve")["grant"]
    # What is done last, so that the thing still stands where everyone is asked.
    ending = ("withdrawals", "suspensions", "resumptions", "revocations", "returns")
    wrong = []
    for (method, path), letters in sorted(OWN.items(), key=lambda each: each[0][1].endswith(ending)):
        for letter, who in PEOPLE.items():
            request = deciding(site, code) if path.endswith(ending) else _kept_request(site, code)
            place = path.replace("<request_id>", request).replace("<code>", grant).replace("<list_id>", use_list)
            place = place.replace("<organisation>", code_of("police"))
            told_body = bodies(code).get(path, {"reason": " "}) if method in {"POST", "PUT"} else None
            answer = site.call(who.id, method, place, json=told_body)
            let_in = answer.status_code not in {403, 404} or answer.get_json()["code"] == "own-share-request"
            if path == "/use-lists/<list_id>" and method == "DELETE" and let_in:
                use_list = told(site.call(AUTHORITY.id, "POST", "/use-lists", data=csv, **asked), 201)["id"]
            if let_in is not (letter in letters):
                wrong.append((method, path, letter, answer.status_code))
        assert site.call(None, method, place, json=told_body).status_code == 401
    assert wrong == []


KEPT: dict[int, str] = {}


def _kept_request(site: Door, code: str) -> str:
    """Give a request that waits for the provider; the same one, as long as nobody moved it on."""
    known = KEPT.get(id(site))
    if known is None or told(site.call(AUDITOR.id, "GET", f"/share-requests/{known}"))["state"] != "deciding":
        known = KEPT[id(site)] = deciding(site, code)
    return known


def test_lists_show_each_department_its_own(site: Door, province: Database):
    code = directory(province)
    draft, sent = begun(site, code), deciding(site, code)
    grant = act(site, PROVIDER.id, deciding(site, code), "decisions", decision="approve")["grant"]
    for who, requests, grants in (
        (REQUESTER, 3, 1),
        (PROVIDER, 2, 1),
        (AUTHORITY, 2, 1),
        (AUDITOR, 3, 1),
        (STRANGER, 0, 0),
        (CITY_AUTHORITY, 0, 0),
    ):
        assert len(told(site.call(who.id, "GET", "/share-requests"))["items"]) == requests
        assert len(told(site.call(who.id, "GET", "/grants"))["items"]) == grants
    told(site.call(PROVIDER.id, "GET", f"/share-requests/{draft}"), 404)
    narrowed = {"query_string": {"side": "provider", "state": "deciding", "directory": code}}
    assert [each["id"] for each in told(site.call(PROVIDER.id, "GET", "/share-requests", **narrowed))["items"]] == [
        sent
    ]
    mine = {"query_string": {"side": "grantee", "state": "active"}}
    assert [each["code"] for each in told(site.call(SYSTEM.id, "GET", "/grants", **mine))["items"]] == [grant]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("fields", []),
        ("fields", "许可证编号"),
        ("fields", [7]),
        ("matters", [""]),
        ("stages", ["later"]),
        ("modes", []),
        ("begins", "2026-11-21"),
        ("begins", "2026-11-21T00:00:00"),
        ("quota", {"per_day": 0}),
        ("quota", {"per_day": 1.5}),
        ("quota", {"surprise": 1}),
        ("masks", {"许可证编号": 7}),
        ("masks", [1]),
        ("conditions", [{"item": "许可证编号", "test": "like", "values": ["1"]}]),
        ("encrypted", "perhaps"),
        ("purpose", ""),
        ("surprise", 1),
        ("fields", ["长" * 201]),
        ("regions", ["3209"] * 500),
    ],
)
def test_clauses_of_another_shape_are_refused_with_a_pointer(site: Door, province: Database, member: str, value: Any):
    told_body = body(directory(province))
    told_body["clauses"][member] = value
    refused = told(site.call(REQUESTER.id, "POST", "/share-requests", json=told_body), 422)
    assert refused["code"] == "invalid-input"
    assert all(each["pointer"].startswith(f"#/clauses/{member}") for each in refused["errors"])


def test_a_purpose_that_is_no_purpose_is_told_with_pointers(site: Door, province: Database):
    grant = act(site, PROVIDER.id, deciding(site, directory(province)), "decisions", decision="approve")["grant"]
    bad = contract_house.told(item_code="12", basis={"kind": "task", "number": ""})
    refused = judged(site, grant, 422, purpose=bad)
    assert {each["pointer"] for each in refused["errors"]} == {
        "#/purpose/item_code",
        "#/purpose/basis/kind",
        "#/purpose/basis/number",
    }


def test_clauses_that_do_not_fit_the_directory_are_told_with_pointers(site: Door, province: Database):
    request = begun(site, directory(province), fields=["不存在"])
    refused = act(site, REQUESTER.id, request, "submissions", 422)
    assert refused["errors"] == [{"pointer": "#/fields/0", "detail": "unknown-item"}]


def test_clerks_who_decide_at_the_same_moment_make_one_grant(site: Door, province: Database):
    request = deciding(site, directory(province))

    def approve(_: int) -> int:
        sent = {"decision": "approve"}
        return int(site.call(PROVIDER.id, "POST", f"/share-requests/{request}/decisions", json=sent).status_code)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(approve, range(4))) == [200, 409, 409, 409]
    assert len(told(site.call(REQUESTER.id, "GET", "/grants"))["items"]) == 1


def test_an_unknown_thing_is_not_there(site: Door):
    told(site.call(REQUESTER.id, "GET", "/share-requests/nothing"), 404)
    told(site.call(REQUESTER.id, "GET", "/grants/nothing"), 404)
    told(site.call(AUTHORITY.id, "GET", "/use-lists/nothing"), 404)
    nothing = told(site.call(REQUESTER.id, "POST", "/share-requests", json=body("307015/0")), 404)
    assert nothing["code"] == "no-such-directory"
