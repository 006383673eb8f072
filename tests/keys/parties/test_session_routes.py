"""Logging in over HTTP: the cookie, its token at every changing route, and pages of other sites that try."""

import re
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

import app
from base import clock, web
from base.api import SESSION_COOKIE
from base.db import Database, DatabaseSettings
from base.settings import read as read_all
from base.web import guard_of
from console.login import login_pages
from keys.parties.authentication import BearerAuthenticator, first_of
from keys.parties.login_wiring import LoginSettings
from keys.parties.routes.sessions import sessions_api
from keys.parties.session_authenticator import SessionAuthenticator
from keys.parties.wiring import Parties
from tests.keys.parties import login_site
from tests.keys.parties.login_site import API, OTHER_PASSWORD, PASSWORD, Clock, LoginSite, Visitor

BODIES: tuple[dict[str, Any], ...] = ({"json": {}}, {"data": {"csrf_token": "0" * 64}}, {"data": b"x"})
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def site(database: Database, database_settings: DatabaseSettings, at: datetime, tmp_path, monkeypatch) -> LoginSite:
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"))
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    login_site.populate(database, at)
    return login_site.build(read, database, login_site.parts(read), told)


def test_a_login_gives_a_cookie_for_this_host_alone_and_a_token(site: LoginSite):
    anna = site.person("anna")
    answer = site.client().post(API, json={"login": "anna", "password": PASSWORD, "totp": site.code(anna)})
    assert answer.status_code == 201
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert re.match(r"__Host-yinxin=[A-Za-z0-9_-]{43}; ", cookie)
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=28800"} <= set(cookie.split("; ")[1:])
    assert "Domain" not in cookie
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["level"], answer.json["pending"]) == (4, "")
    assert len(answer.json["csrf_token"]) == 64


def test_a_refused_login_gives_no_cookie_and_no_reason(site: LoginSite):
    site.person("anna")
    answers = [
        site.client().post(API, json={"login": login, "password": password, "totp": "000000"})
        for login, password in (("anna", PASSWORD), ("anna", "wrong password"), ("nobody", PASSWORD))
    ]
    told = [{**each.json, "request_id": ""} for each in answers]
    assert [each.status_code for each in answers] == [401, 401, 401]
    assert told[0] == told[1] == told[2]
    assert told[0]["code"] == "login-refused"
    assert not any("Set-Cookie" in each.headers for each in answers)


def test_who_has_to_wait_is_told_how_long(site: LoginSite):
    for _ in range(5):
        site.client().post(API, json={"login": "anna", "password": "wrong password"})
    answer = site.client().post(API, json={"login": "anna", "password": "wrong password"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"login": "anna"},
        {"login": "anna", "password": 1},
        {"login": "anna", "password": ["x"]},
        {"login": "anna", "password": "x", "totp": 123456},
        {"login": "anna", "password": "x", "totp": "12345a"},
        {"login": "anna", "password": "x", "totp": "１２３４５６"},
        {"login": "anna", "password": "x" * 513},
        {"login": "a" * 65, "password": "x"},
        {"login": "anna", "password": "x", "admin": True},
        [],
        "x",
        None,
    ],
)
def test_a_body_that_is_no_login_is_refused_without_being_repeated(site: LoginSite, body):
    answer = site.client().post(API, json=body)
    assert answer.status_code in {400, 422}
    assert "x" * 100 not in answer.text


def test_the_session_opens_what_its_roles_allow(site: LoginSite):
    visitor = site.log_in(site.person("anna", "sysadmin"))
    assert visitor.client.get("/api/v1/people").status_code == 200
    made = visitor.post("/api/v1/people", login="carl", name="演示丙", organisation=site_organisation(visitor))
    assert made.status_code == 201
    assert site.client().get("/api/v1/people").status_code == 401


def site_organisation(visitor: Visitor) -> str:
    return str(visitor.client.get("/api/v1/people").json["items"][0]["organisation"])


