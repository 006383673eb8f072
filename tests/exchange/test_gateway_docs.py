"""The documented walk through the gateway, carried out command by command as it stands, in both languages."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from base import clock, ledger_check
from base.db import Database
from tests.exchange.sharing_house import CHECKER, PROVIDER, REQUESTER, SYSTEM
from tests.exchange.test_shared_data_path import Province
from tests.exchange.walks import Walk, commands

PEOPLE = {"REQUESTER": REQUESTER.id, "CHECKER": CHECKER.id, "PROVIDER": PROVIDER.id, "SYSTEM": SYSTEM.id}


@pytest.mark.parametrize("page", ["gateway.md", "zh/gateway.md"])
def test_the_documented_walk_works_as_it_stands(
    database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch, page: str
):
    """Requested, granted, called, with a receipt that verifies, narrowed, revoked, refused."""
    monkeypatch.setattr(clock, "now", lambda: at)
    province = Province(database, tmp_path, at)
    begins, ends = (at - timedelta(hours=1)).isoformat(), (at + timedelta(days=300)).isoformat()
    walk = Walk(province.door, PEOPLE, {"Y": "", "CODE": province.code, "FROM": begins, "UNTIL": ends})
    told: dict[str, list[Any]] = {}
    for command in commands(page):
        body = walk.do(command).get_json()
        known = {"ID": body.get("id") if "scene" in body else None}
        known |= {"GRANT": body.get("grant"), "USAGE": body.get("usage_id")}
        walk.known |= {name: value for name, value in known.items() if value}
        told.setdefault(command.text.rpartition("/api/v1/")[2].partition("/")[0], []).append(body)
    whole, batch, narrowed, refused = told["data"]
    assert whole["rows"] == [{"许可证编号": "苏卫0001", "单位名称": "演示饭店", "负责人": "演**"}]
    assert [each["outcome"] for each in batch["items"]] == ["found", "not_found"]
    assert narrowed["rows"] == [{"许可证编号": "苏卫0001"}]
    assert (refused["code"], refused["reason"]) == ("not-granted", "revoked")
    assert ledger_check.check(told["receipts"][0])


def test_both_languages_document_the_same_walk():
    assert commands("gateway.md") == commands("zh/gateway.md")
    assert len(commands("gateway.md")) == 13
