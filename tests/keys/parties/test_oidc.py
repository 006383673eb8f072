"""Logging in at an identity provider: who gets in, and what is made to deceive and never does.

browser ── /login/oidc ──▶ provider ── code ──▶ /login/oidc/callback ── code + verifier ──▶ token endpoint
   └───────────── cookie: the flow's one secret ──────────────┘
"""

import hashlib
import hmac
import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base import clock
from base.api import SESSION_COOKIE
from base.db import Database, DatabaseSettings
from base.fetch import ConnectFailed, Outgoing
from keys.algorithms.sm3 import SM3
from keys.parties import accounts, people, provider_keys
from keys.parties.id_tokens import Expected, Reading
from keys.parties.id_tokens import read as read_token
from keys.parties.identity_provider import flow_of
from keys.parties.levels import require_fresh
from keys.parties.login_errors import IdentityRefused, IdentityTaken, UnusableLoginSetting
from tests.conftest import AT
from tests.keys.parties import login_site
from tests.keys.parties.builders import MAKER
from tests.keys.parties.login_site import API, Clock, LoginSite
from tests.simulators.oidc_provider import CLIENT, ISSUER, SECRET, OidcProvider, ProviderKeyPair, b64

Build = Callable[..., tuple[LoginSite, OidcProvider]]


@pytest.fixture
def database_settings(_sqlite_template: Path, tmp_path: Path) -> DatabaseSettings:
    """Name one SQLite database: what deceives does so before any database is asked; `test_login` tries both."""
    file = tmp_path / "yinxin.db"
    shutil.copy(_sqlite_template, file)
    return DatabaseSettings(url=f"sqlite:///{file}", pool_size=8)


@pytest.fixture
def build(database: Database, database_settings: DatabaseSettings, at: datetime, tmp_path, monkeypatch) -> Build:
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)

    def made(algorithm: str = "RS256", **login: str) -> tuple[LoginSite, OidcProvider]:
        provider = OidcProvider(told, algorithm)
        given = {
            "oidc_issuer": ISSUER,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_algorithm": algorithm,
            "oidc_level_claim": "real_level",
            "oidc_levels": "L1=1,L3=3,五级=5,4=4",
            **login,
        }
        read = login_site.read_settings(database_settings, str(tmp_path / "token.key"), **given)
        login_site.populate(database, at)
        return login_site.build(read, database, login_site.parts(read, provider), told), provider

    return made


@pytest.fixture
def linked(build: Build) -> tuple[LoginSite, OidcProvider]:
    site, provider = build()
    link(site, "person-1")
    return site, provider


def link(site: LoginSite, name: str, login: str = "anna", *roles: str) -> str:
    anna = site.person(login, *roles)
    site.change(anna, lambda session, row: accounts.link(session, row, ISSUER, name, MAKER, site.clock.at))
    return anna.id


def there_and_back(site: LoginSite, provider: OidcProvider, client: Any = None, query: str = "") -> Any:
    """Walk the whole way with one browser and give the last answer."""
    client = client or site.client()
    sent = client.get(f"/login/oidc{query}")
    assert sent.status_code == 303, sent.text
    return client.get(f"/login/oidc/callback?{provider.browse(sent.location)}")


def lets_in(answer: Any) -> bool:
    return any(each.startswith(f"{SESSION_COOKIE}=") for each in answer.headers.getlist("Set-Cookie"))


