"""Panels over HTTP: made by an intake system, opened once by a browser, used, read back and closed."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from base import clock
from base.db import Database
from certs.filing.panels import panels
from certs.filing.panels.models import FilingPanel
from certs.library import standing_of
from certs.models import Certificate
from exchange.door.errors import QuotaExceeded
from exchange.door.models import Usage
from keys.parties import systems
from tests.certs.filing.panels import site as sites
from tests.certs.filing.panels.site import Site, asked
from tests.certs.filing.window_house import LICENCE, MARRIED, OWN, REGISTER
from tests.certs.papers import AT
from tests.exchange import departments

HERE = "https://intake.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all stories that leave it as it was, but for panels of their own."""
    with sites.of_its_own(tmp_path_factory.mktemp("panels")) as opened:
        yield opened


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Site]:
    """Open a site that a story may change as it likes."""
    with sites.of_its_own(tmp_path) as opened:
        yield opened


def entered(site: Site, **told: Any) -> tuple[FlaskClient, str]:
    """Open a panel in a browser; give the browser and the panel's address."""
    browser = site.browser()
    answer = browser.get(site.link(**told))
    assert answer.status_code == 303, answer.text
    return browser, answer.headers["Location"]


def word_in(page: str) -> str:
    """Read the word that the panel's forms carry."""
    return str(re.findall(r'name="form_word" value="([0-9a-f]+)"', page)[0])


def sent(browser: FlaskClient, address: str, what: str, **form: str) -> Any:
    """Send one of the panel's forms."""
    return browser.post(f"{address}/{what}", data={"form_word": word_in(browser.get(address).text), **form})


def badges(page: str) -> dict[str, str]:
    """Read the list: each material with the words of its badge."""
    rows = re.findall(
        r'aria-controls="preview">([^<]+)</button>.*?class="tag [a-z]+"><span[^>]*>.</span>([^<]+)<', page, re.DOTALL
    )
    return dict(rows)


def uses(site: Site) -> int:
    """Count the uses on record."""
    with site.house.database.reading() as session:
        return session.execute(select(func.count()).select_from(Usage)).scalar_one()


def read(site: Site, address: str, who: str = "intake") -> Any:
    """Read a panel as its intake system does."""
    return site.call("GET", f"/filing/panels/{address.rpartition('/')[2]}", who)


def test_a_ticket_opens_its_panel_once_and_then_says_so(site: Site) -> None:
    link = site.link()
    first = site.browser().get(link)
    assert (first.status_code, link.split("/")[2] in first.headers["Location"]) == (303, False)
    second = site.browser().get(link)
    assert second.status_code == 409
    assert "链接已使用" in second.text
    assert "Link used" in site.browser().get(f"{link}?lang=en").text


def test_a_ticket_that_was_not_used_in_time_is_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    link = site.link()
    monkeypatch.setattr(clock, "now", lambda: AT + panels.TICKET_LASTS)
    answer = site.browser().get(link)
    assert answer.status_code == 409
    assert "链接已过期" in answer.text


