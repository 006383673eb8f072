"""Every page in a real browser: the strict policy holds, nothing fails, everyone can read it, scripts or not."""

import pytest

pytestmark = pytest.mark.xdist_group("browser")

PAGES = {
    "/": 200,
    "/docs": 200,
    "/docs/errors": 200,
    "/docs/errors/not-allowed": 200,
    "/docs/sandbox": 200,
    "/docs/ledger": 200,
    "/status": 200,
    "/_ui": 200,
    "/no/such/page": 404,
    "/answers/410": 410,
    "/answers/500": 500,
}
LOOKS = [
    {"locale": "zh-CN", "scheme": "light", "width": 1280},
    {"locale": "en-GB", "scheme": "dark", "width": 390},
    {"locale": "zh-CN", "scheme": "light", "width": 390, "view": "elder"},
    {"locale": "en-GB", "scheme": "light", "width": 390},
    {"locale": "zh-CN", "scheme": "dark", "width": 1280},
    {"locale": "en-GB", "scheme": "dark", "width": 1280, "view": "elder"},
]
NAMES = ["-".join(str(part) for part in look.values()) for look in LOOKS]


@pytest.mark.parametrize("look", LOOKS, ids=NAMES)
def test_every_page_keeps_the_policy_is_accessible_and_fits_its_screen(reader, look):
    look = dict(look)
    view = look.pop("view", "standard")
    found = {}
    for path, status in PAGES.items():
        visit = reader(**look).opens(f"{path}?view={view}")
        wide = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[path] = [*visit.faults(status), *visit.axe(), *([f"{wide} px too wide"] if wide > 0 else [])]
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_reads_the_same_without_scripts(reader, path):
    with_scripts, without = reader().opens(path), reader(scripts=False).opens(path)
    assert without.page.locator("main h1").first.inner_text() == with_scripts.page.locator("main h1").first.inner_text()
    assert without.page.locator(".nav a[href='/docs']").count() == 1