# --- who gets in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "SM2SM3"])
def test_a_linked_person_gets_in_whatever_algorithm_was_agreed_on(build: Build, algorithm: str):
    site, provider = build(algorithm)
    link(site, "person-1", "anna", "auditor")
    provider.person |= {"amr": ["pwd", "otp"], "real_level": "五级"}
    client = site.client()
    answer = there_and_back(site, provider, client)
    assert lets_in(answer)
    told = client.get(f"{API}/current").json
    assert (told["level"], told["methods"], told["pending"]) == (5, ["fed", "mfa"], "")
    assert client.get("/api/v1/people").status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_way_back_leads_on_by_a_page_of_this_site(linked):
    """From another site's redirect the browser would keep a SameSite=Strict cookie back."""
    site, provider = linked
    provider.person |= {"amr": ["mfa"]}
    answer = there_and_back(site, provider, query="?next=/docs/errors%3Fa=1")
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/docs/errors?a=1">' in answer.text
    flow, session = sorted(answer.headers.getlist("Set-Cookie"))
    assert flow.startswith("__Host-yinxin-flow=;")
    assert "SameSite=Strict" in session


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "javascript:alert(1)", "/a\nb", ""]
)
def test_the_way_back_never_leads_elsewhere(linked, onward: str):
    site, provider = linked
    provider.person |= {"amr": ["mfa"]}
    answer = there_and_back(site, provider, query="?" + urlencode({"next": onward}))
    assert 'content="0;url=/account"' in answer.text


def test_the_flows_cookie_is_for_this_host_and_travels_back_from_the_provider(linked):
    site, _ = linked
    sent = site.client().get("/login/oidc")
    (cookie,) = sent.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-yinxin-flow=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))


def test_neither_state_nor_nonce_nor_challenge_tell_the_flows_secret(linked):
    site, _ = linked
    client = site.client()
    sent = client.get("/login/oidc")
    flow = flow_of(client.get_cookie("__Host-yinxin-flow").value)
    assert flow.secret not in sent.location
    assert flow.verifier not in sent.location
    assert flow.secret not in repr(flow)
    told = parse_qs(urlsplit(sent.location).query)
    assert told["code_challenge"] == [b64(hashlib.sha256(flow.verifier.encode()).digest())]
    assert len({flow.state, flow.nonce, flow.verifier}) == 3


@pytest.mark.parametrize(
    ("claims", "level"),
    [
        ({}, 1),
        ({"real_level": "L3"}, 3),
        ({"real_level": 4}, 4),
        ({"real_level": "L9"}, 1),
        ({"real_level": True}, 1),
        ({"real_level": ["五级"]}, 1),
        ({"real_level": None}, 1),
    ],
)
def test_the_level_is_what_the_settings_say_of_the_providers_word(build: Build, claims: dict[str, Any], level: int):
    site, provider = build(second_factor_needed="false")
    link(site, "person-1")
    provider.person |= claims
    client = site.client()
    assert lets_in(there_and_back(site, provider, client))
    assert client.get(f"{API}/current").json["level"] == level


def test_without_a_second_factor_there_one_of_ours_is_due_and_raises_the_level(linked):
    site, provider = linked
    provider.person |= {"amr": ["pwd"], "real_level": "L3"}
    client = site.client()
    answer = there_and_back(site, provider, client)
    assert 'content="0;url=/account/second-factor"' in answer.text
    told = client.get(f"{API}/current").json
    assert (told["level"], told["pending"]) == (3, "second-factor")
    assert client.get("/api/v1/people").status_code == 403
    anna = site.people["anna"]
    raised = client.post(
        f"{API}/current/second-factor",
        json={"totp": site.code(anna)},
        headers={"X-CSRF-Token": told["csrf_token"]},
    )
    assert (raised.json["level"], raised.json["pending"], raised.json["methods"]) == (4, "", ["fed", "otp"])


def test_a_fresh_proof_at_the_provider_is_asked_for_and_held(linked):
    site, provider = linked
    provider.person |= {"amr": ["mfa"]}
    client = site.client()
    sent = client.get("/login/oidc?fresh=1")
    told = parse_qs(urlsplit(sent.location).query)
    assert (told["prompt"], told["max_age"]) == (["login"], ["300"])
    assert lets_in(client.get(f"/login/oidc/callback?{provider.browse(sent.location)}"))
    provider.bend_claims = lambda claims: claims.update(auth_time=claims["auth_time"] - 3600)
    assert not lets_in(there_and_back(site, provider, query="?fresh=1"))
    assert lets_in(there_and_back(site, provider))


