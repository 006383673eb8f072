"""W1 and W2: signed queries with evidence a second through the real server, and what each part of the evidence costs.

W1 is a call as a partner makes it: bearer token, request signed with SM2 (RFC 9421), grant, quota, source, masks, and
in one transaction nonce, quota, use, audit entries and ledger; receipts are signed in batches beside it. W2 leaves
parts out: the signature, the combining of calls, all evidence. Beside them stand a bare Flask and a bare FastAPI that
read the same row and know neither caller nor grant. Requests are signed before the clock runs; the load comes from this
machine, so server and clients share its cores. A rate tells how busy the machine was as well; so the CPU time that the
server's own processes took for a call stands beside it (without that of PostgreSQL, and of the batches of receipts).
"""

import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app import LAST_ACTS
from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from bench.ledger import KINDS, durability
from bench.runner import say
from exchange.door import receipts
from exchange.door.models import Usage
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.parties import request_signing, systems, tokens
from keys.parties.request_signing import Message
from keys.parties.wiring import built as parties_built
from tests import postgres
from tests.exchange import departments, gateway_house
from tests.exchange.departments import published

NAME = "W1"
WORKERS, THREADS, CLIENTS = 2, 16, 16
PATIENCE_SECONDS = 120
# Above what two cores can answer, so that the run ends by the clock.
EXPECTED_PER_SECOND = 900
# So that every thread of every worker has its connections before the clock runs.
WARM_UP = 16 * CLIENTS
VARIANTS = {
    "W1 signed, with evidence": ("gateway", True),
    "signed, without evidence": ("without_evidence", True),
    "unsigned, with evidence": ("gateway", False),
    "unsigned, each call its own transaction": ("without_combining", False),
    "W2 without evidence": ("without_evidence", False),
}
PEERS = {"bare Flask": ("bare_flask", "wsgi"), "bare FastAPI": ("bare_fastapi", "asgi")}


def run(*, short: bool) -> dict[str, object]:
    """Measure every variant on both databases, and the peers."""
    seconds = 3.0 if short else 10.0
    found = {kind: _measured(kind, seconds) for kind in KINDS}
    first = found["sqlite"]
    return {
        "unit": "calls a second over HTTP, server and clients on the same two cores",
        "figure": {kind: each["W1 signed, with evidence"]["rate"] for kind, each in found.items()},
        "evidence_costs": {kind: _costs(each) for kind, each in found.items()},
        "databases": found,
        "clients": CLIENTS,
        "server": f"granian, {WORKERS} processes of {THREADS} threads",
        "note": "evidence_costs: what records, quotas and ledger take of a call, of its rate (time to write to the "
        "disk and signing receipts included) and of its CPU time; peers know neither caller nor grant",
        "passed": all(not each[name]["wrong"] for each in found.values() for name in VARIANTS) and bool(first),
    }


def _costs(found: dict[str, Any]) -> dict[str, dict[str, float]]:
    pairs = {
        "signed": ("W1 signed, with evidence", "signed, without evidence"),
        "unsigned": ("unsigned, with evidence", "W2 without evidence"),
    }
    return {
        name: {
            "of_rate": round(1 - found[whole]["rate"] / found[bare]["rate"], 2),
            "of_cpu": round(1 - found[bare]["cpu_ms"] / found[whole]["cpu_ms"], 2),
        }
        for name, (whole, bare) in pairs.items()
    }


