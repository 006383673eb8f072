"""The web app of a room's own addresses, with people who are known by the name in their cookie."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, jsonify

from base import api, metrics, problems, settings, web
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Database, DatabaseSettings
from base.web import WebSettings


@dataclass
class Door:
    """A running app, and whoever may come through."""

    app: Flask
    people: Mapping[str, Caller]

    def call(self, who: str | None, method: str, path: str, **told: Any) -> Any:
        """Call an address as somebody, or as nobody."""
        headers = told.pop("headers", {})
        if who is not None:
            headers = {**headers, "Cookie": f"__Host-yinxin={who}", "X-CSRF-Token": "t"}
        return self.app.test_client(use_cookies=False).open(f"/api/v1{path}", method=method, headers=headers, **told)


def door(database: Database, blueprints: Iterable[api.Blueprint], people: Iterable[Caller], *furniture: object) -> Door:
    """Build the app as `app.py` does, for one room's addresses."""
    told = {"YINXIN_DATABASE_URL": str(database.engine.url), "YINXIN_WEB_SECRET": "s" * 32}
    read = settings.read((DatabaseSettings, WebSettings), environment=told)
    app = web.new_app(read[WebSettings], _page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(app)
    api.document_components(described)
    known = {each.id: each for each in people}

    def authenticate(credentials: Credentials, /) -> Caller:
        return known.get(credentials.session_cookie or "", ANONYMOUS)

    web.furnish(app, database, web.AuthenticatorPart(authenticate), *furniture)
    for blueprint in blueprints:
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    web.check_guards(app)
    return Door(app, known)


def _page(told: problems.Problem) -> Response:
    return jsonify(told.document())
