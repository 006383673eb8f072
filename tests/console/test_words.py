"""The words: complete in both languages, each used, and safe to fill with anything."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from console.words import say, table

CONSOLE = Path(__file__).parents[2] / "console"
WHOLE = re.compile(r"""\bt\(\s*"([a-z_.]+)"\s*[,)]""")
BEGUN = re.compile(r"""\bt\(\s*"([a-z_.]+\.)"\s*~\s*[^~)]+(?:~\s*"(\.[a-z_]+)")?""")
DESK = re.compile(r"""Desk\(\s*"([a-z_.]+)",\s*"[a-z_.]+",\s*"([a-z_.]+)\"""")
KEPT = re.compile(r"""_KEYS: Final = "([a-z_.]+\.)\"""")
FACT = re.compile(r"{(\w+)}")


def asked_for():
    """Gather the keys that templates and modules ask for; a key put together counts for all that it may become."""
    sources = [file.read_text(encoding="utf-8") for file in CONSOLE.rglob("*") if file.suffix in {".html", ".py"}]
    keys = {key for source in sources for key in WHOLE.findall(source)}
    keys |= {
        f"task.{key}.{part}" for part in ("name", "told") for key in re.findall(r'Task\("(\w+)"', "".join(sources))
    }
    keys |= {key for source in sources for key in re.findall(r'Place\("([a-z.]+)"', source)}
    keys |= {
        key
        for source in sources
        for desk in re.findall(r'Desk\("([a-z_.]+)", "[a-z_.]+", "([a-z_.]+)"', source)
        for key in desk
    }
    keys |= {f"done.{key}" for source in sources for key in re.findall(r'\bdone="([a-z_]+)"', source)}
    for begun, ended in (found for source in sources for found in BEGUN.findall(source)):
        keys |= {
            key for key in table() if key.startswith(begun) and key.endswith(ended) and not begun.startswith("task")
        }
    for begun in (found for source in sources for found in KEPT.findall(source)):
        keys |= {key for key in table() if key.startswith(begun)}
    return keys


def test_every_key_has_both_languages_and_the_same_facts():
    for key, words in table().items():
        assert set(words) == {"zh", "en"}, key
        assert set(FACT.findall(words["zh"])) == set(FACT.findall(words["en"])), key
        assert all(text.strip() == text or key == "form.done" for text in words.values()), key


def test_every_key_that_is_asked_for_exists():
    assert asked_for() - set(table()) == set()


def test_every_key_is_used():
    assert set(table()) - asked_for() == set()


def test_chinese_words_hold_no_half_width_punctuation():
    for key, words in table().items():
        assert not re.search(r"[\u4e00-\u9fff][,;:!?()]", words["zh"]), key


def test_english_words_hold_no_chinese_but_the_name():
    for key, words in table().items():
        assert not re.search(r"[\u4e00-\u9fff]", words["en"].replace("印信", "")), key


@given(st.text())
def test_a_fact_is_escaped_whatever_it_holds(fact):
    shown = str(say("zh", "site.operator", operator=fact))
    assert "<" not in shown
    assert html.unescape(shown) == f"由{fact}主办并负责。"


def test_markup_given_as_a_fact_stays_markup():
    assert "<b>x</b>" in say("en", "site.operator", operator=Markup("<b>x</b>"))


def test_a_missing_fact_or_key_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        say("zh", "site.operator")
    with pytest.raises(KeyError):
        say("zh", "no.such.key")
