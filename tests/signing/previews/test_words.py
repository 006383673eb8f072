"""What previews tell: every code has its sentence in both languages, and every sentence its code."""

import re
from pathlib import Path

import pytest

import signing.previews
from signing.previews import PREVIEWS, table
from signing.previews.fonts import MONO, SANS, SERIF, Substitutes, kind_of
from signing.previews.glyphs import UnusableFace
from signing.previews.installed import installed
from signing.previews.ofd import OFD
from signing.previews.preview import NotDrawn
from signing.previews.words import told, words
from tests.signing.previews.drawings import substitutes, typeface

CODE = re.compile(r"\"([A-Z]+(?:_[A-Z]+)+)\"")
NO_CODES = {"OFD", "PDF"}


def test_every_code_that_is_told_has_words_and_the_other_way_round():
    folder = Path(signing.previews.__file__).parent
    used = {code for file in folder.rglob("*.py") for code in CODE.findall(file.read_text("utf-8"))} - NO_CODES
    assert used == set(words())


@pytest.mark.parametrize("code", sorted(words()))
def test_each_sentence_is_whole_in_both_languages(code):
    said = told(NotDrawn(code, "{subject} <b>", 3))
    assert said.zh.endswith("。")
    assert said.en.endswith(".")
    assert "{count}" not in said.zh + said.en


def test_the_table_lists_each_format_once():
    assert list(PREVIEWS) == ["ofd", "pdf"]
    with pytest.raises(ValueError, match="twice"):
        table(OFD, OFD)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("宋体", SERIF),
        ("SimSun", SERIF),
        ("仿宋_GB2312", SERIF),
        ("楷体", SERIF),
        ("Times New Roman", SERIF),
        ("黑体", SANS),
        ("微软雅黑", SANS),
        ("Arial", SANS),
        ("Courier New", MONO),
        ("某字体", SERIF),
        ("Unknown", SANS),
    ],
)
def test_the_kind_of_a_font_follows_from_its_name(name, kind):
    assert kind_of(name) == kind


def test_a_folder_of_typefaces_is_looked_through(tmp_path):
    below = tmp_path / "opentype" / "noto"
    below.mkdir(parents=True)
    (below / "NotoSansSC-Regular.otf").write_bytes(typeface({"甲": 1.0}, cubic=True))
    (below / "LiberationSans-Bold.ttf").write_bytes(b"broken")
    (below / "Other.ttf").write_bytes(b"")
    found = installed([tmp_path, tmp_path / "none"])
    assert [each.name for each in found.listed] == ["NotoSansSC-Regular", "LiberationSans-Bold"]
    good, broken = found.listed
    assert found.face(good) is found.face(good) is not None
    assert found.face(broken) is None


def test_letters_of_a_latin_font_come_from_a_latin_typeface_before_another(tmp_path):
    for name in ("NotoSerifSC-Regular.otf", "LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf"):
        (tmp_path / name).write_bytes(b"")
    found = installed([tmp_path])
    plain = found.like("Times New Roman", "", bold=False, serif=False, fixed=False)
    assert [each.name for each in plain] == ["LiberationSerif-Regular", "NotoSerifSC-Regular"]
    heavy = found.like("Times New Roman Bold", "", bold=False, serif=False, fixed=False)
    assert heavy[0].name == "LiberationSerif-Bold"
    assert found.like("宋体", "", bold=False, serif=False, fixed=False)[0].name == "NotoSerifSC-Regular"


def test_a_typeface_that_cannot_be_read_stands_for_nothing():
    def refuse():
        raise UnusableFace

    broken = Substitutes(tuple(type(each)(each.name, each.kind, False, True, refuse) for each in substitutes().listed))
    assert broken.face(broken.listed[0]) is None
