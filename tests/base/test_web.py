"""The edge: guards before bodies, one transaction a request, strict input, honest refusals, headers on everything."""

import concurrent.futures
from dataclasses import dataclass
from pathlib import Path

import marshmallow as ma
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from base import api, web
from base.callers import Caller, Credentials, NotAuthenticated
from base.db import Database
from base.idempotency import IdempotencyKey
from base.metrics import Metrics
from base.web import (
    AuthenticatorPart,
    WebSettings,
    gives,
    guarded,
    limited,
    new_app,
    open_to_all,
    reads,
    require_match,
    tagged,
    takes,
    writes,
)

PEOPLE = {
    "clerk": Caller("person", "p1", roles=frozenset({"window"})),
    "system": Caller("system", "s1", scopes=frozenset({"case:write"})),
}


@dataclass
class Made:
    """What the test's verb gives."""

    name: str
    count: int


class Inner(ma.Schema):
    """Something nested, so that pointers have a way to go."""

    codes = ma.fields.List(ma.fields.Integer(strict=True))


class Asked(ma.Schema):
    """What the test's verb takes."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 20))
    count = ma.fields.Integer(load_default=1, strict=True)
    inner = ma.fields.Nested(Inner, load_default=None)


class Given(ma.Schema):
    """What the test's verb answers."""

    name = ma.fields.String()
    count = ma.fields.Integer()


things = api.Blueprint("things", __name__)


@things.route("/things", methods=["POST"])
@guarded(scope="case:write", roles={"window"})
@writes
@takes(Asked)
@gives(Given, 201)
def make(session: Session, asked: dict) -> Made:
    """Make a thing."""
    session.execute(text("insert into tests_things (name) values (:name)"), {"name": asked["name"]})
    if asked["name"] == "burst":
        raise RuntimeError("a secret detail 11010519491231002X")
    if asked["name"] == "refuse":
        raise NotAuthenticated
    return Made(asked["name"], session.execute(text("select count(*) from tests_things")).scalar_one())


@things.route("/things", methods=["GET"])
@open_to_all
@reads
@takes(api.PageQuery, location="query")
@gives(Given)
def listed(session: Session, asked: dict) -> Made:
    """Count the things."""
    return Made(str(asked["page"].limit), session.execute(text("select count(*) from tests_things")).scalar_one())


@things.route("/things/<int:number>", methods=["GET"])
@open_to_all
@gives(Given)
def one(number: int) -> Made:
    """Show a thing."""
    tagged(number)
    return Made("one", number)


@things.route("/things/<int:number>", methods=["PUT"])
@guarded(roles={"window"})
@writes
@takes(Asked)
@gives(Given)
def change(_session: Session, asked: dict, number: int) -> Made:
    """Change a thing."""
    require_match(number)
    return Made(asked["name"], number)


@things.route("/uploads", methods=["POST"])
@open_to_all
@limited(100_000)
@gives(Given)
def upload() -> Made:
    """Take a file."""
    from flask import request

    return Made("file", sum(len(each.read()) for each in request.files.values()))


def authenticate(credentials: Credentials) -> Caller:
    name = (credentials.authorization or "").removeprefix("Bearer ")
    if name not in PEOPLE:
        raise NotAuthenticated
    return PEOPLE[name]


@pytest.fixture
def running(database: Database) -> Flask:
    running = new_app(
        WebSettings(secret="s" * 32, body_bytes=1000),
        lambda told: Response(told.title, mimetype="text/html"),
        Metrics(None),
    )
    described = api.Api(running)
    api.document_components(described)
    web.furnish(running, database, AuthenticatorPart(authenticate))
    described.register_blueprint(things, url_prefix="/api/v1")
    running.add_url_rule("/openapi.json", view_func=web.openapi(described.spec.to_dict))
    with database.transaction() as session:
        session.execute(text("create table if not exists tests_things (name varchar(50))"))
        session.execute(text("delete from tests_things"))
    return running


@pytest.fixture
def client(running: Flask) -> FlaskClient:
    return running.test_client()


CLERK = {"Authorization": "Bearer clerk"}


def rows(database: Database) -> int:
    with database.reading() as session:
        return int(session.execute(text("select count(*) from tests_things")).scalar_one())


def test_a_system_with_the_scope_and_a_person_with_the_role_pass(client: FlaskClient):
    for who in PEOPLE:
        answer = client.post("/api/v1/things", json={"name": "a"}, headers={"Authorization": f"Bearer {who}"})
        assert answer.status_code == 201, who


