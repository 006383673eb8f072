"""The sandbox's organs that are known to no room below: those that issue, with their seals, and those that only decide.

A county's approval bureau issues most licences under its own business seal (相对集中行政许可权), as such bureaus do;
the rest is issued by the departments. All are invented and marked 演示.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session
from stdnum.cn import uscc

from base.callers import Caller
from base.identifiers import CreditCode, RegionCode, organisation_check
from base.program import Running
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import CITY, COUNTY, MAKER, ORGANISATIONS, PROVINCE, code_of
from keys.parties.sample_people import InventedPerson
from signing import sample as signing_sample
from signing.sample import SYSTEM, InventedSeal

# Numbers that the rooms below do not give to their organs.
_FIRST: Final = 80_001
_ORGANS: Final = (
    ("approval", "演示区行政审批局", COUNTY, "county", "行政审批专用章"),
    ("agriculture", "演示市农业农村局", CITY, "city", "行政许可专用章"),
    ("emergency", "演示市应急管理局", CITY, "city", "行政许可专用章"),
    ("city-civil", "演示市民政局", CITY, "city", "业务专用章"),
)
# They take part in 一件事 and issue no certificate here; numbers far from the others', so that both lists may grow.
_DECIDING_FIRST: Final = 80_101
_DECIDING: Final = (
    ("fire", "演示区消防救援大队", COUNTY, "county"),
    ("city-management", "演示区城市管理局", COUNTY, "county"),
    ("maternity", "演示区妇幼保健院", COUNTY, "county"),
    ("household", "演示区公安分局", COUNTY, "county"),
    ("insurance", "演示区医疗保障局", COUNTY, "county"),
    ("county-labour", "演示区人力资源和社会保障局", COUNTY, "county"),
    # It shares the promise records (告知承诺); and who rules where the highest authority is itself a party.
    ("credit", "演示省公共信用信息中心", PROVINCE, "province"),
    ("government", "演示省人民政府办公厅", PROVINCE, "province"),
    # Another county, whose window receives for organs elsewhere (异地代收).
    ("far-window", "演示县政务服务中心", "320925", "county"),
)


def _code(number: int, region: str) -> str:
    """Make the code of an invented organ; 11 is the office that registers organs (GB 32100-2015 4.2)."""
    eight = f"YNX{number:05d}"
    seventeen = "11" + region + eight + organisation_check(eight)
    return seventeen + str(uscc.calc_check_digit(seventeen))


CODES: Final[Mapping[str, str]] = MappingProxyType(
    {short: _code(number, region) for number, (short, _, region, _, _) in enumerate(_ORGANS, _FIRST)}
    | {short: _code(number, region) for number, (short, _, region, _) in enumerate(_DECIDING, _DECIDING_FIRST)}
)
# Where each is, for whoever has no register.
REGIONS: Final[Mapping[str, str]] = MappingProxyType({short: region for short, _, region, *_ in (*_ORGANS, *_DECIDING)})
# What every organ is called, for whoever draws a face without a register.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {**{each.short: each.name for each in ORGANISATIONS}, **{short: name for short, name, *_ in (*_ORGANS, *_DECIDING)}}
)


# Who rules on a dispute in which the highest authority is itself a party (裁定).
RULING: Final = (InventedPerson("ruling", "演示异议裁定人员", "government", ("authority",)),)


def code(short: str) -> str:
    """Give the code of an organ of the sandbox."""
    return CODES.get(short) or code_of(short)


def founded(running: Running, folder: Path, at: datetime) -> None:
    """Enter the organs and bring their seals into use."""
    with running.database.transaction() as session:
        entered(session, at)
    # A business seal of an organ of the city is used for its counties too.
    seals = [InventedSeal(short, "business", name + kind, CITY, CODES[short]) for short, name, _, _, kind in _ORGANS]
    signing_sample.further(running, folder, seals, at)


def entered(session: Session, at: datetime) -> None:
    """Enter the organs."""
    for short, name, region, level in (*(each[:4] for each in _ORGANS), *_DECIDING):
        _enter(session, short, name, region, level, at)


def by(short: str, *roles: str) -> Caller:
    """Give the system that issues for an organ."""
    scopes = frozenset({"cert:issue", "seal:use"})
    return Caller("system", SYSTEM, SYSTEM, code(short), frozenset(roles), scopes=scopes)


def _enter(session: Session, short: str, name: str, region: str, level: str, at: datetime) -> None:
    parent = CreditCode(code_of("data" if level == "province" else "city-data"))
    organisations.add(
        session, NewOrganisation(CreditCode(CODES[short]), name, RegionCode(region), level, parent), MAKER, at
    )
