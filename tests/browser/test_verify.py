"""Verifying in a real browser: with scripts and without, narrow and large, dropped and chosen; and fit for everyone."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import app as house
from base import clock
from base.db import Base, DatabaseSettings, connect
from signing.levels import Level
from tests.browser.conftest import Opener, served
from tests.builders import lasting, pdf, seals
from tests.console.test_verify_page import built
from tests.signing import verifiers

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
DROP = """(files) => {
    const dropped = new DataTransfer();
    for (const [name, bytes] of files) dropped.items.add(new File([new Uint8Array(bytes)], name));
    document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true}));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    database = connect(
        DatabaseSettings(url=f"sqlite:///{tmp_path_factory.mktemp('verify') / 'verify.db'}"), house.LAST_ACTS
    )
    Base.metadata.create_all(database.engine)
    with verifiers.staff() as workers:
        yield built(database, workers)
    database.close()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = {"sealed.ofd": seals.ofd(), "signed.pdf": pdf.signed(), "none.pdf": b"nothing"}
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in made]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize(("width", "view"), [(1280, ""), (390, ""), (390, "&view=elder"), (1280, "&theme=dark")])
def test_documents_are_verified_and_the_result_is_shared(
    site: Flask, reader: Opener, files: list[Path], scripts: bool, width: int, view: str
):
    for address in served(site):
        at = reader(at=address, scripts=scripts, width=width)
        page = at.opens(f"/verify?lang=zh{view}").page
        assert not page.evaluate(TOO_WIDE)
        if scripts:
            assert (at.axe(), at.faults()) == ([], [])
        page.set_input_files("#file", [str(each) for each in files])
        page.click("main form button")
        page.wait_for_selector(".result")
        assert page.locator(".result").count() == len(files)
        assert "有效：文件自盖章后未被改动" in page.locator(".result").first.inner_text()
        assert page.locator(".sheet image").count() >= 1
        assert not page.evaluate(TOO_WIDE)
        if scripts:
            assert (at.axe(), at.faults()) == ([], [])
        page.goto(page.locator("code:has-text('/verify/')").first.inner_text())
        assert "有效：文件自盖章后未被改动" in page.locator(".result").inner_text()
        assert page.locator(".sheet").count() == 0


def test_a_dropped_file_is_verified_at_once(site: Flask, reader: Opener):
    for address in served(site):
        at = reader(at=address)
        page = at.opens("/verify?lang=en").page
        page.evaluate(DROP, [["dropped.ofd", list(seals.ofd())]])
        page.wait_for_selector(".result")
        assert "dropped.ofd" in page.locator(".result").inner_text()
        assert at.faults() == []


def test_a_file_over_the_limit_is_told_before_it_is_sent(site: Flask, reader: Opener, tmp_path: Path):
    large = tmp_path / "large.pdf"
    large.write_bytes(bytes(verifiers.LIMIT + 1))
    for address in served(site):
        page = reader(at=address).opens("/verify?lang=en").page
        page.set_input_files("#file", str(large))
        assert "Over the limit: large.pdf" in page.locator("[data-status]").inner_text()
        page.click("main form button")
        assert page.url.startswith(f"{address}/verify?")
        assert page.locator(".result").count() == 0


def test_a_box_on_the_page_leads_to_its_seal(site: Flask, reader: Opener, files: list[Path]):
    for address in served(site):
        page = reader(at=address).opens("/verify").page
        page.set_input_files("#file", str(files[0]))
        page.click("main form button")
        page.wait_for_selector(".sheet")
        page.locator(".sheet a").first.click()
        assert page.url.endswith("#d1-s001")
        assert page.locator("#d1-s001").is_visible()


def test_a_root_is_chosen_for_one_look_with_scripts_and_without(site: Flask, reader: Opener, tmp_path: Path):
    document = tmp_path / "lasting.pdf"
    # Answers are good for an hour, and this site goes by the clock.
    people = dataclasses.replace(lasting.people(), now=clock.now().replace(microsecond=0))
    document.write_bytes(lasting.lasting(people, Level.B_LT))
    for address in served(site):
        for scripts in (True, False):
            at = reader(at=address, scripts=scripts, width=390)
            page = at.opens("/verify?lang=zh").page
            page.set_input_files("#file", str(document))
            page.click("main form button")
            page.wait_for_selector("#d1-root")
            assert not page.evaluate(TOO_WIDE)
            if scripts:
                assert (at.axe(), at.faults()) == ([], [])
            page.set_input_files("#d1-file", str(document))
            page.click("#d1-root form button")
            page.wait_for_selector("text=以下结论使用您自己选择的根证书")
            assert "有效：文件自盖章后未被改动" in page.locator(".result").inner_text()
            assert not page.evaluate(TOO_WIDE)
            if scripts:
                assert (at.axe(), at.faults()) == ([], [])
