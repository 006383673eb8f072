"""The pages of logging in, as a browser without scripts walks them."""

import re
from datetime import datetime
from typing import Any

import pytest
from flask import request
from lxml import html

from base import clock
from base.api import SESSION_COOKIE
from base.db import Base, Database, connect
from base.settings import Settings
from console.login import AFTER_LOGIN, for_people, form_token
from keys.parties.login_web import own_path
from tests.keys.parties import login_site
from tests.keys.parties.builders import PROVINCE
from tests.keys.parties.login_site import OTHER_PASSWORD, PASSWORD, Clock, LoginSite, Someone
from tests.simulators.oidc_provider import CLIENT, ISSUER, OidcProvider

PAGES = ["/login", "/account", "/account/password", "/account/second-factor"]


@pytest.fixture
def read(tmp_path) -> Settings:
    from base.db import DatabaseSettings

    file = DatabaseSettings(url=f"sqlite:///{tmp_path / 'pages.db'}")
    return login_site.read_settings(
        file, str(tmp_path / "token.key"), oidc_issuer=ISSUER, oidc_client_id=CLIENT, oidc_client_secret="x"
    )


@pytest.fixture
def site(read: Settings, at: datetime, monkeypatch) -> Any:
    import app
    from base.db import DatabaseSettings

    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    database: Database = connect(read[DatabaseSettings], app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    login_site.populate(database, at)
    yield login_site.build(read, database, login_site.parts(read, OidcProvider(told)), told)
    database.close()


class Reader:
    """A browser without scripts: follows what is written on the pages and nothing else."""

    def __init__(self, site: LoginSite) -> None:
        self.client = site.client()
        self.answer: Any = None

    def open(self, path: str, **headers: str) -> "Reader":
        self.answer = self.client.get(path, headers={"Accept": "text/html", **headers})
        return self

    def send(self, action: str, **filled: str) -> "Reader":
        """Fill the form that leads there and send it as it is written on the page."""
        (form,) = self.page.xpath(f"//form[@action='{action}']")
        fields = {each.get("name"): each.get("value", "") for each in form.xpath(".//input[@name]")}
        assert set(filled) <= set(fields)
        self.answer = self.client.post(action, data={**fields, **filled}, headers={"Accept": "text/html"})
        return self

    def follow(self) -> "Reader":
        assert self.answer.status_code in {302, 303}, self.answer.text
        return self.open(self.answer.location)

    @property
    def page(self) -> Any:
        return html.fromstring(self.answer.text)

    @property
    def text(self) -> str:
        return " ".join(self.page.xpath("//main")[0].text_content().split())


def logged_in(site: LoginSite, someone: Someone) -> Reader:
    reader = Reader(site).open("/login")
    reader.send("/login", login=someone.login, password=someone.password, totp=site.code(someone) or "")
    site.clock.go_on(seconds=30)
    return reader


def test_a_person_logs_in_and_is_led_where_they_wanted_to_go(site: LoginSite):
    anna = site.person("anna")
    reader = Reader(site).open("/account/password?x=1").follow()
    assert reader.page.xpath("//input[@name='next']/@value") == ["/account/password?x=1"]
    reader.send("/login", login=" anna ", password=PASSWORD, totp=f"{site.code(anna)[:3]} {site.code(anna)[3:]}")  # type: ignore[index]
    assert reader.answer.location == "/account/password?x=1"
    assert reader.follow().answer.status_code == 200


def test_a_person_logs_out_and_the_session_is_gone(site: LoginSite):
    reader = logged_in(site, site.person("anna")).follow()
    cookie = reader.client.get_cookie(SESSION_COOKIE).value
    reader.send("/logout")
    assert reader.answer.location == "/login"
    assert reader.client.get_cookie(SESSION_COOKIE) is None
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}"}
    assert site.app.test_client(use_cookies=False).get("/account", headers=headers).status_code == 303


@pytest.mark.parametrize(
    "wrong", [{"login": "nobody"}, {"password": "wrong password"}, {"totp": "000000"}, {"totp": ""}, {"password": ""}]
)
def test_whatever_is_wrong_the_page_says_the_same_and_repeats_no_secret(site: LoginSite, wrong: dict[str, str]):
    anna = site.person("anna")
    told = {"login": "anna", "password": PASSWORD, "totp": site.code(anna) or "", **wrong}
    reader = Reader(site).open("/login").send("/login", **told)
    assert reader.answer.status_code == 401
    assert "登录没有成功" in reader.text
    assert PASSWORD not in reader.answer.text
    assert reader.page.xpath("//input[@name='login']/@value") == [told["login"]]
    assert reader.page.xpath("//input[@name='password']/@value") == [""]


