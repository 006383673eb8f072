"""What scripts add, and that each of it also works without them."""

import re

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
expect = playwright.expect
pytestmark = pytest.mark.xdist_group("browser")

DARK_GROUND = "rgb(15, 22, 36)"
LIGHT_GROUND = "rgb(245, 247, 250)"


def ground(visit):
    return visit.page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_dark_look_is_switched_and_remembered(reader, scripts):
    visit = reader(scripts=scripts).opens("/")
    assert ground(visit) == LIGHT_GROUND
    visit.page.get_by_role("banner").get_by_role("link", name="深色").click()
    visit.page.wait_for_load_state("networkidle")
    assert ground(visit) == DARK_GROUND
    assert ground(visit.opens("/docs/errors")) == DARK_GROUND


def test_the_look_follows_the_system_until_someone_chooses(reader):
    visit = reader(scheme="dark").opens("/")
    assert ground(visit) == DARK_GROUND
    visit.page.get_by_role("banner").get_by_role("link", name="浅色").click()
    assert ground(visit) == LIGHT_GROUND
    visit.page.get_by_role("contentinfo").get_by_role("link", name="跟随系统").click()
    assert ground(visit) == DARK_GROUND


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_large_print_is_switched_on_remembered_and_off_again(reader, scripts):
    visit = reader(scripts=scripts).opens("/")
    size = "getComputedStyle(document.body).fontSize"
    visit.page.get_by_role("banner").get_by_role("link", name="大字版").click()
    visit.opens("/docs/sandbox")
    assert visit.page.evaluate(size) == "20px"
    visit.page.get_by_role("banner").get_by_role("link", name="标准版").click()
    assert visit.opens("/").page.evaluate(size) == "16px"


def test_a_switch_keeps_the_keyboard_where_it_was(reader):
    visit = reader().opens("/")
    visit.page.get_by_role("banner").get_by_role("link", name="大字版").press("Enter")
    assert visit.page.evaluate("document.activeElement.textContent") == "标准版"


def test_a_switch_forgets_what_the_address_asked(reader):
    visit = reader().opens("/?view=elder&keep=1")
    visit.page.get_by_role("banner").get_by_role("link", name="标准版").click()
    assert visit.page.url.endswith("/?keep=1")
    visit.page.reload()
    assert visit.page.evaluate("document.documentElement.dataset.view") == "standard"


def test_large_print_has_large_targets_in_one_column(reader):
    visit = reader().opens("/?view=elder")
    boxes = [link.bounding_box() for link in visit.page.locator("header a:visible, main a:visible").all()]
    assert min(box["height"] for box in boxes) >= 59
    assert len({box["x"] for box in (card.bounding_box() for card in visit.page.locator(".task").all())}) == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_code_samples_are_tabs_for_mouse_and_keyboard(reader, scripts):
    visit = reader(scripts=scripts).opens("/docs/sandbox")
    samples = visit.page.get_by_role("group", name="调用示例")
    expect(samples.get_by_role("region", name="curl")).to_be_visible()
    samples.get_by_text("Python").click()
    expect(samples.get_by_role("region", name="Python")).to_be_visible()
    expect(samples.get_by_role("region", name="curl")).to_be_hidden()
    samples.get_by_role("radio", name="Python").press("ArrowRight")
    expect(samples.get_by_role("region", name="Java", exact=True)).to_be_visible()


def test_a_code_is_copied_and_the_button_says_so(reader, browser, address):
    visit = reader().opens("/docs/errors/not-allowed")
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = visit.page.get_by_role("button", name="复制代码", exact=True)
    button.click()
    expect(visit.page.get_by_role("button", name="已复制")).to_be_visible()
    assert visit.page.evaluate("navigator.clipboard.readText()") == "not-allowed"


def test_buttons_that_need_scripts_are_not_there_without_them(reader):
    visit = reader(scripts=False).opens("/_ui")
    assert visit.page.locator("button[data-copy]:visible, button[data-dismiss]:visible").count() == 0


def test_a_refused_form_takes_the_reader_to_its_summary_and_on_to_the_field(reader):
    visit = reader().opens("/_ui")
    assert visit.page.evaluate("document.activeElement.className") == "summary"
    visit.page.get_by_role("alert").get_by_role("link", name="请填写用途").click()
    assert visit.page.evaluate("document.activeElement.id") == "reason"


def test_a_toast_is_put_away(reader):
    visit = reader().opens("/_ui")
    toast = visit.page.locator(".toast", has_text="目录已发布")
    toast.get_by_role("button", name="关闭").click()
    expect(toast).to_have_count(0)


def test_the_status_renews_itself(reader):
    visit = reader().opens("/status")
    visit.page.evaluate("document.querySelector('#checks .lead').textContent = 'old'")
    visit.page.evaluate("htmx.ajax('GET', '/status', {target: '#checks', select: '#checks', swap: 'outerHTML'})")
    expect(visit.page.locator("#checks .lead")).to_have_text(re.compile("截至 20"))
    assert visit.faults() == []


def test_swagger_ui_shows_the_operations_and_opens_one(reader):
    visit = reader().opens("/docs")
    expect(visit.page.locator(".opblock")).to_have_count(2)
    visit.page.get_by_text("/api/v1/ledger/checkpoint").click()
    visit.page.get_by_role("button", name="Try it out").click()
    visit.page.get_by_role("button", name="Execute").click()
    expect(visit.page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("404")
    assert visit.faults(404) == []


def test_the_operations_are_listed_without_scripts(reader):
    visit = reader(scripts=False).opens("/docs")
    expect(visit.page.get_by_role("table", name="全部接口")).to_contain_text("/api/v1/ledger/checkpoint")


def test_print_leaves_the_navigation_out_and_is_never_dark(reader):
    visit = reader(scheme="dark").opens("/docs/errors/not-allowed?theme=dark")
    visit.page.emulate_media(media="print")
    assert ground(visit) == "rgb(255, 255, 255)"
    expect(visit.page.locator("header")).to_be_hidden()
    expect(visit.page.locator("h1")).to_be_visible()
