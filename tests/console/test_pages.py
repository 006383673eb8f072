"""The pages over HTTP: words, languages, banners, headers, refusals; what a browser makes of them is tested apart."""

import re

import pytest
from lxml import html

from base.settings import UnusableSetting
from console.assets import assets
from tests.console.site import checked, site

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = ["/", "/docs", "/docs/errors", "/docs/errors/not-allowed", "/docs/sandbox", "/docs/ledger", "/status", "/_ui"]


@pytest.fixture
def client():
    return site(health=[checked("one", "good")]).test_client()


def seen(response):
    assert response.mimetype == "text/html"
    return html.fromstring(response.text)


def text(response):
    return " ".join(seen(response).text_content().split())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_speaks_chinese_by_default_and_english_on_request(client, path):
    chinese, english = client.get(path), client.get(f"{path}?lang=en")
    assert seen(chinese).get("lang") == chinese.headers["Content-Language"] == "zh-CN"
    assert seen(english).get("lang") == english.headers["Content-Language"] == "en"
    assert seen(chinese).xpath("//h1/text()") != seen(english).xpath("//h1/text()")


@pytest.mark.parametrize("path", [page for page in PAGES if page != "/_ui"])
def test_english_pages_hold_no_chinese_but_names(client, path):
    page = seen(client.get(f"{path}?lang=en"))
    told = " ".join(page.text_content().split()).replace("印信", "").replace("中文", "")
    assert not re.search(r"[\u4e00-\u9fff]", told)


def test_the_language_is_remembered_and_the_browser_is_asked_first(client):
    assert seen(client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})).get("lang") == "en"
    client.get("/?lang=en")
    assert seen(client.get("/")).get("lang") == "en"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_a_script_or_a_style_of_its_own(client, path):
    page = seen(client.get(path))
    assert page.xpath("//script[not(@src)] | //style | //*[@style] | //@*[starts-with(name(), 'on')]") == []
    assert "javascript:" not in client.get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_every_address_on_a_page_leads_somewhere_on_this_site(client, path):
    page = seen(client.get(path))
    inside = {link for link in page.xpath("//@href | //@src") if not link.startswith("#")}
    assert inside
    for link in inside:
        assert link.startswith("/"), link
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(("environment", "word"), [("demo", "演示"), ("test", "测试"), ("production", "生产")])
def test_the_banner_says_what_the_data_are_worth(environment, word):
    page = seen(site(environment, operator="示例省大数据局").test_client().get("/"))
    (strip,) = page.find_class(f"strip--{environment}")
    assert word in strip.text_content()
    assert "由示例省大数据局主办并负责。" in strip.text_content()


def test_an_environment_without_a_banner_is_refused():
    with pytest.raises(UnusableSetting):
        site("playground")


def test_switches_keep_the_rest_of_the_address_and_are_remembered(client):
    page = seen(client.get("/docs/errors?q=a%26b&view=elder"))
    (link,) = page.xpath("//header//a[@data-choice='standard']/@href")
    assert link == "/docs/errors?q=a%26b&view=standard"
    assert page.get("data-view") == "elder"
    assert seen(client.get("/")).get("data-view") == "elder"


def test_a_remembered_choice_is_one_word_kept_for_a_year(client):
    (cookie,) = client.get("/?theme=dark&lang=klingon").headers.getlist("Set-Cookie")
    assert cookie.startswith("theme=dark;")
    assert "Max-Age=31536000" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in client.get("/?theme=dark", base_url="https://localhost").headers["Set-Cookie"]


def test_pages_vary_by_what_they_read_and_are_not_shared(client):
    response = client.get("/")
    assert {"Cookie", "Accept-Language"} <= set(response.vary)
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")


def test_the_navigation_marks_the_page_that_is_shown(client):
    for path, marked in {"/": "/", "/docs/errors/not-allowed": "/docs/errors", "/status": "/status"}.items():
        assert seen(client.get(path)).xpath("//nav//a[@aria-current='page']/@href") == [marked]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_problem_code_has_its_page_with_all_its_words(client, language):
    parts = client.application.extensions["yinxin"]
    told = next(part for kind, part in parts.items() if kind.__name__ == "ConsoleParts").problem_words
    listed = client.get(f"/docs/errors?lang={language}").text
    for code, entry in told.items():
        assert f"/docs/errors/{code}" in listed
        shown = text(client.get(f"/docs/errors/{code}?lang={language}"))
        assert all(" ".join(entry[language][part].split()) in shown for part in ("title", "detail", "cause", "fix"))


