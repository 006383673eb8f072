"""What `filing` measures, as an app that a server loads: plans and look-ups, put together as `app.py` does it.

`BENCH_GATEWAY` names the folder that `bench.filing` prepared.
"""

import os
from pathlib import Path

from flask import Flask

from app import LAST_ACTS
from base import api, metrics, web
from base.db import DatabaseSettings, connect
from base.fetch import FetchSettings
from base.web import AuthenticatorPart, WebSettings
from bench.certificates_app import NO_BOUND, _page, certs_of
from bench.gateway_app import parts_of, settings_of
from certs.consents.consents import OnRecord
from certs.libraries.own import OwnLibrary
from certs.queries.wiring import Queries, QuerySettings
from certs.routes.filing import filing
from exchange.mounting.wiring import MountParts, MountSettings
from keys.parties.authentication import BearerAuthenticator
from keys.parties.wiring import built as parties_built
from tests.exchange.sources.sites import unused


def built() -> Flask:
    """Build plans and look-ups with their grants, records and receipts."""
    folder = Path(os.environ["BENCH_GATEWAY"])
    read = settings_of(folder)
    database = connect(read[DatabaseSettings], LAST_ACTS)
    counted = metrics.opened(metrics.MetricsSettings())
    app = web.new_app(read[WebSettings], _page, counted)
    described = api.Api(app)
    api.document_components(described)
    gateway = parts_of(folder)
    certs = certs_of(gateway.data_keys)
    told = QuerySettings(misses_per_minute=NO_BOUND, misses_per_day=NO_BOUND, holder_per_day=NO_BOUND)
    queries = Queries(told, certs, gateway, counted, OwnLibrary(certs.keys), (), OnRecord())
    sources = MountParts(MountSettings(folder=str(folder)), unused, FetchSettings())
    caller = AuthenticatorPart(BearerAuthenticator(parties_built(read), database))
    web.furnish(app, database, caller, gateway, queries, certs, sources)
    described.register_blueprint(filing, url_prefix="/api/v1")
    return app
