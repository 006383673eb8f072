"""The sandbox's whole library: made by its own task to the end, and every sealed file verified under its own trust.

The province is made as `yinxin sandbox` makes it; the task that fills the library is worked off here as the scheduler
would, one step after the other. What is counted afterwards is what the sandbox promises: so many certificates of so
many types for so many holders, each file valid, and each as it was when it was sealed or taken in.

The sandbox lies below results/state: a run that was stopped goes on with the chunk that it was at.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import HOUSE, PROGRAM
from base import bulk, clock, settings
from base.bulk import BulkTask, TaskState
from base.program import Running
from bench.runner import say
from certs import contents, sample_work
from certs.models import Certificate, CertificateFile, CertificateHolder
from certs.wiring import Certs
from keys.algorithms.sm3 import SM3
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from signing.wiring import Signing

NAME = "sandbox_library"
# What the sandbox promises: certificates, types and holders.
PROMISED = (600, 20, 200)
SHORT_STEPS = 3
# Written when the sandbox is made: one that is half made is made anew.
READY = "ready"


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Make the sandbox, work its task off, and look at everything that is there."""
    place = results / "state" / NAME
    resumed = (place / READY).exists()
    opened = 0.0 if resumed else _made(place)
    environment = {
        "YINXIN_CONFIG": str(place / "s" / "settings.toml"),
        "YINXIN_WEB_SECRET_FILE": str(place / "s" / "web.secret"),
    }
    with mock.patch.dict(os.environ, environment):
        running = Running(PROGRAM, settings.read(HOUSE.sections))
        told = json.loads((place / "s" / "sandbox.json").read_text(encoding="utf-8"))
        try:
            spent, steps = _filled(running, told["library"]["task"], SHORT_STEPS if short else None)
            found = _looked_at(running)
        finally:
            running.database.close()
    shutil.rmtree(place)
    whole = tuple(found[name] for name in ("certificates", "types", "holders"))
    promised = short or all(one >= least for one, least in zip(whole, PROMISED, strict=True))
    return {
        "passed": bool(found["verdicts"])
        and set(found["verdicts"]) == {Verdict.VALID.value}
        and not found["changed"]
        and promised,
        "promised": dict(zip(("certificates", "types", "holders"), PROMISED, strict=True)),
        **found,
        "opened_after_seconds": round(opened, 1),
        "filled_in_cpu_seconds": round(spent, 1),
        "steps": steps,
        "resumed": resumed,
    }


def _made(place: Path) -> float:
    """Make the sandbox as the command does; tell how long that took."""
    shutil.rmtree(place, ignore_errors=True)
    command = [sys.executable, "-m", "app", "sandbox", "--make-only", "--data", str(place / "s"), "--port", "18080"]
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (place / READY).touch()
    return time.monotonic() - began


def _filled(running: Running, task: int, most: int | None) -> tuple[float, int]:
    """Work the task off, or the first steps of it; tell the CPU time of this process."""
    with running.database.transaction() as session:
        row = session.get_one(BulkTask, task)
        finished = row.state == TaskState.DONE
        if row.state == TaskState.RUNNING:  # by the run that was stopped
            row.state = TaskState.QUEUED.value
            session.flush()
        taken = None if finished else bulk.take(session, task, "drill", clock.now())
    began, steps = time.process_time(), 0
    while taken is not None and not finished and (most is None or steps < most):
        with running.database.reading() as session:
            chunk = bulk.next_chunk(session, taken, clock.now(), running.parts)
        sample_work.before(running.database, chunk)
        with running.database.transaction() as session:
            finished = bulk.step(session, sample_work.JOB, taken, clock.now(), running.parts)
        steps += 1
        if steps % 10 == 0:
            say(f"  {steps} steps")
    if not steps and not finished:
        raise ValueError(task)
    return time.process_time() - began, steps


def _looked_at(running: Running) -> dict[str, Any]:
    """Verify every file, and compare it with what was noted when it was kept."""
    at, keys = clock.now(), running.parts[Certs].keys
    verdicts: Counter[str] = Counter()
    changed = 0
    with running.database.reading() as session:
        trust = running.parts[Signing].trust_at(session, at)
        for each in session.scalars(select(CertificateFile)):
            document = contents.opened_file(session, keys, each.identifier, each.format, each.content)
            verdicts[verify(document, each.identifier, trust, DEFAULT, at).verdict.value] += 1
            changed += SM3.of(document).hex() != each.sm3
        return {
            "certificates": _count(session, select(func.count()).select_from(Certificate)),
            "types": _count(session, select(func.count(Certificate.type.distinct()))),
            "holders": _count(session, select(func.count(CertificateHolder.code_hash.distinct()))),
            "verdicts": dict(verdicts),
            "changed": changed,
        }


def _count(session: Session, query: Any) -> int:
    return int(session.execute(query).scalar_one())
