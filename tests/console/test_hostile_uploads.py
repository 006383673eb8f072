"""What strangers hand in on the verify page: hostile files end with an honest word, and cost nobody else the page."""

import tempfile
import threading
from collections.abc import Iterator
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from base.db import Database
from signing.workers.limits import WorkerLimits
from signing.workers.pool import Workers
from tests.builders import seals
from tests.builders.ofd import archive, sealed
from tests.builders.ofd_hostile import BOMBS, _pages
from tests.console.test_verify_page import built, database, sent, text, verdict
from tests.signing import verifiers

__all__ = ["database"]
MEGABYTE = 1024 * 1024
BAD = ("无效", "无法", "未签章")
LIMITS = WorkerLimits(processes=1, seconds=20, waiting_seconds=120)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with verifiers.staff(LIMITS) as found:
        yield found


@pytest.fixture(scope="module")
def site(database: Database, workers: Workers) -> Flask:
    return built(database, workers, document_bytes=25 * MEGABYTE)


def noise(size: int, seed: int) -> bytes:
    """Give bytes that no archive makes smaller, the same each time."""
    return b"".join(sha512(f"{seed} {place}".encode()).digest() for place in range(size // 64 + 1))[:size]


def hostile() -> bytes:
    """Make 20 MB that are everything at once: entries, depth, pages and an archive in an archive."""
    files = sealed()
    files["Doc_0/Document.xml"] = _pages(120_000)
    files["Doc_0/Deep.xml"] = b"<a>" * 500_000
    files["Doc_0/Attachs/data.xml"] = archive({f"z{n}": bytes(MEGABYTE) for n in range(20)})
    files |= {f"Doc_0/Res/{n}": noise(11 * 1024, n) for n in range(1_850)}
    return archive(files)


def is_bad(page: Any) -> bool:
    """Tell whether a page says one of the honest words for a document that is not good."""
    said = verdict(page)
    assert "Traceback" not in text(page)
    return any(each in said for each in BAD)


def test_a_hostile_file_of_20_mb_ends_with_an_honest_word_while_others_read_on(site: Flask):
    document = hostile()
    assert 19 * MEGABYTE < len(document) < 24 * MEGABYTE
    told: list[Any] = []
    handing_in = threading.Thread(target=lambda: told.append(sent(site, ("演示.ofd", document))))
    handing_in.start()
    others = [site.test_client().get("/verify").status_code]
    assert handing_in.is_alive(), "the file was too harmless to tell"
    handing_in.join()
    assert set(others) == {200}
    (page,) = told
    assert is_bad(page)
    # Whoever comes next is served by the same processes.
    assert verdict(sent(site, ("好.ofd", seals.ofd()))).startswith("签章验证 · 有效")


@pytest.mark.parametrize("name", ["elements", "depth", "sixty-four-mebibytes-of-zeros", "nested-archives", "pages"])
def test_a_bomb_on_the_page_is_never_called_valid(site: Flask, name: str):
    assert is_bad(sent(site, ("炸弹.ofd", BOMBS[name]())))


def test_a_file_is_taken_wherever_its_lines_break(site: Flask):
    """A form is read in pieces of 64 KiB; a line that ends where a piece does is no reason to refuse the file."""
    assert is_bad(sent(site, ("换行.ofd", b"\n" * 200_000)))


def test_an_upload_of_10_mb_leaves_nothing_on_the_disk(site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert is_bad(sent(site, ("大.ofd", archive({"data": noise(10 * MEGABYTE, 1)}))))
    assert list(tmp_path.iterdir()) == []
