"""The whole answer to each hostile PDF, word for word: what was found, what is left out, what shows where."""

import pytest

from tests.builders.pdf import PDF
from tests.signing import answers
from tests.signing.answers import Answer
from tests.signing.formats.pdf.hostile import HOSTILE, Hostile, made

CASES = {each.name: each for each in HOSTILE}
GOLDEN = answers.golden("pdf")


def answer(case: Hostile) -> Answer:
    return answers.of_document(lambda: PDF.read(made(case)))


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_answered_word_for_word(name: str):
    assert answer(CASES[name]) == GOLDEN[name]


def test_every_answer_has_its_case():
    assert GOLDEN.keys() == CASES.keys()