def test_a_code_that_does_not_exist_is_a_404_that_names_it(client):
    response = client.get("/docs/errors/no-such-code", headers=BROWSER)
    assert response.status_code == 404
    assert "错误代码 no-such-code 不存在" in text(response)


@pytest.mark.parametrize("status", [403, 404, 405, 410, 413, 429, 500, 503])
def test_a_refusal_is_a_page_for_browsers_and_a_document_for_programs(client, status):
    page = client.get(f"/answers/{status}", headers=BROWSER)
    document = client.get(f"/answers/{status}", headers={"Accept": "*/*"})
    assert page.status_code == document.status_code == status
    assert document.mimetype == "application/problem+json"
    shown = text(page)
    assert document.json["cause"] in shown
    assert document.json["fix"] in shown
    assert page.headers["X-Request-Id"] in shown
    assert seen(page).xpath("//main//a[@href='/']")


def test_a_refusal_speaks_the_language_that_the_reader_chose(client):
    client.get("/?lang=en")
    response = client.get("/nowhere", headers=BROWSER)
    assert response.headers["Content-Language"].startswith("en")
    assert "Back to the home page" in text(response)


def test_a_refused_change_offers_switches_that_lead_home_since_it_cannot_be_read_again(client):
    page = seen(client.post("/docs", headers=BROWSER))
    assert page.xpath("//header//a[@data-choice='elder']/@href") == ["/?view=elder"]


def test_the_address_of_a_refused_request_cannot_carry_markup_into_the_page(client):
    response = client.get("/<script>alert(1)</script>?q=%22%3E%3Cscript%3E", headers=BROWSER)
    assert "<script>alert" not in response.text
    assert '"><script>' not in response.text


@pytest.mark.parametrize(
    ("outcomes", "heading"),
    [
        (["good", "good"], "全部正常"),
        (["good", "warning"], "可以使用，有需要留意之处"),
        (["warning", "failed"], "部分功能不正常"),
    ],
)
def test_the_status_is_as_bad_as_its_worst_check(outcomes, heading):
    lines = [checked(str(place), outcome) for place, outcome in enumerate(outcomes)]
    page = seen(site(health=lines).test_client().get("/status"))
    assert page.xpath("//section[contains(@class, 'verdict')]//h2/text()") == [heading]
    assert len(page.find_class("card__state")) == len(outcomes)


def test_the_public_learns_in_production_that_a_check_failed_and_not_what_it_found():
    lines = [checked("secrets", "failed")]
    production = text(site("production", health=lines).test_client().get("/status"))
    assert "检查secrets" in production
    assert "磁盘剩余 42%" not in production
    assert "这样处理" not in production
    assert "磁盘剩余 42%" in text(site("test", health=lines).test_client().get("/status"))


def test_the_components_are_shown_only_where_the_settings_ask(client):
    assert client.get("/_ui").status_code == 200
    assert site("production", shows_components=False).test_client().get("/_ui").status_code == 404


def test_operations_are_listed_for_readers_without_scripts(client):
    rows = seen(client.get("/docs")).xpath("//noscript//tbody/tr")
    assert [" ".join(" ".join(row.itertext()).split()) for row in rows] == [
        "GET /api/v1/ledger/checkpoint The latest checkpoint",
        "POST /api/v1/things",
    ]


def test_a_static_file_is_kept_for_good_only_under_its_own_mark(client):
    mark = assets()["ui.css"].mark
    assert "immutable" in client.get(f"/assets/ui.css?v={mark}").headers["Cache-Control"]
    assert client.get("/assets/ui.css?v=other").headers["Cache-Control"] == "no-cache"
    assert client.get("/assets/ui.css", headers={"If-None-Match": f'"{mark}"'}).status_code == 304
    assert client.get("/assets/ui.css").mimetype == "text/css"
    assert client.get("/assets/page.js").mimetype == "text/javascript"


@pytest.mark.parametrize("name", ["../routes.py", "%2e%2e/routes.py", "vendor", "no.css"])
def test_nothing_but_static_files_is_served(client, name):
    assert client.get(f"/assets/{name}").status_code == 404
