"""Electronic seals: the table of standards, and the one place that tells by which a seal was made.

A seal says it by its structure and the version in its header: two elements are of 2014; four or five are of 2020, or of
2025 where the header says 5. A sealed value: two elements are of 2014; four, or five with a time stamp, as its seal.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keys.algorithms.der import Reader
from keys.errors import MalformedDer
from signing.errors import MalformedSeal
from signing.seals import gbt38540_2020, gmt0031_2014, gmt0031_2025, reading
from signing.seals.seal import Seal, SealedValue, SealStandard, Version, WritableStandard

_ELEMENTS_OF_2014: Final = 2
_ELEMENTS_SINCE_2020: Final = (4, 5)
_WITH_STAMP: Final = 5


def table(*standards: SealStandard) -> Mapping[Version, SealStandard]:
    """Lay standards out by version. Raises `ValueError` for a version that stands twice."""
    laid = {each.version: each for each in standards}
    if len(laid) != len(standards):
        raise ValueError("a standard of seals stands twice")
    return MappingProxyType(laid)


STANDARDS: Final = table(gmt0031_2014.STANDARD, gbt38540_2020.STANDARD, gmt0031_2025.STANDARD)
# By which seals are made here; what is only read stands in the table above alone.
WRITABLE: Final[Mapping[Version, WritableStandard]] = MappingProxyType(
    {each.version: each for each in (gmt0031_2014.STANDARD, gbt38540_2020.STANDARD)}
)


def read_seal(data: bytes) -> Seal:
    """Read a seal of any standard. Raises `MalformedSeal`."""
    return STANDARDS[_version_of_seal(data)].read_seal(data)


def read_value(data: bytes) -> SealedValue:
    """Read a sealed value of any standard. Raises `MalformedSeal`."""
    elements = _elements(data)
    if elements == _ELEMENTS_OF_2014:
        return STANDARDS[Version.GMT0031_2014].read_value(data)
    if elements not in _ELEMENTS_SINCE_2020:
        raise MalformedSeal("unknown-structure", 0)
    return STANDARDS[_version_of_seal(_seal_inside(data))].read_value(data)


def _version_of_seal(data: bytes) -> Version:
    elements = _elements(data)
    if elements == _ELEMENTS_OF_2014:
        return Version.GMT0031_2014
    if elements not in _ELEMENTS_SINCE_2020:
        raise MalformedSeal("unknown-structure", 0)
    of_2025 = elements == _WITH_STAMP or gbt38540_2020.header_version_of(data) == gmt0031_2025.VERSION
    return Version.GMT0031_2025 if of_2025 else Version.GBT38540_2020


def _seal_inside(data: bytes) -> bytes:
    """Give the seal that stands second in the signed part of a sealed value."""
    try:
        inner = Reader(data).inside().inside()
        inner.whole()
        return inner.whole()
    except MalformedDer as error:
        raise MalformedSeal(error.reason, error.offset) from error


def _elements(data: bytes) -> int:
    if len(data) > reading.SIZE_LIMIT:
        raise MalformedSeal("too-large", 0)
    try:
        return reading.count(data)
    except MalformedDer as error:
        raise MalformedSeal(error.reason, error.offset) from error
