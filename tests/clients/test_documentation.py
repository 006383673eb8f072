"""The README's first example runs as it stands, and both languages and the pages of the documentation tell the same."""

import os
import re
import subprocess
import sys

import pytest
import yinxin_client

from tests.clients import CLIENTS
from tests.clients.site import Site

READMES = [CLIENTS / "python" / name for name in ("README.md", "README.zh-CN.md")]
PAGES = [CLIENTS.parent / "docs" / name for name in ("clients.md", "zh/clients.md")]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TOLD = "sandbox-data/sandbox.json"


def python_of(file) -> list[str]:
    found = BLOCK.findall(file.read_text(encoding="utf-8"))
    return [code for language, manner, code in found if language == "python" and "no-run" not in manner]


@pytest.mark.xdist_group("clients")
@pytest.mark.parametrize("file", READMES, ids=["en", "zh"])
def test_the_first_example_runs(site: Site, file):
    (code,) = python_of(file)
    assert TOLD in code
    told = {**os.environ, "PYTHONPATH": str(CLIENTS / "python"), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", code.replace(TOLD, str(site.file))]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=told)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "valid"


@pytest.mark.parametrize("pair", [READMES, PAGES], ids=["readme", "docs"])
def test_both_languages_show_the_same_code(pair):
    english, chinese = (
        [code for language, _, code in BLOCK.findall(file.read_text(encoding="utf-8")) if language == "python"]
        for file in pair
    )
    assert english == chinese
    assert english


@pytest.mark.parametrize("file", [*READMES, *PAGES], ids=["en", "zh", "docs-en", "docs-zh"])
def test_every_method_is_told(file):
    verbs = {name for name in vars(yinxin_client.Client) if not name.startswith("_")} - {"close"}
    text = file.read_text(encoding="utf-8")
    assert [name for name in sorted(verbs) if f"`{name}(" not in text] == []


def test_everything_that_the_library_offers_is_there():
    assert sorted(yinxin_client.__all__) == sorted(set(yinxin_client.__all__))
    assert all(hasattr(yinxin_client, name) for name in yinxin_client.__all__)
