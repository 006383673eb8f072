"""What W4 measures, each as an app that a server loads: looking certificates up, and a bare app that reads a row.

The look-up is put together as `app.py` does it, for its own address alone; `BENCH_GATEWAY` names the folder that
`bench.certificates` prepared.
"""

import importlib
import os
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify
from sqlalchemy import text

from app import LAST_ACTS
from base import api, metrics, problems, web
from base.db import DatabaseSettings, connect
from base.web import AuthenticatorPart, WebSettings
from bench.gateway_app import parts_of, settings_of
from certs.libraries.own import OwnLibrary
from certs.queries.wiring import Queries, QuerySettings
from certs.routes.queries import certificate_queries
from certs.wiring import Certs, CertsSettings
from keys.data_keys import DataKeys
from keys.parties.authentication import BearerAuthenticator
from keys.parties.wiring import built as parties_built
from tests.certs.papers import TYPES

# Whoever measures tries nothing out.
NO_BOUND = 10**9
SOUGHT = text(
    "select c.identifier, c.type, c.state, c.issued_on, c.valid_until from certs_holders h "
    "join certs_certificates c on c.identifier = h.identifier where h.code_hash = :code and h.certificate_type = :type"
)


def look_ups() -> Flask:
    """Build the look-up with its grant, its decryption, its record and its receipt."""
    folder = Path(os.environ["BENCH_GATEWAY"])
    read = settings_of(folder)
    database = connect(read[DatabaseSettings], LAST_ACTS)
    counted = metrics.opened(metrics.MetricsSettings())
    app = web.new_app(read[WebSettings], _page, counted)
    described = api.Api(app)
    api.document_components(described)
    gateway = parts_of(folder)
    certs = certs_of(gateway.data_keys)
    told = QuerySettings(misses_per_minute=NO_BOUND, misses_per_day=NO_BOUND)
    queries = Queries(told, certs, gateway, counted, OwnLibrary(certs.keys))
    web.furnish(app, database, AuthenticatorPart(BearerAuthenticator(parties_built(read), database)), gateway, queries)
    described.register_blueprint(certificate_queries, url_prefix="/api/v1")
    return app


def bare_fastapi() -> Any:
    """Build an app that finds the row by the same two values and writes it out: no caller, no grant, no record."""
    fastapi: Any = importlib.import_module("fastapi")
    app = fastapi.FastAPI()
    database = connect(settings_of(Path(os.environ["BENCH_GATEWAY"]))[DatabaseSettings])
    body = fastapi.Body()

    def answer(told: dict[str, Any] = body) -> dict[str, Any]:
        with database.engine.connect() as connection:
            rows = connection.execute(SOUGHT, {"code": told["bare"], "type": told["certificate_type"]}).all()
        return {"outcome": "found" if rows else "not_found", "certificates": [list(map(str, each)) for each in rows]}

    app.post("/api/v1/certificate-queries")(answer)
    return app


def certs_of(keys: DataKeys) -> Certs:
    """Build the room's part with the keys of the folder; nothing is drawn."""
    return Certs(CertsSettings(), TYPES, keys, _no_typeface, "https://yinxin.example/v/")


def _no_typeface() -> Any:
    raise NotImplementedError


def _page(told: problems.Problem) -> Response:
    return jsonify(told.document())
