"""W3: token grants a second, through the verbs and through the real server, beside the floor of the same run.

A grant is: verify the client's signed assertion, look up its system and key, spend the assertion's `jti`, sign the
token, keep the audit entry in the ledger, commit. The floor is the cryptography alone that no implementation is spared:
one verification of the assertion and one signature of the token, on one thread. Assertions are signed before the clock
runs. Over HTTP, the load comes from this machine too, so server and clients share its cores.
"""

import http.client
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

import app
from base import clock, schema, settings
from base.db import Database, DatabaseSettings, connect
from base.settings import Settings
from base.web import WebSettings
from bench.ledger import KINDS, durability
from bench.runner import say
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.parties import client_proof, jwk, jws, tokens, wiring
from keys.parties.client_proof import ASSERTION_TYPE, Assertion
from keys.parties.key_signatures import KEY_SIGNATURES
from tests import postgres
from tests.keys.parties import builders

NAME = "W3"
DATABASE = "yinxin_bench_tokens"
# The algorithm of token and assertion, and the system of the sample that has a key of that kind.
ALGORITHMS = {"sm2": (KeyKind.SM2, "gm"), "es256": (KeyKind.P256, "intl")}
CLIENTS = 16
PATIENCE_SECONDS = 30
# Above what two cores can grant in a second, so that the run ends by the clock and not for want of assertions.
EXPECTED_PER_SECOND = 1500


def run(*, short: bool) -> dict[str, object]:
    """Measure both algorithms on both databases."""
    seconds = 2.0 if short else 10.0
    floors = {name: round(_floor(kind, seconds / 2)) for name, (kind, _) in ALGORITHMS.items()}
    found = {kind: {name: _measured(kind, name, seconds) for name in ALGORITHMS} for kind in KINDS}
    return {
        "unit": "token grants a second",
        "figure": {kind: each["sm2"]["http"] for kind, each in found.items()},
        "databases": found,
        "floors": floors,
        "clients": CLIENTS,
        "ratio": {kind: round(float(str(each["sm2"]["verb"])) / floors["sm2"], 2) for kind, each in found.items()},
        "note": "ratio: grants through the verbs on one thread to the floor (one SM2 verification and one signature, "
        "itself verified) of the same run; over HTTP server and clients share the cores; peers: none",
        "passed": all(not each["refused"] for of_kind in found.values() for each in of_kind.values()),
    }


def _floor(kind: KeyKind, seconds: float) -> float:
    """Verify one message and sign another, as often as one thread can."""
    private, way = asymmetric.generated(kind), KEY_SIGNATURES[kind]
    assertion = b"x" * 400
    signature = way.sign(private, assertion)

    def once() -> None:
        way.verify(private.public, signature, assertion)
        way.sign(private, assertion)

    return _rate(once, seconds)


def _rate(act: Callable[[], object], seconds: float) -> float:
    act()
    done, began = 0, time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        act()
        done += 1
    return done / spent


def _measured(kind: str, algorithm: str, seconds: float) -> dict[str, object]:
    say(f"  {kind} {algorithm}")
    with tempfile.TemporaryDirectory() as folder, _address(kind, Path(folder)) as url:
        environment = _environment(url, Path(folder), algorithm)
        read = settings.read(app.HOUSE.sections, environment=environment)
        database = connect(read[DatabaseSettings], app.LAST_ACTS)
        try:
            schema.upgrade(database)
            system = ALGORITHMS[algorithm][1]
            key = builders.populate(database)[system]
            verb = _by_verb(read, database, system, key, seconds)
            told = durability(database)
        finally:
            database.close()
        granted, refused = _by_http(read, environment, system, key, seconds)
    return {"verb": round(verb), "http": round(granted), "refused": refused, "durability": told}


@contextmanager
def _address(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'tokens.db'}"
        return
    server = postgres.address()
    try:
        yield postgres.fresh(server, DATABASE).render_as_string(hide_password=False)
    finally:
        postgres.drop(server, DATABASE)


def _environment(url: str, folder: Path, algorithm: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return {
        "YINXIN_DATABASE_URL": url,
        "YINXIN_WEB_PORT": port,
        "YINXIN_WEB_SECRET": "s" * 32,
        "YINXIN_METRICS_DIRECTORY": str(folder / "metrics"),
        "YINXIN_PARTIES_TOKEN_ALGORITHM": algorithm,
        "YINXIN_PARTIES_TOKEN_KEY": str(folder / "token.key"),
    }


def _by_verb(read: Settings, database: Database, system: str, key: PrivateKey, seconds: float) -> float:
    """Grant on one thread as the route does, without HTTP."""
    parties = wiring.built(read)
    ready = iter(_assertions(read, system, key, int(seconds * EXPECTED_PER_SECOND)))

    def grant() -> None:
        at = clock.now()
        with database.reading() as session:
            proven = client_proof.judged(session, parties, Assertion(next(ready)), at)
        drafted = tokens.draft(parties, proven.system, proven.system.scope_set, at)
        with database.transaction() as session:
            client_proof.spend(session, proven)
            tokens.issue(session, parties, drafted, at)

    return _rate(grant, seconds)


def _by_http(
    read: Settings, environment: dict[str, str], system: str, key: PrivateKey, seconds: float
) -> tuple[float, int]:
    """Grant over HTTP: the real server with its workers, and clients that keep their connections."""
    port = read[WebSettings].port
    bodies = [_body(each) for each in _assertions(read, system, key, int(seconds * EXPECTED_PER_SECOND))]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
    server = subprocess.Popen([sys.executable, "-m", "app", "serve"], env={**inherited, **environment})
    try:
        _wait(port)
        return _load(port, bodies, seconds)
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def _load(port: int, bodies: list[str], seconds: float) -> tuple[float, int]:
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for each in bodies:
        waiting.put(each)
    ends = time.monotonic() + seconds

    def ask(_: int) -> tuple[int, int]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        granted = refused = 0
        with suppress(queue.Empty):
            while time.monotonic() < ends:
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", wiring.TOKEN_PATH, waiting.get_nowait(), headers)
                answer = connection.getresponse()
                told = answer.read()
                good = answer.status == http.HTTPStatus.OK and b"access_token" in told
                granted, refused = granted + good, refused + (not good)
        connection.close()
        return granted, refused

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        counts = list(pool.map(ask, range(CLIENTS)))
    spent = time.monotonic() - began
    return sum(granted for granted, _ in counts) / spent, sum(refused for _, refused in counts)


def _assertions(read: Settings, system: str, key: PrivateKey, count: int) -> list[str]:
    audience, kid, now = wiring.built(read).token_endpoint, jwk.thumbprint(key.public), int(clock.now().timestamp())
    common: jws.Claims = {"iss": system, "sub": system, "aud": audience, "iat": now, "exp": now + 290}
    return [jws.written({**common, "jti": uuid.uuid4().hex}, "JWT", kid, key) for _ in range(count)]


def _body(assertion: str) -> str:
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return urlencode({"grant_type": "client_credentials", **form})


def _wait(port: int) -> None:
    """Wait until the server answers, and let every worker answer once before the clock runs."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        with suppress(OSError):
            for _ in range(10):
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            return
        time.sleep(0.1)
    message = "the server does not answer"
    raise TimeoutError(message)


if __name__ == "__main__":
    print(json.dumps(run(short=False), indent=1))
