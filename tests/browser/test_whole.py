"""The real site in a real browser: the API's page shows its operations and calls one."""

import pytest

from tests.browser.conftest import served
from tests.console.site import whole

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
expect = playwright.expect
# Of a page with a few hundred operations.
MOST_SCREENS = 200
# A browser on a busy machine takes its time to lay them out, in milliseconds.
LONGEST_LAYING_OUT = 120_000
# What came into sight is told in one frame and drawn by the second after it.
DRAWN = "() => new Promise((end) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(end, 50))))"
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def house(tmp_path):
    with whole(tmp_path) as flask:
        yield from served(flask)


def test_the_api_is_read_and_called_on_its_page(reader, house):
    visit = reader(at=house).opens("/docs")
    wanted = visit.page.locator(".opblock-get", has=visit.page.locator('[data-path="/api/v1/ledger/checkpoint"]'))
    visit.page.locator(".opblock").first.wait_for(timeout=LONGEST_LAYING_OUT)
    for _ in range(MOST_SCREENS):  # only the operations in sight are on the page, so one scrolls as a reader does
        if wanted.count():
            break
        visit.page.mouse.wheel(0, 600)
        visit.page.evaluate(DRAWN)
    wanted.locator(".opblock-summary-control").click()
    visit.page.get_by_role("button", name="Try it out").click()
    visit.page.get_by_role("button", name="Execute").click()
    expect(visit.page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
    assert visit.faults() == []


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/errors", "/docs/ledger", "/docs/sandbox", "/status"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_real_site_is_clean(reader, house, path, scheme):
    visit = reader(at=house, scheme=scheme, locale="en-GB").opens(path)
    assert visit.faults() == []
    assert visit.axe() == []