def test_a_bearer_beside_a_cookie_decides_alone(site: LoginSite):
    visitor = site.log_in(site.person("anna", "sysadmin"))
    answer = visitor.client.get("/api/v1/people", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert answer.json["code"] == "token-refused"


# --- forged requests ----------------------------------------------------------------------------------------------


@pytest.fixture
def whole(site: LoginSite, tmp_path) -> Flask:
    """Build the whole service as it runs, with people's sessions among its authenticators."""
    sections = tuple(dict.fromkeys((*app.HOUSE.sections, LoginSettings)))
    told = {
        "YINXIN_DATABASE_URL": site.database.engine.url.render_as_string(hide_password=False),
        "YINXIN_WEB_SECRET": "s" * 32,
        "YINXIN_PARTIES_TOKEN_KEY": str(tmp_path / "token.key"),
        "YINXIN_CUSTODY_KEK": str(tmp_path / "custody.kek"),
    }
    flask = app.create_app(read_all(sections, environment=told))
    for blueprint in login_site.unique(sessions_api, login_pages):
        if blueprint.name not in flask.blueprints:
            prefix = "/api/v1" if blueprint is sessions_api else None
            flask.register_blueprint(blueprint, url_prefix=prefix)
    with flask.app_context():
        bearer = BearerAuthenticator(web.parts(Parties), site.database, site.clock)
    authenticate = first_of(bearer, SessionAuthenticator(site.login, site.database, site.clock))
    web.furnish(flask, site.database, site.login, web.AuthenticatorPart(authenticate))
    return flask


def addresses(flask: Flask) -> list[tuple[str, str]]:
    """List every changing route that is not open to all, with its places filled in.

    Dialects refuse in the words of their own; the story below them sees that no session gets in there.
    """
    found = []
    for rule in flask.url_map.iter_rules():
        guard = guard_of(flask.view_functions[rule.endpoint])
        assert guard is not None
        if not guard.open_to_all and not str(rule).startswith("/dialects/"):
            chosen = re.sub(r"<any\((\w+)[^>]*>", r"\1", str(rule))
            path = re.sub(r"<(?:[^:>]+:)?[^>]+>", "1", chosen)
            found += [(method, path) for method in sorted((rule.methods or set()) & UNSAFE)]
    return sorted(found)


@pytest.mark.parametrize("token", [{}, {"X-CSRF-Token": "0" * 64}], ids=["none", "wrong"])
def test_every_changing_route_asks_for_the_sessions_token(site: LoginSite, whole: Flask, token: dict[str, str]):
    visitor = site.log_in(site.person("anna", "sysadmin", "steward", "issuer", "seal_owner"))
    walked = addresses(whole)
    assert len(walked) >= 25
    for method, path in walked:
        for body in BODIES:
            client = whole.test_client(use_cookies=False)
            answer = client.open(
                path, method=method, headers={"Cookie": f"{SESSION_COOKIE}={visitor.cookie}", **token}, **body
            )
            assert answer.status_code == 403, f"{method} {path}"
            assert code_of(answer) == "csrf-token-wrong", f"{method} {path}"


def test_no_dialect_takes_a_persons_session(site: LoginSite, whole: Flask):
    visitor = site.log_in(site.person("anna", "sysadmin", "steward", "issuer", "seal_owner"))
    for token in ("", "0" * 64, visitor.told["csrf_token"]):
        headers = {"Cookie": f"{SESSION_COOKIE}={visitor.cookie}", "X-CSRF-Token": token}
        for path in ("/dialects/x-road/r1/YX/GOV/1/1/1", "/dialects/national-gateway/httpproxy"):
            answer: Any = whole.test_client(use_cookies=False).post(path, json={}, headers=headers)
            assert "rows" not in answer.text, path
            assert answer.status_code >= 400 or answer.json["code"] not in ("0", "200"), path


def code_of(answer: Any) -> str:
    return str(answer.json["code"])


def test_the_tokens_own_session_passes_the_same_walk(site: LoginSite, whole: Flask):
    """The counter-proof: with the right token none of these is refused for the token's sake."""
    visitor = site.log_in(site.person("anna", "holder"))
    headers = {"Cookie": f"{SESSION_COOKIE}={visitor.cookie}", "X-CSRF-Token": visitor.told["csrf_token"]}
    for method, path in addresses(whole):
        if "sessions" in path or path == "/logout":
            continue
        answer = whole.test_client(use_cookies=False).open(path, method=method, headers=headers, json={})
        assert "csrf-token-wrong" not in answer.text, f"{method} {path}"


def test_reading_asks_for_no_token(site: LoginSite):
    visitor = site.log_in(site.person("anna", "auditor"))
    assert visitor.client.get("/api/v1/people").status_code == 200


def test_a_forms_hidden_field_counts_and_a_json_member_does_not(site: LoginSite):
    visitor = site.log_in(site.person("anna"))
    assert visitor.client.post(f"{API}/current/totp", json=dict(visitor.told)).status_code == 403
    assert visitor.form("/logout").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:8081"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_a_page_of_another_site_logs_nobody_in(site: LoginSite, headers: dict[str, str]):
    """Login CSRF: the reader would work in the attacker's account without noticing."""
    anna = site.person("anna")
    body = {"login": "anna", "password": PASSWORD, "totp": site.code(anna)}
    answer = site.client().post(API, json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.json["code"] == "foreign-origin"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("mimetype", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_login_that_a_plain_form_can_send_is_no_login(site: LoginSite, mimetype: str):
    """These three may cross origins without a question being asked first."""
    anna = site.person("anna")
    body = f'{{"login": "anna", "password": "{PASSWORD}", "totp": "{site.code(anna)}"}}'
    answer = site.client().post(API, data=body.encode(), content_type=mimetype)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "cookies",
    [
        "{name}={own}; {name}={other}",
        "{name}={other}; {name}={own}",
        "{name}={own}; {name}=",
        "{name}={own}; {name}={own}",
    ],
)
def test_a_cookie_that_stands_twice_is_believed_neither_way(site: LoginSite, cookies: str):
    """Cookie tossing: a neighbouring host plants a session of the attacker's beside the reader's own."""
    own, other = site.log_in(site.person("anna", "auditor")), site.log_in(site.person("mallory", "auditor"))
    told = cookies.format(name=SESSION_COOKIE, own=own.cookie, other=other.cookie)
    answer = site.app.test_client(use_cookies=False).get("/api/v1/people", headers={"Cookie": told})
    assert answer.status_code == 400


def test_a_cookie_of_nearly_the_same_name_is_nobodys(site: LoginSite):
    visitor = site.log_in(site.person("anna", "auditor"))
    for name in ("__host-yinxin", "__Host-yinxin2", "yinxin", "__Secure-yinxin", " __Host-Yinxin"):
        headers = {"Cookie": f"{name}={visitor.cookie}"}
        answer = site.app.test_client(use_cookies=False).get("/api/v1/people", headers=headers)
        assert answer.status_code == 401, name


# --- one's own sessions -------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended_one_by_one_or_all(site: LoginSite):
    anna = site.person("anna")
    first, second, third = site.log_in(anna), site.log_in(anna), site.log_in(anna)
    items = first.client.get(API).json["items"]
    assert [each["current"] for each in items].count(True) == 1
    assert {each["id"] for each in items} == {each.told["id"] for each in (first, second, third)}
    assert first.delete(f"{API}/{second.told['id']}").status_code == 204
    assert second.client.get(API).status_code == 401
    assert first.delete(f"{API}/{second.told['id']}").status_code == 404
    assert first.delete(API).status_code == 204
    assert first.client.get_cookie(SESSION_COOKIE) is None
    assert third.client.get(API).status_code == 401


def test_logging_out_ends_the_session_on_the_server(site: LoginSite):
    visitor = site.log_in(site.person("anna"))
    cookie = visitor.cookie
    assert visitor.delete(f"{API}/current").status_code == 204
    assert visitor.client.get_cookie(SESSION_COOKIE) is None
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}"}
    answer = site.app.test_client(use_cookies=False).get(API, headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, "session-ended")


def test_a_page_that_was_loaded_anew_gets_its_token_again(site: LoginSite):
    visitor = site.log_in(site.person("anna"))
    told = visitor.client.get(f"{API}/current").json
    assert told["csrf_token"] == visitor.told["csrf_token"]
    assert told["id"] == visitor.told["id"]


def test_nobody_lists_or_ends_anothers_sessions_but_the_security_administrator(site: LoginSite):
    anna, bert = site.person("anna"), site.person("bert")
    victim, other = site.log_in(anna), site.log_in(bert)
    chief = site.log_in(site.person("chief", "secadmin"))
    watcher = site.log_in(site.person("watcher", "auditor"))
    path = f"/api/v1/people/{anna.id}/sessions"
    assert other.client.get(path).status_code == 403
    assert other.delete(f"{API}/{victim.told['id']}").status_code == 404
    assert other.delete(path).status_code == 403
    assert [each["id"] for each in watcher.client.get(path).json["items"]] == [victim.told["id"]]
    assert watcher.delete(path).status_code == 403
    assert chief.delete(f"{API}/{victim.told['id']}").status_code == 204
    again = site.log_in(anna)
    assert chief.delete(path).status_code == 204
    assert again.client.get(API).status_code == 401


# --- proofs -------------------------------------------------------------------------------------------------------


def test_a_second_factor_renames_the_session_and_the_old_cookie_is_dead(site: LoginSite):
    anna = site.person("anna")
    visitor = site.log_in(anna)
    before = visitor.cookie
    answer = visitor.post(f"{API}/current/second-factor", totp=site.code(anna))
    assert answer.status_code == 200
    assert visitor.cookie != before
    assert visitor.client.get(API).status_code == 200
    headers = {"Cookie": f"{SESSION_COOKIE}={before}"}
    assert site.app.test_client(use_cookies=False).get(API, headers=headers).status_code == 401


def test_a_code_that_was_used_proves_nothing(site: LoginSite):
    anna = site.person("anna")
    visitor = site.log_in(anna)
    code = site.code(anna)
    assert visitor.post(f"{API}/current/second-factor", totp=code).status_code == 200
    again = visitor.post(f"{API}/current/second-factor", totp=code)
    assert (again.status_code, again.json["code"]) == (403, "second-factor-refused")


def test_the_first_login_goes_from_one_time_password_over_second_factor_to_work(site: LoginSite):
    chief = site.log_in(site.person("chief", "secadmin"))
    anna = site.person("anna", "steward", coded=False)
    answer = chief.post(f"/api/v1/people/{anna.id}/resets", what="password", reason="new")
    anna.password = answer.json["one_time_password"]
    visitor = site.log_in(anna)
    assert visitor.told["pending"] == "password"
    refused = visitor.client.get("/api/v1/organisations")
    assert (refused.status_code, refused.json["code"], refused.json["step"]) == (403, "first-step-needed", "password")
    changed = visitor.post(f"{API}/current/password", present=anna.password, new=OTHER_PASSWORD)
    assert changed.json["pending"] == "second-factor"
    secret = visitor.post(f"{API}/current/totp")
    assert secret.status_code == 201
    assert secret.json["otpauth"].startswith("otpauth://totp/")
    anna.secret = decoded(secret.json["secret"])
    done = visitor.post(f"{API}/current/totp/confirmations", totp=site.code(anna))
    assert (done.status_code, done.json["pending"], done.json["level"]) == (201, "", 4)
    assert visitor.client.get("/api/v1/organisations").status_code != 401
    anna.password = OTHER_PASSWORD
    site.clock.go_on(seconds=30)
    assert site.log_in(anna).told["pending"] == ""


def decoded(secret: str) -> bytes:
    import base64

    return base64.b32decode(secret + "=" * (-len(secret) % 8))


def test_another_second_factor_asks_for_a_fresh_proof_of_the_present_one(site: LoginSite):
    anna = site.person("anna")
    visitor = site.log_in(anna)
    site.clock.go_on(minutes=6)
    refused = visitor.post(f"{API}/current/totp")
    assert (refused.status_code, refused.json["code"]) == (403, "fresh-proof-needed")
    visitor.post(f"{API}/current/second-factor", totp=site.code(anna))
    assert visitor.post(f"{API}/current/totp").status_code == 201


def test_an_offered_secret_does_not_replace_the_present_one_before_it_is_confirmed(site: LoginSite):
    anna = site.person("anna")
    site.log_in(anna).post(f"{API}/current/totp")
    assert site.log_in(anna).told["pending"] == ""


def test_locks_and_resets_are_the_administrators(site: LoginSite):
    anna = site.person("anna")
    chief = site.log_in(site.person("chief", "secadmin"))
    system = site.log_in(site.person("system", "sysadmin"))
    other = site.log_in(site.person("bert", "steward"))
    base = f"/api/v1/people/{anna.id}"
    for path, told in (
        (f"{base}/unlockings", {"reason": "x"}),
        (f"{base}/resets", {"what": "password", "reason": "x"}),
        (f"{base}/identities", {"name": "x"}),
    ):
        assert other.post(path, **told).status_code == 403
    assert chief.post(f"{base}/unlockings", reason="asked").status_code == 204
    assert chief.post(f"{base}/resets", what="password", reason="lost").status_code == 201
    both = chief.post(f"{base}/resets", what="second-factor", reason="lost")
    assert (both.status_code, both.json["code"]) == (403, "another-person-needed")
    done = system.post(f"{base}/resets", what="second-factor", reason="lost")
    assert (done.status_code, done.json["one_time_password"]) == (201, None)
    own = chief.post(f"/api/v1/people/{site.people['chief'].id}/resets", what="password", reason="x")
    assert own.json["code"] == "own-reset"
    assert chief.post(f"{base}/identities", name="x").json["code"] == "no-identity-provider"
    assert chief.post("/api/v1/people/none/resets", what="password", reason="x").status_code == 404


def test_no_answer_with_a_secret_is_kept_for_an_idempotency_key(site: LoginSite):
    anna = site.person("anna")
    chief = site.log_in(site.person("chief", "secadmin"))
    headers = {**chief.token, "Idempotency-Key": "once"}
    told = [
        chief.client.post(
            f"/api/v1/people/{anna.id}/resets", json={"what": "password", "reason": "x"}, headers=headers
        ).json["one_time_password"]
        for _ in range(2)
    ]
    assert told[0] != told[1]
