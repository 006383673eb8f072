"""Every operation of the API under generated requests: no 5xx, nothing that the document does not describe.

A sandbox is made and served by the real server; schemathesis reads /openapi.json and calls everything, with and without
a token. The service's log is searched for canaries: values of the shape of personal data and secrets, which were sent
as headers, parameters and bodies, must not be in it.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from bench.runner import say

NAME = "api"
# Every operation gets so many generated requests a phase; the short form leaves out the phase that walks through each
# constraint of every schema, which alone takes minutes for the operations that there are.
EXAMPLES, EXAMPLES_SHORT = 100, 1
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Invented, with the shapes that must never be logged; the check digits are right.
CANARIES = ("11010519491231002X", "13912345678", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl")
PATIENCE_SECONDS = 30


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Serve a sandbox, call everything, look at what was answered and logged."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        port = _free_port()
        _yinxin(place, "sandbox", "--make-only", "--data", str(place / "s"), "--port", str(port))
        environment = {
            "YINXIN_CONFIG": str(place / "s" / "settings.toml"),
            "YINXIN_WEB_SECRET_FILE": str(place / "s" / "web.secret"),
            "YINXIN_PARTIES_TOKEN_SECONDS": "3600",
        }
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"], env={**os.environ, **environment}, stdout=log, stderr=log
            )
            try:
                url = f"http://127.0.0.1:{port}"
                _wait(url)
                sent = _send_canaries(url)
                told = _schemathesis(url, _token(url, place), place, short=short)
            finally:
                server.terminate()
                server.wait(PATIENCE_SECONDS)
        written = (place / "log").read_text(encoding="utf-8", errors="replace")
        hits = [each[:4] + "…" for each in CANARIES if each in written or each.removeprefix("Bearer ") in written]
    return {
        "passed": told["failures"] == 0 and told["calls"] > 0 and not hits and server.returncode == 0,
        "canaries_sent": sent,
        "canary_hits": hits,
        "log_lines": written.count("\n"),
        **told,
    }


def _token(url: str, place: Path) -> str:
    """Get a token of the sandbox's system that holds every scope, so that generated requests pass the guards."""
    told = json.loads((place / "s" / "sandbox.json").read_text(encoding="utf-8"))
    client = max(told["clients"], key=lambda each: len(each["scopes"]))
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
    with urllib.request.urlopen(f"{url}/oauth/token", urllib.parse.urlencode(form).encode()) as answer:
        return str(json.load(answer)["access_token"])


def _schemathesis(url: str, token: str, place: Path, *, short: bool) -> dict[str, Any]:
    examples = EXAMPLES_SHORT if short else EXAMPLES
    phases = "examples,fuzzing" if short else "examples,coverage,fuzzing"
    report = place / "report.ndjson"
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json", "--checks", CHECKS,
        "--max-examples", str(examples), "--seed", "1", "--no-color", "--continue-on-failure", "--warnings", "off",
        "--workers", "1", "--generation-with-security-parameters", "false",
        "--phases", phases, "--report", "ndjson",
        "--report-ndjson-path", str(report), "-H", f"Authorization: Bearer {token}",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    statuses: dict[str, int] = {}
    for line in report.read_text(encoding="utf-8").splitlines():
        for status in re.findall(r'"status_code":\s*(\d{3})', line):
            statuses[status] = statuses.get(status, 0) + 1
    if ran.returncode not in {0, 1}:
        raise AssertionError(ran.stdout + ran.stderr)
    if ran.returncode:
        say(ran.stdout[-6000:])
    # The tool's own errors (its coverage phase can run into CPython's parser) are told apart from what it found here.
    found = sum(int(each) for each in re.findall(r"^\s*❌ ST\d+ .*: (\d+)$", ran.stdout, re.MULTILINE))
    server_errors = sum(count for status, count in statuses.items() if status.startswith("5"))
    return {
        "calls": sum(statuses.values()),
        "statuses": dict(sorted(statuses.items())),
        "failures": found + server_errors,
        "errors_of_the_tool": ran.stdout.count("Runtime Error:"),
    }


def _send_canaries(url: str) -> int:
    sent = 0
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    for path in paths:
        for canary in CANARIES:
            for method, body in (("GET", None), ("POST", json.dumps({"name": canary, "code": canary}).encode())):
                headers = {"Authorization": canary, "X-Request-Id": canary, "Content-Type": "application/json"}
                address = url + re.sub(r"\{[^}]*\}", canary.split()[-1], path)
                request = urllib.request.Request(address, body, headers, method=method)
                try:
                    urllib.request.urlopen(request).close()
                except urllib.error.HTTPError as error:
                    error.close()
                sent += 1
    return sent


def _yinxin(place: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "app", *arguments], cwd=place, check=True, capture_output=True,
                   env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])})  # fmt: skip


def _wait(url: str) -> None:
    """Wait until the server answers; a server that never does is a failed drill."""
    for _ in range(PATIENCE_SECONDS * 10):
        try:
            urllib.request.urlopen(f"{url}/readyz").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = "the server does not answer"
    raise AssertionError(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