def test_who_has_to_wait_is_told_for_how_long(site: LoginSite):
    reader = Reader(site).open("/login")
    for _ in range(6):
        reader.send("/login", login="nobody", password="wrong password")
    assert reader.answer.status_code == 429
    assert "15 分钟后再试" in reader.text
    assert reader.answer.headers["Retry-After"] == "900"


def test_what_a_reader_types_never_becomes_markup(site: LoginSite):
    reader = Reader(site).open("/login").send("/login", login='"><script>alert(1)</script>', password="x")
    assert "<script>alert" not in reader.answer.text
    assert reader.page.xpath("//input[@name='login']/@value") == ['"><script>alert(1)</script>']


# --- forged forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "0" * 64, None])
def test_a_login_form_of_another_making_logs_nobody_in(site: LoginSite, token: str | None):
    anna = site.person("anna")
    reader = Reader(site).open("/login")
    told = {"login": "anna", "password": PASSWORD, "totp": site.code(anna)}
    form = told if token is None else {**told, "form_token": token}
    answer = reader.client.post("/login", data=form)
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert reader.client.get_cookie(SESSION_COOKIE) is None


def test_a_login_form_of_another_browser_logs_nobody_in(site: LoginSite):
    anna = site.person("anna")
    attacker, victim = Reader(site).open("/login"), Reader(site)
    (token,) = attacker.page.xpath("//input[@name='form_token']/@value")
    told = {"login": "anna", "password": PASSWORD, "totp": site.code(anna), "form_token": token}
    assert victim.client.post("/login", data=told).status_code == 403
    victim.open("/login")
    assert victim.client.post("/login", data=told).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_login_form_sent_from_another_site_logs_nobody_in(site: LoginSite, headers: dict[str, str]):
    anna = site.person("anna")
    reader = Reader(site).open("/login")
    (token,) = reader.page.xpath("//input[@name='form_token']/@value")
    told = {"login": "anna", "password": PASSWORD, "totp": site.code(anna), "form_token": token}
    assert reader.client.post("/login", data=told, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "null"}, {}])
def test_a_form_of_ours_is_taken_though_browsers_hide_its_origin(site: LoginSite, headers: dict[str, str]):
    """Our pages send no referrer, and with it browsers write `Origin: null`."""
    anna = site.person("anna")
    reader = Reader(site).open("/login")
    (token,) = reader.page.xpath("//input[@name='form_token']/@value")
    told = {"login": "anna", "password": PASSWORD, "totp": site.code(anna), "form_token": token}
    assert reader.client.post("/login", data=told, headers=headers).status_code == 303


def test_every_form_of_a_session_carries_its_token_and_is_refused_without(site: LoginSite):
    anna = site.person("anna")
    reader = logged_in(site, anna)
    site.enter(anna)
    walked = set()
    for page in PAGES[1:]:
        reader.open(page)
        for form in reader.page.xpath("//main//form[@method='post']"):
            assert form.xpath(".//input[@name='csrf_token']/@value")
            walked.add(form.get("action"))
            assert reader.client.post(form.get("action"), data={"csrf_token": "0" * 64}).status_code == 403
            assert reader.client.post(form.get("action")).status_code == 403
    assert len(walked) >= 6


# --- where a login leads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        "javascript:alert(1)",
        "evil.example",
        "http:/evil.example",
        " /account",
        "/\u3002evil.example",
        "/" + "a" * 600,
        "",
        "?",
        "@evil.example",
    ],
)
def test_nobody_is_led_to_another_site(site: LoginSite, asked: str):
    assert own_path(asked, "/account") == "/account"
    anna = site.person("anna")
    reader = Reader(site)
    reader.answer = reader.client.get("/login", query_string={"next": asked})
    reader.send("/login", login="anna", password=PASSWORD, totp=site.code(anna) or "")
    assert reader.answer.location == AFTER_LOGIN


@pytest.mark.parametrize("asked", ["/", "/account", "/docs/errors?q=a%26b&view=elder", "/a/b-c_d.e~f"])
def test_own_paths_are_kept(asked: str):
    assert own_path(asked, "/x") == asked


