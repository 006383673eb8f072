"""Cursors: nobody outside reads one, makes one, or brings one to another question."""

import base64
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.mounting.errors import UnaskableQuestion
from exchange.sources.cursors import LONGEST_SEALED, Bound, Cursors, question_of
from exchange.sources.questions import LONGEST_CURSOR
from exchange.sources.source import Condition, Question, Test

SECRET = "演示用的密钥，只在测试里出现，超过三十二个字符，不用于别处"
CURSORS = Cursors(SECRET)
ASKED = Question(("许可证号",), (Condition("面积", Test.AT_LEAST, (Decimal("1.50"),)),), 20)
BOUND = Bound("mount-1", "330100-0001", question_of(ASKED), "grant-1")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST_CURSOR)


@given(TEXTS)
def test_what_was_sealed_opens_as_it_was(cursor: str):
    text = CURSORS.seal(cursor, BOUND)
    assert CURSORS.opened(text, BOUND) == cursor
    assert len(text) <= LONGEST_SEALED


def test_the_last_key_of_a_page_cannot_be_read_in_a_cursor():
    text = CURSORS.seal('"32090019900101001X"', BOUND)
    assert b"1990" not in base64.urlsafe_b64decode(text + "==")


def test_the_same_page_has_the_same_cursor_and_another_place_another():
    assert CURSORS.seal("20", BOUND) == CURSORS.seal("20", BOUND)
    assert CURSORS.seal("20", BOUND)[:16] != CURSORS.seal("20", replace(BOUND, mount="mount-2"))[:16]


@pytest.mark.parametrize(
    "other",
    [
        replace(BOUND, mount="mount-2"),
        replace(BOUND, directory="330100-0002"),
        replace(BOUND, holder="grant-2"),
        replace(BOUND, question=question_of(replace(ASKED, conditions=()))),
        replace(BOUND, question=question_of(replace(ASKED, fields=("许可证号", "单位名称")))),
        Bound("mount-1330100-0001", "", BOUND.question, BOUND.holder),
    ],
)
def test_a_cursor_opens_nothing_for_another_question(other: Bound):
    text = CURSORS.seal("20", BOUND)
    with pytest.raises(UnaskableQuestion) as refused:
        CURSORS.opened(text, other)
    assert (refused.value.pointer, refused.value.reason) == ("#/cursor", "unknown")


def test_a_cursor_of_another_service_opens_nothing():
    with pytest.raises(UnaskableQuestion):
        CURSORS.opened(Cursors(SECRET + "二").seal("20", BOUND), BOUND)


@given(st.data())
def test_no_sign_of_a_cursor_can_be_changed(data: st.DataObject):
    text = CURSORS.seal("20.0123456789abcdef", BOUND)
    place = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from("ABab01-_=+/ \n").filter(lambda each: each != text[place]))
    with pytest.raises(UnaskableQuestion):
        CURSORS.opened(text[:place] + sign + text[place + 1 :], BOUND)


@given(st.text())
def test_what_is_no_cursor_is_refused(text: str):
    with pytest.raises(UnaskableQuestion):
        CURSORS.opened(text, BOUND)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "20", "é" * 40, "=" * 40, "A" * (LONGEST_SEALED + 4)])
def test_what_is_too_short_or_too_long_is_refused(text: str):
    with pytest.raises(UnaskableQuestion):
        CURSORS.opened(text, BOUND)


def test_the_next_page_may_be_larger_or_smaller():
    assert question_of(ASKED) == question_of(replace(ASKED, limit=100, cursor="20"))


def test_two_values_that_look_alike_are_two_questions():
    def of(value: str | date) -> str:
        return question_of(Question(("a",), (Condition("b", Test.IN, (value, "2")),)))

    assert of("1") != question_of(Question(("a",), (Condition("b", Test.IN, ("1,2",)),)))
    assert of(date(2026, 1, 1)) == of("2026-01-01")
