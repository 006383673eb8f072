"""The gateway's house with partners who speak dialects: an account for each, and services that are its directory."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from base import web
from base.db import Database
from exchange.dialects.dialect import Given, Served
from exchange.partners import accounts as dialect_accounts
from exchange.partners.accounts import NewAccount
from exchange.partners.models import FIRST, NEWER
from exchange.partners.wiring import Dialects, DialectSettings
from exchange.routes import dialects as routes
from keys.algorithms.algorithm import PrivateKey
from keys.parties import systems
from keys.parties.request_signers import national_gateway
from keys.parties.systems import system_of
from tests.exchange import departments, gateway_house
from tests.exchange.gateway_house import MATTER, SYSTEM, House

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "dialects"
RID, NEWER_RID = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
SID = "s_1100000000000_0001"
CLIENT = "YANSHI/GOV/11320000YNX/WINDOW"
SERVICE = "YANSHI/GOV/11320000YNX/HEALTH/licences"
GATEWAY, X_ROAD = "/dialects/national-gateway", "/dialects/x-road"
DEFAULTS = Given(
    item_code=MATTER,
    item_name="演示事项",
    basis="演示协议1号",
    ground="agreement",
    operator="演示窗口系统",
    unit="演示窗口",
    region="320900",
    reason="核验许可证",
)
MATTER_HEADERS = {"Yinxin-Item-Code": MATTER, "Yinxin-Basis": "3209000001"}


@dataclass
class DialectHouse:
    """The running house, what its partners hold, and how they call."""

    house: House
    dialects: Dialects
    key: str
    newer_key: str
    at: datetime
    system_key: PrivateKey
    moments: list[int] = field(default_factory=list)

    def signed(self, secret: str, rid: str = RID, prefix: str = "gjgxjhpt", **told: str) -> dict[str, str]:
        """Sign as a caller of the national gateway does; no two signatures are of the same moment unless told so."""
        self.moments.append(0)
        rtime = told.get("rtime") or str(int(self.at.timestamp() * 1000) + len(self.moments))
        sid = told.get("sid", SID)
        sign = national_gateway.signature(sid, rid, rtime, secret)
        return {f"{prefix}_rid": rid, f"{prefix}_sid": sid, f"{prefix}_rtime": rtime, f"{prefix}_sign": sign}

    def secret(self) -> str:
        answer = self.refresh(self.signed(self.key))
        return national_gateway.opened_secret(self.key, answer["data"]["secret"])

    def refresh(self, body: Any) -> Any:
        answer = self.open("POST", f"{GATEWAY}/sysapi/auth/refreshappsecret", data=json.dumps(body))
        assert answer.status_code == 200
        return answer.json

    def proxy(self, headers: Any, body: Any = None, **told: Any) -> Any:
        data = told.pop("data", None) or (json.dumps(body) if body is not None else None)
        given = [*headers.items()] if isinstance(headers, dict) else headers
        answer = self.open("POST", f"{GATEWAY}/httpproxy", headers=given, data=data, **told)
        assert answer.status_code == 200, answer.text
        return answer.json

    def road(self, method: str = "GET", service: str = SERVICE, who: str | None = "window", **told: Any) -> Any:
        headers = {"X-Road-Client": CLIENT, **told.pop("headers", {})}
        if who is not None:
            headers |= {"Cookie": f"__Host-yinxin={who}", "X-CSRF-Token": "t"}
        kept = {name: value for name, value in headers.items() if value is not None}
        return self.open(method, f"{X_ROAD}/r1/{service}", headers=kept, **told)

    def open(self, method: str, path: str, **told: Any) -> Any:
        return self.house.door.app.test_client(use_cookies=False).open(path, method=method, **told)


def opened(
    database: Database, folder: Path, at: datetime, settings: DialectSettings | None = None, **told: Any
) -> DialectHouse:
    """Open the house with one account in each dialect and generation, and the directory under a name in each."""
    house = gateway_house.opened(database, folder, at, **told)
    dialects = Dialects(settings or DialectSettings(), house.parts.data_keys)
    web.furnish(house.door.app, dialects)
    house.door.also_serves(routes.served(dialects.told))
    private = gateway_house.system_added(database, at)
    keys = []
    with database.transaction() as session:
        systems.grant_scopes(session, system_of(session, SYSTEM.id), {"data:read"}, departments.MAKER, at)
        for dialect, name, generation in (
            ("national-gateway", RID, FIRST),
            ("national-gateway", NEWER_RID, NEWER),
            ("x-road", CLIENT, FIRST),
        ):
            new = NewAccount(dialect, name, SYSTEM.id, DEFAULTS, generation)
            keys.append(dialect_accounts.add(session, dialects.data_keys, new, departments.MAKER, at)[1])
        for dialect, name in (("national-gateway", SID), ("x-road", SERVICE)):
            served = Served(name, {"xkzbh": "许可证编号"})
            dialect_accounts.add_service(session, dialect, served, house.code, departments.MAKER, at)
    return DialectHouse(house, dialects, keys[0], keys[1], at, private)
