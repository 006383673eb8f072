"""What figures can be told: which cities are ranked, and what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from base.identifiers import InvalidRegionCode, Level, RegionCode
from base.settings import Settings, UnusableSetting, setting

CITY_DIGITS: Final = 4


@dataclass(frozen=True)
class FigureSettings:
    """What figures can be told."""

    SECTION: ClassVar[str] = "figures"
    cities: tuple[str, ...] = setting(
        (), "The cities that are ranked, as 320100=name each; empty: those that organisations stand in."
    )


@dataclass(frozen=True)
class Figures:
    """The part: the names of the cities that are ranked, by the first four digits of their codes."""

    cities: Mapping[str, str] = field(default_factory=dict)


def built(read: Settings) -> Figures:
    """Build the part. Raises `UnusableSetting`."""
    cities = {}
    for each in read[FigureSettings].cities:
        code, _, name = each.partition("=")
        if not _is_city(code) or not name.strip():
            raise UnusableSetting("figures.cities", "320100=name")
        cities[code[:CITY_DIGITS]] = name.strip()
    return Figures(cities)


def _is_city(code: str) -> bool:
    try:
        return RegionCode(code).level is Level.CITY
    except InvalidRegionCode:
        return False
