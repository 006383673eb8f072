"""The documentation's own lines run: keys by openssl, tokens by curl, a signed request, and the known answers."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from base import clock
from base.api import Blueprint
from base.db import Database
from base.server import require_free
from base.web import caller, gives, guarded, writes
from keys.algorithms.algorithm import PublicKey
from keys.parties import jwk, request_signing, schemas, system_keys, systems
from keys.parties.request_signing import Message
from keys.parties.signed_requests import signature_demanded, signed_request
from keys.parties.system_keys import NewKey
from keys.parties.systems import system_of
from tests.keys.parties import builders
from tests.keys.parties.builders import MAKER, Site

PAGES = {
    name: Path(__file__).parents[3] / "docs" / "api" / name for name in ("authentication.md", "authentication.zh.md")
}
BLOCK = re.compile(r"^% ([^\n]*)\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEEDED = [name for name in ("bash", "curl", "openssl") if shutil.which(name) is None]

pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"not on this machine: {', '.join(NEEDED)}")


def blocks(page: str) -> dict[str, str]:
    return dict(BLOCK.findall(PAGES[page].read_text(encoding="utf-8")))


def test_both_languages_show_the_same_lines():
    english, chinese = (blocks(page) for page in PAGES)
    assert english == chinese
    assert len(english) == 9


evidence = Blueprint("evidence", __name__)


@evidence.route("/evidence", methods=["POST"])
@guarded(scope="cert:read")
@signature_demanded(basis=True)
@writes
@gives(schemas.ReasonSchema)
def give_evidence(session: Session) -> dict[str, str]:
    """Tell who signed."""
    return {"reason": f"{caller().id} {signed_request().input.keyid}"}


@dataclass
class Served:
    """A site that listens on a port of this machine."""

    site: Site
    url: str


@pytest.fixture
def served(database_settings, database: Database, tmp_path: Path) -> Iterator[Served]:
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    read = builders.read_settings(database_settings, "demo", issuer=url, token_key=str(tmp_path / "token.key"))
    site = builders.build(read, database, more=(evidence,))
    site.keys = builders.populate(database)
    server.app = site.app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(site, url)
    server.shutdown()
    thread.join()
    server.server_close()
    require_free("127.0.0.1", server.port)


def shell(folder: Path, *lines: str, **variables: str) -> str:
    given = "\n".join(f"{name}='{value}'" for name, value in variables.items())
    script = "\n".join(["set -euo pipefail", given, *lines])
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def registered(served: Served, folder: Path) -> str:
    """Do what the security administrator does with `client.pub.pem`."""
    public = jwk.read_pem((folder / "client.pub.pem").read_bytes())
    with served.site.database.transaction() as session:
        row = system_of(session, "gm", locked=True)
        return system_keys.add_key(session, row, NewKey(public), MAKER, clock.now()).kid


@pytest.mark.parametrize("way", ["es256", "sm2"])
def test_a_token_is_had_with_curl_and_openssl(served: Served, tmp_path: Path, way: str):
    told = blocks("authentication.md")
    shell(tmp_path, told[f"run: keypair-{way}"])
    kid = registered(served, tmp_path)
    lines = (told["run: tools"], told[f"run: token-{way}"])
    answer = json.loads(shell(tmp_path, *lines, SERVICE=served.url, CLIENT="gm", KID=kid))
    assert answer["token_type"] == "Bearer"
    assert set(answer["scope"].split()) == {"cert:read", "verify:write"}
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert served.site.client.get("/api/v1/organisations", headers=headers).status_code == 403  # known, without `admin`


def test_every_signature_of_openssl_becomes_sixty_four_bytes(tmp_path: Path):
    """r or s is shorter than 32 bytes once in 128 signatures; the lines of the documentation fill it up."""
    told = blocks("authentication.md")
    loop = "for i in $(seq 40); do printf '%s' $i | openssl dgst -sha256 -sign client.pem | raw | wc -c; done"
    sizes = shell(tmp_path, told["run: keypair-es256"], told["run: tools"], loop).split()
    assert sizes == ["64"] * 40
    short = bytes.fromhex("30260220" + "7f" * 32 + "0202" + "00ff")
    escaped = "".join(f"\\x{byte:02x}" for byte in short)
    assert shell(tmp_path, told["run: tools"], f"printf '{escaped}' | raw | wc -c").strip() == "64"


def test_a_client_secret_is_taken_in_the_sandbox(served: Served, tmp_path: Path):
    with served.site.database.transaction() as session:
        secret = systems.give_secret(session, system_of(session, "gm", locked=True), MAKER, clock.now())
    lines = blocks("authentication.md")["run: token-secret"]
    assert json.loads(shell(tmp_path, lines, SERVICE=served.url, CLIENT="gm", SECRET=secret))["expires_in"] == 600


def test_a_request_signed_in_the_shell_is_accepted_once(served: Served, tmp_path: Path):
    told = blocks("authentication.md")
    shell(tmp_path, told["run: keypair-sm2"])
    kid = registered(served, tmp_path)
    told_to = {"SERVICE": served.url, "CLIENT": "gm", "KID": kid, "URLPATH": "/api/v1/evidence"}
    token = json.loads(shell(tmp_path, told["run: tools"], told["run: token-sm2"], **told_to))["access_token"]
    answer = json.loads(shell(tmp_path, told["run: tools"], told["run: signed-sm2"], TOKEN=token, **told_to))
    assert answer == {"reason": f"gm {kid}"}


def found_by(public: PublicKey) -> Callable[[str], PublicKey]:
    return lambda _kid: public


def test_the_known_answers_hold():
    told = blocks("authentication.md")
    shown = told["canonical"].rstrip("\n")
    for number, vector in enumerate(json.loads(told["vectors"])):
        public: PublicKey = jwk.read(vector.pop("public_key"))
        headers = {**vector, "yinxin-basis": "2026-001"}
        url = "https://yinxin.example/api/v1/certificate-queries?trace=1"
        message = Message.of_url("POST", url, headers, b'{"identifier":"1"}')
        at = datetime.fromtimestamp(1795228200, UTC)
        judged = request_signing.judge(message, found_by(public), at, basis_needed=True)
        assert number or judged.canonical == shown