def test_nobody_is_refused_before_the_body_is_looked_at(client: FlaskClient):
    answer = client.post("/api/v1/things", data=b"{broken", content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not-authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_token_is_refused(client: FlaskClient):
    assert client.post("/api/v1/things", json={}, headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_role_that_is_not_enough_is_403(client: FlaskClient):
    answer = client.put("/api/v1/things/1", json={"name": "a"}, headers={"Authorization": "Bearer system"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-allowed")


def test_a_problem_document_is_whole_and_in_the_asked_language(client: FlaskClient):
    answer = client.post("/api/v1/things", headers={"Accept-Language": "en", "X-Request-Id": "abcdefgh-1"})
    told = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Content-Language"] == "en"
    assert told["type"] == "/docs/errors/not-authenticated"
    assert told["request_id"] == answer.headers["X-Request-Id"] == "abcdefgh-1"
    assert told["status"] == 401
    assert {"title", "detail", "cause", "fix", "retryable"} <= set(told)
    assert client.post("/api/v1/things").get_json()["title"] == "未认证"


def test_a_request_id_of_another_shape_is_replaced(client: FlaskClient):
    answer = client.get("/api/v1/things", headers={"X-Request-Id": "a b\tc"})
    assert answer.headers["X-Request-Id"] != "a b\tc"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/name"),
        ({"name": ""}, "#/name"),
        ({"name": 5}, "#/name"),
        ({"name": "a", "count": "1"}, "#/count"),
        ({"name": "a", "more": 1}, "#/more"),
        ({"name": "a", "inner": {"codes": [1, "x"]}}, "#/inner/codes/1"),
        ({"name": "a", "a/b~c": 1}, "#/a~1b~0c"),
        ([], "#/"),
        ("x", "#/"),
    ],
)
def test_a_fault_of_the_body_has_a_pointer(client: FlaskClient, body: object, pointer: str):
    answer = client.post("/api/v1/things", json=body, headers=CLERK)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid-input")
    assert pointer in [each["pointer"] for each in answer.get_json()["errors"]]


def test_a_fault_is_told_once_and_the_document_allows_its_members(client: FlaskClient):
    told = client.post("/api/v1/things", json={}, headers=CLERK).get_json()
    assert "members" not in told
    assert told["where"] == "json"
    schema = client.get("/openapi.json").get_json()["components"]["schemas"]["Problem"]
    assert schema.get("additionalProperties", True) is not False


@pytest.mark.parametrize(
    ("query", "parameter"), [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("page=2", "page")]
)
def test_a_fault_of_the_query_names_the_parameter(client: FlaskClient, query: str, parameter: str):
    answer = client.get(f"/api/v1/things?{query}")
    assert answer.status_code == 422
    assert [each["parameter"] for each in answer.get_json()["errors"]] == [parameter]


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1%00"])
def test_a_query_with_two_meanings_is_refused(client: FlaskClient, query: str):
    answer = client.get(f"/api/v1/things?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed-request")


@pytest.mark.parametrize("body", [b'{"name":"a","name":"b"}', b'{"name":NaN}', b'{"name":"\\u0000"}', b"[" * 900])
def test_json_with_two_meanings_is_400(client: FlaskClient, body: bytes):
    answer = client.post("/api/v1/things", data=body, content_type="application/json", headers=CLERK)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed-json")


def test_a_body_of_another_type_is_415(client: FlaskClient):
    answer = client.post("/api/v1/things", data=b"name=a", content_type="text/plain", headers=CLERK)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "json-expected")


def test_a_body_over_the_limit_is_413(client: FlaskClient):
    answer = client.post("/api/v1/things", json={"name": "a" * 2000}, headers=CLERK)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "body-too-large")


def test_an_upload_has_its_own_limit_and_never_touches_the_disk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    import tempfile

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the disk was touched")

    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    from io import BytesIO

    fits = client.post("/api/v1/uploads", data={"file": (BytesIO(b"x" * 90_000), "a.pdf")})
    assert fits.get_json().get("count") == 90_000, fits.text
    assert client.post("/api/v1/uploads", data={"file": (BytesIO(b"x" * 200_000), "a.pdf")}).status_code == 413


def test_an_unforeseen_fault_says_nothing_and_keeps_nothing(running: Flask, client: FlaskClient, database: Database):
    answer = client.post("/api/v1/things", json={"name": "burst"}, headers=CLERK)
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal-fault")
    assert "secret" not in answer.text
    assert "11010519491231002X" not in answer.text
    assert answer.get_json()["instance"].startswith("urn:uuid:")
    assert rows(database) == 0


def test_a_refusal_takes_the_whole_request_back(client: FlaskClient, database: Database):
    assert client.post("/api/v1/things", json={"name": "refuse"}, headers=CLERK).status_code == 401
    assert rows(database) == 0


