"""Logging in with a real browser: it keeps the Secure cookies on this machine, and the pages are fit for everyone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from base import clock
from base.api import SESSION_COOKIE
from base.db import Base, DatabaseSettings, connect
from tests.browser.conftest import Opener, served
from tests.keys.parties import login_site
from tests.keys.parties.login_site import OTHER_PASSWORD, PASSWORD, Clock, LoginSite


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoginSite]:
    file = DatabaseSettings(url=f"sqlite:///{tmp_path / 'browser.db'}")
    read = login_site.read_settings(file, str(tmp_path / "token.key"))
    database = connect(file, app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    login_site.populate(database, clock.now())
    told = Clock(clock.now())
    monkeypatch.setattr(clock, "now", told)
    yield login_site.build(read, database, login_site.parts(read), told)
    database.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_first_login_walks_to_the_account_in_a_real_browser(site: LoginSite, reader: Opener, scripts: bool):
    anna = site.person("anna", "auditor", once=True)
    for address in served(site.app):
        at = reader(at=address, scripts=scripts)
        page = at.opens("/account").page
        assert page.url == f"{address}/login?next=%2Faccount"
        page.fill("#login", "anna")
        page.fill("#password", PASSWORD)
        page.fill("#totp", site.code(anna) or "")
        page.click("main button")
        assert page.url == f"{address}/account/password"
        page.fill("#present", PASSWORD)
        page.fill("#new", OTHER_PASSWORD)
        page.fill("#again", OTHER_PASSWORD)
        page.click("main button")
        assert page.url == f"{address}/account"
        (cookie,) = [each for each in page.context.cookies() if each["name"] == SESSION_COOKIE]
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
        page.click("form[action='/logout'] button")
        assert page.url == f"{address}/login"
        assert SESSION_COOKIE not in {each["name"] for each in page.context.cookies()}
        if scripts:
            assert at.faults() == []


@pytest.mark.parametrize("view", ["?view=standard", "?view=elder", "?theme=dark&lang=en"])
def test_the_pages_of_logging_in_break_no_rule_of_accessibility(site: LoginSite, reader: Opener, view: str):
    anna = site.person("anna")
    for address in served(site.app):
        at = reader(at=address, width=390)
        assert at.opens(f"/login{view}").axe() == []
        at.page.fill("#login", "anna")
        at.page.click("main button")
        assert at.axe() == []
        at.page.fill("#login", "anna")
        at.page.fill("#password", PASSWORD)
        at.page.fill("#totp", site.code(anna) or "")
        at.page.click("main button")
        for path in ("/account", "/account/password", "/account/second-factor"):
            assert at.opens(path + view).axe() == [], path
        at.page.click("form[action='/account/second-factor/offer'] button")
        assert at.axe() == []
