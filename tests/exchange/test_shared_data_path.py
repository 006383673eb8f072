"""The whole path of shared data through the API: asked for, granted, used, narrowed, revoked and refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock, ledger_check
from base.db import Database
from exchange.routes.gateway import gateway
from exchange.routes.grants import granted
from exchange.routes.receipts import receipts
from exchange.routes.sharing import sharing
from tests import rooms
from tests.exchange import contract_house, gateway_house
from tests.exchange import sharing_house as house
from tests.exchange.sharing_house import CHECKER, EVERYONE, LICENCE, PROVIDER, REQUESTER, SYSTEM
from tests.rooms import Door

FIELDS = ["许可证编号", "单位名称", "负责人"]


class Province:
    """The province with its mounted table, and what its people do."""

    def __init__(self, database: Database, folder: Path, at: Any) -> None:
        """Open it."""
        house.opened(database, at)
        self.database, self.at = database, at
        self.parts, sources = gateway_house.parts_of(folder), gateway_house.sources_of(folder)
        gateway_house.write_table(folder)
        with database.transaction() as session:
            row = house.directory(session, at, items=gateway_house.items())
            gateway_house.mounted(session, row, sources, at)
            self.code = row.code
        blueprints = (sharing, granted, gateway, receipts)
        self.door: Door = rooms.door(database, blueprints, (*EVERYONE, SYSTEM), self.parts, sources)

    def told(self, who: Any, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """Do something that ends as expected."""
        answer = self.door.call(who.id, method, path, json=body or None)
        assert answer.status_code == status, answer.get_json()
        return answer.get_json()

    def clauses(self, **peculiar: Any) -> dict[str, Any]:
        """Say what is asked for."""
        return house.body(self.at - timedelta(hours=1), **peculiar)

    def ask(self, status: int = 200, **purpose: Any) -> Any:
        """Ask the gateway for one row, for the licence."""
        told = contract_house.told(**{"item_code": LICENCE, **purpose})
        return self.told(SYSTEM, "POST", f"/data/{self.code}", status, purpose=told, limit=1)


@pytest.fixture
def path(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Province:
    monkeypatch.setattr(clock, "now", lambda: at)
    return Province(database, tmp_path, at)


def test_data_are_asked_for_granted_used_narrowed_revoked_and_refused(path: Province) -> None:
    """Each answer is another one; what was once answered keeps its receipt."""
    assert path.ask(403)["reason"] == "no-grant"

    told = {"directory": path.code, "legal_basis": "条例（演示）", "scene": "窗口核验"}
    masked = path.clauses(fields=FIELDS, masks={"负责人": "name"})
    request = path.told(REQUESTER, "POST", "/share-requests", 201, **told, clauses=masked)["id"]
    assert path.ask(403)["reason"] == "no-grant"
    path.told(REQUESTER, "POST", f"/share-requests/{request}/submissions", reason="")
    path.told(CHECKER, "POST", f"/share-requests/{request}/checks", decision="forward")
    grant = path.told(PROVIDER, "POST", f"/share-requests/{request}/decisions", decision="approve")["grant"]

    first = path.ask()
    assert (first["outcome"], set(first["rows"][0])) == ("found", set(FIELDS))
    assert first["rows"][0]["许可证编号"] == "苏卫0001"
    assert first["rows"][0]["负责人"] != "演示甲"
    assert path.ask(403, item_code="000123014000")["reason"] == "matter"

    narrower = path.clauses(fields=FIELDS[:1])
    narrower["ends"] = path.told(PROVIDER, "GET", f"/grants/{grant}")["clauses"]["ends"]
    path.told(PROVIDER, "POST", f"/grants/{grant}/versions", 201, reason="最小必要", clauses=narrower)
    assert set(path.ask()["rows"][0]) == {"许可证编号"}

    path.told(PROVIDER, "POST", f"/grants/{grant}/revocations", reason="不再需要")
    assert path.ask(403)["reason"] == "revoked"

    receipt = path.told(SYSTEM, "GET", first["receipt"]["url"].removeprefix("/api/v1"))
    assert receipt["statement"]["usage_id"] == first["usage_id"]
    assert ledger_check.check(receipt)
