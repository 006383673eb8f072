"""The page that checks evidence packs, kept as a file and opened without a network: a pack is chosen, and judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response

from certs.evidence import page
from keys.algorithms.sm3 import SM3
from tests.browser.conftest import Opener, served
from tests.certs.evidence import packs
from tests.certs.evidence.packs import pack, parts_of, repacked, usual_pack

GOOD, BAD = "yes", "no"


@pytest.fixture(scope="module")
def evidence() -> Iterator[str]:
    """Serve the page under its own policy, as the site does, and nothing beside it."""
    app = Flask(__name__)
    app.add_url_rule(
        "/evidence.html",
        view_func=lambda: Response(page.page(), headers={"Content-Security-Policy": page.policy()}),
    )
    app.add_url_rule("/favicon.ico", endpoint="icon", view_func=lambda: Response(status=204))
    yield from served(app)


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """Keep the page as a file, as somebody does who checks without a network."""
    (tmp_path / "evidence.html").write_bytes(page.page())
    return (tmp_path / "evidence.html").as_uri()


def chosen(opened, name: str, content: bytes) -> str:
    """Choose a pack through the page's file input; give the verdict as it is read out."""
    before = opened.page.text_content("#verdict")
    opened.page.set_input_files("#pack", {"name": name, "mimeType": "application/zip", "buffer": content})
    opened.page.wait_for_function("(before) => document.getElementById('verdict').textContent !== before", arg=before)
    assert opened.page.is_visible("#verdict")
    return str(opened.page.text_content("#verdict"))


def judged(opened) -> str | None:
    told: str | None = opened.page.get_attribute("#verdict", "data-ok")
    return told


def altered() -> bytes:
    """Change one byte of the certificate's file and mend the archive's sums."""
    files = parts_of(usual_pack())
    name = next(each for each in files if each.startswith("certificate."))
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    return repacked({**files, name: bytes(content)})


def test_a_good_pack_is_valid_and_an_altered_one_is_not(reader: Opener, evidence: str):
    opened = reader(at=evidence).opens("/evidence.html")
    assert not opened.page.is_visible("#result")
    assert "说明完整" in chosen(opened, "pack.zip", usual_pack())
    assert judged(opened) == GOOD
    assert opened.page.locator("#checks li").count() == 8
    assert packs.IDENTIFIER in opened.page.text_content("#facts")
    assert chosen(opened, "altered.zip", altered())
    assert judged(opened) == BAD
    assert "✕" in opened.page.locator("#checks li").last.text_content()
    assert not opened.page.is_visible("#told")
    assert opened.faults() == []


def test_it_works_as_a_file_without_any_network(reader: Opener, kept: str):
    opened = reader(at="file://")
    opened.page.context.set_offline(True)
    opened.page.goto(kept)
    chosen(opened, "pack.zip", usual_pack())
    assert judged(opened) == GOOD
    chosen(opened, "nothing.zip", b"nothing")
    assert judged(opened) == BAD
    assert opened.faults() == []


def test_what_is_checked_and_what_is_not_stands_on_the_page(reader: Opener, evidence: str):
    told = reader(at=evidence).opens("/evidence.html").page.inner_text("main")
    for words in ("本页检查什么", "What this page checks", "本页不检查什么", "What it does not check"):
        assert words in told


def test_a_fingerprint_known_from_elsewhere_is_compared(reader: Opener, evidence: str):
    """A pack under another key holds by itself; only the fingerprint tells that it is not the library's."""
    opened = reader(at=evidence).opens("/evidence.html")
    own = SM3.of(bytes.fromhex(packs.Pack().statement.library_key)).hex()
    opened.page.fill("#known", own.upper())
    chosen(opened, "pack.zip", usual_pack())
    assert judged(opened) == GOOD
    stranger = packs.pki.root("别的根", whose="any other").issues("别的库")
    chosen(opened, "nothing.zip", b"nothing")
    chosen(opened, "other.zip", pack(by=stranger))
    assert judged(opened) == BAD
    assert "NOT the fingerprint" in opened.page.text_content("#compared")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_fit_for_everyone(reader: Opener, evidence: str, scheme: str):
    """The accessibility rules find nothing, before and after a pack was judged; the rules themselves run as a file."""
    opened = reader(at=evidence, scheme=scheme, width=360)
    opened.page.set_content(page.page().decode().replace("Content-Security-Policy", "X-Policy"))
    assert opened.axe() == []
    chosen(opened, "altered.zip", altered())
    assert opened.axe() == []
