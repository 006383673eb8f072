"""Keys over HTTP: people of two duties, proposals and confirmations, and no way in or out for private bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from base import web
from base.callers import Caller
from base.db import Database
from base.settings import Settings
from keys.algorithms.algorithm import KeyKind
from keys.custody import acts, routes
from keys.custody.acts import NewKey
from keys.custody.wiring import CustodyParts
from tests.conftest import AT
from tests.keys.custody.conftest import ONE, TWO
from tests.keys.parties import builders
from tests.keys.parties.conftest import COOKIE
from tests.simulators.softhsm import SoftHsm


class Browser:
    """Asks as one person."""

    def __init__(self, read: Settings, database: Database, parts: CustodyParts, person: Caller | None) -> None:
        self._site = builders.build(read, database, person, routes.API_BLUEPRINTS)
        web.furnish(self._site.app, parts)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        told = {**COOKIE, **headers}
        return self._site.client.open(f"/api/v1{path}", method=method, json=body, headers=told)


@pytest.fixture
def browser(read: Settings, database: Database, parts: CustodyParts) -> Callable[[Caller | None], Browser]:
    return lambda person: Browser(read, database, parts, person)


@pytest.fixture
def one(browser: Callable[[Caller | None], Browser]) -> Browser:
    return browser(ONE)


@pytest.fixture
def two(browser: Callable[[Caller | None], Browser]) -> Browser:
    return browser(TWO)


def test_a_seal_key_is_proposed_by_one_and_confirmed_by_another(one: Browser, two: Browser):
    made = one.ask("POST", "/keys", {"id": "seal-1", "use": "seal"})
    assert (made.status_code, made.json["state"]) == (201, "proposed")
    alone = one.ask("POST", "/keys/seal-1/confirmations")
    assert (alone.status_code, alone.json["code"]) == (403, "custody-second-person-needed")
    confirmed = two.ask("POST", "/keys/seal-1/confirmations")
    assert (confirmed.status_code, confirmed.json["state"]) == (200, "active")
    assert confirmed.json["proposed_by"] != confirmed.json["confirmed_by"]
    again = two.ask("POST", "/keys/seal-1/confirmations")
    assert (again.status_code, again.json["code"]) == (409, "custody-state-conflict")


def test_keys_are_listed_shown_rotated_retired_and_withdrawn(one: Browser):
    one.ask("POST", "/keys", {"id": "tsa", "use": "tsa", "kind": "p-256"})
    one.ask("POST", "/keys", {"id": "ocsp", "use": "ocsp"})
    rotated = one.ask("POST", "/keys/tsa/rotations")
    assert (rotated.status_code, rotated.json["version"], rotated.json["kind"]) == (201, 2, "p-256")
    page = one.ask("GET", "/keys?limit=2")
    assert [(each["id"], each["version"]) for each in page.json["items"]] == [("ocsp", 1), ("tsa", 1)]
    rest = one.ask("GET", f"/keys?limit=2&cursor={page.json['next_cursor']}")
    assert [(each["id"], each["version"]) for each in rest.json["items"]] == [("tsa", 2)]
    assert len(one.ask("GET", "/keys?state=active&use=tsa").json["items"]) == 1
    assert [each["state"] for each in one.ask("GET", "/keys/tsa").json["items"]] == ["active", "retired"]
    assert one.ask("POST", "/keys/tsa/retirements", {"reason": "x"}).json["state"] == "retired"
    assert one.ask("POST", "/keys/tsa/withdrawals", {"reason": "x"}).json["state"] == "withdrawn"
    assert one.ask("GET", "/keys/nothing").status_code == 404


def test_nothing_that_is_answered_says_where_a_key_lies(one: Browser, tmp_path: Path):
    answers = [
        one.ask("POST", "/keys", {"id": "tsa", "use": "tsa"}),
        one.ask("GET", "/keys"),
        one.ask("GET", "/keys/tsa"),
    ]
    for each in answers:
        assert str(tmp_path) not in each.text
        assert ".pem" not in each.text
    assert answers[0].json["device"] == "file"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "a"},
        {"use": "tsa"},
        {"id": "A", "use": "tsa"},
        {"id": "a/../b", "use": "tsa"},
        {"id": "a\n", "use": "tsa"},
        {"id": "a" * 65, "use": "tsa"},
        {"id": "a", "use": "toy"},
        {"id": "a", "use": "tsa", "kind": "dsa"},
        {"id": "a", "use": "tsa", "where": "svs"},
        {"id": "a", "use": "tsa", "where": "/etc/passwd"},
        {"id": "a", "use": "tsa", "uri": "file:/etc/key.pem"},
        {"id": "a", "use": "tsa", "private_key": "-----BEGIN PRIVATE KEY-----"},
        {"id": "a", "use": "tsa", "pem": "x", "password": "y"},
        {"id": 1, "use": "tsa"},
        [],
    ],
    ids=json.dumps,
)
def test_a_body_that_does_not_fit_is_refused(one: Browser, body: Any):
    assert one.ask("POST", "/keys", body).status_code in {400, 422}


def test_there_is_no_address_for_importing(one: Browser):
    for path in ("/keys/import", "/keys/imports", "/keys/tsa/import"):
        assert one.ask("POST", path, {"pem": "x"}).status_code in {404, 405}


PEOPLE = {
    "nobody": None,
    "auditor": Caller("person", "p", roles=frozenset({"auditor"})),
    "steward": Caller("person", "p", roles=frozenset({"steward", "issuer", "seal_custodian", "operator"})),
    "system": Caller("system", "gm", scopes=frozenset({"admin", "seal:use"})),
}
ACTS = (("", {"id": "a", "use": "tsa"}), ("/tsa/confirmations", None), ("/tsa/rotations", None))
ENDS = (("/tsa/retirements", {"reason": "x"}), ("/tsa/withdrawals", {"reason": "x"}))


@pytest.mark.parametrize("who", PEOPLE)
def test_only_keepers_act_and_only_watchers_look(browser, one: Browser, who: str):
    one.ask("POST", "/keys", {"id": "tsa", "use": "tsa"})
    asking = browser(PEOPLE[who])
    for path, body in (*ACTS, *ENDS):
        assert asking.ask("POST", f"/keys{path}", body).status_code in {401, 403}
    wanted = {200} if who == "auditor" else {401, 403}
    assert asking.ask("GET", "/keys").status_code in wanted
    assert asking.ask("GET", "/keys/tsa").status_code in wanted
    assert one.ask("GET", "/keys/tsa").json["items"][0]["state"] == "active"


def test_the_same_request_twice_makes_one_key(one: Browser, tmp_path: Path):
    told = {"Idempotency-Key": "once"}
    first = one.ask("POST", "/keys", {"id": "tsa", "use": "tsa"}, **told)
    second = one.ask("POST", "/keys", {"id": "tsa", "use": "tsa"}, **told)
    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert len(list(tmp_path.glob("keys/*.pem"))) == 1


def test_a_device_that_is_down_is_503_and_nothing_is_made_elsewhere(
    browser, database: Database, with_token: tuple[Settings, str], hsm: SoftHsm, tmp_path: Path
):
    from keys.custody import wiring

    read, label = with_token
    asking = Browser(read, database, wiring.built(read), ONE)
    body = {"id": "tsa", "use": "tsa", "kind": "p-256", "where": "pkcs11", "within": label}
    assert asking.ask("POST", "/keys", body).status_code == 201
    hsm.remove(label)
    again = Browser(read, database, wiring.built(read), ONE)
    refused = again.ask("POST", "/keys/tsa/rotations")
    assert (refused.status_code, refused.json["retryable"]) == (503, True)
    assert not list(tmp_path.glob("keys/*"))


def test_a_key_that_was_made_by_command_is_shown(one: Browser, database: Database, parts: CustodyParts):
    with database.transaction() as session:
        acts.create(session, parts.custody, NewKey("ca", "ca", KeyKind.P384), ONE, AT)
    (shown,) = one.ask("GET", "/keys/ca").json["items"]
    assert (shown["kind"], shown["not_after"], shown["confirmed_by"]) == ("p-384", None, None)
