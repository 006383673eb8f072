"""The one refusal that may leave the reading of an OFD, and how it is raised.

The reason is always a code of `signing.check_codes`, so that the page of an unreadable document has words for it in
both languages; the subject names the part, cut to a length and without characters that could act on a terminal.
"""

import unicodedata
from typing import Final

from signing.errors import CannotSign, UnreadableDocument

FORMAT: Final = "ofd"
# A name is told so that a person can find it; an entry's name may have 512 bytes, a report line should not.
SUBJECT_SHOWN: Final = 160
ELLIPSIS: Final = "…"


def unreadable(reason: str, subject: str = "") -> UnreadableDocument:
    """Make the refusal to read, with a code and the part it concerns."""
    return UnreadableDocument(FORMAT, reason, shown(subject))


def cannot_sign(reason: str) -> CannotSign:
    """Make the refusal to sign."""
    return CannotSign(FORMAT, reason)


def shown(text: str) -> str:
    """Give a text out of a document as it may stand in a report: short, and with nothing in it that acts."""
    cut = text if len(text) <= SUBJECT_SHOWN else text[: SUBJECT_SHOWN - 1] + ELLIPSIS
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(
        each if not unicodedata.category(each).startswith("C") else "\N{REPLACEMENT CHARACTER}" for each in cut
    )
