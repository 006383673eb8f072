"""Which rows belong to whom by their region. Pure.

Regions nest: 320000 ⊃ 320900 ⊃ 320981 ⊃ 320981100000 (GB/T 2260, then three digits for the town and three for the
village). A row belongs to a region when its code is exact and lies in it, whatever the lengths of the two codes. A row
whose code is missing, misspelt or no code belongs to nobody: it is not mended, since a wrong guess would give it away.
"""

from typing import Final

from base.identifiers import LEVEL_ENDS, Level, RegionCode, read_region_code

LONGEST: Final = 12
SHORTEST: Final = 6


def placed(code: object) -> RegionCode | None:
    """Read the region of a row; none where it has none that can be believed."""
    return RegionCode(code) if isinstance(code, str) and read_region_code(code).exact else None


def belongs(region: RegionCode, code: object) -> bool:
    """Tell whether a row with this region code is one of a region's."""
    found = placed(code)
    return found is not None and region.covers(found)


def written(code: RegionCode) -> str:
    """Write a region in one length, so that equal ones are equal: twelve digits."""
    return code.text.ljust(LONGEST, "0")


def within(region: RegionCode) -> str:
    """Give the digits with which each region inside begins, in the form of `written`; of the nation, none."""
    return "" if region.level is Level.NATION else written(region)[: LEVEL_ENDS[region.level]]


def bounds(region: RegionCode) -> tuple[str, str]:
    """Give the first and the last text that codes inside a region can be, compared as texts."""
    digits = within(region)
    ends = max(SHORTEST, len(digits))
    return digits.ljust(ends, "0"), digits.ljust(LONGEST, "9")
