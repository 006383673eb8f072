"""W6: verifications a second of sealed OFD and PDF, small and large, alone and through the worker processes.

*verify* is the verification on one thread, with the share of SM2 beside it. *workers* is what the public gets: a
process of its own with limits, two callers at once, the report in three forms, without pictures; by the clock, since
two processes are at work.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from bench import signing_documents
from bench.runner import say
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from signing.workers.job import Job
from signing.workers.limits import WorkerLimits
from signing.workers.pool import Workers
from tests.builders import seals
from tests.builders.pki import AT

NAME = "W6"
# Asked of one core, SM2 included.
GOALS = {"ofd_small": 300, "pdf_60kb": 100}
PEERS = {"ofdrw": 41, "pyHanko": 130}
CALLERS = 2


def run(*, short: bool) -> dict[str, object]:
    """Measure every document."""
    seconds = 0.5 if short else 3.0
    floors = signing_documents.floors(seconds)
    found: dict[str, dict[str, float]] = {}
    workers = Workers(WorkerLimits(processes=CALLERS, seconds=30, jobs=1_000_000))
    try:
        for name, (form, unsigned) in signing_documents.unsigned().items():
            say(f"  {name}")
            document = signing_documents.sealed(form, unsigned)
            found[name] = {"bytes": len(document), **_verified(document, seconds)}
            found[name]["workers"] = round(_by_workers(workers, document, seconds), 1)
    finally:
        workers.close()
    return {
        "unit": "documents a second of CPU time of one thread; workers: a second by the clock with two processes",
        "figure": {name: found[name]["verify"] for name in GOALS},
        "documents": found,
        "floors": floors,
        "peers": PEERS,
        "ratio": {
            name: round(found[name]["verify"] * found[name]["sm2_operations"] / floors["sm2_verify"], 2)
            for name in GOALS
        },
        "note": "ratio: SM2 verifications done a second to those of SM2 alone in the same run, 1 is the floor; "
        f"asked for: {GOALS}",
        "passed": all(found[name]["verify"] >= goal for name, goal in GOALS.items()),
    }


def _verified(document: bytes, seconds: float) -> dict[str, float]:
    trust = seals.usual().trust()
    act = partial(verify, document, "document", trust, DEFAULT, AT)
    if act().verdict is not Verdict.VALID:
        raise ValueError(act().sub_indication)
    rate, share, spent, done = signing_documents.rate(act, seconds)
    return {
        "verify": round(rate, 1),
        "sm2_share": round(share, 3),
        "sm2_operations": round(spent.verifications / max(done, 1), 1),
    }


def _by_workers(workers: Workers, document: bytes, seconds: float) -> float:
    trust = seals.usual().trust()
    job = Job(document, "document", DEFAULT.name, AT, with_pictures=False)
    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(lambda _: workers.examine(job, trust), range(CALLERS)))
        done, began = 0, time.monotonic()
        while (spent := time.monotonic() - began) < seconds:
            done += len(list(threads.map(lambda _: workers.examine(job, trust), range(CALLERS * 4))))
    return done / spent
