"""The addresses of zones: every role of one's own and other departments at each; bodies of another shape."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from exchange.agreements import clauses
from tests.exchange import sharing_house
from tests.exchange.zones import house as built
from tests.exchange.zones.house import CODE, CREDIT, House

NOW = datetime.now(UTC).replace(microsecond=0)
# L the lead, who wrote it; A the authority, of the same office and so of the lead as well; P a provider of it; R a
# requester; O another organisation with such roles; D an auditor.
PEOPLE = {
    "L": built.LEAD,
    "A": built.REVIEWER,
    "P": built.HEALTH_PROVIDER,
    "R": built.REQUESTER,
    "O": built.OUTSIDER,
    "D": built.AUDITOR,
}
# By address: who is let in while the zone is a draft or reviewed, and when it is published.
OWN: dict[tuple[str, str], tuple[str, str]] = {
    ("GET", "/zones/<zone>"): ("LAPD", "LAPROD"),
    ("GET", "/zones/<zone>/history"): ("LAPD", "LAPROD"),
    ("GET", "/zones/<zone>/coverage"): ("LAPD", "LAPROD"),
    ("POST", "/zones/<zone>/versions"): ("LA", "LA"),
    ("POST", "/zones/<zone>/submissions"): ("LA", "LA"),
    ("POST", "/zones/<zone>/reviews"): ("A", "A"),
    ("POST", "/zones/<zone>/discards"): ("LA", "LA"),
    ("POST", "/zones/<zone>/withdrawals"): ("LA", "LA"),
    ("POST", "/zones/<zone>/objections"): ("P", "P"),
    ("POST", "/zones/<zone>/departures"): ("P", "P"),
    ("POST", "/zones/<zone>/requests"): ("", "RO"),
}
COMMON = {("GET", "/zones"), ("POST", "/zones"), ("POST", "/zones/<zone>/queries"), ("POST", "/profiles")}


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return built.opened(database, tmp_path, NOW)


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def content(house: House, **peculiar: Any) -> dict[str, Any]:
    return {**built.zone_content(house).document, **peculiar}


def bodies(house: House) -> dict[str, Any]:
    provided = {"directory": house.codes["licences"], "reason": "x"}
    asked = clauses.document(sharing_house.asked(NOW))
    asked = {name: value for name, value in asked.items() if name not in {"fields", "conditions"}}
    return {
        "versions": content(house),
        "reviews": {"decision": "return", "reason": "x"},
        "objections": provided,
        "departures": provided,
        "requests": {"legal_basis": "x", "scene": "x", "clauses": asked},
    }


def test_the_matrix_names_every_address(house: House):
    found = {
        (method, str(rule).removeprefix("/api/v1"))
        for rule in house.door.app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] == "zones"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == set(OWN) | COMMON


@pytest.mark.parametrize("is_published", [False, True])
def test_every_role_of_every_department_at_every_address(house: House, *, is_published: bool):
    """A refusal of who asks is 403, or 404 where they may not even know; anything else means that they were let in."""
    code = CODE
    if is_published:
        built.declared(house)
    else:
        told(house.door.call(built.LEAD.id, "POST", "/zones", json={"code": code, "content": content(house)}), 201)
    wrong = []
    for (method, path), letters in OWN.items():
        last = path.rpartition("/")[2]
        if last in {"withdrawals", "versions", "submissions"}:
            continue  # they change what the others are asked for; below
        for letter, who in PEOPLE.items():
            body = bodies(house).get(last, {"reason": "x"}) if method == "POST" else None
            answer = house.door.call(who.id, method, path.replace("<zone>", code), json=body)
            if (answer.status_code not in {403, 404}) is not (letter in letters[is_published]):
                wrong.append((method, path, letter, answer.status_code, answer.get_json()))
        assert house.door.call(None, method, path.replace("<zone>", code), json={}).status_code == 401
    for last in ("versions", "submissions", "withdrawals"):
        for letter, who in PEOPLE.items():
            body = bodies(house).get(last, {"reason": "x"})
            answer = house.door.call(who.id, "POST", f"/zones/{code}/{last}", json=body)
            if (answer.status_code not in {403, 404}) is not (letter in "LA"):
                wrong.append(("POST", last, letter, answer.status_code, answer.get_json()))
    assert wrong == []


def test_a_version_that_is_being_written_is_shown_to_those_who_prepare_it(house: House):
    built.declared(house)
    told(house.door.call(built.LEAD.id, "POST", f"/zones/{CODE}/versions", json=content(house)), 201)
    seen = {who: len(told(house.door.call(who, "GET", f"/zones/{CODE}"))["versions"]) for who in ("lead", "outsider")}
    assert seen == {"lead": 2, "outsider": 1}
    history = told(house.door.call("outsider", "GET", f"/zones/{CODE}/history"))["items"]
    assert [each["step"] for each in history] == ["publish"]


def test_the_list_is_narrowed_by_its_lead(house: House):
    built.declared(house)
    asked = {"query_string": {"lead": built.LEAD.organisation}}
    assert [each["code"] for each in told(house.door.call("outsider", "GET", "/zones", **asked))["items"]] == [CODE]
    other = {"query_string": {"lead": built.POLICE}}
    assert told(house.door.call("outsider", "GET", "/zones", **other))["items"] == []


def test_what_is_forbidden_is_refused_with_the_rule(house: House):
    entry = {
        "members": [*content(house)["members"], {"directory": "x", "fields": ["a"], "keys": {"credit_code": CREDIT}}]
    }
    body = {"code": CODE, "content": content(house, **entry)}
    refused = told(house.door.call(built.LEAD.id, "POST", "/zones", json=body), 422)
    assert (refused["code"], refused["errors"]) == (
        "unusable-zone",
        [{"pointer": "#/members/2/directory", "detail": "not-published"}],
    )


@pytest.mark.parametrize(
    ("language", "meaning"),
    [("zh", "not-published：目录未发布或已撤销"), ("en", "not-published: the directory is withdrawn or not published")],
)
def test_a_zone_over_a_withdrawn_directory_is_refused_with_the_rule_in_both_languages(
    house: House, language: str, meaning: str
):
    body = {"code": CODE, "content": content(house)}
    built.withdrawn(house, "firms")
    refused = told(house.door.call(built.LEAD.id, "POST", f"/zones?lang={language}", json=body), 422)
    place = "#/members/1/directory"
    assert (refused["code"], refused["errors"]) == ("unusable-zone", [{"pointer": place, "detail": "not-published"}])
    assert place in refused["detail"]
    assert "not-published" in refused["detail"]
    assert meaning in refused["cause"]
    assert refused["fix"]


def test_coverage_counts_and_names_each_directory(house: House):
    built.declared(house)
    house.grant("licences")
    found = told(house.door.call(built.REQUESTER.id, "GET", f"/zones/{CODE}/coverage"))
    assert found["counts"] == {"granted": 1, "none": 1}
    assert [each["coverage"] for each in found["items"]] == ["granted", "none"]
    asked = told(
        house.door.call(built.REQUESTER.id, "POST", f"/zones/{CODE}/requests", json=bodies(house)["requests"]), 201
    )
    assert [each["coverage"] for each in asked["items"]] == ["granted", "pending"]


SHAPES: dict[str, tuple[Any, ...]] = {
    "name": ("", "——", "长" * 201, None, 7),
    "purpose": ("", " ", None, "x" * 501),
    "matters": (["12"], "000123010000", [None], ["000123010000"] * 201),
    "members": ([], "x", [{}], [{"directory": "x"}] * 2, [None] * 2, [{}] * 21),
    "surprise": (1,),
}


def test_a_content_of_another_shape_is_refused_with_a_pointer(house: House):
    for member, values in SHAPES.items():
        for value in values:
            body: dict[str, Any] = {"code": CODE, "content": content(house, **{member: value})}
            refused = told(house.door.call(built.LEAD.id, "POST", "/zones", json=body), 422)
            assert refused["code"] == "invalid-input"
            assert all(each["pointer"].startswith(f"#/content/{member}") for each in refused["errors"]), (member, value)
    for code in ("", "A", "a", "../x", "a" * 41, "餐饮", "a b", None, 7):
        body = {"code": code, "content": content(house)}
        assert told(house.door.call(built.LEAD.id, "POST", "/zones", json=body), 422)["code"] == "invalid-input"


def test_a_member_of_another_shape_is_refused(house: House):
    first, second = content(house)["members"]
    peculiarities: tuple[dict[str, Any], ...] = (
        {"fields": []},
        {"fields": ["x"] * 51},
        {"fields": "单位名称"},
        {"keys": {}},
        {"keys": {"telephone": "x"}},
        {"keys": {"credit_code": ""}},
        {"keys": [CREDIT]},
        {"directory": 7},
        {"surprise": 1},
    )
    for peculiar in peculiarities:
        body = {"code": CODE, "content": content(house, members=[first, {**second, **peculiar}])}
        refused = told(house.door.call(built.LEAD.id, "POST", "/zones", json=body), 422)
        assert refused["code"] in {"invalid-input", "unusable-zone"}
        assert all("members/1" in each["pointer"] for each in refused["errors"]), peculiar
