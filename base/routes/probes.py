"""The ground's own addresses: probes, metrics and the version, outside `/api`."""

from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from base import audit, clock
from base.db import Database
from base.errors import DomainError
from base.health import Check, House, examine, worst
from base.metrics import CONTENT_TYPE, LEDGER_ENTRIES, Metrics
from base.settings import Settings
from base.web import open_to_all, parts

probes = Blueprint("probes", __name__)


@dataclass(frozen=True)
class Health:
    """What the probes ask, and of which program."""

    settings: Settings
    checks: tuple[Check, ...]
    version: str


@probes.get("/healthz")
@open_to_all
def healthz() -> ResponseReturnValue:
    """Tell that the process answers; nothing else is asked."""
    return jsonify({"outcome": "good"})


@probes.get("/readyz")
@open_to_all
def readyz() -> ResponseReturnValue:
    """Tell whether requests can be served: 503 while a check that serving needs has failed."""
    health = parts(Health)
    house = House(health.settings, parts(Database), clock.now())
    found = examine(house, [check for check in health.checks if check.needed_to_serve])
    outcome = worst(found)
    return jsonify({"outcome": outcome, "checks": [each.document() for each in found]}), (
        503 if outcome == "failed" else 200
    )


@probes.get("/version")
@open_to_all
def version() -> ResponseReturnValue:
    """Tell which program this is."""
    return jsonify({"name": "yinxin", "version": parts(Health).version, "api": "v1"})


@probes.get("/metrics")
@open_to_all
def exposition() -> ResponseReturnValue:
    """Give the figures of all workers in Prometheus' text form."""
    counted = parts(Metrics)
    with suppress(DomainError), parts(Database).reading() as session:
        counted.tell(LEDGER_ENTRIES, audit.tree_size(session))
    return Response(counted.exposition(), content_type=CONTENT_TYPE)