def test_a_person_without_an_account_is_told_so_and_who_to_ask(build: Build):
    site, provider = build()
    answer = there_and_back(site, provider)
    assert answer.status_code == 403
    assert "没有可用账号" in answer.text
    assert not lets_in(answer)


def test_a_suspended_person_does_not_come_in_through_the_provider(linked):
    site, provider = linked
    anna = site.people["anna"]
    site.change(anna, lambda session, row: people.suspend(session, row, "x", MAKER, site.clock.at))
    assert not lets_in(there_and_back(site, provider))


def test_an_identity_is_one_accounts_alone(linked):
    site, _ = linked
    bert = site.person("bert")
    anna = site.people["anna"]
    site.change(anna, lambda session, row: accounts.link(session, row, ISSUER, "person-1", MAKER, site.clock.at))
    with pytest.raises(IdentityTaken):
        site.change(bert, lambda session, row: accounts.link(session, row, ISSUER, "person-1", MAKER, site.clock.at))


def test_the_same_name_at_another_provider_is_another_person(build: Build):
    site, provider = build()
    anna = site.person("anna")
    other = "https://other.example"
    site.change(anna, lambda session, row: accounts.link(session, row, other, "person-1", MAKER, site.clock.at))
    assert not lets_in(there_and_back(site, provider))


def test_without_a_provider_the_pages_offer_none(database, database_settings, at, tmp_path, monkeypatch):
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"))
    site = login_site.build(read, database, login_site.parts(read), told)
    assert site.client().get("/login/oidc").status_code == 404
    assert site.client().get("/login/oidc/callback?code=x&state=y").status_code in {401, 404}
    assert "/login/oidc" not in site.client().get("/login").text


# --- hostile tokens -----------------------------------------------------------------------------------------------

STRANGER = ProviderKeyPair("RS256", "key-1")
OTHER_KIND = ProviderKeyPair("ES256", "key-1")


def header(**told: Any) -> Callable[[OidcProvider], None]:
    def bend(provider: OidcProvider) -> None:
        # Another library refuses to write most of these, so they are written by hand and signed as they are.
        provider.bend_token = lambda token: rewritten(provider, token, told)

    return bend


def rewritten(provider: OidcProvider, token: str, told: dict[str, Any]) -> str:
    """Write the header by hand and sign the new message with the provider's own key."""
    claims = token.split(".")[1]
    whole = {"alg": provider.algorithm, "kid": provider.key.kid, "typ": "JWT"}
    changed(whole, told)
    return signed(provider, f"{b64(json.dumps(whole).encode())}.{claims}")


def signed(provider: OidcProvider, message: str) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    private = provider.key._peer.private_key
    assert private is not None
    return f"{message}.{b64(private.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256()))}"  # type: ignore[call-arg,arg-type]


def changed(found: dict[str, Any], told: dict[str, Any]) -> None:
    for name, value in told.items():
        if value is ...:
            found.pop(name, None)
        else:
            found[name] = value


def claims(**told: Any) -> Callable[[OidcProvider], None]:
    def bend(provider: OidcProvider) -> None:
        def change(found: dict[str, Any]) -> None:
            changed(found, {name: value(found) if callable(value) else value for name, value in told.items()})

        provider.bend_claims = change

    return bend


def token(change: Callable[[OidcProvider, str], str]) -> Callable[[OidcProvider], None]:
    def bend(provider: OidcProvider) -> None:
        provider.bend_token = lambda text: change(provider, text)

    return bend


def resigned(provider: OidcProvider, text: str, key: ProviderKeyPair) -> str:
    head, body, _ = text.split(".")
    whole = json.loads(unb64(head)) | {"alg": key.algorithm}
    return key.sign(whole, unb64(body))


