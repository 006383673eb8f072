"""Every code that the source can raise has its words in both languages and its page, and no words lack a code."""

import re
from dataclasses import dataclass
from typing import ClassVar

import pytest

from base import problems
from base.errors import DomainError, Kind, every_refusal
from base.settings import UnknownSetting
from tools.reference import import_rooms

import_rooms()

REFUSALS = sorted({each.code: each for each in every_refusal() if not each.__module__.startswith("tests.")}.items())


def test_no_two_refusals_share_a_code():
    codes = [each.code for each in every_refusal() if not each.__module__.startswith("tests.")]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize(("code", "refusal"), REFUSALS, ids=[code for code, _ in REFUSALS])
def test_a_refusal_has_words_in_both_languages(code: str, refusal: type[DomainError]):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    entry = problems.words()[code]
    assert set(entry) == {"zh", "en"}, code
    facts = set(refusal.__dataclass_fields__)
    for language, told in entry.items():
        assert set(told) == {"title", "detail", "cause", "fix"}, f"{code} {language}"
        for text in told.values():
            assert text.strip(), f"{code} {language}"
            assert set(re.findall(r"\{(\w+)\}", text)) <= facts, f"{code} {language}: {text}"


def test_a_planted_refusal_without_words_is_named_with_its_place():
    @dataclass(eq=False)
    class Planted(DomainError):
        """Nobody wrote words for this."""

        code: ClassVar[str] = "planted-without-words"
        kind: ClassVar[Kind] = Kind.CONFLICT

    assert unworded([Planted, UnknownSetting]) == [f"{__name__}.{Planted.__qualname__}: planted-without-words"]


def test_every_refusal_has_words():
    assert unworded([refusal for _, refusal in REFUSALS]) == []


def unworded(refusals: list[type[DomainError]]) -> list[str]:
    """Name the classes whose code no table has words for."""
    return [
        f"{each.__module__}.{each.__qualname__}: {each.code}" for each in refusals if each.code not in problems.words()
    ]


def test_no_words_stand_without_a_code():
    known = {code for code, _ in REFUSALS} | set(problems.CODE_OF_STATUS.values()) | {problems.INTERNAL}
    assert set(problems.words()) == known


def test_every_code_with_a_status_of_its_own_exists():
    assert set(problems.STATUS_OF_CODE) <= set(problems.words())
