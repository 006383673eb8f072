"""A real Chromium and a served site. Where there is no Chromium, every test of this folder is skipped and says so."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.console.site import checked, site
from tools.screenshots import CHROMIUM, SWITCHES

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
NOTE_VIOLATIONS = """
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


class Reader:
    """One page of a browser, and what went wrong on it."""

    def __init__(self, page, address, scripts):
        self.page = page
        self.scripts = scripts
        self.address = address
        self.told: list[str] = []
        if scripts:
            page.add_init_script(NOTE_VIOLATIONS)
        page.on("console", lambda said: self.told.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.told.append(str(error)))
        page.on("request", lambda asked: self._note_stranger(asked.url))

    def _note_stranger(self, url):
        if not url.startswith((self.address, "data:", "blob:")):
            self.told.append(f"asks another server: {url}")

    def opens(self, path):
        """Open a page; the API's is there when its operations are, and where scripts run they always come."""
        self.page.goto(self.address + path)
        if self.scripts and path.partition("?")[0] == "/docs":
            self.page.wait_for_selector(".opblock-tag")
        return self

    def faults(self, status=200):
        """Give refused policies, errors and strangers; the browser's own line about a page's status is no fault."""
        own = f"the server responded with a status of {status}"
        return self.page.evaluate("window.violations") + [text for text in self.told if own not in text]

    def axe(self):
        """Give what the accessibility rules find, one line each."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


# Of the package, not of the session: its driver keeps an event loop running in this thread, which others need.
@pytest.fixture(scope="package")
def browser() -> Iterator:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def address() -> Iterator[str]:
    health = [checked("one", "good"), checked("two", "warning"), checked("three", "failed")]
    yield from served(site(health=health, operator="示例省大数据局"))


class Quiet(WSGIRequestHandler):
    """Serves without a line for every file."""

    def log_request(self, *_):
        """Say nothing."""


def served(app) -> Iterator[str]:
    """Serve an app on this machine until the test is over."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


Opener = Callable[..., Reader]


@pytest.fixture
def reader(browser, address) -> Iterator[Opener]:
    """Open readers with a width, a colour scheme, a language, with scripts or without."""
    contexts = []

    def come(*, width=1280, scheme="light", locale="zh-CN", scripts=True, at=address) -> Reader:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale, java_script_enabled=scripts
        )
        contexts.append(context)
        return Reader(context.new_page(), at, scripts)

    yield come
    for context in contexts:
        context.close()
