"""Every route has a guard and, in the API, a schema for what it takes and gives; an unguarded one stops the start."""

import pytest
from flask import Flask

import app
from base import web
from base.settings import read


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    file = tmp_path_factory.mktemp("house") / "a.db"
    told = {"YINXIN_DATABASE_URL": f"sqlite:///{file}", "YINXIN_WEB_SECRET": "s" * 32}
    return app.create_app(read(app.HOUSE.sections, environment=told))


def test_every_route_has_a_guard(running: Flask):
    web.check_guards(running)


def test_an_unguarded_route_is_refused_with_its_path(running: Flask):
    bare = Flask("bare")
    bare.add_url_rule("/planted", view_func=lambda: "")
    with pytest.raises(web.UnguardedRoute, match="/planted"):
        web.check_guards(bare)


def test_every_operation_of_the_api_tells_what_it_gives_and_takes(running: Flask):
    document = running.test_client().get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            named = f"{method} {path}"
            assert operation.get("summary"), named
            answers = {status: told for status, told in operation["responses"].items() if status.startswith("2")}
            assert answers, named
            for status, told in answers.items():
                assert status == "204" or told.get("content"), f"{named} {status}"
            assert "default" in operation["responses"], named
            if method in {"put", "patch"}:
                assert "requestBody" in operation, named


def test_every_route_below_the_api_stands_in_the_openapi_document(running: Flask):
    document = running.test_client().get("/openapi.json").get_json()
    told = set(document["paths"])
    for rule in running.url_map.iter_rules():
        if str(rule).startswith("/api/"):
            path = str(rule)
            for converter in rule._converters:
                path = _plain(path, converter)
            assert path in told, path


def _plain(path: str, name: str) -> str:
    before, _, after = path.partition("<")
    return f"{before}{{{name}}}{after.partition('>')[2]}"