def unb64(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def confused(provider: OidcProvider, text: str) -> str:
    """The provider's public key as the secret of an HMAC, as CVE-2015-9235 had it."""
    body = text.split(".")[1]
    message = f"{b64(json.dumps({'alg': 'HS256', 'kid': 'key-1', 'typ': 'JWT'}).encode())}.{body}"
    secret = json.dumps(provider.key.public).encode()
    return f"{message}.{b64(hmac.digest(secret, message.encode(), 'sha256'))}"


def unsigned(_: OidcProvider, text: str) -> str:
    head = b64(b'{"alg":"none","kid":"key-1"}')
    return f"{head}.{text.split('.')[1]}."


def doubled(provider: OidcProvider, text: str) -> str:
    """Two `sub` members: what one reader takes another does not."""
    body = unb64(text.split(".")[1]).decode().rstrip("}") + ', "sub": "somebody-else"}'
    return with_claims(body.encode())(provider, text)


def with_claims(body: bytes) -> Callable[[OidcProvider, str], str]:
    return lambda provider, text: signed(provider, f"{text.partition('.')[0]}.{b64(body)}")


def flipped(at: int) -> Callable[[OidcProvider, str], str]:
    def flip(_: OidcProvider, text: str) -> str:
        place = at % len(text)
        return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]

    return flip


def left_half(text: str) -> str:
    whole = hashlib.sha256(text.encode()).digest()
    return b64(whole[:16])


