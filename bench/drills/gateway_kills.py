"""Receipts are answers, also under kill -9: a process that answers is killed at random moments, then all is counted.

A child answers calls and signs batches; each answer that leaves it is written to a pipe, which stands for the wire. It
is killed after a few milliseconds, again and again, on both databases. Then, of everything the wire has seen:

1. every answer has its use, its audit entry, and a receipt that the one-file checker verifies against that answer;
2. uses and audit entries are the same, one for one; no leaf is doubled, and every batch continues the one before.

A checker must shout where it should: the same is done to a gateway that answers first and records afterwards.
"""

import itertools
import json
import os
import random
import select
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select as sql

from app import LAST_ACTS
from base import clock, ledger_check
from base.db import Database, connect
from base.models import AuditEntry
from bench import gateway as prepared
from bench.ledger import KINDS
from bench.runner import say
from exchange.door import receipts, usages
from exchange.door.models import ReceiptBatch, Usage

NAME = "gateway_kills"
KILLS, KILLS_SHORT, KILLS_NAIVE = 120, 10, 15
ROUNDS_NAIVE = 6
# From before the first commit to some dozen calls.
LONGEST_LIFE = 1.0


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Kill on both databases, then the naive gateway on one."""
    kills = KILLS_SHORT if short else KILLS
    told = {kind: _drill(kind, kills, "gateway") for kind in KINDS}
    naive = _naive(5 if short else KILLS_NAIVE)
    return {
        "passed": all(not each["broken"] and each["answers"] for each in told.values()) and bool(naive["broken"]),
        "databases": told,
        "naive_gateway": naive,
    }


def _naive(kills: int) -> dict[str, Any]:
    """Kill the naive gateway until it is caught: on a busy machine it answers too seldom to be caught at once."""
    told = _drill("sqlite", kills, "answer_then_record")
    for _ in range(ROUNDS_NAIVE - 1):
        if told["broken"]:
            break
        told = _drill("sqlite", kills, "answer_then_record")
    return told


def _drill(kind: str, kills: int, factory: str) -> dict[str, Any]:
    say(f"  {kind} {factory}")
    drawn = random.Random(20261121)
    with tempfile.TemporaryDirectory() as folder, prepared._address(kind, Path(folder)) as url:  # noqa: SLF001
        place = Path(folder)
        _, code = prepared.prepare(place, url)
        token = _with_database(place, lambda database: prepared._token(place, database))  # noqa: SLF001
        seen: list[dict[str, Any]] = []
        for number in range(kills):
            is_warm = number % 4 > 0
            seen += _killed(place, factory, code, token, drawn.uniform(0.0, LONGEST_LIFE), is_warm=is_warm)
        time.sleep(0.5)  # a server notices that its client is gone
        judged: dict[str, Any] = _with_database(place, lambda database: _judged(place, database, seen, kills))
        return judged


def _with_database(place: Path, act: Any) -> Any:
    database = connect(prepared._settings(place), LAST_ACTS)  # noqa: SLF001
    try:
        return act(database)
    finally:
        database.close()


def _killed(place: Path, factory: str, code: str, token: str, seconds: float, *, is_warm: bool) -> list[dict[str, Any]]:
    """Let a child answer for so long after its first sign of life, kill it, and give what it had answered."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            _answer(place, factory, code, token, writing, is_warm=is_warm)
        finally:
            os._exit(1)
    os.close(writing)
    taken, ends = bytearray(), None
    while ends is None or time.monotonic() < ends:
        ready, _, _ = select.select([reading], [], [], 30 if ends is None else max(0, ends - time.monotonic()))
        if ready:
            piece = os.read(reading, 1 << 16)
            if not piece:
                break
            taken += piece
            ends = ends or time.monotonic() + seconds
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reading, 1 << 16):
        taken += piece
    os.close(reading)
    return [json.loads(line) for line in bytes(taken).split(b"\n")[1:-1]]


def _answer(place: Path, factory: str, code: str, token: str, wire: int, *, is_warm: bool) -> None:
    """Answer calls on two threads, sign batches on a third, until killed."""
    os.environ["BENCH_GATEWAY"] = str(place)
    from bench import gateway_app

    app, turn = getattr(gateway_app, factory)(), threading.Lock()
    sent = next(prepared.requests(code, token, None, 1)).partition(b"\r\n\r\n")[2]
    parts, database = gateway_app.parts_of(place), connect(prepared._settings(place), LAST_ACTS)  # noqa: SLF001

    def batch() -> None:
        while True:
            receipts.sign(database, parts, clock.now())
            time.sleep(0.05)

    def call() -> None:
        client = app.test_client(use_cookies=False)
        told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for _ in itertools.count():
            answer = client.post(f"/api/v1/data/{code}", data=sent, headers=told)
            if answer.status_code == 200:
                with turn:
                    os.write(wire, answer.data + b"\n")

    if is_warm:  # the life that is measured begins when calls come in quickly; else with the first, slow one
        client = app.test_client(use_cookies=False)
        client.post(
            f"/api/v1/data/{code}",
            data=sent,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
    os.write(wire, b"alive\n")
    for act in (batch, call):
        threading.Thread(target=act, daemon=True).start()
    call()


def _judged(place: Path, database: Database, seen: list[dict[str, Any]], kills: int) -> dict[str, Any]:
    from bench import gateway_app

    parts = gateway_app.parts_of(place)
    parts.open(database)
    receipts.sign(database, parts, clock.now())
    broken: Counter[str] = Counter()
    with database.reading() as session:
        kept = set(session.scalars(sql(Usage.id)))
        entered = list(session.scalars(sql(AuditEntry.thing_id).where(AuditEntry.act == usages.USED)))
        batches = list(session.scalars(sql(ReceiptBatch).order_by(ReceiptBatch.number)))
        broken["answers without a use"] = sum(each["usage_id"] not in kept for each in seen)
        broken["answers given twice"] = len(seen) - len({each["usage_id"] for each in seen})
        broken["uses and entries that differ"] = len(kept ^ set(entered)) + len(entered) - len(set(entered))
        broken["batches out of order"] = sum(a.size >= b.size for a, b in itertools.pairwise(batches))
        for answer in seen:
            if answer["usage_id"] in kept:
                shown = receipts.document(session, parts, answer["usage_id"])
                broken["receipts that do not verify"] += not _verifies(shown, answer)
    return {
        "kills": kills,
        "answers": len(seen),
        "uses": len(kept),
        "batches": len(batches),
        "broken": {name: count for name, count in broken.items() if count},
    }


def _verifies(shown: dict[str, Any] | None, answer: dict[str, Any]) -> bool:
    if shown is None:
        return False
    try:
        ledger_check.check(shown)
        ledger_check.fits(shown, shown["key"], None, answer)
    except (ledger_check.Refuted, ledger_check.Unreadable):
        return False
    return True


if __name__ == "__main__":
    is_short = "--short" in sys.argv
    result = run(short=is_short, results=Path(__file__).parents[1] / "results")
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(0 if result["passed"] else 1)
