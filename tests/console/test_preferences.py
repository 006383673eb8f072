"""What a reader may choose, and that nothing else gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.preferences import CHOICES, Preferences, chosen, to_remember

ANYTHING = st.dictionaries(st.sampled_from([*CHOICES, "other"]), st.text() | st.sampled_from(["dark", "elder", "en"]))


def test_nobody_asked_for_anything():
    assert chosen({}, {}) == Preferences("auto", "standard", "comfortable")


def test_the_address_comes_before_the_cookie():
    assert chosen({"theme": "dark"}, {"theme": "light", "view": "elder"}) == Preferences("dark", "elder")


def test_an_unknown_word_in_the_address_leaves_the_cookie_standing():
    assert chosen({"theme": "purple"}, {"theme": "dark"}).theme == "dark"


@given(ANYTHING, ANYTHING)
def test_only_known_words_ever_come_out(query, cookies):
    found = chosen(query, cookies)
    assert all(getattr(found, name) in CHOICES[name] for name in ("theme", "view", "density"))
    assert all(choice in CHOICES[name] for name, choice in to_remember(query).items())


@pytest.mark.parametrize(("name", "choice"), [(name, choice) for name, words in CHOICES.items() for choice in words])
def test_every_choice_of_the_address_is_remembered(name, choice):
    assert to_remember({name: choice, "other": "x"}) == {name: choice}
