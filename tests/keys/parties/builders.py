"""A site with two organisations and two systems, over HTTP and without; and tokens forged by hand."""

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify

from base import api, clock, metrics, problems, settings, web
from base.callers import Caller
from base.db import Database, DatabaseSettings
from base.identifiers import CreditCode, RegionCode
from base.web import WebSettings
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.parties import jwk, organisations, people, routes, system_keys, systems, wiring
from keys.parties.authentication import BearerAuthenticator, first_of
from keys.parties.client_proof import ASSERTION_TYPE
from keys.parties.key_signatures import KEY_SIGNATURES
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson
from keys.parties.system_keys import NewKey
from keys.parties.systems import NewSystem
from keys.parties.wiring import Parties

PROVINCE = "11320000YNX00001XQ"
CITY = "11320900YNX000116M"
MAKER = Caller("person", "maker", "maker", PROVINCE, frozenset({"sysadmin"}))
SCOPES = frozenset({"cert:read", "verify:write", "data:read"})
ISSUER = "http://127.0.0.1:8080"


def read_settings(database: DatabaseSettings, environment: str = "production", **parties: str) -> settings.Settings:
    told = {
        "YINXIN_DATABASE_URL": database.url,
        "YINXIN_WEB_SECRET": "s" * 32,
        "YINXIN_WEB_ENVIRONMENT": environment,
        **{f"YINXIN_PARTIES_{name.upper()}": value for name, value in parties.items()},
    }
    return settings.read((DatabaseSettings, WebSettings, wiring.PartiesSettings), environment=told)


@dataclass
class Site:
    """A running site: its app, database and parts, and the systems made on it with their private keys."""

    app: Flask
    database: Database
    parties: Parties
    keys: dict[str, PrivateKey]

    @property
    def client(self) -> Any:
        return self.app.test_client(use_cookies=False)

    def assertion(self, system: str, **claims: Any) -> str:
        key = self.keys[system]
        return forged(key, {"kid": jwk.thumbprint(key.public)}, {**claims_of(system), **claims})

    def ask(self, system: str, assertion: str | None = None, **form: str) -> Any:
        told = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(system),
            **form,
        }
        return self.client.post("/oauth/token", data=told)

    def token(self, system: str, **form: str) -> str:
        answer = self.ask(system, **form)
        assert answer.status_code == 200, answer.text
        return str(answer.json["access_token"])

    def bearer(self, system: str, **form: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(system, **form)}"}


def build(
    read: settings.Settings, database: Database, person: Caller | None = None, more: tuple[api.Blueprint, ...] = ()
) -> Site:
    """Build the parties' web app as `app.py` does; `person` is whom the cookie `__Host-yinxin=p` stands for."""
    parties = wiring.built(read)
    flask = web.new_app(read[WebSettings], page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(flask)
    api.document_components(described)

    def session_of(credentials: Any, /) -> Caller:
        return person if credentials.session_cookie and person else Caller("anonymous")

    authenticate = first_of(BearerAuthenticator(parties, database), session_of)
    web.furnish(flask, database, parties, web.AuthenticatorPart(authenticate))
    for blueprint in routes.BLUEPRINTS:
        flask.register_blueprint(blueprint)
    for blueprint in (*routes.API_BLUEPRINTS, *more):
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    web.check_guards(flask)
    return Site(flask, database, parties, {})


def page(told: problems.Problem) -> Response:
    return jsonify(told.document())


def populate(database: Database, at: datetime | None = None) -> dict[str, PrivateKey]:
    """Make a province, a city below it, and two systems of the city: `gm` with an SM2 key, `intl` with P-256."""
    at = at or clock.now()
    keys = {"gm": asymmetric.generated(KeyKind.SM2), "intl": asymmetric.generated(KeyKind.P256)}
    with database.transaction() as session:
        province = NewOrganisation(CreditCode(PROVINCE), "演示省数据局", RegionCode("320000"), "province")
        organisations.add(session, province, MAKER, at)
        city = NewOrganisation(CreditCode(CITY), "演示市数据局", RegionCode("320900"), "city", CreditCode(PROVINCE))
        organisations.add(session, city, MAKER, at)
        for name, key in keys.items():
            row = systems.add(session, NewSystem(name, f"演示系统 {name}", CITY), MAKER, at)
            systems.grant_scopes(session, row, SCOPES, MAKER, at)
            system_keys.add_key(session, row, NewKey(key.public), MAKER, at)
    return keys


def add_person(database: Database, login: str, roles: set[str], at: datetime | None = None) -> str:
    at = at or clock.now()
    with database.transaction() as session:
        row = people.add(session, NewPerson(login, "演示员", PROVINCE), MAKER, at)
        people.assign_roles(session, row, roles, MAKER, at)
        return row.id


def claims_of(system: str, at: datetime | None = None) -> dict[str, Any]:
    now = int((at or datetime.now(UTC)).timestamp())
    return {
        "iss": system,
        "sub": system,
        "aud": f"{ISSUER}/oauth/token",
        "iat": now,
        "exp": now + 120,
        "jti": uuid.uuid4().hex,
    }


Signing = Callable[[bytes], bytes]


def forged(
    key: PrivateKey,
    header: Mapping[str, Any],
    claims: Mapping[str, Any] | bytes,
    signing: Signing | None = None,
) -> str:
    """Write a token by hand, so that nothing of the code under test can refuse to write it."""
    way = KEY_SIGNATURES[key.kind]
    whole = {"alg": way.jose, "typ": "JWT", **header}
    told = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    parts = [b64(json.dumps({name: value for name, value in whole.items() if value is not None}).encode()), b64(told)]
    message = ".".join(parts).encode()
    signature = signing(message) if signing else way.sign(key, message)
    return ".".join([*parts, b64(signature)])


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_person(site: Site, read: settings.Settings, roles: set[str], login: str = "someone") -> Site:
    """Give the site again, with a person of these roles behind its cookie."""
    person = Caller("person", add_person(site.database, login, roles), login, PROVINCE, frozenset(roles))
    return replace(build(read, site.database, person), keys=site.keys)
