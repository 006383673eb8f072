"""The whole answer to each hostile OFD, word for word: what was found, what is left out, what shows where."""

import pytest

from signing.formats.ofd import OFD
from tests.builders.ofd_hostile import HOSTILE, Hostile
from tests.signing import answers
from tests.signing.answers import Answer

CASES = {f"{each.threat} {each.name}": each for each in HOSTILE}
GOLDEN = answers.golden("ofd")


def answer(case: Hostile) -> Answer:
    return answers.of_document(lambda: OFD.read(case.data))


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_document_is_answered_word_for_word(name: str):
    assert answer(CASES[name]) == GOLDEN[name]


def test_every_answer_has_its_case():
    assert GOLDEN.keys() == CASES.keys()