def test_the_same_key_and_body_act_once(client: FlaskClient, database: Database):
    headers = {**CLERK, "Idempotency-Key": "k-1"}
    first = client.post("/api/v1/things", json={"name": "a"}, headers=headers)
    second = client.post("/api/v1/things", json={"name": "a"}, headers=headers)
    assert (first.status_code, first.get_json()) == (second.status_code, second.get_json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.mimetype == "application/json"
    assert rows(database) == 1


def test_the_same_key_with_another_body_is_422(client: FlaskClient):
    headers = {**CLERK, "Idempotency-Key": "k-1"}
    client.post("/api/v1/things", json={"name": "a"}, headers=headers)
    answer = client.post("/api/v1/things", json={"name": "b"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency-key-reused")


def test_a_refused_act_leaves_its_key_free(client: FlaskClient, database: Database):
    headers = {**CLERK, "Idempotency-Key": "k-1"}
    assert client.post("/api/v1/things", json={"name": "refuse"}, headers=headers).status_code == 401
    assert client.post("/api/v1/things", json={"name": "burst"}, headers=headers).status_code == 500
    with database.reading() as session:
        assert session.scalars(select(IdempotencyKey)).all() == []


def test_many_sends_of_one_request_act_once(running: Flask, database: Database):
    headers = {**CLERK, "Idempotency-Key": "k-1"}

    def send(_: int) -> int:
        return running.test_client().post("/api/v1/things", json={"name": "a"}, headers=headers).status_code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(send, range(12)))
    assert statuses <= {201, 409}
    assert rows(database) == 1


@pytest.mark.parametrize("key", ["x" * 201, "with\ttab", "schlüssel"])
def test_a_key_of_another_shape_is_refused(client: FlaskClient, key: str):
    answer = client.post("/api/v1/things", json={"name": "a"}, headers={**CLERK, "Idempotency-Key": key})
    assert answer.status_code == 400


def test_an_unchanged_thing_is_304(client: FlaskClient):
    first = client.get("/api/v1/things/7")
    again = client.get("/api/v1/things/7", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_change_needs_the_version_it_was_made_from(client: FlaskClient):
    tag = client.get("/api/v1/things/7").headers["ETag"]
    without = client.put("/api/v1/things/7", json={"name": "a"}, headers=CLERK)
    stale = client.put("/api/v1/things/7", json={"name": "a"}, headers={**CLERK, "If-Match": '"other"'})
    fresh = client.put("/api/v1/things/7", json={"name": "a"}, headers={**CLERK, "If-Match": tag})
    assert [without.status_code, stale.status_code, fresh.status_code] == [428, 412, 200]


@pytest.mark.parametrize(("number", "status"), [(2**63 - 1, 200), (2**63, 404), (10**23, 404)])
def test_a_number_that_no_row_can_have_names_nothing(client: FlaskClient, number: int, status: int):
    assert client.get(f"/api/v1/things/{number}", headers=CLERK).status_code == status


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/none", 404), ("DELETE", "/api/v1/things", 405)])
def test_what_http_refuses_is_a_problem_too(client: FlaskClient, method: str, path: str, status: int):
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert status != 405 or "POST" in answer.headers["Allow"]


def test_a_browser_gets_a_page_for_a_problem_but_the_api_never_does(client: FlaskClient):
    assert client.get("/none", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get("/api/v1/none", headers={"Accept": "text/html"}).mimetype == "application/problem+json"


def test_every_answer_carries_the_headers(client: FlaskClient):
    for path in ("/none", "/api/v1/things", "/openapi.json"):
        headers = client.get(path).headers
        for name, value in web.HEADERS.items():
            assert headers[name] == value
    assert "unsafe" not in web.CONTENT_SECURITY_POLICY
    assert client.get("/api/v1/things").headers["Cache-Control"] == "no-store"


def test_a_host_that_is_not_ours_is_refused(database: Database):
    strict = new_app(WebSettings(trusted_hosts=("yinxin.example",)), lambda told: Response(told.title), Metrics(None))
    strict.add_url_rule("/", view_func=open_to_all(lambda: "x"))
    assert strict.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400
    assert strict.test_client().get("/", headers={"Host": "yinxin.example"}).status_code == 200


def test_the_document_tells_guards_and_refusals(client: FlaskClient):
    document = client.get("/openapi.json").get_json()
    operation = document["paths"]["/api/v1/things"]["post"]
    assert operation["x-guard"] == {"scope": "case:write", "roles": ["window"]}
    assert {"oauth2": ["case:write"]} in operation["security"]
    assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
    assert "security" not in document["paths"]["/api/v1/things"]["get"]


def test_a_guard_knows_only_the_contracts_names():
    with pytest.raises(ValueError, match="root"):
        guarded(roles={"root"})
    with pytest.raises(ValueError, match="all:write"):
        guarded(scope="all:write")


def test_an_unreachable_database_is_503_with_a_time_to_come_back(running: Flask, tmp_path: Path):
    from base.db import DatabaseSettings, connect

    web.furnish(running, connect(DatabaseSettings(url="postgresql://a:b@127.0.0.1:1/none")))
    answer = running.test_client().get("/api/v1/things")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "database-unreachable")
    assert answer.headers["Retry-After"] == "5"
    assert "b@" not in answer.text
