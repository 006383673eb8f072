"""Settings, commands, metrics and problems are documented from the code itself, and both READMEs tell the same."""

import re
from pathlib import Path

import click
import pytest

import app
from tools import reference

ROOT = Path(__file__).resolve().parents[2]
EVERY = reference.every_command(app.group())


@pytest.mark.parametrize("file", list(reference.PAGES), ids=lambda file: file.name)
def test_a_reference_page_is_what_the_code_says(file: Path):
    assert file.read_text(encoding="utf-8") == reference.PAGES[file](), "run: python -m tools.reference"


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[path for path, _ in EVERY])
def test_a_command_tells_itself_in_both_languages(path: str, command: click.Command):
    told = (command.help or "").splitlines()[0]
    assert " / " in told, path
    assert re.search("[\u4e00-\u9fff]", told), path


def test_both_readmes_tell_the_same_commands():
    def blocks(name: str) -> list[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return [part.strip() for part in text.split("```")[1::2]]

    assert blocks("README.md") == blocks("README.zh-CN.md")


def test_every_decision_stands_in_the_index():
    index = (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8")
    for file in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert file.stem in index, file.name


def test_nothing_committed_names_a_place_of_one_machine():
    for pattern in ("*.py", "*.md", "*.toml", "*.cfg", "Makefile", ".ci/run"):
        for file in ROOT.glob(f"**/{pattern}"):
            if {".venv", ".git", "build", "node_modules"} & set(file.relative_to(ROOT).parts):
                continue
            assert str(ROOT) + "/" not in file.read_text(encoding="utf-8"), file
