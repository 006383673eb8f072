"""A system proves itself and gets a token; what takes its rights away ends the token at once."""

import base64

import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign  # type: ignore[import-untyped]
from joserfc import jwt as peer
from joserfc.jwk import ECKey

from base import clock
from base.callers import SCOPES as EVERY_SCOPE
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import jwk, organisations, system_keys, systems, token_keys
from keys.parties.client_proof import ASSERTION_TYPE
from keys.parties.organisations import organisation_of
from keys.parties.systems import system_of
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, ISSUER, MAKER, SCOPES, Site

PROBE = "/api/v1/organisations"


def granted(site: Site, system: str, *scopes: str) -> None:
    with site.database.transaction() as session:
        systems.grant_scopes(session, system_of(session, system, locked=True), scopes, MAKER, clock.now())


@pytest.mark.parametrize("system", ["gm", "intl"])
def test_a_signed_assertion_is_answered_with_a_token(site: Site, system: str):
    answer = site.ask(system)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 600
    assert set(answer.json["scope"].split()) == SCOPES


def test_an_assertion_made_by_another_library_is_understood(site: Site):
    key = site.keys["intl"]
    pem = asymmetric.private_key_pem(key, None).decode()
    header = {"kid": jwk.thumbprint(key.public), "typ": "JWT"}
    assertion = private_key_jwt_sign(
        ECKey.import_key(pem), "intl", f"{ISSUER}/oauth/token", alg="ES256", header=header, expires_in=120
    )
    assert site.ask("intl", assertion).status_code == 200


@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/oauth/token", [ISSUER]])
def test_the_audience_is_the_issuer_or_the_token_endpoint(site: Site, audience):
    assert site.ask("gm", site.assertion("gm", aud=audience)).status_code == 200


def test_a_token_of_es256_is_understood_by_another_library(site: Site, database_settings, tmp_path, database):
    read = builders.read_settings(database_settings, token_algorithm="es256", token_key=str(tmp_path / "other.key"))
    other = builders.build(read, database)
    other.keys = site.keys
    token = other.token("gm")
    published = other.client.get("/oauth/jwks").json["keys"]
    key = next(each for each in published if each["crv"] == "P-256")
    read_back = peer.decode(token, ECKey.import_key(key), algorithms=["ES256"])
    assert read_back.header["typ"] == "at+jwt"
    claims = read_back.claims
    assert {"iss", "aud", "sub", "client_id", "exp", "iat", "jti", "scope"} <= set(claims)
    assert (claims["iss"], claims["aud"], claims["client_id"]) == (ISSUER, ISSUER, "gm")
    assert claims["exp"] - claims["iat"] == 600


def test_scopes_are_narrowed_when_less_is_asked(site: Site):
    answer = site.ask("gm", scope="cert:read data:read")
    assert answer.json["scope"] == "cert:read data:read"


@pytest.mark.parametrize("scope", ["seal:use", "cert:read seal:use", "nonsense", " ", "cert:read\tdata:read"])
def test_a_scope_that_is_not_held_is_refused_by_name(site: Site, scope: str):
    answer = site.ask("gm", scope=scope)
    assert answer.status_code == 400
    assert answer.json["error"] == "invalid_scope"
    assert answer.json["code"] == "scope-not-granted"


def test_a_system_without_scopes_gets_no_token(site: Site):
    granted(site, "gm")
    assert site.ask("gm").json["error"] == "invalid_scope"


def test_a_token_opens_what_its_scopes_allow(site: Site):
    assert site.client.get(PROBE, headers=site.bearer("gm")).status_code == 403
    granted(site, "gm", "admin", "cert:read")
    assert site.client.get(PROBE, headers=site.bearer("gm")).status_code == 200
    narrowed = site.client.get(PROBE, headers=site.bearer("gm", scope="cert:read"))
    assert narrowed.status_code == 403


