"""Golden files: the convention's own figures, and whole requests with the answers that they have here."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from base import clock
from base.db import Database
from exchange.dialects import DIALECTS, national_gateway, x_road
from exchange.dialects.dialect import Outside
from exchange.dialects.national_gateway import codes
from keys.parties.request_signers import national_gateway as signer
from tests.exchange.dialects import dialect_house, golden
from tests.exchange.dialects.golden import outside

KNOWN, ROAD = (golden.read(name) for name in golden.FILES)
PARTNERS = Path(__file__).parents[4] / "shared" / "vectors" / "dialects" / "gateway.json"


def test_the_figures_of_the_convention_are_reproduced():
    figures = KNOWN["figures"]
    told = figures["sign"]
    assert signer.signature(told["sid"], told["rid"], told["rtime"], told["key"]) == told["value"]
    assert signer.sealed_secret(figures["app_key"], figures["secret"]) == figures["sealed"]
    assert signer.opened_secret(figures["app_key"], figures["sealed"]) == figures["secret"]
    assert signer._cipher(figures["app_key"]).algorithm.key.hex() == figures["aes_key"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("known", [KNOWN, ROAD], ids=["national-gateway", "x-road"])
def test_requests_are_read_and_answered_as_the_golden_files_say(known):
    again = golden.made(known)
    for part in ("requests", "answers", "refusals"):
        for said, case in zip(again[part], known[part], strict=True):
            assert said == case


def test_the_answer_to_a_refresh_has_the_form_of_partners_examples():
    made = json.loads(national_gateway.refreshed("c2VjcmV0", datetime.fromisoformat("2026-12-31T23:59:59+08:00")).body)
    assert made == KNOWN["refreshed"]
    if PARTNERS.is_file():
        theirs = json.loads(PARTNERS.read_text("utf-8"))["refresh"]["response"]["body"]
        assert (set(made), set(made["data"])) == (set(theirs), set(theirs["data"]))
        assert (made["code"], made["data"]["secretEndTime"]) == (theirs["code"], theirs["data"]["secretEndTime"])


def test_partners_examples_of_requests_are_read():
    if not PARTNERS.is_file():
        pytest.skip("the examples of partners are not here")
    theirs = json.loads(PARTNERS.read_text("utf-8"))
    call = outside(theirs["rest_call"]["request"])
    headers = national_gateway.signed_headers(call)
    told = theirs["keys"]["secret"]
    assert headers["gjgxjhpt_sign"] == signer.signature(
        headers["gjgxjhpt_sid"], headers["gjgxjhpt_rid"], headers["gjgxjhpt_rtime"], told
    )
    body = theirs["refresh"]["request"]["body"]
    refresh = Outside("POST", "/", {}, body=json.dumps(body).encode())
    assert national_gateway.refresh_headers(refresh) == body
    newer = outside(theirs["direct_v055"]["request"])
    assert national_gateway.generation(newer) == national_gateway.NEWER
    assert codes(national_gateway.NEWER)["success"] == theirs["direct_v055"]["response"]["body"]["code"]
    assert codes(national_gateway.NEWER)["other"] == theirs["direct_v055"]["refused"]["body"]["code"]


def test_each_dialect_of_the_table_has_its_golden_file():
    assert {KNOWN["dialect"], ROAD["dialect"]} == set(DIALECTS) == {national_gateway.NAME, x_road.NAME}


def test_keys_and_secrets_of_ours_are_as_long_as_partners_are(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clock, "now", lambda: at)
    partner = dialect_house.opened(database, tmp_path, at)
    assert len(partner.key) == len(partner.secret()) == len(KNOWN["figures"]["app_key"])
