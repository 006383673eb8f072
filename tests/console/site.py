"""Two sites: `site`, pages alone with invented health and no database; `whole`, the real app on a small SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, abort, jsonify

import app as house
from base import problems, settings
from base.db import Base, Database, DatabaseSettings
from base.health import Check, Checked, Finding, Outcome
from base.metrics import Metrics
from base.web import WebSettings, check_guards, furnish, new_app, open_to_all, parts
from console.layout import problem_page
from console.routes import BLUEPRINTS
from console.wiring import ConsoleParts

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Yinxin 印信", "version": "v1"},
    "paths": {
        "/api/v1/ledger/checkpoint": {
            "get": {"summary": "The latest checkpoint", "responses": {"200": {"description": "OK"}}},
            "parameters": [],
        },
        "/api/v1/things": {"post": {"responses": {"201": {"description": "Made"}}}},
    },
}


def checked(name: str, outcome: Outcome) -> Checked:
    check = Check(name, f"检查{name}", f"Check {name}", "这样处理", "Mend it so", ask=lambda _: found)
    found = Finding(outcome, "磁盘剩余 42%", "42% of the disk is free")
    return Checked(check, found)


def answer(status):
    abort(status)


def site(environment="demo", health=(), operator="", shows_components=True) -> Flask:
    app = new_app(WebSettings(environment=environment, secret="x" * 32), problem_page, Metrics(None))
    furnish(
        app,
        ConsoleParts(
            problem_words=problems.words(),
            health=lambda: health,
            openapi=lambda: DOCUMENT,
            environment=environment,
            version="0.1.0",
            operator=operator,
            shows_components=shows_components,
        ),
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/openapi.json", "openapi", open_to_all(lambda: jsonify(DOCUMENT)))
    app.add_url_rule("/answers/<int:status>", "answers", open_to_all(answer))
    check_guards(app)
    return app


@contextmanager
def whole(folder) -> Iterator[Flask]:
    read = settings.read(house.HOUSE.sections, environment={}).changed(
        DatabaseSettings(url=f"sqlite:///{folder}/yinxin.db"),
        WebSettings(environment="demo", secret="x" * 32, debug=True),
    )
    app = house.create_app(read)
    with app.app_context():
        database = parts(Database)
    Base.metadata.create_all(database.engine)
    yield app
    database.close()
