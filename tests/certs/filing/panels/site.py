"""The whole application with a window that files: what the panel's page, its addresses and a browser are tried on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import app
from base import api, metrics, problems, settings, web
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Base, Database, DatabaseSettings, connect
from base.web import WebSettings
from certs.faces.typefaces import typeface
from certs.routes.filing import filing
from certs.routes.panels import panel_routes
from console import layout, panel
from console.furniture import FURNITURE
from console.wiring import ConsoleParts
from keys.parties import systems
from keys.parties.systems import NewSystem
from tests.certs.filing import window_house
from tests.certs.filing.window_house import PEOPLE, WINDOW, WindowHouse
from tests.certs.papers import AT
from tests.certs.queries import house as library
from tests.exchange import departments

INTAKE = replace(WINDOW, id="intake", name="演示统一受理系统")
OTHER = replace(WINDOW, id="other", name="演示另一系统")
ADMINISTRATOR = Caller("person", "admin", "admin", WINDOW.organisation, frozenset({"sysadmin"}))
EVERYBODY = {each.id: each for each in (*PEOPLE, INTAKE, OTHER, ADMINISTRATOR)}


@dataclass
class Site:
    """The site at work: an intake system calls, a browser looks."""

    app: Flask
    house: WindowHouse

    def call(self, method: str, path: str, who: str = "intake", **told: Any) -> Any:
        """Call an address of the API as somebody."""
        headers = {"Cookie": f"__Host-yinxin={who}", "X-CSRF-Token": "t"}
        return self.app.test_client(use_cookies=False).open(f"/api/v1{path}", method=method, headers=headers, **told)

    def make(self, who: str = "intake", **told: Any) -> Any:
        """Have a panel made."""
        return self.call("POST", "/filing/panels", who, json=asked(**told))

    def link(self, **told: Any) -> str:
        """Give a fresh link."""
        answer = self.make(**told)
        assert answer.status_code == 201, answer.json
        link: str = answer.json["link"]
        return link

    def browser(self) -> FlaskClient:
        """Open a browser that knows nothing yet."""
        return self.app.test_client()

    def let_frame(self, *origins: str, system: str = "intake") -> Any:
        """Register origins."""
        return self.call("PUT", f"/systems/{system}/panel-origins", "admin", json={"origins": list(origins)})


def asked(number: int = 1, **peculiar: Any) -> dict[str, Any]:
    """Say what a panel is for, as a body does."""
    told = {
        "matter": window_house.item_code(),
        "situation": {},
        "holders": [{**library.holder(number), "role": "applicant"}],
        "purpose": library.purpose(),
        **peculiar,
    }
    return {name: each for name, each in told.items() if each is not None}


@contextmanager
def of_its_own(folder: Path) -> Iterator[Site]:
    """Open the site on an embedded database of its own, at the usual moment."""
    database = connect(DatabaseSettings(url=f"sqlite:///{folder / 'site.db'}"), app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    with pytest.MonkeyPatch.context() as patch, opened(database, folder, AT, patch) as site:
        yield site
    database.close()


@contextmanager
def opened(database: Database, folder: Path, at: Any, monkeypatch: Any) -> Iterator[Site]:
    """Open the site on a database; the first firm has a permit."""
    house = window_house.opened(database, folder, at, monkeypatch)
    house.library.keep(1)
    with database.transaction() as session:
        for each in (INTAKE, OTHER):
            row = systems.add(session, NewSystem(each.id, each.name, each.organisation), departments.MAKER, at)
            systems.grant_scopes(session, row, each.scopes, departments.MAKER, at)
    yield Site(_app(database, house), house)


def _app(database: Database, house: WindowHouse) -> Flask:
    """Build the application as `app.py` does, of the rooms' own pages and this window's parts."""
    told: Mapping[str, str] = {"YINXIN_DATABASE_URL": str(database.engine.url), "YINXIN_WEB_SECRET": "s" * 32}
    read = settings.read((DatabaseSettings, WebSettings), environment={**told, "YINXIN_WEB_ENVIRONMENT": "demo"})
    made = web.new_app(read[WebSettings], layout.problem_page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(made)
    api.document_components(described)

    def authenticate(credentials: Credentials, /) -> Caller:
        return EVERYBODY.get(credentials.session_cookie or "", ANONYMOUS)

    parts = replace(house.parts, certs=replace(house.parts.certs, typeface=typeface))
    web.furnish(made, database, web.AuthenticatorPart(authenticate), parts, parts.gateway, parts.certs, house.sources)
    web.furnish(made, ConsoleParts(problems.words(), list, dict, "demo", app.VERSION))
    for blueprint in (*FURNITURE.blueprints,):
        if blueprint.name in {"console", panel.panel_pages.name}:
            made.register_blueprint(blueprint)
    for each in (filing, panel_routes):
        described.register_blueprint(each, url_prefix="/api/v1")
    web.check_guards(made)
    return made
