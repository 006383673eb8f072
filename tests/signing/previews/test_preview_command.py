"""`yinxin preview`: the file it writes, what it says of it, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from base.command_line import SpeakingGroup
from signing.commands.preview import preview_command
from tests.builders import pdf
from tests.signing.previews.drawings import block, image, ofd, path

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    group = SpeakingGroup("yinxin", commands={"preview": preview_command})
    return lambda *arguments: CliRunner().invoke(group, ["preview", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "certificate.ofd"
    found.write_bytes(ofd(path(block(0, 0, 20, 20)) + image(number="404")))
    return found


def test_a_png_has_the_points_that_are_asked_for(run, file, tmp_path):
    out = tmp_path / "page.png"
    result = run(file, "--page", 1, "--out", out, "--scale", 3)
    assert result.exit_code == 0, result.output
    with Image.open(out) as drawn:
        assert drawn.size == (300, 300)
    assert "1/1" in result.stdout
    assert "RESOURCE_MISSING" in result.stderr


def test_an_svg_is_written_by_its_ending(run, file, tmp_path):
    out = tmp_path / "page.SVG"
    assert run(file, "--out", out).exit_code == 0
    assert out.read_bytes().startswith(b"<svg ")


def test_json_tells_what_is_not_drawn_in_both_languages(run, file, tmp_path):
    result = run(file, "--out", tmp_path / "page.svg", "--json")
    told = json.loads(result.stdout)
    assert (told["page"], told["pages"], told["media_type"]) == (1, 1, "image/svg+xml")
    (left_out,) = told["not_drawn"]
    assert left_out["code"] == "RESOURCE_MISSING"
    assert left_out["detail"]["zh"]
    assert left_out["detail"]["en"]
    assert told["boxes"] == []


def test_a_signed_pdf_tells_its_boxes(run, tmp_path):
    (tmp_path / "x.pdf").write_bytes(pdf.approved())
    told = json.loads(run(tmp_path / "x.pdf", "--out", tmp_path / "page.png", "--json").stdout)
    assert [each["signature"] for each in told["boxes"]]


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (b"junk", (), 5),
        (b"", (), 5),
        (b"%PDF-1.7 junk", (), 5),
        (ofd(), ("--page", 2), 2),
        (ofd(), ("--page", 0), 2),
        (ofd(), ("--scale", "nan"), 2),
        (ofd(), ("--scale", 1000), 2),
    ],
)
def test_exit_codes(run, tmp_path, content, options, code):
    (tmp_path / "x").write_bytes(content)
    result = run(tmp_path / "x", "--out", tmp_path / "page.png", *options)
    assert result.exit_code == code, result.output
    assert not (tmp_path / "page.png").exists()


def test_another_ending_is_wrong_usage(run, file, tmp_path):
    assert run(file, "--out", tmp_path / "page.jpg").exit_code == 2


def test_a_place_that_cannot_be_written_is_one_sentence(run, file, tmp_path):
    result = run(file, "--out", tmp_path / "nowhere" / "page.png")
    assert result.exit_code == 1
    assert result.stderr.startswith("yinxin: ")
