"""The code of a presentation: ten digits that are said aloud, and the text of the square that is scanned. Pure.

Ten digits are few, so what keeps them safe is not their number alone: a code lasts minutes, is shown to one
organisation, and whoever tries codes that nobody shows has to wait (`certs.presentations.guessing`).
"""

import re
import secrets
from datetime import timedelta
from typing import Final

DIGITS: Final = 10
# As long as a queue at a counter moves by one; a holder who waits longer shows another.
USUAL_MINUTES: Final = 5
MOST_MINUTES: Final = 15
# What a person holds up at once; more is no showing.
MOST_SHOWN: Final = 10
# Codes that one holder has open: the family's, one each, and one that was made by mistake.
MOST_OPEN: Final = 5
# After that the answer to an old code is that there is none; before, that it is over.
REMEMBERED: Final = timedelta(days=1)
PREFIX: Final = "yinxin:presentation:1:"
_SHAPE: Final = re.compile(rf"[0-9]{{{DIGITS}}}\Z", re.ASCII)


def new_code() -> str:
    """Draw a code."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def square(code: str) -> str:
    """Write what the square says: the code, and what kind of code it is."""
    return PREFIX + code


def read(text: str) -> str | None:
    """Read a code as it was typed or scanned; none where it can be no code."""
    code = re.sub(r"[\s-]", "", text.removeprefix(PREFIX))
    return code if _SHAPE.match(code) else None
