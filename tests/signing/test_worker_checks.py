"""The doctor and the metrics of the processes that verify: alive, died, waited for."""

import sys
from datetime import datetime

import pytest

import app
from base import metrics
from base.db import Database
from base.health import House
from base.metrics import Metrics
from base.settings import read
from keys.trust import Trust
from signing import checks, policy, sample_documents
from signing.workers.job import Job
from signing.workers.limits import WorkerLimits
from signing.workers.pool import Workers
from tests.signing import unruly_workers

LIMITS = WorkerLimits(processes=1, seconds=30)


def house(database: Database, at: datetime) -> House:
    return House(read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}), database, at)


def job(at: datetime, document: bytes = b"") -> Job:
    return Job(document or sample_documents.pdf(), "x.pdf", policy.DEFAULT.name, at, with_pictures=False)


def test_the_doctor_has_a_document_verified_by_a_process(database: Database, at: datetime):
    (check,) = checks.CHECKS
    assert check.ask(house(database, at)).outcome == "good"


def test_the_doctor_says_that_no_process_starts(database: Database, at: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (check,) = checks.CHECKS
    found = check.ask(house(database, at))
    assert (found.outcome, "verifier-unavailable" in found.en) == ("failed", True)


def test_what_processes_do_is_counted(at: datetime):
    counted = Metrics(None)
    workers = Workers(LIMITS, metrics=counted)
    try:
        workers.examine(job(at), Trust(at))
    finally:
        workers.close()
    said = counted.exposition().decode()
    assert 'yinxin_verifier_processes_total{event="started"} 1.0' in said
    assert "yinxin_verifiers_working 0.0" in said


def test_a_death_is_counted(at: datetime):
    counted = Metrics(None)
    workers = Workers(LIMITS, unruly_workers.__name__, counted)
    try:
        workers.examine(job(at, b"killed"), Trust(at))
    finally:
        workers.close()
    assert metrics.VERIFIER_PROCESSES in metrics.METRICS
    assert 'event="died"' in counted.exposition().decode()