def _measured(kind: str, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _address(kind, Path(folder)) as url:
        place = Path(folder)
        key, code = prepare(place, url)
        database = connect(_settings(place), LAST_ACTS)
        try:
            token = _token(place, database)
            told: dict[str, Any] = {
                name: _variant(place, database, name, code, token, key, seconds) for name in VARIANTS
            }
            told["durability"] = durability(database)
        finally:
            database.close()
        if kind == "sqlite":
            told["peers"] = {name: _peer(place, name, code, seconds) for name in PEERS}
        return told


def prepare(folder: Path, url: str) -> tuple[PrivateKey, str]:
    """Make the site in a folder: database, table, grant, a system with its key, the receipts' key."""
    environment = {
        "YINXIN_DATABASE_URL": url,
        "YINXIN_WEB_SECRET": "s" * 32,
        "YINXIN_PARTIES_TOKEN_KEY": str(folder / "token.key"),
        "YINXIN_PARTIES_TOKEN_SECONDS": "3600",
    }
    (folder / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    signing = asymmetric.generated(KeyKind.SM2)
    (folder / "receipts.pem").write_bytes(asymmetric.private_key_pem(signing, None))
    database = connect(_settings(folder), LAST_ACTS)
    Base.metadata.create_all(database.engine)
    at = clock.now()
    try:
        departments.opened(database, at)
        sources = gateway_house.sources_of(folder)
        gateway_house.write_table(folder)
        with database.transaction() as session:
            directory, _ = published(session, at, items=gateway_house.items())
            gateway_house.mounted(session, directory, sources, at)
            gateway_house.granted(session, directory.code, at)
            code = directory.code
        key = gateway_house.system_added(database, at)
        with database.transaction() as session:
            systems.grant_scopes(
                session, systems.system_of(session, gateway_house.SYSTEM.id), ["data:read"], departments.MAKER, at
            )
    finally:
        database.close()
    return key, code


def _settings(folder: Path) -> DatabaseSettings:
    from bench.gateway_app import settings_of

    return settings_of(folder)[DatabaseSettings]


def _token(folder: Path, database: Database) -> str:
    from bench.gateway_app import settings_of

    parties, at = parties_built(settings_of(folder)), clock.now()
    with database.transaction() as session:
        system = systems.system_of(session, gateway_house.SYSTEM.id)
        drafted = tokens.draft(parties, system, system.scope_set, at)
        tokens.issue(session, parties, drafted, at)
    return drafted.token


def _variant(
    folder: Path, database: Database, name: str, code: str, token: str, key: PrivateKey, seconds: float
) -> dict[str, Any]:
    say(f"  {name}")
    factory, is_signed = VARIANTS[name]
    with served(folder, factory, "wsgi") as port, batching(folder, database):
        ready = list(requests(code, token, key if is_signed else None, int(seconds * EXPECTED_PER_SECOND)))
        load(port, ready[:WARM_UP], seconds)
        before, spent = _uses(database), _cpu_seconds()
        rate, right, wrong = load(port, ready[WARM_UP:], seconds)
        spent = _cpu_seconds() - spent
    told = {"rate": round(rate), "wrong": wrong, "cpu_ms": round(spent * 1000 / max(1, right + wrong), 2)}
    if factory != "without_evidence":
        told["recorded"] = _uses(database) - before
        told["wrong"] += told["recorded"] < right
    return told


def _peer(folder: Path, name: str, code: str, seconds: float) -> dict[str, Any]:
    factory, interface = PEERS[name]
    if interface == "asgi" and importlib.util.find_spec("fastapi") is None:
        return {"rate": None, "note": "not installed"}
    say(f"  {name}")
    with served(folder, factory, interface) as port:
        rate, _, wrong = load(port, list(requests(code, "", None, int(seconds * 3 * EXPECTED_PER_SECOND))), seconds)
    return {"rate": round(rate), "wrong": wrong}


def requests(code: str, token: str, key: PrivateKey | None, count: int) -> Iterator[bytes]:
    """Write requests out, each with a signature and a nonce of its own where there is a key."""
    body = json.dumps(
        {"purpose": gateway_house.purpose(), "conditions": [{"item": "许可证编号", "values": ["苏卫0001"]}]},
        ensure_ascii=False,
    ).encode()
    path = f"/api/v1/data/{code}"
    common = {"host": "127.0.0.1", "content-type": "application/json"}
    for _ in range(count):
        headers = {**common, "content-length": str(len(body))}
        if token:
            headers["authorization"] = f"Bearer {token}"
        if key is not None:
            told = Message("POST", path, "", common, body)
            headers |= request_signing.sign(told, key, "k1", uuid.uuid4().hex, clock.now()).headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def load(port: int, ready: list[bytes], seconds: float) -> tuple[float, int, int]:
    """Send from several connections until the time is over; tell the rate and how many were right and wrong."""
    waiting, ends = iter(ready), time.monotonic() + seconds
    turn = threading.Lock()

    def following() -> bytes | None:
        with turn:
            return next(waiting, None)

    def ask(_: int) -> tuple[int, int]:
        right = wrong = 0
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as wire, wire.makefile("rb") as answers:
            while time.monotonic() < ends and (sent := following()) is not None:
                wire.sendall(sent)
                good = _answered(answers)
                right, wrong = right + good, wrong + (not good)
        return right, wrong

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = list(pool.map(ask, range(CLIENTS)))
    spent = time.monotonic() - began
    right = sum(each for each, _ in counts)
    return right / spent, right, sum(each for _, each in counts)


def _answered(answers: Any) -> bool:
    """Read one answer; good is a 200 with the row."""
    status, size = answers.readline(), 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        size = int(value) if name.lower() == b"content-length" else size
    return b" 200 " in status and "演示饭店".encode() in answers.read(size).replace(
        b"\\u6f14\\u793a\\u996d\\u5e97", "演示饭店".encode()
    )


@contextmanager
def served(folder: Path, factory: str, interface: str, module: str = "bench.gateway_app") -> Iterator[int]:
    """Serve one of a module's apps with granian on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable, "-m", "granian", "--interface", interface, "--factory", "--host", "127.0.0.1", "--port",
        str(port), "--workers", str(WORKERS), "--no-ws", "--log-level", "warning", f"{module}:{factory}",
    ]  # fmt: skip
    command[-1:-1] = ["--blocking-threads", str(THREADS)] if interface == "wsgi" else []
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
    server = subprocess.Popen(
        command, env={**inherited, "BENCH_GATEWAY": str(folder)}, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE_SECONDS)


def _cpu_seconds() -> float:
    """Tell the CPU time of the server that was started here, with all its workers (proc_pid_stat(5))."""
    stats = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            stats.append((int(file.parent.name), file.read_text().rpartition(")")[2].split()))
    leaders = {process for process, stat in stats if int(stat[1]) == os.getpid() and int(stat[3]) == process}
    ticks = sum(int(stat[11]) + int(stat[12]) for _, stat in stats if int(stat[3]) in leaders)
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def batching(folder: Path, database: Database) -> Iterator[None]:
    """Sign batches of receipts twice a second beside the server, as the scheduler's job does."""
    from bench.gateway_app import parts_of

    parts, over = parts_of(folder), threading.Event()

    def batch() -> None:
        while not over.wait(0.5):
            receipts.sign(database, parts, clock.now())

    signing = threading.Thread(target=batch)
    signing.start()
    try:
        yield
    finally:
        over.set()
        signing.join()


def _uses(database: Database) -> int:
    with database.reading() as session:
        return int(session.scalar(select(func.count()).select_from(Usage)) or 0)


@contextmanager
def _address(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'gateway.db'}"
        return
    server = postgres.address()
    name = f"yinxin_bench_gateway_{os.getpid()}"
    try:
        yield postgres.fresh(server, name).render_as_string(hide_password=False)
    finally:
        postgres.drop(server, name)


def _wait(port: int) -> None:
    """Wait until every worker answers."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with suppress(OSError):
            for _ in range(10):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
                connection.request("GET", "/none")
                connection.getresponse().read()
                connection.close()
            return
        time.sleep(0.1)
    message = "the server does not answer"
    raise TimeoutError(message)


if __name__ == "__main__":
    print(json.dumps(run(short="--short" in sys.argv), indent=1, ensure_ascii=False))
