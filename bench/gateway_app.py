"""What W1 and W2 measure, each as an app that a server loads: the gateway, without evidence, and two bare ones.

All read the same row of the same table. The gateway's app is put together as `app.py` does it, for the addresses of the
gateway alone; `BENCH_GATEWAY` names the folder that `bench.gateway` prepared.
"""

import contextlib
import importlib
import json
import os
import queue
import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from app import LAST_ACTS
from base import api, metrics, problems, settings, web
from base.db import Database, DatabaseSettings, connect
from base.web import AuthenticatorPart, WebSettings
from exchange.door import standing
from exchange.door.recording import Record, Recorder
from exchange.door.wiring import SALTS, SUBJECTS, Gateway, GatewaySettings, KeyedHash
from exchange.routes.gateway import gateway as gateway_routes
from exchange.routes.receipts import receipts
from exchange.sources.cursors import Cursors
from keys.algorithms import asymmetric
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties.authentication import BearerAuthenticator
from keys.parties.wiring import PartiesSettings
from keys.parties.wiring import built as parties_built
from keys.signers.software import SoftwareSigner
from tests.exchange import gateway_house

SECTIONS = (DatabaseSettings, WebSettings, PartiesSettings)


class Unrecorded(Recorder):
    """Records nothing: what the same call takes without evidence. It stands here and nowhere else."""

    def record(self, database: Database, record: Record, at: datetime) -> None:
        """Leave it."""


def gateway() -> Flask:
    """Build the gateway with its evidence."""
    return _built(Recorder)


def without_evidence() -> Flask:
    """Build the gateway that leaves no record."""
    return _built(Unrecorded)


def without_combining() -> Flask:
    """Build the gateway that records each call in a transaction of its own."""
    return _built(Recorder, together=1)


def bare_flask() -> Flask:
    """Build an app that reads the row and writes it out: no caller, no grant, no record."""
    app, file = Flask("bare"), _folder() / "licences.db"

    @app.post("/api/v1/data/<path:code>")
    def answer(code: str) -> Response:
        told = request.get_json()
        return jsonify({"rows": [_row(file, told["conditions"][0]["values"][0])]})

    return app


def bare_fastapi() -> Any:
    """Build the same with FastAPI, if it is installed."""
    fastapi: Any = importlib.import_module("fastapi")
    app, file = fastapi.FastAPI(), _folder() / "licences.db"
    body = fastapi.Body()

    def answer(code: str, told: dict[str, Any] = body) -> dict[str, Any]:
        return {"rows": [_row(file, told["conditions"][0]["values"][0])]}

    app.post("/api/v1/data/{code:path}")(answer)
    return app


def parts_of(folder: Path, recorder: type[Recorder] = Recorder, together: int = 16) -> Gateway:
    """Build the gateway's part with the keys of the folder."""
    data_keys = DataKeys(FileKek(folder / "kek"))
    signer = SoftwareSigner(asymmetric.private_key_of_pem((folder / "receipts.pem").read_bytes()))
    told = GatewaySettings(receipt_key="receipts", together=together)
    subjects, salts = KeyedHash(data_keys, SUBJECTS), KeyedHash(data_keys, SALTS)
    return Gateway(
        told,
        "receipts",
        gateway_house.ORIGIN,
        lambda _session, _key: signer,
        data_keys,
        subjects,
        salts,
        Cursors("s" * 32),
        recorder(standing.gone, together),
    )


def settings_of(folder: Path) -> settings.Settings:
    """Read the settings that `bench.gateway` wrote."""
    return settings.read(SECTIONS, environment=json.loads((folder / "environment.json").read_text(encoding="utf-8")))


class Naive(Recorder):
    """Records a call when it was answered already: the mistake that the drill must find."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self._later: queue.SimpleQueue[tuple[Database, Record, datetime]] = queue.SimpleQueue()
        threading.Thread(target=self._record_later, daemon=True).start()

    def record(self, database: Database, record: Record, at: datetime) -> None:
        """Leave it to the thread behind."""
        self._later.put((database, record, at))

    def _record_later(self) -> None:
        while True:
            super().record(*self._later.get())


def answer_then_record() -> Flask:
    """Build the gateway that answers before it records."""
    return _built(Naive)


def _built(recorder: type[Recorder], together: int = 16) -> Flask:
    folder = _folder()
    read = settings_of(folder)
    database = connect(read[DatabaseSettings], LAST_ACTS)
    app = web.new_app(read[WebSettings], _page, metrics.opened(metrics.MetricsSettings()))
    described = api.Api(app)
    api.document_components(described)
    authenticate = BearerAuthenticator(parties_built(read), database)
    parts, sources = parts_of(folder, recorder, together), gateway_house.sources_of(folder)
    web.furnish(app, database, AuthenticatorPart(authenticate), parts, sources)
    for blueprint in (gateway_routes, receipts):
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    return app


def _row(file: Path, number: str) -> dict[str, Any]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        names = ", ".join(f'"{each}"' for each in gateway_house.FIELDS)
        sought = f'SELECT {names} FROM licences WHERE "{gateway_house.FIELDS[0]}" = ?'  # noqa: S608 - names of the bench
        row = connection.execute(sought, (number,)).fetchone()
    return dict(zip(gateway_house.FIELDS, row, strict=True))


def _folder() -> Path:
    return Path(os.environ["BENCH_GATEWAY"])


def _page(told: problems.Problem) -> Response:
    return jsonify(told.document())
