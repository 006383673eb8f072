"""The tokens: the same names in both looks, and contrast as WCAG 2.2 asks."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "console" / "static"
TEXT_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
EDGE_CONTRAST = 3.0  # WCAG 2.2, 1.4.11
TEXT = [
    ("ink", "ground"),
    ("ink", "card"),
    ("second", "ground"),
    ("second", "card"),
    ("brand", "ground"),
    ("brand", "card"),
    ("brand", "brand-ground"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-bad", "bad"),
    ("ink", "code-ground"),
    *((state, f"{state}-ground") for state in ("ok", "warn", "bad", "unknown")),
    *(("ink", f"{state}-ground") for state in ("ok", "warn", "bad", "unknown")),
]


def tokens(file):
    block = re.search(r":root {(.*?)\n}", (STATIC / file).read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block[1]))


LIGHT = tokens("ui.css")
DARK = {**LIGHT, **tokens("dark.css")}


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), TEXT)
def test_words_stand_out_from_their_ground(look, words, ground):
    assert contrast(look[words], look[ground]) >= TEXT_CONTRAST


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_the_edge_of_a_field_stands_out(look):
    assert contrast(look["strong-line"], look["card"]) >= EDGE_CONTRAST


def test_the_dark_look_speaks_of_every_colour_but_the_two_that_stay():
    assert set(LIGHT) - set(tokens("dark.css")) == {"focus", "seal"}
    assert set(tokens("dark.css")) - set(LIGHT) == set()


def test_colours_stand_in_tokens_alone():
    """Badges of Swagger UI and paper are the exceptions."""
    rules = (STATIC / "ui.css").read_text(encoding="utf-8").split("\n}\n", 1)[1]
    strays = [line for line in rules.splitlines() if re.search(r"#[0-9a-f]{3,6}\b", line)]
    assert all("opblock" in line or "background: #fff; font-size: 10.5pt" in line for line in strays)


def test_nothing_in_the_look_or_the_scripts_leaves_this_site():
    for file in [*STATIC.glob("*.css"), *STATIC.glob("*.js")]:
        assert not re.search(r"https?://|@import|url\(", file.read_text(encoding="utf-8").replace('https:" ?', "")), (
            file
        )
