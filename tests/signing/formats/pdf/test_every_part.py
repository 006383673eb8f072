"""Every name and number of a signed PDF is spoilt, one at a time, and the answer to each is kept.

Names are changed by a letter and numbers by one, each without moving anything, so that the tables stay right. What
is signed is found by its digest, one floor up; here stands what the structure says by itself.
"""

import functools
import re
from collections.abc import Callable, Iterator

import pytest

from signing.formats.format import Wanted, joined
from tests.builders import pdf
from tests.builders.pdf import PDF
from tests.signing import answers
from tests.signing.answers import Answer
from tests.signing.formats.pdf.hostile import second_by_hand

TOKEN = re.compile(rb"/[A-Za-z]+[A-Za-z0-9]*|(?<![\w.])\d+(?![\w.])")
# The tables' rows are many and alike: of each table the first rows stand for all.
ROWS = re.compile(rb"(?:\d{10} \d{5} [nf]\s{1,2}){4,}")


@functools.cache
def stamped() -> bytes:
    """approval <- document security store <- document time stamp."""
    stored = PDF.with_validation_material(pdf.approved(), [b"\x30\x00"], [b"\x30\x01\x00"], [b"\x30\x00"])
    prepared = PDF.prepare(stored, Wanted("signature", document_timestamp=True))
    return prepared.embed(pdf.signer().cms(joined(prepared.message)))


@functools.cache
def by_hand() -> bytes:
    return second_by_hand(pdf.approved())


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "certified": pdf.certified,
    "second-by-hand": by_hand,
    "stamped": stamped,
}


def spoilt(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Change what is no part of a value or a packed stream."""
    for number, match in enumerate(TOKEN.finditer(_bare(data))):
        start, end = match.span()
        token = data[start:end]
        what = f"{number} {token.decode()}"
        yield what, data[:start] + _other(token) + data[end:]


def _bare(data: bytes) -> bytes:
    """Blank what is not looked at, without moving anything."""

    def blanked(match: re.Match[bytes]) -> bytes:
        return b" " * len(match[0])

    def first_rows(match: re.Match[bytes]) -> bytes:
        return match[0][:40] + b" " * (len(match[0]) - 40)

    plain = re.sub(rb"<[0-9A-Fa-f]{64,}>", blanked, data)
    plain = re.sub(rb"stream\r?\n.*?endstream", blanked, plain, flags=re.DOTALL)
    return ROWS.sub(first_rows, plain)


def _other(token: bytes) -> bytes:
    if token.isdigit():
        return b"%0*d" % (len(token), (int(token) + 1) % 10 ** len(token))
    return token[:-1] + (b"Z" if token[-1:] != b"Z" else b"Y")


def answer(make: Callable[[], bytes]) -> Answer:
    return answers.together(make(), spoilt(make()), lambda data: answers.of_document(lambda: PDF.read(data)))


CASES = DOCUMENTS
GOLDEN = answers.golden("pdf_parts")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_part_that_is_spoilt_has_its_answer(name: str):
    assert answer(DOCUMENTS[name]) == GOLDEN[name]