def test_a_scope_taken_away_is_gone_from_tokens_already_given(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    granted(site, "gm", "cert:read")
    assert site.client.get(PROBE, headers=headers).status_code == 403


def test_a_token_is_good_on_another_node_with_a_key_of_its_own(site: Site, database_settings, tmp_path, database):
    granted(site, "gm", "admin")
    node = builders.build(builders.read_settings(database_settings, token_key=str(tmp_path / "node.key")), database)
    node.keys = site.keys
    assert node.client.get(PROBE, headers=site.bearer("gm")).status_code == 200
    assert site.client.get(PROBE, headers=node.bearer("gm")).status_code == 200
    assert len(site.client.get("/oauth/jwks").json["keys"]) == 2


def refused_now(site: Site, headers: dict[str, str]) -> str:
    answer = site.client.get(PROBE, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json["code"] == "token-refused"
    return str(answer.json["reason"])


def test_a_suspended_system_is_refused_at_once_and_its_old_tokens_stay_dead(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    with site.database.transaction() as session:
        systems.suspend(session, system_of(session, "gm", locked=True), "test", MAKER, clock.now())
    assert refused_now(site, headers) == "suspended"
    assert site.ask("gm").json["code"] == "client-suspended"
    with site.database.transaction() as session:
        systems.resume(session, system_of(session, "gm", locked=True), "test", MAKER, clock.now())
    assert refused_now(site, headers) == "revoked"
    assert site.client.get(PROBE, headers=site.bearer("gm")).status_code == 200


def test_a_suspended_organisation_stops_its_systems(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    with site.database.transaction() as session:
        organisations.suspend(session, organisation_of(session, CITY, locked=True), "test", MAKER, clock.now())
    assert refused_now(site, headers) == "suspended"
    assert site.ask("intl").json["code"] == "client-suspended"


def test_a_withdrawn_key_proves_nothing_and_ends_the_tokens(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    with site.database.transaction() as session:
        row = system_of(session, "gm", locked=True)
        system_keys.withdraw_key(session, row, jwk.thumbprint(site.keys["gm"].public), "lost", MAKER, clock.now())
    assert refused_now(site, headers) == "revoked"
    assert site.ask("gm").json["code"] == "client-not-proven"


def test_a_second_key_works_beside_the_first(site: Site):
    second = asymmetric.generated(KeyKind.P256)
    with site.database.transaction() as session:
        row = system_of(session, "gm", locked=True)
        system_keys.add_key(session, row, system_keys.NewKey(second.public, "next"), MAKER, clock.now())
    assertion = builders.forged(second, {"kid": "next"}, builders.claims_of("gm"))
    assert site.ask("gm", assertion).status_code == 200
    assert site.ask("gm").status_code == 200


def revoke(site: Site, system: str, token: str):
    told = {
        "token": token,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": site.assertion(system),
    }
    return site.client.post("/oauth/revoke", data=told)


def test_a_revoked_token_is_refused_and_the_next_one_works(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    token = headers["Authorization"].split()[1]
    assert revoke(site, "gm", token).status_code == 200
    assert refused_now(site, headers) == "revoked"
    assert revoke(site, "gm", token).status_code == 200
    assert site.client.get(PROBE, headers=site.bearer("gm")).status_code == 200


def test_nobody_revokes_the_token_of_another(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    assert revoke(site, "intl", headers["Authorization"].split()[1]).status_code == 200
    assert site.client.get(PROBE, headers=headers).status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "." * 100])
def test_revoking_nonsense_succeeds_without_a_word(site: Site, token: str):
    assert revoke(site, "gm", token).status_code == 200


def test_a_withdrawn_token_key_is_believed_no_more_and_signs_no_more(site: Site):
    granted(site, "gm", "admin")
    headers = site.bearer("gm")
    kid = site.client.get("/oauth/jwks").json["keys"][0]["kid"]
    with site.database.transaction() as session:
        token_keys.withdraw(session, kid, MAKER, clock.now())
    assert refused_now(site, headers) == "kid"
    answer = site.ask("gm")
    assert (answer.status_code, answer.json["code"]) == (503, "token-key-unusable")


def test_the_metadata_tells_what_is_offered(site: Site, demo_read, database):
    told = site.client.get("/.well-known/oauth-authorization-server").json
    assert told["issuer"] == ISSUER
    assert told["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert told["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "SM2SM3"]
    assert set(told["scopes_supported"]) == EVERY_SCOPE
    demo = builders.build(demo_read, database).client.get("/.well-known/oauth-authorization-server").json
    assert "client_secret_basic" in demo["token_endpoint_auth_methods_supported"]


def secret_of(site: Site) -> str:
    with site.database.transaction() as session:
        return systems.give_secret(session, system_of(session, "gm", locked=True), MAKER, clock.now())


def basic(client: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}


def test_a_client_secret_is_good_in_the_sandbox(demo: Site):
    secret = secret_of(demo)
    form = {"grant_type": "client_credentials"}
    assert demo.client.post("/oauth/token", data=form, headers=basic("gm", secret)).status_code == 200
    assert (
        demo.client.post("/oauth/token", data={**form, "client_id": "gm", "client_secret": secret}).status_code == 200
    )


@pytest.mark.parametrize(("client", "secret"), [("gm", "wrong"), ("nobody", "x"), ("intl", ""), ("gm", "")])
def test_a_wrong_secret_is_refused(demo: Site, client: str, secret: str):
    secret_of(demo)
    answer = demo.client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=basic(client, secret))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_client_secret_is_refused_outside_the_sandbox(site: Site):
    secret = secret_of(site)
    form = {"grant_type": "client_credentials", "client_id": "gm", "client_secret": secret}
    answer = site.client.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json["code"]) == (401, "secrets-only-in-sandbox")


def test_the_secret_itself_is_not_kept(demo: Site):
    secret = secret_of(demo)
    with demo.database.reading() as session:
        row = system_of(session, "gm")
        assert row.secret_digest is not None
        assert secret not in row.secret_digest


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_assertion": "x"}, "invalid_request"),
        (
            {"grant_type": "client_credentials", "client_assertion": "x", "client_assertion_type": "y"},
            "invalid_request",
        ),
        ({"grant_type": "client_credentials", "client_assertion": "x", "client_secret": "y"}, "invalid_request"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "a\0b"}, "invalid_request"),
        ({"grant_type": "client_credentials", "client_secret": "y"}, "invalid_client"),
    ],
)
def test_a_malformed_request_has_the_error_of_oauth_and_our_members(site: Site, form, error: str):
    answer = site.client.post("/oauth/token", data=form)
    assert answer.status_code == (401 if error == "invalid_client" else 400)
    assert answer.json["error"] == error
    assert answer.json["error_description"].isascii()
    assert answer.mimetype == "application/json"
    assert {"type", "title", "detail", "cause", "fix", "code", "request_id"} <= set(answer.json)
    assert answer.json["status"] == answer.status_code


def test_parameters_in_the_address_or_as_json_are_refused(site: Site):
    assert site.client.post("/oauth/token?grant_type=client_credentials", data={"a": "b"}).status_code == 400
    assert site.client.post("/oauth/token", json={"grant_type": "client_credentials"}).status_code == 400


def test_a_form_that_is_too_large_is_refused(site: Site):
    assert site.client.post("/oauth/token", data={"client_assertion": "x" * 20_000}).status_code == 413


def test_the_token_endpoint_takes_posts_only(site: Site):
    assert site.client.get("/oauth/token").status_code == 405


@pytest.mark.parametrize("header", ["Basic Z206eA==", "Bearer", "Bearer ", "Token abc", "bearer a.b.c", "", "Bearer é"])
def test_other_credentials_open_nothing(site: Site, header: str):
    assert site.client.get(PROBE, headers={"Authorization": header}).status_code == 401
