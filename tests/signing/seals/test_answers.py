"""The whole judgement of each seal that was made to be believed, word for word."""

from typing import Any

import pytest

from tests.signing import answers
from tests.signing.answers import Answer
from tests.signing.seals.test_hostile import FORGED, MALFORMED, MISUSED
from tests.signing.stories import judged, value

HOSTILE: list[Any] = [*FORGED, *MALFORMED, *MISUSED]
CASES: dict[str, Any] = {each[0]: each[1:4] for each in HOSTILE}
GOLDEN = answers.golden("seals")


def answer(case: Any) -> Answer:
    version, seal, peculiar = case
    return answers.of_report(judged(value(version, seal, **peculiar)))


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_seal_is_judged_word_for_word(name: str):
    assert answer(CASES[name]) == GOLDEN[name]


def test_every_answer_has_its_case():
    assert GOLDEN.keys() == CASES.keys()
