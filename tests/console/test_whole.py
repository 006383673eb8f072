"""The pages in the whole house: real parts, a real database, the real API; and the checks that a page tells of."""

import json
import subprocess
import sys

import pytest

import app
from base import problems
from base.db import Database
from base.errors import every_refusal
from base.web import parts
from console import portal
from console.wiring import ConsoleParts
from tests.base.entries import record_many
from tests.console.site import whole

PAGES = ["/", "/docs", "/docs/errors", "/docs/sandbox", "/docs/ledger", "/status", "/_ui"]


@pytest.fixture
def house(tmp_path):
    with whole(tmp_path) as flask:
        yield flask


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_answers(house, path, language):
    response = house.test_client().get(f"{path}?lang={language}")
    assert response.status_code == 200
    assert "Content-Security-Policy" in response.headers


def test_the_api_page_lists_what_the_api_describes(house):
    client = house.test_client()
    page, document = client.get("/docs").text, client.get("/openapi.json").json
    assert document["paths"]
    assert all(f"<code>{path}</code>" in page for path in document["paths"])


def test_the_status_page_runs_the_checks_of_the_house(house):
    page = house.test_client().get("/status").text
    assert all(check.title_zh in page for check in app.HOUSE.checks)


def test_every_code_that_the_house_can_raise_has_a_page_with_its_status(house):
    raised = {refusal.code for refusal in every_refusal() if refusal.code in problems.words()}
    with house.test_request_context():
        entries = portal.problem_entries(parts(ConsoleParts), "zh")
    assert raised
    assert {entry.code for entry in entries if entry.status is None} & raised == set()
    client = house.test_client()
    assert {client.get(f"/docs/errors/{entry.code}").status_code for entry in entries} == {200}


def test_a_reader_can_check_the_ledger_as_the_page_says(house, tmp_path):
    """Keep a head, let the ledger grow, ask for the proof, run the program that the page hands out."""
    client = house.test_client()
    with house.app_context():
        database = parts(Database)
    record_many(database, 5)
    kept = client.get("/api/v1/ledger/checkpoint").json
    record_many(database, 8, first=5)
    program, proof = tmp_path / "ledger_check.py", tmp_path / "proof.json"
    program.write_text(client.get("/docs/ledger/ledger_check.py").text, encoding="utf-8")
    told = client.get(f"/api/v1/ledger/consistency?first={kept['size']}").json
    assert told["old_root"] == kept["root"]
    proof.write_text(json.dumps(told), encoding="utf-8")
    assert subprocess.run([sys.executable, program, proof], check=False).returncode == 0
    proof.write_text(json.dumps({**told, "old_root": "0" * 64}), encoding="utf-8")
    assert subprocess.run([sys.executable, program, proof], check=False).returncode == 1