def test_a_link_from_another_site_is_followed_once_more_from_here(site: LoginSite):
    """A SameSite=Strict cookie stays behind on the first step; our own page makes the second."""
    reader = logged_in(site, site.person("anna"))
    stranger = Reader(site).open("/account?a=1", **{"Sec-Fetch-Site": "cross-site"})
    assert stranger.answer.status_code == 200
    assert stranger.page.xpath("//meta[@http-equiv='refresh']/@content") == ["0;url=/account?a=1"]
    assert stranger.open("/account?a=1").answer.status_code == 303
    assert reader.open("/account?a=1").answer.status_code == 200


# --- one's own account --------------------------------------------------------------------------------------------


def test_the_first_login_leads_through_password_and_second_factor(site: LoginSite):
    anna = site.person("anna", "auditor", once=True, coded=False)
    reader = logged_in(site, anna)
    assert reader.answer.location == "/account/password"
    reader.follow()
    assert "请先设置自己的密码" in reader.text
    reader.send("/account/password", present=PASSWORD, new=OTHER_PASSWORD, again=OTHER_PASSWORD)
    assert reader.answer.location == "/account/second-factor"
    reader.follow().send("/account/second-factor/offer")
    (secret,) = reader.page.xpath("//main//span[@class='copyable']/code/text()")
    assert reader.page.xpath("//main//a[starts-with(@href, 'otpauth://')]")
    import base64

    anna.secret = base64.b32decode(secret + "=" * (-len(secret) % 8))
    reader.send("/account/second-factor/confirm", totp=site.code(anna) or "")
    assert reader.answer.location == "/account"
    assert "四级" in reader.follow().text
    assert reader.open("/account/second-factor").page.xpath("//form[@action='/account/second-factor/prove']")


@pytest.mark.parametrize(
    ("present", "new", "again", "words"),
    [
        (PASSWORD, OTHER_PASSWORD, "something else", "不一样"),
        ("wrong password", OTHER_PASSWORD, OTHER_PASSWORD, "现在的密码不对"),
        (PASSWORD, "short", "short", "12 个字符"),
        (PASSWORD, PASSWORD, PASSWORD, "不能与现在的密码相同"),
        (PASSWORD, "meine anna im wald", "meine anna im wald", "登录名"),
        (PASSWORD, "yinxin@12345", "yinxin@12345", "最常被猜"),
        (PASSWORD, "a" * 20, "a" * 20, "重复"),
        (PASSWORD, "y" + "é" * 200, "y" + "é" * 200, "128"),
    ],
)
def test_a_password_that_is_not_taken_is_told_why(site: LoginSite, present: str, new: str, again: str, words: str):
    reader = logged_in(site, site.person("anna")).open("/account/password")
    reader.send("/account/password", present=present, new=new, again=again)
    assert reader.answer.status_code in {403, 422}
    assert words in reader.text
    assert new not in reader.answer.text


def test_sessions_are_shown_and_ended(site: LoginSite):
    anna = site.person("anna")
    reader, other, third = logged_in(site, anna), logged_in(site, anna), logged_in(site, anna)
    reader.open("/account")
    actions = reader.page.xpath("//tbody//form/@action")
    assert len(actions) == 2
    reader.send(actions[0]).follow()
    assert len(reader.page.xpath("//tbody//form/@action")) == 1
    reader.send("/account/sessions/end-others").follow()
    assert reader.page.xpath("//tbody//form/@action") == []
    assert "当前会话" in reader.text
    for each in (other, third):
        assert each.open("/account").answer.status_code == 303


def test_a_session_that_ended_meanwhile_leads_to_the_login_and_its_cookie_is_taken(site: LoginSite):
    reader = logged_in(site, site.person("anna"))
    site.clock.go_on(minutes=31)
    reader.open("/account")
    assert reader.answer.location == "/login?next=%2Faccount"
    assert reader.client.get_cookie(SESSION_COOKIE) is None


def test_a_wrong_code_is_told_and_a_right_one_leads_on(site: LoginSite):
    anna = site.person("anna")
    reader = logged_in(site, anna).open("/account/second-factor?next=/docs")
    reader.send("/account/second-factor/prove", totp="000000")
    assert reader.answer.status_code == 403
    assert "动态码不对" in reader.text
    reader.send("/account/second-factor/prove", totp=site.code(anna) or "")
    assert reader.answer.location == "/docs"


def test_another_second_factor_asks_for_the_present_one_first(site: LoginSite):
    reader = logged_in(site, site.person("anna"))
    site.clock.go_on(minutes=6)
    reader.open("/account/second-factor").send("/account/second-factor/offer")
    assert reader.answer.status_code == 403
    assert "请先用现在的动态码" in reader.text


# --- what other pages use -----------------------------------------------------------------------------------------


