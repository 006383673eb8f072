"""The panel for windows in a real browser: by keyboard alone, in a frame of another site, narrow, dark, large."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.browser.conftest import Opener, Quiet, served
from tests.certs.filing.panels import site as sites
from tests.certs.filing.panels.site import Site
from tests.certs.filing.window_house import LICENCE, OWN, REGISTER

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
expect = playwright.expect
# The first face that a process draws reads its typeface; a busy machine takes its time.
expect.set_options(timeout=30_000)
pytestmark = pytest.mark.xdist_group("browser")

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# An intake system of somebody else: a frame for the panel, and what it is told.
AROUND = """<!doctype html><html lang="zh-CN"><title>演示统一受理</title><h1>演示统一受理</h1>
<iframe title="panel" src="{panel}" width="900" height="700"></iframe>
<script>window.told = []; addEventListener("message", (event) => told.push([event.origin, event.data]));</script>"""


@dataclass
class Around:
    """Somebody else's site, at two names: one is registered for its frames, the other is not."""

    port: int
    panel: str = ""

    def url(self, host: str) -> str:
        """Give its address at a name."""
        return f"http://{host}:{self.port}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sites.of_its_own(tmp_path_factory.mktemp("panel")) as opened:
        yield opened


@pytest.fixture(scope="module")
def panel_address(site: Site) -> Iterator[str]:
    yield from served(site.app)


@pytest.fixture
def around() -> Iterator[Around]:
    told = Around(0)

    def page(environ, start):
        Request(environ)
        return Response(AROUND.format(panel=told.panel), mimetype="text/html")(environ, start)

    server = make_server("127.0.0.1", 0, page, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    told.port = server.server_port
    yield told
    server.shutdown()
    serving.join()
    server.server_close()


def test_the_materials_of_a_case_are_called_up_by_keyboard_alone(site: Site, panel_address: str, reader: Opener):
    """Tab to the button, Enter; Tab to the list, down, Enter opens; Escape leads back to the same line."""
    at = reader(at=panel_address).opens(site.link())
    page, keys = at.page, at.page.keyboard
    button = page.get_by_role("button", name="调取", exact=True)
    while not button.evaluate("(it) => it === document.activeElement"):
        keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("button", name="重新调取")).to_be_visible()
    assert page.evaluate("document.activeElement.classList.contains('panel__state')")
    expect(page.get_by_role("region", name="调取情况")).to_contain_text("已调取 2 份")
    first = page.get_by_role("button", name=LICENCE)
    while not first.evaluate("(it) => it === document.activeElement"):
        keys.press("Tab")
    keys.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == REGISTER
    keys.press("End")
    keys.press("Home")
    assert page.evaluate("document.activeElement.textContent") == LICENCE
    keys.press("Enter")
    expect(page.locator("#preview img")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "preview"
    expect(page.locator("#preview")).to_contain_text("演示企业1有限公司")
    expect(first).to_have_attribute("aria-expanded", "true")
    assert page.locator("#preview img").evaluate("(it) => it.naturalWidth") > 300
    assert (at.axe(), at.faults()) == ([], [])
    keys.press("Escape")
    expect(page.locator("#preview img")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == LICENCE
    assert page.locator("[data-rows] button[tabindex='0']").count() == 1


def test_all_of_it_works_without_scripts(site: Site, panel_address: str, reader: Opener):
    page = reader(at=panel_address, scripts=False).opens(site.link()).page
    page.get_by_role("button", name="调取", exact=True).click()
    expect(page.get_by_role("button", name="重新调取")).to_be_visible()
    page.get_by_role("button", name=LICENCE).click()
    expect(page.locator("#preview img")).to_be_visible()
    page.get_by_role("link", name="返回清单").click()
    expect(page.locator("#preview img")).to_have_count(0)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Look up again")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="The panel is closed")).to_be_visible()


def test_a_panel_stands_in_the_frame_of_a_registered_site_and_tells_it_what_came(
    site: Site, panel_address: str, reader: Opener, around: Around, browser
):
    """The other site has another name, so that its frame gets no cookie but a partitioned one."""
    site.let_frame(around.url("localhost"))
    around.panel = panel_address + site.link()
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(around.url("localhost"))
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="调取", exact=True).click()
    expect(frame.get_by_role("button", name="重新调取")).to_be_visible()
    frame.get_by_role("link", name="深色").click()
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    frame.get_by_role("button", name=LICENCE).click()
    expect(frame.locator("#preview img")).to_be_visible()
    told = page.evaluate("told")
    assert {origin for origin, _ in told} == {panel_address}
    assert [each["event"] for _, each in told][:2] == ["opened", "looked-up"]
    last = told[-1][1]
    assert (last["type"], last["badges"]["called"], last["to_submit"]) == ("yinxin.panel", 2, 2)
    assert "演示企业" not in str(told)
    (cookie,) = [each for each in context.cookies() if each["name"] == sites.panel.COOKIE]
    assert (cookie["sameSite"], cookie["httpOnly"], "localhost" in cookie.get("partitionKey", "")) == (
        "None",
        True,
        True,
    )
    context.close()


def test_a_panel_stands_in_no_frame_of_another_site(site: Site, panel_address: str, around: Around, browser):
    site.let_frame("https://intake.example")
    around.panel = panel_address + site.link()
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(around.url("localhost"))
    page.wait_for_load_state("networkidle")
    assert any("frame-ancestors" in each for each in refused)
    assert page.frame_locator("iframe").get_by_role("button", name="调取").count() == 0
    assert page.evaluate("told") == []
    page.close()


@pytest.mark.parametrize(
    ("width", "scheme", "locale", "view"),
    [
        (1280, "light", "zh-CN", "standard"),
        (1280, "dark", "en-GB", "standard"),
        (390, "light", "en-GB", "standard"),
        (390, "dark", "zh-CN", "elder"),
    ],
)
def test_the_panel_is_fit_for_everyone(
    site: Site, panel_address: str, reader: Opener, width: int, scheme: str, locale: str, view: str
):
    """Before the look-up, after it, with a preview open, and where the link was used already."""
    link = site.link()
    at = reader(at=panel_address, width=width, scheme=scheme, locale=locale).opens(f"{link}?view={view}")
    page, found = at.page, {}

    def judged(step: str) -> None:
        faults = [*at.axe(), *at.faults(), *(["too wide"] if page.evaluate(TOO_WIDE) else [])]
        found[step] = faults

    judged("planned")
    page.locator("[data-first]").click()
    page.wait_for_url("**/*?done=1")
    judged("looked up")
    page.get_by_role("button", name=LICENCE).click()
    expect(page.locator("#preview img")).to_be_visible()
    judged("previewed")
    page.get_by_role("button", name=OWN).click()
    expect(page.locator("#preview h2")).to_have_text(OWN)
    judged("to be brought")
    at.opens(link)
    assert at.axe() == []
    assert {step: faults for step, faults in found.items() if faults} == {}
