"""The pages on whom we trust and on the ledger's signed heads, in both languages, empty and full."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from lxml import html
from sqlalchemy.orm import Session

from base import clock, problems
from base.callers import Caller
from base.metrics import Metrics
from base.web import WebSettings, check_guards, furnish, new_app
from console import routes, trust
from console.layout import problem_page
from console.wiring import ConsoleParts
from keys import anchors, withdrawals
from keys.checkpoints.errors import LedgerShrunk
from tests.builders import pki
from tests.keys.checkpoint_house import LOG, House, contents, house, rewrite

ONE, TWO = Caller("person", "u-1"), Caller("person", "u-2")
ROOT, TEST = pki.root("Example Root CA"), pki.root("Example Test Root")
MARK = ROOT.certificate.sm3.hex()


@pytest.fixture
def home(database, tmp_path) -> House:
    return house(database, tmp_path / "witness")


@pytest.fixture
def client(database):
    app: Flask = new_app(WebSettings(environment="production", secret="x" * 32), problem_page, Metrics(None))
    told = ConsoleParts(problems.words(), lambda: (), dict, "production", "0.1.0")
    furnish(app, told, database)
    for blueprint in (*routes.BLUEPRINTS, *trust.BLUEPRINTS):
        app.register_blueprint(blueprint)
    check_guards(app)
    return app.test_client()


def seen(client, path, language="en"):
    response = client.get(f"{path}?lang={language}")
    assert response.status_code == 200
    assert response.headers["Content-Language"].startswith(language)
    page = html.fromstring(response.text)
    assert page.xpath("//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]") == []
    return " ".join(page.text_content().split())


def filled(database):
    at = clock.now() - timedelta(days=1)
    with database.transaction() as session:
        for root, test in ((ROOT, False), (TEST, True)):
            anchors.propose(session, root.certificate.pem, ONE, at, is_test=test)
            anchors.confirm(session, root.certificate.sm3.hex(), TWO, at)
        anchors.add_intermediates(session, ROOT.authority("Example Issuing CA").certificate.pem, ONE, at)


@pytest.mark.parametrize("path", ["/trust", "/ledger/checkpoint"])
def test_pages_answer_in_both_languages_before_there_is_anything(client, path):
    english = seen(client, path)
    assert not re.search(r"[\u4e00-\u9fff]", english.replace("印信", "").replace("中文", ""))
    assert seen(client, path, "zh") != english


def test_nobody_trusted_is_said_aloud(client):
    assert "Nobody is trusted yet" in seen(client, "/trust")


def test_the_trust_list_shows_both_fingerprints_and_tells_tests_apart(client, database):
    filled(database)
    told = seen(client, "/trust")
    for root in (ROOT, TEST):
        assert root.certificate.sm3.hex(":").upper() in told
        assert root.certificate.sha256.hex(":").upper() in told
    assert told.count("✓Trusted ▲Test") == 1
    assert "Anchors 2 " in told
    assert "Example Issuing CA" in told
    with database.reading() as session:
        assert anchors.trust_at(session, clock.now()).digest.hex() in told


def test_a_suspended_anchor_is_shown_as_such(client, database):
    filled(database)
    with database.transaction() as session:
        withdrawals.suspend(session, MARK, "x", ONE, clock.now())
    assert "Suspended" in seen(client, "/trust")
    assert "已停用" in seen(client, "/trust", "zh")


def test_a_subject_is_escaped(client, database):
    evil = pki.root("<script>alert(1)</script>")
    with database.transaction() as session:
        anchors.propose(session, evil.certificate.pem, ONE, clock.now())
        anchors.confirm(session, evil.certificate.sm3.hex(), TWO, clock.now())
    assert "<script>alert" not in client.get("/trust").text


def test_the_checkpoint_page_shows_the_head_its_key_and_the_lines_that_check_it(client, home):
    home.round()
    made = home.round()
    told = seen(client, "/ledger/checkpoint")
    assert made.head.root.hex() in told
    assert LOG in told
    assert "python3 ledger_check.py --checkpoint head.note --key" in told
    assert "Up to date" in told
    assert f"Signed: {made.head.size} entries" in told


def test_a_witness_that_is_away_is_told(client, home):
    home.server.down = True
    home.round()
    assert "Away" in seen(client, "/ledger/checkpoint")


def test_an_alarm_is_told_to_everyone(client, home):
    home.signed()
    with Session(home.database.engine) as session, session.begin():
        rewrite(session, contents(session)[:5])
    with pytest.raises(LedgerShrunk):
        home.sign()
    assert "Signing has stopped" in seen(client, "/ledger/checkpoint")
