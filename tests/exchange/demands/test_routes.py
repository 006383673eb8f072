"""The addresses of demands: every role of one's own and other departments at each, lists, bodies of another shape."""

from datetime import UTC, datetime
from typing import Any

import pytest

from base.db import Database
from exchange.routes.demands import demands
from tests.exchange import sharing_house
from tests.exchange.demands import house
from tests.exchange.demands.house import HEALTH, MARKET_REQUESTER, POLICE, WINDOW_REQUESTER
from tests.exchange.sharing_house import (
    AUDITOR,
    AUTHORITY,
    CHECKER,
    CITY_AUTHORITY,
    EVERYONE,
    PROVIDER,
    REQUESTER,
    STRANGER,
    SYSTEM,
)
from tests.rooms import Door, door

NOW = datetime.now(UTC).replace(microsecond=0)
BLUEPRINTS = (demands,)
BODY: dict[str, Any] = {
    "provider": HEALTH,
    "name": "消毒产品卫生安全评价信息",
    "items": ["产品名称", "责任单位"],
    "update_cycle": "week",
    "delivery": "interface",
    "basis": "消毒管理办法（演示）",
    "purpose": "窗口核验（演示）",
}
NEGATIVE = {"target": "item", "text": "配方", "basis": "演示依据", "reason": "商业秘密", "provider": HEALTH}
# Who is let in at each address, for a demand of the police to the health commission: R requester, C checker of the
# asking department, P provider, A authority, O another region's authority, S stranger with every role, D auditor.
PEOPLE = {"R": REQUESTER, "C": CHECKER, "P": PROVIDER, "A": AUTHORITY, "O": CITY_AUTHORITY, "S": STRANGER, "D": AUDITOR}
OWN = {
    ("GET", "/demands/<demand_id>"): "RCPAD",
    ("GET", "/demands/<demand_id>/matches"): "RCPAD",
    ("GET", "/demands/<demand_id>/history"): "RCPAD",
    ("POST", "/demands/<demand_id>/answers"): "R",
    ("POST", "/demands/<demand_id>/assignments"): "A",
    ("POST", "/demands/<demand_id>/decisions"): "P",
    ("POST", "/demands/<demand_id>/disputes"): "R",
    ("POST", "/demands/<demand_id>/rulings"): "A",
    ("POST", "/demands/<demand_id>/mergers"): "A",
    ("POST", "/demands/<demand_id>/departures"): "R",
    ("POST", "/negative-entries/<entry_id>/endings"): "A",
}
COMMON = {
    ("GET", "/demands"),
    ("POST", "/demands"),
    ("POST", "/demand-matches"),
    ("GET", "/negative-entries"),
    ("POST", "/negative-entries"),
}
# Bodies that do nothing to the demand: each step begins elsewhere than where it stands.
BODIES = {
    "answers": {"decision": "accept", "reason": "x"},
    "assignments": {"decision": "close", "reason": "x"},
    "decisions": {"decision": "refuse", "reason": "x"},
    "disputes": {"reason": "x"},
    "rulings": {"decision": "uphold", "reason": "x"},
}


@pytest.fixture
def site(database: Database) -> Door:
    house.opened(database, NOW)
    return door(database, BLUEPRINTS, (*EVERYONE, SYSTEM, MARKET_REQUESTER, WINDOW_REQUESTER))


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def begun(site: Door, who: str = REQUESTER.id, **peculiar: Any) -> str:
    return str(told(site.call(who, "POST", "/demands", json={**BODY, **peculiar}), 201)["id"])


def test_the_matrix_names_every_address(site: Door):
    found = {
        (method, str(rule).removeprefix("/api/v1"))
        for rule in site.app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] == "demands"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == set(OWN) | COMMON


def test_every_role_of_every_department_at_every_address(site: Door):
    """A refusal of who asks is 403, or 404 where they may not even know; anything else means that they were let in."""
    wrong = []
    for (method, path), letters in OWN.items():
        for letter, who in PEOPLE.items():
            demand = begun(site)
            entry = told(site.call(AUTHORITY.id, "POST", "/negative-entries", json=NEGATIVE), 201)["id"]
            place = path.replace("<demand_id>", demand).replace("<entry_id>", entry)
            last = path.rpartition("/")[2]
            body = {"into": demand, "reason": "x"} if last == "mergers" else BODIES.get(last, {"reason": "x"})
            answer = site.call(who.id, method, place, json=body if method == "POST" else None)
            let_in = answer.status_code not in {403, 404}
            if let_in is not (letter in letters):
                wrong.append((method, path, letter, answer.status_code, answer.get_json()["code"]))
        assert site.call(None, method, place, json={}).status_code == 401
    assert wrong == []