NOW = int(AT.timestamp())
HOSTILE: dict[str, Callable[[OidcProvider], None]] = {
    "alg none": token(unsigned),
    "alg none, header only": header(alg="none"),
    "hmac with the public key": token(confused),
    "alg in lower case": header(alg="rs256"),
    "alg of another length": header(alg="RS512"),
    "alg of pss": header(alg="PS256"),
    "no alg": header(alg=...),
    "alg a list": header(alg=["RS256"]),
    "a stranger's key of the same id": token(lambda provider, text: resigned(provider, text, STRANGER)),
    "a key of another kind": token(lambda provider, text: resigned(provider, text, OTHER_KIND)),
    "an unknown key id": header(kid="key-2"),
    "an empty key id": header(kid=""),
    "a path for a key id": header(kid="../../dev/null"),
    "a key brought along": header(jwk=STRANGER.public),
    "a key's address": header(jku="https://evil.example/keys"),
    "a certificate's address": header(x5u="https://evil.example/cert"),
    "a certificate brought along": header(x5c=["MIIB"]),
    "critical members": header(crit=["exp"]),
    "unencoded payload": header(b64=False),
    "compressed": header(zip="DEF"),
    "an access token's type": header(typ="at+jwt"),
    "a logout token's type": header(typ="logout+jwt"),
    "another issuer": claims(iss="https://evil.example"),
    "issuer with a slash more": claims(iss=ISSUER + "/"),
    "issuer in capitals": claims(iss=ISSUER.upper()),
    "no issuer": claims(iss=...),
    "issuer a list": claims(iss=[ISSUER]),
    "another audience": claims(aud="other-client"),
    "a second audience": claims(aud=[CLIENT, "other-client"]),
    "no audience": claims(aud=...),
    "empty audience": claims(aud=[]),
    "audience an object": claims(aud={CLIENT: True}),
    "another authorized party": claims(azp="other-client"),
    "expired": claims(exp=NOW - 61),
    "no expiry": claims(exp=...),
    "expiry a text": claims(exp=str(NOW + 300)),
    "expiry true": claims(exp=True),
    "expiry a fraction": claims(exp=NOW + 300.5),
    "expiry a negative giant": claims(exp=-(10**400)),
    "issued in the future": claims(iat=NOW + 61),
    "issued long ago": claims(iat=NOW - 601),
    "never issued": claims(iat=...),
    "issued a giant": claims(iat=10**400),
    "not yet": claims(nbf=NOW + 61),
    "another nonce": claims(nonce="x"),
    "no nonce": claims(nonce=...),
    "an empty nonce": claims(nonce=""),
    "nonce a list": claims(nonce=lambda found: [found["nonce"]]),
    "another access token's hash": claims(at_hash=left_half("other")),
    "hash no text": claims(at_hash=1),
    "nobody": claims(sub=...),
    "an empty name": claims(sub=""),
    "a name too long": claims(sub="x" * 256),
    "a number for a name": claims(sub=1),
    "methods no list": claims(amr="mfa"),
    "methods of numbers": claims(amr=[1]),
    "a logout token's events": claims(events={}),
    "two names": token(doubled),
    "claims a list": token(with_claims(b"[]")),
    "claims no json": token(with_claims(b"{")),
    "claims nan": token(with_claims(b'{"exp":NaN}')),
    "a signature bit flipped": token(flipped(-10)),
    "a claims bit flipped": token(flipped(120)),
    "a header bit flipped": token(flipped(5)),
    "no signature": token(lambda _, text: text.rpartition(".")[0] + "."),
    "two parts": token(lambda _, text: text.rpartition(".")[0]),
    "four parts": token(lambda _, text: text + ".x"),
    "padding": token(lambda _, text: text + "="),
    "a space": token(lambda _, text: text.replace(".", ". ", 1)),
    "a line break": token(lambda _, text: text + "\n"),
    "not ascii": token(lambda _, text: text + "é"),
    "nothing": token(lambda *_: ""),
    "too long": claims(more="x" * 20_000),
    "no token": lambda provider: setattr(provider, "bend_answer", lambda answer: answer.pop("id_token")),
    "token a list": lambda provider: setattr(
        provider, "bend_answer", lambda answer: answer.update(id_token=[answer["id_token"]])
    ),
    "the access token instead": lambda provider: setattr(
        provider, "bend_answer", lambda answer: answer.update(id_token=answer["access_token"])
    ),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_no_hostile_token_lets_anybody_in(linked, name: str):
    site, provider = linked
    provider.person |= {"amr": ["mfa"]}
    HOSTILE[name](provider)
    answer = there_and_back(site, provider)
    assert answer.status_code == 401, answer.status_code
    assert not lets_in(answer)
    assert "无法采信" in answer.text


def test_the_honest_token_of_the_same_making_lets_in(linked):
    """The counter-proof: written by hand like the hostile ones, but with nothing bent."""
    site, provider = linked
    header()(provider)
    assert lets_in(there_and_back(site, provider))


@pytest.mark.parametrize(
    "honest",
    [
        claims(aud=[CLIENT]),
        claims(azp=CLIENT),
        header(typ=...),
        header(kid=...),
        header(x5t="abc"),
        claims(exp=10**12),
        claims(picture="https://elsewhere.example/x.png", roles=["a"] * 100),
    ],
    ids=["audience in a list", "authorized party", "no type", "no key id", "thumbprint", "far expiry", "more claims"],
)
def test_what_the_standard_allows_is_taken(linked, honest: Callable[[OidcProvider], None]):
    site, provider = linked
    honest(provider)
    assert lets_in(there_and_back(site, provider))


def test_the_access_tokens_hash_is_held_when_it_is_told(linked):
    site, provider = linked
    access = "access-token-of-the-test"
    provider.bend_answer = lambda answer: answer.update(access_token=access)
    provider.bend_claims = lambda found: found.update(at_hash=left_half(access))
    assert lets_in(there_and_back(site, provider))
    provider.bend_answer = lambda answer: answer.update(access_token="swapped")
    assert not lets_in(there_and_back(site, provider))
    provider.bend_answer = lambda answer: answer.pop("access_token")
    assert not lets_in(there_and_back(site, provider))


def test_with_sm2_the_access_tokens_hash_is_of_sm3(build: Build):
    site, provider = build("SM2SM3")
    link(site, "person-1")
    provider.bend_answer = lambda answer: answer.update(access_token="a")
    provider.bend_claims = lambda found: found.update(at_hash=b64(SM3.of(b"a")[:16]))
    assert lets_in(there_and_back(site, provider))


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("latin-1")))
def test_no_text_at_all_is_a_token_and_none_breaks_the_reader(text: str):
    expected = Expected(ISSUER, CLIENT, "n", "RS256")
    with pytest.raises(IdentityRefused):
        read_token(text, {}, expected, Reading("sub", "", {}, frozenset()), AT)


# --- hostile ways back --------------------------------------------------------------------------------------------


