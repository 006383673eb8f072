"""Times as X.509 writes them, in the one form that RFC 5280 allows for each year.

UTCTime and GeneralizedTime to the second, in UTC, with a `Z`. Whether a moment lies in a period is decided elsewhere.
"""

import re
from datetime import UTC, datetime
from typing import Final

from keys.algorithms.der import Reader

UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
# RFC 5280 4.1.2.5: through 2049 a date is written as UTCTime, from 2050 on as GeneralizedTime.
FIRST_GENERALIZED_YEAR: Final = 2050
# RFC 5280 4.1.2.5.1: two digits from 50 on mean 19YY.
FIRST_YEAR_OF_THE_1900S: Final = 50

_UTC: Final = re.compile(rb"[0-9]{12}Z")
_GENERALIZED: Final = re.compile(rb"[0-9]{14}Z")


def take(reader: Reader) -> tuple[datetime, bool]:
    """Take a Time, and tell whether it is a GeneralizedTime that should be a UTCTime. Raises `MalformedDer`."""
    if reader.next_tag == UTC_TIME:
        content = reader.content(UTC_TIME)
        if not _UTC.fullmatch(content):
            raise reader.refused("malformed-time")
        century = b"19" if int(content[:2]) >= FIRST_YEAR_OF_THE_1900S else b"20"
        return _moment(reader, century + content), False
    at = take_generalized(reader)
    return at, at.year < FIRST_GENERALIZED_YEAR


def take_generalized(reader: Reader) -> datetime:
    """Take a GeneralizedTime of any year, as OCSP writes all of its times. Raises `MalformedDer`."""
    content = reader.content(GENERALIZED_TIME)
    if not _GENERALIZED.fullmatch(content):
        raise reader.refused("malformed-time")
    return _moment(reader, content)


def _moment(reader: Reader, digits: bytes) -> datetime:
    try:
        return datetime(
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            int(digits[12:14]),
            tzinfo=UTC,
        )
    except ValueError as error:
        raise reader.refused("no-such-time") from error