def test_the_lists_show_each_department_its_own(site: Door):
    first, second = begun(site), begun(site, MARKET_REQUESTER.id, name="另一信息", provider="")
    for who, seen in ((REQUESTER, 1), (MARKET_REQUESTER, 1), (PROVIDER, 1), (AUTHORITY, 2), (AUDITOR, 2), (SYSTEM, 1)):
        assert len(told(site.call(who.id, "GET", "/demands"))["items"]) == seen, who.id
    assert told(site.call(CITY_AUTHORITY.id, "GET", "/demands"))["items"][0]["id"] == second
    responsible = {"query_string": {"list": "responsibility", "provider": HEALTH}}
    assert [each["id"] for each in told(site.call(PROVIDER.id, "GET", "/demands", **responsible))["items"]] == [first]
    asked = {"query_string": {"list": "demand", "asker": POLICE, "state": "answering"}}
    assert [each["id"] for each in told(site.call(AUTHORITY.id, "GET", "/demands", **asked))["items"]] == [first]
    told(
        site.call(
            PROVIDER.id,
            "POST",
            f"/demands/{first}/decisions",
            json={"decision": "refuse", "reason": "无", "ground": "no-basis", "rule": "第三条"},
        )
    )
    assert told(site.call(AUTHORITY.id, "GET", "/demands", **asked))["items"] == []
    assert told(site.call(PROVIDER.id, "GET", "/demands", **responsible))["items"] == []


def test_what_may_not_be_demanded_is_refused_with_the_rule_in_both_languages(site: Door):
    entry = told(site.call(AUTHORITY.id, "POST", "/negative-entries", json=NEGATIVE), 201)["id"]
    refused = told(site.call(REQUESTER.id, "POST", "/demands", json={**BODY, "items": ["产品名称", "配方"]}), 403)
    assert (refused["code"], refused["rule"], refused["basis"]) == ("demand-forbidden", entry, "演示依据")
    assert refused["errors"] == [{"pointer": "#/items/1", "detail": f"{entry} · 演示依据"}]
    titles = set()
    for language in ("zh", "en"):
        told_so = site.call(REQUESTER.id, "POST", f"/demands?lang={language}", json={**BODY, "items": ["配方"]})
        again = told(told_so, 403)
        assert (again["code"], entry in again["detail"], bool(again["fix"])) == ("demand-forbidden", True, True), again
        titles.add(again["title"])
    assert len(titles) == 2
    assert told(site.call(REQUESTER.id, "GET", "/negative-entries", query_string={"provider": HEALTH}))["items"]


def test_directories_that_would_meet_a_demand_are_told_before_anyone_asks(site: Door):
    with site.app.extensions["yinxin"][Database].transaction() as session:
        code = sharing_house.directory(session, NOW, name="公共场所卫生许可证信息").code
    body = {name: value for name, value in BODY.items() if name not in {"basis", "purpose"}}
    body |= {"name": "公共场所卫生许可证", "items": ["许可证编号", "有效期"], "update_cycle": "day"}
    found = told(site.call(REQUESTER.id, "POST", "/demand-matches", json=body))["items"]
    assert [(each["directory"], each["missing"], each["is_whole"]) for each in found] == [(code, ["有效期"], False)]
    assert told(site.call(AUDITOR.id, "GET", "/demands"))["items"] == []


SHAPES: dict[str, tuple[Any, ...]] = {
    "name": ("", "——", "__", "%", "长" * 201, None, 7),
    "items": ([], "产品名称", [""], ["x"] * 1001, [["x"]], ["*:*"]),
    "update_cycle": ("hourly", ["day"]),
    "delivery": ("fax", ""),
    "basis": (" ", "x" * 501),
    "purpose": (None, ""),
    "provider": ("x" * 19,),
    "scope": ("x" * 501,),
    "surprise": (1,),
}


def test_a_demand_of_another_shape_is_refused_with_a_pointer(site: Door):
    for member, values in SHAPES.items():
        for value in values:
            refused = told(site.call(REQUESTER.id, "POST", "/demands", json={**BODY, member: value}), 422)
            assert refused["code"] == "invalid-input"
            assert all(each["pointer"].startswith(f"#/{member}") for each in refused["errors"]), (member, value)


def test_names_that_look_like_queries_are_names(site: Door):
    for name in ("' or 1=1 --", "_x_", "演示\u202e信息", "near(x)", '" near', "a" * 200):
        found = told(site.call(REQUESTER.id, "POST", "/demands", json={**BODY, "name": name}), 201)
        assert found["name"] == name