def query(**told: Any) -> Callable[[str], str]:
    def change(text: str) -> str:
        found: dict[str, Any] = dict(parse_qsl(text))
        changed(found, told)
        return urlencode(found, doseq=True)

    return change


CALLBACKS: dict[str, Callable[[str], str]] = {
    "no state": query(state=...),
    "another state": query(state="x" * 43),
    "an empty state": query(state=""),
    "the state twice": lambda text: f"{text}&state=x",
    "the code twice": lambda text: f"{text}&code=x",
    "no code": query(code=...),
    "an empty code": query(code=""),
    "another code": query(code="guessed"),
    "a code too long": query(code="x" * 3000),
    "another issuer": query(iss="https://evil.example"),
    "no issuer though it is told": query(iss=...),
    "the person said no": query(error="access_denied"),
    "an error beside the code": query(error="server_error"),
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("name", list(CALLBACKS))
def test_no_hostile_way_back_lets_anybody_in(linked, name: str):
    site, provider = linked
    client = site.client()
    sent = client.get("/login/oidc")
    back = CALLBACKS[name](provider.browse(sent.location))
    answer = client.get(f"/login/oidc/callback?{back}")
    assert answer.status_code == 401
    assert not lets_in(answer)


@pytest.mark.parametrize("broken", ["state", "iss"])
def test_nobody_is_asked_anything_for_a_way_back_that_is_not_ours(linked, broken: str):
    site, provider = linked
    client = site.client()
    back = provider.browse(client.get("/login/oidc").location)
    before = list(provider.asked)
    client.get(f"/login/oidc/callback?{query(**{broken: 'x'})(back)}")
    assert provider.asked == before


def test_a_code_brought_by_another_browser_is_worth_nothing(linked):
    """Login CSRF: the attacker stops before the way back and has the victim's browser walk it."""
    site, provider = linked
    attacker, victim = site.client(), site.client()
    back = provider.browse(attacker.get("/login/oidc").location)
    assert not lets_in(victim.get(f"/login/oidc/callback?{back}"))
    victim.get("/login/oidc")
    assert not lets_in(victim.get(f"/login/oidc/callback?{back}"))


def test_a_stolen_code_with_a_state_of_ones_own_is_worth_nothing(linked):
    """Code injection: without the verifier of the flow in which it was given, the provider does not change it."""
    site, provider = linked
    victim, attacker = site.client(), site.client()
    stolen = dict(parse_qsl(provider.browse(victim.get("/login/oidc").location)))["code"]
    own = provider.browse(attacker.get("/login/oidc").location)
    assert not lets_in(attacker.get(f"/login/oidc/callback?{query(code=stolen)(own)}"))


def test_a_way_back_counts_once(linked):
    site, provider = linked
    client = site.client()
    sent = client.get("/login/oidc")
    flow = client.get_cookie("__Host-yinxin-flow").value
    back = provider.browse(sent.location)
    assert lets_in(client.get(f"/login/oidc/callback?{back}"))
    assert not lets_in(client.get(f"/login/oidc/callback?{back}"))
    headers = {"Cookie": f"__Host-yinxin-flow={flow}"}
    again = site.app.test_client(use_cookies=False).get(f"/login/oidc/callback?{back}", headers=headers)
    assert not lets_in(again)


@pytest.mark.parametrize(("minutes", "good"), [(9, True), (10, False), (-1, False)])
def test_a_flow_lasts_ten_minutes(linked, minutes: int, good: bool):
    site, provider = linked
    client = site.client()
    sent = client.get("/login/oidc")
    site.clock.go_on(minutes=minutes)
    assert lets_in(client.get(f"/login/oidc/callback?{provider.browse(sent.location)}")) is good


@pytest.mark.parametrize(
    "cookie",
    [
        *("", "x", "a.b.c.d", "A" * 43 + ".1.0.", "A" * 43 + ".x.0.Lw", "A" * 43 + ".1_0.0.Lw", "é.1.0.Lw", "." * 500),
        *("A" * 43 + f".{'9' * 5000}.0.Lw", "A" * 43 + ".1.0.Lw=", "A" * 43 + ".01.0.Lw", "A" * 43 + ".1.2.Lw"),
    ],
)
def test_a_cookie_that_is_no_flow_is_refused(linked, cookie: str):
    site, _ = linked
    headers = {"Cookie": f"__Host-yinxin-flow={cookie}"}
    answer = site.app.test_client(use_cookies=False).get("/login/oidc/callback?code=x&state=y", headers=headers)
    assert answer.status_code == 401


def test_a_flow_whose_cookie_was_changed_has_another_state(linked):
    site, _ = linked
    client = site.client()
    client.get("/login/oidc?next=/docs")
    flow = flow_of(client.get_cookie("__Host-yinxin-flow").value)
    from dataclasses import replace

    for other in (replace(flow, onward="/x"), replace(flow, fresh=True), replace(flow, began=flow.began + 1)):
        assert flow_of(other.cookie) == other
        assert other.state != flow.state


def test_an_address_that_brings_bad_ways_back_again_and_again_is_stopped(linked):
    site, provider = linked
    provider.bend_claims = lambda found: found.update(nonce="x")
    for _ in range(20):
        assert there_and_back(site, provider).status_code == 401
    assert there_and_back(site, provider).status_code == 429


# --- the provider's own documents ---------------------------------------------------------------------------------

DISCOVERY: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another issuer": lambda told: told.update(issuer="https://evil.example"),
    "no issuer": lambda told: told.pop("issuer"),
    "a token endpoint elsewhere": lambda told: told.update(token_endpoint="https://evil.example/token"),
    "keys elsewhere": lambda told: told.update(jwks_uri="https://evil.example/keys"),
    "keys at the metadata service": lambda told: told.update(jwks_uri="http://169.254.169.254/keys"),
    "keys in a file": lambda told: told.update(jwks_uri="file:///etc/passwd"),
    "keys over plain http": lambda told: told.update(jwks_uri="http://idp.example/keys"),
    "keys at another port": lambda told: told.update(jwks_uri="https://idp.example:8443/keys"),
    "a fragment": lambda told: told.update(authorization_endpoint="https://idp.example/authorize#x"),
    "a login elsewhere": lambda told: told.update(authorization_endpoint="https://evil.example/authorize"),
    "a login by script": lambda told: told.update(authorization_endpoint="javascript:alert(1)"),
    "an endpoint missing": lambda told: told.pop("token_endpoint"),
    "an endpoint a number": lambda told: told.update(token_endpoint=1),
}