def test_a_page_for_roles_lets_them_in_refuses_others_and_leads_strangers_to_the_login(site: LoginSite):
    site.app.add_url_rule("/planted", "planted", for_people({"auditor"})(form_token), methods=["GET"])
    watcher, other = logged_in(site, site.person("watcher", "auditor")), logged_in(site, site.person("anna", "steward"))
    assert re.fullmatch("[0-9a-f]{64}", watcher.open("/planted").answer.text)
    assert other.open("/planted").answer.status_code == 403
    assert Reader(site).open("/planted").answer.location == "/login?next=%2Fplanted"
    fresh = logged_in(site, site.person("fresh", "auditor", once=True))
    assert fresh.open("/planted").answer.location == "/account/password"
    assert PROVINCE not in fresh.answer.text


# --- the look -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_in_both_languages_and_holds_no_script(site: LoginSite, path: str):
    reader = logged_in(site, site.person("anna"))
    chinese = reader.open(path)
    assert chinese.page.get("lang") == "zh-CN"
    assert chinese.answer.headers["Cache-Control"] == "no-store"
    assert chinese.page.xpath("//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]") == []
    english = reader.open(f"{path}?lang=en")
    told = " ".join(english.page.xpath("//main")[0].text_content().split())
    assert not re.search(r"[\u4e00-\u9fff]", re.sub("演示员|统一身份认证", "", told))


@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_its_label_and_tells_the_browser_what_it_is(site: LoginSite, path: str):
    page = logged_in(site, site.person("anna")).open(path).page
    for field in page.xpath("//main//input[not(@type='hidden')]"):
        assert page.xpath(f"//label[@for='{field.get('id')}']")
        assert field.get("autocomplete") in {"username", "current-password", "new-password", "one-time-code"}


# --- a session that ends in the middle of a form ------------------------------------------------------------------


def taken(site: LoginSite) -> list[dict[str, str]]:
    """Plant a form at work, and gather what it was sent."""
    found: list[dict[str, str]] = []

    def form() -> str:
        return (
            f'<main><form action="/console/trial"><input name="csrf_token" value="{form_token()}">'
            '<input name="once" value="once-00001"><input name="text" value=""></form></main>'
        )

    def take() -> str:
        found.append(request.form.to_dict())
        return "taken"

    for method, view in (("GET", form), ("POST", take)):
        site.app.add_url_rule("/console/trial", f"trial-{method}", for_people()(view), methods=[method])
    return found


def ended(site: LoginSite, someone: Someone) -> Reader:
    """Open a form, let the session end, and send it."""
    reader = logged_in(site, someone).open("/console/trial")
    fields = {each.get("name"): each.get("value", "") for each in reader.page.xpath("//input")}
    site.clock.go_on(days=3)
    told = {**fields, "text": "演示：写了很久 <b>&"}
    reader.answer = reader.client.post("/console/trial", data=told, headers={"Accept": "text/html"})
    return reader


def test_what_was_typed_as_the_session_ended_is_offered_again_after_the_login(site: LoginSite):
    found, anna = taken(site), site.person("anna")
    reader = ended(site, anna)
    assert reader.answer.status_code == 401
    assert "不会丢失" in reader.text
    reader.send("/login", login="anna", password="wrong password", totp="000000")
    assert reader.answer.status_code == 401
    reader.send("/login", login="anna", password=PASSWORD, totp=site.code(anna) or "")
    assert reader.answer.status_code == 200
    assert found == []
    reader.send("/console/trial")
    assert reader.answer.text == "taken"
    assert [(each["text"], each["once"]) for each in found] == [("演示：写了很久 <b>&", "once-00001")]


def test_what_another_site_has_somebody_send_is_not_carried(site: LoginSite):
    taken(site)
    reader = logged_in(site, site.person("anna"))
    site.clock.go_on(days=3)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    told = {"csrf_token": "0" * 64, "text": "演示"}
    assert reader.client.post("/console/trial", data=told, headers=headers).status_code == 303


@pytest.mark.parametrize("action", ["https://elsewhere.example/", "//elsewhere.example", "/login", "/account/password"])
def test_only_a_form_at_work_is_offered_again(site: LoginSite, action: str):
    anna = site.person("anna")
    taken(site)
    reader = ended(site, anna)
    told = {each.get("name"): each.get("value", "") for each in reader.page.xpath("//form//input[@name]")}
    told |= {"login": "anna", "password": PASSWORD, "totp": site.code(anna) or "", "kept_action": action}
    answer = reader.client.post("/login", data=told, headers={"Accept": "text/html"})
    assert answer.status_code == 303
