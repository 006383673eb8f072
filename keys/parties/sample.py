"""The parties of the sandbox: an invented province with its departments, and two business systems with their keys.

Everything is invented and marked 演示; the codes are well-formed, their check characters right, and their organisation
part (YNX…) was never given out. Other rooms' samples find an organisation's code by its short name with `code_of`.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session
from stdnum.cn import uscc

from base import clock
from base.callers import SCOPES, Caller
from base.identifiers import CreditCode, RegionCode, organisation_check
from base.program import Running, Sandbox
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import organisations, system_keys, systems
from keys.parties.organisations import NewOrganisation
from keys.parties.system_keys import NewKey
from keys.parties.systems import NewSystem

PROVINCE, CITY, COUNTY, TOWN = "320000", "320900", "320902", "320902100"
# GB 32100-2015 4.2: 1 is the office that registers organs, 1 a state organ.
_OFFICE_AND_KIND: Final = "11"
_KEY_MODE: Final = 0o600


@dataclass(frozen=True)
class Invented:
    """An organisation of the invented province."""

    short: str
    name: str
    region: str
    level: str
    parent: str | None


ORGANISATIONS: Final = (
    Invented("data", "演示省数据管理局", PROVINCE, "province", None),
    Invented("market", "演示省市场监督管理局", PROVINCE, "province", "data"),
    Invented("police", "演示省公安厅", PROVINCE, "province", "data"),
    Invented("civil", "演示省民政厅", PROVINCE, "province", "data"),
    Invented("labour", "演示省人力资源和社会保障厅", PROVINCE, "province", "data"),
    Invented("land", "演示省自然资源厅", PROVINCE, "province", "data"),
    Invented("housing", "演示省住房和城乡建设厅", PROVINCE, "province", "data"),
    Invented("transport", "演示省交通运输厅", PROVINCE, "province", "data"),
    Invented("health", "演示省卫生健康委员会", PROVINCE, "province", "data"),
    Invented("tax", "演示省税务局", PROVINCE, "province", "data"),
    Invented("city-data", "演示市数据管理局", CITY, "city", "data"),
    Invented("city-window", "演示市政务服务中心", CITY, "city", "city-data"),
    Invented("city-market", "演示市市场监督管理局", CITY, "city", "market"),
    Invented("county-window", "演示区政务服务中心", COUNTY, "county", "city-window"),
    Invented("town-window", "演示镇便民服务中心", TOWN, "town", "county-window"),
)


@dataclass(frozen=True)
class InventedSystem:
    """A business system of the invented province, its key kind and its scopes."""

    id: str
    name: str
    organisation: str
    kind: KeyKind
    scopes: frozenset[str]


_WINDOW_SCOPES: Final = frozenset(
    {"verify:write", "cert:read", "cert:present", "data:read", "filing:write", "case:write", "ledger:read"}
)
SYSTEMS: Final = (
    InventedSystem("yanshi-window", "演示市综合窗口系统", "city-window", KeyKind.SM2, _WINDOW_SCOPES),
    InventedSystem("yanshi-province", "演示省数据共享和证照系统", "data", KeyKind.P256, SCOPES),
)
# Who acts while the sandbox is made, as the audit record names it.
MAKER: Final = Caller("person", "sandbox", "演示沙箱")


def code_of(short: str) -> str:
    """Give the unified social credit code of an organisation of the sandbox."""
    return _CODES[short]


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the organisations and systems, and tell the visitor their keys and secrets."""
    at = clock.now()
    with running.database.transaction() as session:
        for each in ORGANISATIONS:
            organisations.add(session, _new(each), MAKER, at)
        sandbox.told["clients"] = [_client(session, each, sandbox.folder, at) for each in SYSTEMS]
    sandbox.told["organisations"] = [{"code": code_of(each.short), "name": each.name} for each in ORGANISATIONS]


def _new(each: Invented) -> NewOrganisation:
    parent = CreditCode(code_of(each.parent)) if each.parent else None
    return NewOrganisation(CreditCode(code_of(each.short)), each.name, RegionCode(each.region), each.level, parent)


def _client(session: Session, each: InventedSystem, folder: Path, at: datetime) -> dict[str, object]:
    row = systems.add(session, NewSystem(each.id, each.name, code_of(each.organisation)), MAKER, at)
    systems.grant_scopes(session, row, each.scopes, MAKER, at)
    private = asymmetric.generated(each.kind)
    key = system_keys.add_key(session, row, NewKey(private.public), MAKER, at)
    file = folder / f"{each.id}.pem"
    file.unlink(missing_ok=True)  # of a making that was broken off
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _KEY_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(asymmetric.private_key_pem(private, None))
    return {
        "id": row.id,
        "secret": systems.give_secret(session, row, MAKER, at),
        "scopes": sorted(each.scopes),
        "private_key": str(file),
        "kid": key.kid,
        "name": each.name,
        "organisation": row.organisation,
    }


def _code(number: int, region: str) -> str:
    eight = f"YNX{number:05d}"
    seventeen = _OFFICE_AND_KIND + region[:6] + eight + organisation_check(eight)
    return seventeen + str(uscc.calc_check_digit(seventeen))


_CODES: Final = {each.short: _code(number, each.region) for number, each in enumerate(ORGANISATIONS, start=1)}