@pytest.mark.parametrize("name", list(DISCOVERY))
def test_a_provider_that_points_elsewhere_is_not_followed(linked, name: str):
    site, provider = linked
    provider.bend_discovery = DISCOVERY[name]
    answer = site.client().get("/login/oidc")
    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers or "flow" not in answer.headers["Set-Cookie"]


def test_addresses_at_an_origin_that_the_site_named_are_followed(build: Build):
    site, provider = build(oidc_hosts="https://keys.example")
    link(site, "person-1")
    provider.bend_discovery = lambda told: told.update(jwks_uri="https://keys.example/keys")
    assert lets_in(there_and_back(site, provider))


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize("status", [500, 503])
def test_a_provider_that_fails_is_told_as_such(linked, path: str, status: int):
    site, provider = linked
    provider.statuses[path] = status
    client = site.client()
    sent = client.get("/login/oidc")
    if path == "/token":
        sent = client.get(f"/login/oidc/callback?{provider.browse(sent.location)}")
    assert sent.status_code == 503
    assert "暂时没有响应" in sent.text


def test_a_provider_out_of_reach_leaves_the_password_login(database, database_settings, at, tmp_path, monkeypatch):
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    login = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT}
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"), **login)

    def down(request: Outgoing) -> Any:
        raise ConnectFailed("idp.example", "refused")

    login_site.populate(database, at)
    site = login_site.build(read, database, login_site.parts(read, down), told)
    assert site.client().get("/login").status_code == 200
    assert site.client().get("/login/oidc").status_code == 503
    assert site.log_in(site.person("anna")).told["pending"] == ""