def test_looking_ahead_spends_no_ticket(site: Site) -> None:
    link = site.link()
    assert site.browser().head(link).status_code == 204
    assert site.browser().get(link, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 204
    assert site.browser().get(link).status_code == 303


def test_a_word_that_nobody_made_opens_nothing(site: Site) -> None:
    answer = site.browser().get("/panel/" + "x" * 43, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_of_eight_who_come_with_one_ticket_at_once_one_has_the_panel(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sites.opened(database, tmp_path, AT, monkeypatch) as house:
        link = house.link()
        with ThreadPoolExecutor(8) as pool:
            ended = list(pool.map(lambda _: house.browser().get(link).status_code, range(8)))
        assert sorted(ended) == [303, *[409] * 7]
        browser, address = entered(house)
        sent(browser, address, "lookups")
        assert badges(browser.get(address).text)[LICENCE] == "已调取"


def test_nothing_that_opens_a_panel_or_names_a_person_is_kept_in_clear(site: Site) -> None:
    made = site.make().json
    link, panel = made["link"], made["id"]
    site.browser().get(link)
    with site.house.database.reading() as session:
        row = session.get_one(FilingPanel, panel)
        kept = repr({name: each for name, each in vars(row).items() if not name.startswith("_")})
    assert link.split("/")[2] not in kept
    assert asked()["holders"][0]["code"] not in kept
    assert asked()["holders"][0]["name"] not in kept


def test_the_plan_stands_there_before_anything_is_looked_up(site: Site) -> None:
    before = uses(site)
    browser, address = entered(site)
    page = browser.get(address).text
    found = badges(page)
    assert (found[LICENCE], found[REGISTER], found[MARRIED], found[OWN]) == ("待调取", "待调取", "待调取", "需提交")
    assert uses(site) == before


def test_a_look_up_brings_badges_the_notice_and_what_the_intake_system_reads(site: Site) -> None:
    browser, address = entered(site)
    answer = sent(browser, address, "lookups")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}?done=1")
    page = browser.get(address).text
    found = badges(page)
    assert (found[LICENCE], found[REGISTER], found[OWN]) == ("已调取", "已调取", "需提交")
    assert "一次告知单" in page
    told = read(site, address).json
    assert (told["state"], told["complete"], told["refused"]) == ("open", True, None)
    ended = {each["material"]: (each["badge"], each["outcome"]) for each in told["items"]}
    assert ended[LICENCE] == ("called", "found")
    assert ended[MARRIED] == ("submit", "not_covered")
    assert told["to_submit"] == 2
    assert "演示企业1" not in str(told), "the data of nobody"
    assert site.call("GET", told["receipt"].removeprefix("/api/v1")).status_code == 200


def test_a_material_is_looked_at_with_its_fields_and_a_marked_picture(site: Site) -> None:
    """Each look is asked for anew, and a use of its own."""
    browser, address = entered(site)
    sent(browser, address, "lookups")
    before = uses(site)
    answer = sent(browser, address, f"materials/{LICENCE}.0")
    assert answer.status_code == 200
    assert "data:image/png;base64," in answer.text
    assert "演示企业1有限公司" in answer.text
    assert uses(site) == before + 1


def test_what_is_no_longer_to_be_had_is_not_shown_again(alone: Site) -> None:
    browser, address = entered(alone)
    sent(browser, address, "lookups")
    with alone.house.database.transaction() as session:
        session.execute(update(Certificate).values(state="frozen"))
    answer = sent(browser, address, f"materials/{LICENCE}.0")
    assert answer.status_code == 200
    assert "data:image/png" not in answer.text
    assert "这次没有查到" in answer.text


def test_a_certificate_that_is_not_in_force_is_not_said_to_be_there(alone: Site) -> None:
    with alone.house.database.transaction() as session:
        row = session.scalars(select(Certificate)).one()
        row.state = "revoked"
        assert standing_of(row, AT.date()).value == "revoked"
    browser, address = entered(alone)
    sent(browser, address, "lookups")
    assert badges(browser.get(address).text)[LICENCE] == "需提交"


def test_a_source_that_is_down_leaves_the_others_and_names_what_goes_on(
    alone: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, address = entered(alone)
    (alone.house.folder / "firms.db").unlink()
    sent(browser, address, "lookups")
    page = browser.get(address).text
    found = badges(page)
    assert (found[LICENCE], found[REGISTER]) == ("已调取", "来源中断")
    assert "改按“需提交”办理" in page
    assert read(alone, address).json["complete"] is False


def test_a_look_up_that_is_refused_as_a_whole_leaves_the_panel_usable(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, address = entered(site)

    def refuse(*_: Any, **__: Any) -> None:
        raise QuotaExceeded("day", 1, 60)

    monkeypatch.setattr("certs.filing.lookups.lookups.look_up", refuse)
    sent(browser, address, "lookups")
    page = browser.get(address).text
    assert "没有调取" in page
    assert read(site, address).json["refused"] == "quota-exceeded"


def test_a_form_that_is_not_the_panels_own_does_nothing(site: Site) -> None:
    browser, address = entered(site)
    for form in ({}, {"form_word": "0" * 64}, {"form_word": "演示"}):
        answer = browser.post(f"{address}/lookups", data=form)
        assert answer.status_code == 403
        assert "操作不是从面板发出的" in answer.text
    assert read(site, address).json["looked_up_at"] is None


def test_a_panel_belongs_to_the_browser_that_opened_it(site: Site) -> None:
    browser, address = entered(site)
    assert site.browser().get(address).status_code == 409
    cookie = browser.get_cookie(sites.panel.COOKIE, path=address)
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (True, True, "None", address)
    _, elsewhere = entered(site)
    assert browser.get(elsewhere).status_code == 409


def test_a_panel_is_over_after_half_an_hour_and_its_persons_are_gone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, address = entered(site)
    later = AT + panels.SESSION_LASTS
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "面板已结束" in browser.get(address).text
    with site.house.database.transaction() as session:
        assert panels.clear(session, later) >= 1
        assert session.get_one(FilingPanel, address.rpartition("/")[2]).content is None
    assert read(site, address).json["state"] == "over"


def test_a_panel_is_closed_by_the_clerk_or_by_the_system(site: Site) -> None:
    browser, address = entered(site)
    assert "面板已关闭" in sent(browser, address, "closure").text
    assert browser.get(address).status_code == 409
    assert read(site, address).json["state"] == "closed"
    made = site.make().json
    assert site.call("POST", f"/filing/panels/{made['id']}/closure").json["state"] == "closed"
    assert site.browser().get(made["link"]).status_code == 409


def test_a_system_that_was_suspended_has_no_panels(alone: Site) -> None:
    browser, address = entered(alone)
    with alone.house.database.transaction() as session:
        systems.suspend(session, systems.system_of(session, "intake"), "演示", departments.MAKER, AT)
    assert browser.get(address).status_code == 403


def test_frames_are_the_registered_origins_and_no_other(alone: Site) -> None:
    browser, address = entered(alone)
    assert "frame-ancestors 'none'" in browser.get(address).headers["Content-Security-Policy"]
    assert alone.let_frame(f"{HERE}/", "https://INTAKE.example:443", "http://localhost:8249").json == {
        "origins": ["http://localhost:8249", HERE]
    }
    policy = browser.get(address).headers["Content-Security-Policy"]
    assert f"frame-ancestors http://localhost:8249 {HERE}" in policy
    assert "script-src 'self'" in policy
    link = alone.link()
    alone.browser().get(link)
    assert HERE in alone.browser().get(link).headers["Content-Security-Policy"], "a spent link says so in the frame"
    other, elsewhere = entered(alone, who="other")
    assert "frame-ancestors 'none'" in other.get(elsewhere).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://intake.example",
        "https://*.example",
        "https://intake.example/page",
        "https://intake.example; script-src *",
        "https://intake.example https://evil.example",
        "https://intake.example:99999",
        "https://a@b.example",
        "ftp://intake.example",
        "null",
        "'self'",
    ],
)
def test_what_is_no_origin_is_refused(site: Site, origin: str) -> None:
    answer = site.let_frame(origin)
    assert (answer.status_code, answer.json["code"]) == (422, "unusable-origin")


def test_only_the_site_s_administrator_says_who_may_frame(site: Site) -> None:
    path = "/systems/intake/panel-origins"
    for who in ("intake", "clerk", "bare"):
        assert site.call("PUT", path, who, json={"origins": [HERE]}).status_code == 403
    assert site.call("GET", path.replace("intake", "other"), "admin").json == {"origins": []}
    assert site.let_frame(HERE, system="nobody").status_code == 404


def test_another_organisation_sees_no_panel_and_a_person_makes_none(site: Site) -> None:
    _, address = entered(site)
    assert read(site, address, "elsewhere").status_code == 404
    assert site.make("clerk").status_code == 403
    assert site.make("narrow").status_code == 403
    assert site.make("bare").status_code == 403
    assert read(site, address, "clerk").status_code == 200


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"matter": "0" * 33}, 404, "no-such-matter"),
        ({"region": "110000"}, 422, "invalid-input"),
        ({"holders": []}, 422, "invalid-input"),
        ({"purpose": None}, 422, "invalid-input"),
        ({"ticket": "mine"}, 422, "invalid-input"),
    ],
)
def test_a_panel_that_cannot_be_is_not_made(site: Site, peculiar: dict[str, Any], status: int, code: str) -> None:
    answer = site.make(**peculiar)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_line_that_is_not_of_the_panel_is_not_shown(site: Site) -> None:
    browser, address = entered(site)
    for line in ("m99.", f"{LICENCE}.7", unquote("%3Cscript%3E")):
        assert sent(browser, address, f"materials/{line}").status_code == 404
