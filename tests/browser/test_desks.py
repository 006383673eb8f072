"""Every page that people work at, as everybody of the sandbox, and every public page of the whole site: clean for all.

Pages are gathered from the app itself (its desks, and addresses without arguments), so a later page is looked at too.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
from flask import Flask

from base import clock
from base.api import SESSION_COOKIE
from base.db import Database
from base.web import Guard, guard_of, parts
from console.desks import DESKS
from console.layout import NAVIGATION, REFERENCE
from keys.parties import people, sessions
from keys.parties.login_wiring import Login
from keys.parties.sessions import Browser, Proven
from tests.browser.conftest import Opener, Reader, served
from tests.certs.province import Province, province, site

pytestmark = pytest.mark.xdist_group("browser")
__all__ = ["province", "site"]
# The API's own page is looked at in `test_whole`, where it is waited for.
ELSEWHERE: Final = {"console.api_docs", "console.components", "console.static_file", "console.ledger_check"}
PUBLIC: Final = ("console", "verify", "verify_replay", "scanning", "receipt_pages", "trust_pages", "login")
# Each page is loaded once in each language, and looked at in all that its styles then make of it.
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 900}
LOOKS: Final = (
    ("zh", "light", WIDE, "standard"),
    ("zh", "light", NARROW, "elder"),
    ("en", "light", WIDE, "standard"),
    ("en", "dark", NARROW, "standard"),
)
# In these the rules of accessibility are asked; the other differs from the first by its words alone.
ASKED: Final = (0, 1, 3)
# One line of the head: its links of 44 px, their edges and its own.
HEAD: Final = 64
# What is written into every field of every form; nothing of it may run, break a page or come back as a traceback.
NAUGHTY: Final = (
    "<script>document.title='run'</script>",
    "\"><img src=x onerror=document.title='run'>",
    "{{ 7*7 }}{% raw %}",
    "'; drop table certs_certificates; --",
    "\u202e\u2066演示\u0000\ufffe",
    "🕴️👨‍👩‍👧‍👦" * 20,
    "演" * 3000,
)


@pytest.fixture(scope="module")
def place(site: Flask) -> Iterator[str]:
    yield from served(site)


@pytest.fixture(scope="module")
def cookies(site: Flask, province: Province) -> dict[str, str]:
    """Open a real session for somebody of each role."""
    opened: dict[str, str] = {}
    with site.app_context(), parts(Database).transaction() as session:
        lifetimes = parts(Login).rules.lifetimes
        for told in province.told["people"]:
            proven = Proven(("pwd", "otp"), 3, clock.now())
            person = people.person_of(session, told["id"])
            made = sessions.open_(session, person, proven, Browser("127.0.0.1"), lifetimes, clock.now())
            opened.setdefault(told["roles"][0], made.cookie)
    return opened


def guard(site: Flask, endpoint: str) -> Guard:
    found = guard_of(site.view_functions[endpoint])
    assert found is not None
    return found


def addresses(site: Flask) -> dict[str, str]:
    """Give every page that needs nothing to be named."""
    rules = site.url_map.iter_rules()
    return {each.endpoint: each.rule for each in rules if "GET" in (each.methods or ()) and not each.arguments}


def desks(site: Flask, role: str) -> list[str]:
    """Give the addresses of the desks at which a role sits."""
    known = addresses(site)
    return [known[each.endpoint] for each in DESKS if role in guard(site, each.endpoint).roles]


def public(site: Flask) -> list[str]:
    """Give every public address that needs nothing to be named."""
    named = {each.endpoint for each in (*NAVIGATION, *REFERENCE)}
    return sorted(
        path
        for endpoint, path in addresses(site).items()
        if endpoint not in ELSEWHERE
        and (endpoint in named or endpoint.split(".")[0] in PUBLIC)
        and guard(site, endpoint).open_to_all
        and not path.startswith(("/login/", "/logout"))
    )


def come(reader: Opener, place: str, cookie: str | None) -> Reader:
    visit = reader(at=place)
    if cookie is not None:
        # A cookie of this prefix is kept for https alone, but a browser counts its own machine as that.
        visit.page.context.add_cookies(
            [{"name": SESSION_COOKIE, "value": cookie, "url": place.replace("http://", "https://"), "secure": True}]
        )
    return visit


def looked_at(visit: Reader, paths: list[str]) -> dict[str, list[str]]:
    """Open pages one after the other, and give what is wrong with each."""
    found: dict[str, list[str]] = {}
    for path in paths:
        wrong, language = [], ""
        visit.told.clear()
        for place, (words, scheme, size, view) in enumerate(LOOKS):
            if words != language:
                language = words
                answer = visit.page.goto(f"{visit.address}{path}?lang={language}")
                if answer is None or answer.status != 200:
                    wrong.append(f"answers {answer.status if answer else 'nothing'}")
                if (there := urlsplit(visit.page.url).path) != path:
                    wrong.append(f"leads to {there}")
            visit.page.set_viewport_size(size)
            # Colours that are still on their way are no colours to judge.
            visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            visit.page.evaluate("view => { document.documentElement.dataset.view = view; }", view)
            told = [*visit.axe()] if place in ASKED else []
            wide = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            high = visit.page.evaluate("document.querySelector('.header')?.offsetHeight ?? 0")
            told += [f"{wide} px too wide"] if wide > 0 else []
            told += [f"a head of {high} px"] if size is WIDE and high > HEAD else []
            wrong += [f"{words} {scheme} {size['width']} {view}: {each}" for each in told]
        if wrong := [*wrong, *visit.faults()]:
            found[path] = wrong
    return found


def test_every_public_page_is_clean(site: Flask, place: str, reader: Opener):
    paths = public(site)
    assert {"/", "/verify", "/scan", "/verify/receipts", "/trust", "/status", "/docs/ledger"} <= set(paths)
    assert looked_at(come(reader, place, None), paths) == {}


def test_the_holders_pages_are_clean(site: Flask, place: str, cookies: dict[str, str], reader: Opener):
    paths = desks(site, "holder")
    assert "/my" in paths
    assert looked_at(come(reader, place, cookies["holder"]), [*paths, "/console", "/account"]) == {}


def test_every_other_desk_is_clean(site: Flask, place: str, cookies: dict[str, str], reader: Opener):
    wrong: dict[str, list[str]] = {}
    seen = set(desks(site, "holder"))
    for role, cookie in cookies.items():
        paths = [each for each in desks(site, role) if each not in seen]
        seen.update(paths)
        if paths:
            found = looked_at(come(reader, place, cookie), paths)
            wrong |= {f"{role} {path}": faults for path, faults in found.items()}
    assert wrong == {}
    everybodys = {each.endpoint for each in DESKS if guard(site, each.endpoint).signed_in}
    known = addresses(site)
    assert {known[each.endpoint] for each in DESKS if each.endpoint not in everybodys} <= seen


@pytest.mark.parametrize("path", ["/my/code", "/my/consents", "/scan", "/verify/receipts"])
def test_naughty_strings_run_nothing_and_break_nothing(place: str, cookies: dict[str, str], reader: Opener, path: str):
    visit = come(reader, place, cookies["holder"])
    for naughty in NAUGHTY:
        visit.page.goto(place + path)
        assert urlsplit(visit.page.url).path == path
        for field in visit.page.locator("main input[type=text], main textarea").all():
            field.evaluate("(one, said) => { one.removeAttribute('maxlength'); one.value = said; }", naughty)
        with visit.page.expect_navigation() as led:
            visit.page.evaluate("document.querySelector('main form').submit()")
        assert led.value.status < 500, (path, naughty)
        assert visit.page.title() != "run"
        assert "Traceback" not in visit.page.content()
        assert visit.page.evaluate("window.violations") == []