def test_keys_are_kept_and_asked_for_again_when_a_new_one_is_named(linked):
    site, provider = linked
    for _ in range(3):
        assert lets_in(there_and_back(site, provider))
    assert provider.asked.count("/keys") == 1
    provider.key = ProviderKeyPair("RS256", "key-2")
    assert not lets_in(there_and_back(site, provider))
    site.clock.go_on(seconds=61)
    assert lets_in(there_and_back(site, provider))
    assert provider.asked.count("/keys") == 2


def test_forged_key_ids_do_not_make_us_ask_again_and_again(linked):
    site, provider = linked
    there_and_back(site, provider)
    site.clock.go_on(seconds=61)
    header(kid="forged")(provider)
    for _ in range(10):
        there_and_back(site, provider)
    assert provider.asked.count("/keys") == 2


def test_a_withdrawn_key_is_believed_for_an_hour_at_most(linked):
    site, provider = linked
    old = provider.key
    assert lets_in(there_and_back(site, provider))
    provider.bend_keys = lambda told: told.update(keys=[STRANGER.public])
    site.clock.go_on(hours=1)
    assert provider.key is old
    assert not lets_in(there_and_back(site, provider))


WEAK = {"kty": "RSA", "n": b64((2**1023 + 1).to_bytes(128, "big")), "e": "AQAB", "kid": "key-1"}


@pytest.mark.parametrize(
    "keys",
    [
        [],
        None,
        {},
        ["x"],
        [None],
        [WEAK],
        [{**STRANGER.public, "use": "enc"}],
        [{**STRANGER.public, "alg": "PS256"}],
        [{**STRANGER.public, "alg": "HS256"}],
        [{**STRANGER.public, "kty": "oct", "k": "eA"}],
        [{**STRANGER.public, "d": "AQAB"}],
        [{**STRANGER.public, "n": "!"}],
        [{**STRANGER.public, "n": 1}],
        [{**STRANGER.public, "e": "AQ"}],
        [{**STRANGER.public, "e": ""}],
        [{**STRANGER.public, "n": "A" * 5000}],
        [{**STRANGER.public, "kid": "x" * 300}],
        [{**STRANGER.public, "kid": 1}],
        [OTHER_KIND.public],
        [STRANGER.public, STRANGER.public],
    ],
)
def test_a_key_that_is_not_for_the_agreed_algorithm_is_left_aside(keys: Any):
    assert provider_keys.read({"keys": keys}, provider_keys.ALGORITHMS["RS256"]) == {}


def test_a_good_key_beside_unfit_ones_is_found():
    keys = [OTHER_KIND.public | {"kid": "a"}, WEAK | {"kid": "b"}, STRANGER.public]
    assert list(provider_keys.read({"keys": keys}, provider_keys.ALGORITHMS["RS256"])) == ["key-1"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("oidc_algorithm", "HS256"),
        ("oidc_algorithm", "none"),
        ("oidc_client_id", ""),
        ("oidc_scope", "profile"),
        ("oidc_issuer", "http://idp.example"),
        ("oidc_hosts", "http://keys.example"),
        ("oidc_levels", "五级"),
    ],
)
def test_a_setting_that_would_weaken_it_is_refused(build: Build, name: str, value: str):
    with pytest.raises(UnusableLoginSetting):
        build(**{name: value})


def test_what_is_fresh_there_is_fresh_here(linked):
    site, provider = linked
    provider.person |= {"amr": ["mfa"]}
    client = site.client()
    there_and_back(site, provider, client)
    from base.callers import Credentials
    from keys.parties.session_authenticator import SessionAuthenticator

    cookie = client.get_cookie(SESSION_COOKIE).value
    caller = SessionAuthenticator(site.login, site.database, site.clock)(Credentials(None, cookie, None, unsafe=False))
    require_fresh(caller, site.clock.at)
    assert caller.proof is not None
    assert caller.proof.second_factor_at == site.clock.at
    assert site.clock.at + timedelta(0) == AT
