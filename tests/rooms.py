"""The web app of a room's own addresses, with people who are known by the name in their cookie."""

import copy
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, jsonify

from base import api, metrics, problems, settings, web
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Database, DatabaseSettings
from base.web import WebSettings


@dataclass
class Door:
    """A running app, and whoever may come through."""

    app: Flask
    people: Mapping[str, Caller]
    blueprints: tuple[api.Blueprint, ...] = ()

    def call(self, who: str | None, method: str, path: str, **told: Any) -> Any:
        """Call an address as somebody, or as nobody."""
        headers = told.pop("headers", {})
        if who is not None:
            headers = {**headers, "Cookie": f"__Host-yinxin={who}", "X-CSRF-Token": "t"}
        return self.app.test_client(use_cookies=False).open(f"/api/v1{path}", method=method, headers=headers, **told)

    def also_serves(self, spoken: Iterable[tuple[Blueprint, str]]) -> None:
        """Serve addresses beside the room's, in an app that no other story has."""
        app = _made(self.blueprints)
        for blueprint, prefix in spoken:
            app.register_blueprint(blueprint, url_prefix=prefix)
        web.check_guards(app)
        app.extensions["yinxin"].update(self.app.extensions["yinxin"])
        self.app = app


def door(database: Database, blueprints: Iterable[api.Blueprint], people: Iterable[Caller], *furniture: object) -> Door:
    """Build the app as `app.py` does, for one room's addresses."""
    served = tuple(blueprints)
    app = _copied(_once(served))
    known = {each.id: each for each in people}

    def authenticate(credentials: Credentials, /) -> Caller:
        return known.get(credentials.session_cookie or "", ANONYMOUS)

    web.furnish(app, database, web.AuthenticatorPart(authenticate), *furniture)
    return Door(app, known, served)


def _made(blueprints: tuple[api.Blueprint, ...]) -> Flask:
    read = settings.read((DatabaseSettings, WebSettings), environment={"YINXIN_WEB_SECRET": "s" * 32})
    app = web.new_app(read[WebSettings], _page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(app)
    api.document_components(described)
    for blueprint in blueprints:
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    web.check_guards(app)
    return app


# Laying out addresses takes longer than most stories: it is done once for each set of them.
_once = functools.cache(_made)


def _copied(app: Flask) -> Flask:
    """Give an app with the addresses of another that answers no request, and parts of its own."""
    made = copy.copy(app)
    made.extensions = {**app.extensions, "yinxin": dict(app.extensions["yinxin"])}
    made.wsgi_app = Flask.wsgi_app.__get__(made)  # type: ignore[method-assign]
    return made


def _page(told: problems.Problem) -> Response:
    return jsonify(told.document())
