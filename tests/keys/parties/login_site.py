"""A site on which people log in: accounts with passwords and second factors, the API and the pages, a told clock."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from base import api, metrics, problems, settings, web
from base.api import SESSION_COOKIE
from base.db import Database, DatabaseSettings
from base.fetch import ConnectFailed, Fetch, Incoming, Outgoing
from base.web import WebSettings
from console import layout
from console import routes as pages
from console.login import login_pages
from console.wiring import ConsoleParts
from keys.parties import accounts, entrance, login_wiring, people, routes, totp, wiring
from keys.parties.authentication import BearerAuthenticator, first_of
from keys.parties.login_wiring import Login, LoginSettings
from keys.parties.passwords import Argon2id, Hasher
from keys.parties.people import NewPerson, person_of
from keys.parties.routes.sessions import sessions_api
from keys.parties.session_authenticator import SessionAuthenticator
from keys.parties.sessions import Browser, Opened
from tests.builders.box import Box
from tests.keys.parties import builders
from tests.keys.parties.builders import MAKER, PROVINCE

PASSWORD = "ein langer Satz, den keiner rät"
OTHER_PASSWORD = "noch ein Satz, ganz anders als der"
BROWSER = Browser("192.0.2.1", "Test browser")
API = "/api/v1/sessions"


def cheap_hasher() -> Hasher:
    """Hash with next to no work: how much work a site does is a setting, and tested apart."""
    return Hasher(Argon2id(64, 1, 1))


class CountingHasher:
    """Counts what is done, to compare it between known and unknown names."""

    def __init__(self) -> None:
        self.real = cheap_hasher()
        self.weighed: list[str | None] = []

    def hashed(self, password: str) -> str:
        return self.real.hashed(password)

    def fits(self, kept: str | None, password: str) -> bool:
        self.weighed.append(kept)
        return self.real.fits(kept, password)

    def outdated(self, kept: str) -> bool:
        return self.real.outdated(kept)


def nobody_answers(request: Outgoing) -> Incoming:
    raise ConnectFailed("nowhere.example", "refused")


def read_settings(database: DatabaseSettings, token_key: str, **login: str) -> settings.Settings:
    told = {
        "YINXIN_DATABASE_URL": database.url,
        "YINXIN_WEB_SECRET": "s" * 32,
        "YINXIN_WEB_ENVIRONMENT": "test",
        "YINXIN_PARTIES_TOKEN_KEY": token_key,
        **{f"YINXIN_LOGIN_{name.upper()}": value for name, value in login.items()},
    }
    sections = (DatabaseSettings, WebSettings, wiring.PartiesSettings, LoginSettings)
    return settings.read(sections, environment=told)


def parts(read: settings.Settings, fetch: Fetch = nobody_answers, **changed: Any) -> Login:
    return replace(login_wiring.built(read, Box(), fetch), **{"hasher": cheap_hasher(), **changed})


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def go_on(self, **told: float) -> datetime:
        self.at += timedelta(**told)
        return self.at


@dataclass
class Someone:
    """A person with what they know and have."""

    id: str
    login: str
    password: str
    secret: bytes

    def code(self, at: datetime) -> str:
        return totp.code_at(self.secret, totp.step_at(at))


@dataclass
class LoginSite:
    """A running site, its parts and its clock."""

    app: Flask
    database: Database
    login: Login
    clock: Clock
    people: dict[str, Someone] = field(default_factory=dict)

    def person(self, login: str = "anna", *roles: str, once: bool = False, coded: bool = True) -> Someone:
        """Make an account that can log in."""
        with self.database.transaction() as session:
            row = people.add(session, NewPerson(login, "演示员", PROVINCE), MAKER, self.clock.at)
            people.assign_roles(session, row, roles, MAKER, self.clock.at)
            kept = self.login.hasher.hashed(PASSWORD)
            accounts.give_password(session, row, kept, MAKER, self.clock.at, once=once)
            secret = accounts.give_second_factor(session, self.login, row, self.clock.at).text if coded else ""
        padded = secret + "=" * (-len(secret) % 8)
        made = Someone(row.id, login, PASSWORD, base64.b32decode(padded) if coded else b"")
        self.people[login] = made
        return made

    def enter(self, someone: Someone, **told: Any) -> Opened:
        """Log in without HTTP; the clock then goes on, so that the next code is another."""
        given = {"login": someone.login, "password": someone.password, "code": self.code(someone), **told}
        former = given.pop("former", None)
        opened = entrance.enter(
            self.database,
            self.login,
            given["login"],
            given["password"],
            given["code"],
            given.pop("browser", BROWSER),
            former,
            self.clock.at,
        )
        self.clock.go_on(seconds=totp.STEP_SECONDS)
        return opened

    def code(self, someone: Someone) -> str | None:
        return someone.code(self.clock.at) if someone.secret else None

    def client(self) -> Any:
        return self.app.test_client(use_cookies=True)

    def log_in(self, someone: Someone) -> "Visitor":
        """Log in over the API and keep the cookie."""
        client = self.client()
        told = {"login": someone.login, "password": someone.password, "totp": self.code(someone)}
        answer = client.post(API, json=told)
        assert answer.status_code == 201, answer.text
        self.clock.go_on(seconds=totp.STEP_SECONDS)
        return Visitor(client, answer.json)

    def change(self, someone: Someone, act: Any) -> Any:
        with self.database.transaction() as session:
            return act(session, person_of(session, someone.id, locked=True))


@dataclass
class Visitor:
    """A logged-in browser: its cookies, and what the login told it."""

    client: Any
    told: Mapping[str, Any]

    @property
    def token(self) -> dict[str, str]:
        return {"X-CSRF-Token": self.told["csrf_token"]}

    @property
    def cookie(self) -> str:
        return str(self.client.get_cookie(SESSION_COOKIE).value)

    def post(self, path: str, **json: Any) -> Any:
        answer = self.client.post(path, json=json, headers=self.token)
        if answer.data and answer.is_json and "csrf_token" in answer.json:
            self.told = answer.json
        return answer

    def delete(self, path: str) -> Any:
        return self.client.delete(path, headers=self.token)

    def form(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"csrf_token": self.told["csrf_token"], **form}, headers={"Accept": HTML})


HTML = "text/html"


def build(read: settings.Settings, database: Database, login: Login, clock: Clock) -> LoginSite:
    """Build the web app of the parties with logging in and its pages, as `app.py` does."""
    parties = wiring.built(read)
    flask = web.new_app(read[WebSettings], layout.problem_page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(flask)
    api.document_components(described)
    authenticate = first_of(BearerAuthenticator(parties, database, clock), SessionAuthenticator(login, database, clock))
    web.furnish(
        flask,
        database,
        parties,
        login,
        web.AuthenticatorPart(authenticate),
        ConsoleParts(problems.words(), list, dict, "test", "0"),
    )
    for blueprint in unique(*routes.BLUEPRINTS, *pages.BLUEPRINTS, login_pages):
        flask.register_blueprint(blueprint)
    for blueprint in unique(*routes.API_BLUEPRINTS, sessions_api):
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    web.check_guards(flask)
    return LoginSite(flask, database, login, clock)


def unique(*blueprints: Any) -> list[Any]:
    return list({each.name: each for each in blueprints}.values())


def populate(database: Database, at: datetime) -> None:
    builders.populate(database, at)
