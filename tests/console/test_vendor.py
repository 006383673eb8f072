"""Files of other projects are what was brought, and a changed, missing or added one is named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("console/static/vendor", "tests/browser/vendor")


def check(root):
    command = [sys.executable, ROOT / "tools" / "vendor.py", "--check", "--root", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path):
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_vendored_files_are_as_their_locks_say():
    found = check(ROOT)
    assert found.returncode == 0, found.stdout


def test_a_changed_file_is_named(copy):
    file = copy / FOLDERS[0] / "htmx.org" / "htmx.min.js"
    file.write_bytes(file.read_bytes() + b" ")
    found = check(copy)
    assert found.returncode == 1
    assert "htmx.min.js: is not the file that was brought" in found.stdout


def test_a_missing_file_is_named(copy):
    (copy / FOLDERS[0] / "swagger-ui-dist" / "NOTICE").unlink()
    assert "NOTICE: is gone" in check(copy).stdout


def test_a_file_that_nobody_brought_is_named(copy):
    (copy / FOLDERS[1] / "axe-core" / "more.js").write_text("")
    assert "more.js: is not in vendor.lock" in check(copy).stdout
