"""Seventy texts that mean something to SQL, shells, templates, paths and markup, in every dynamic field, over HTTP.

On both databases, as a steward of one department while another has a draft with a mark in it: no answer may be a fault
of the program, and none may show the mark. What is refused is refused with a code; what is kept is kept as it stands.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from base import clock
from base.db import Database
from base.fetch import FetchSettings
from base.paging import Pager
from bench.ledger import opened
from exchange.measures import MEASURES
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.routes.directories import directories
from exchange.routes.duties import duties
from exchange.routes.exports import exports
from exchange.routes.imports import imports
from exchange.routes.mounts import mounted
from exchange.routes.quality import quality
from keys.parties.sample import code_of
from tests import rooms
from tests.exchange import import_house
from tests.exchange.departments import STRANGER, content, drafted, person
from tests.exchange.sources.sites import INJECTIONS, unused
from tests.rooms import Door

NAME = "injections"
KINDS = ("sqlite", "postgresql")
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
MARK = "演示保密标记"
AUTHORITY = person("authority", "data", "authority")
BLUEPRINTS = (imports, exports, quality, mounted, directories, duties)
QUERY = ("q", "owner", "region", "share_type", "field_of_work", "state", "cursor", "limit")
MOUNT: dict[str, Any] = {"name": "x", "kind": "files", "declaration": {"path": "a.csv", "format": "csv"}, "columns": {}}
EVERY = 10


@dataclass
class Tally:
    """What came of the calls."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Call every address with every text, on both databases."""
    del results
    texts = INJECTIONS[::EVERY] if short else INJECTIONS
    told = {}
    for kind in KINDS:
        with opened(kind) as database, tempfile.TemporaryDirectory() as folder:
            told[kind] = _tried(database, Path(folder), texts)
    passed = all(not each["faults"] and not each["leaks"] for each in told.values())
    return {"texts": len(texts), "databases": told, "passed": passed}


def _tried(database: Database, folder: Path, texts: tuple[str, ...] | list[str]) -> dict[str, Any]:
    tally = Tally()
    original, clock.now = clock.now, lambda: AT
    try:
        door, place, hidden = _world(database, folder)
        for text in texts:
            for method, path, told in _calls(text, place, hidden):
                _call(door, tally, (method, path), told, text)
    finally:
        clock.now = original
    statuses = {str(status): count for status, count in sorted(tally.statuses.items())}
    calls = sum(tally.statuses.values())
    return {"calls": calls, "statuses": statuses, "faults": tally.faults[:20], "leaks": tally.leaks[:20]}


def _world(database: Database, folder: Path) -> tuple[Door, str, str]:
    steward = import_house.opened(database, AT)
    files = folder / code_of("health") / "files"
    files.mkdir(parents=True)
    (files / "a.csv").write_text("许可证编号,单位名称\n", encoding="utf-8")
    parts = MountParts(MountSettings(folder=str(folder)), unused, FetchSettings())
    with database.transaction() as session:
        told = {"name": MARK, "summary": MARK, "department": code_of("police")}
        row, _ = drafted(session, AT, by=STRANGER, **told)
        new = NewMount(MARK, "files", {"path": "a.csv", "format": "csv"})
        foreign = folder / code_of("police") / "files"
        foreign.mkdir(parents=True)
        mounts.add(session, row, new, parts, STRANGER, AT)
        hidden = row.code
    door = rooms.door(database, BLUEPRINTS, (steward, AUTHORITY), parts, MEASURES, Pager("p" * 32))
    answer = door.call(steward.id, "POST", "/directories", json={"content": content()})
    return Door(door.app, {"steward": steward}), f"/directories/{answer.json['code']}", hidden


def _calls(text: str, place: str, hidden: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give every address with the text in each of its dynamic places."""
    body: dict[str, Any]
    raw = quote(text.encode("utf-8", "surrogatepass"), safe="")
    spelt, draft = quote(text.encode("utf-8", "replace"), safe=""), f"{place}/versions/1"
    for member in QUERY:
        yield "GET", f"/directories?{member}={raw}", {}
    for path in (
        f"/directories/{spelt}",
        f"{place}/versions/{spelt}",
        f"{place}/{spelt}",
        f"/directories/{hidden}{spelt}",
    ):
        yield "GET", path, {}
    for path in (f"/mounts/{spelt}", f"/directory-imports/{spelt}", f"/directory-imports/{spelt}/rows", "/tasks"):
        yield "GET", path, {}
    yield "GET", f"/directory-exports/table?owner={raw}", {}
    yield "GET", f"/directory-exports/catalogue?form={raw}", {}
    for name in content():
        yield "POST", "/directories", _json({"content": {**content(), name: text}})
    for body in ({"content": {text: text}}, {"content": {}, "code": text}, {"content": {}, text: text}):
        yield "POST", "/directories", _json(body)
    yield "POST", "/directories", _json({"content": content(items=[{"name": text, "type": text, text: text}])})
    for body in ({"pointer": text, "text": "x"}, {"pointer": "#/name", "text": text}):
        yield "POST", f"{draft}/comments", _json(body)
    yield "POST", f"{draft}/reviews", _json({"decision": text, "reason": text})
    yield "POST", f"{draft}/withdrawals", _json({"reason": text})
    yield "POST", f"{place}/versions", _json({"reason": text, "from_version": text})
    for body in (
        {"name": text},
        {"kind": text},
        {"declaration": {"path": text, "format": "csv"}},
        {"columns": {text: text}},
    ):
        yield "POST", f"{place}/mounts", _json({**MOUNT, **body})
    for kind in ("rest", "table"):
        declaration = {"origin": text, "path": text, "rows": text, "database": text, "table": text, "key": text}
        yield "POST", f"{place}/mounts", _json({**MOUNT, "kind": kind, "declaration": declaration})
    times = {"valid_from": text, "valid_until": text}
    yield "POST", "/substitutions", _json({"person": text, "substitute": text, **times})
    yield "PUT", f"/terms/{spelt}", _json({"days": text, "basis": text})
    table = f"信息资源名称,信息资源摘要\n{text},{text}\n".encode("utf-8", "replace")
    yield "POST", f"/directory-imports?file_name={raw}", {"data": table}


def _json(body: dict[str, Any]) -> dict[str, Any]:
    """Write a body as JSON does, which can escape what UTF-8 cannot say."""
    return {"data": json.dumps(body), "content_type": "application/json"}


def _call(door: Door, tally: Tally, where: tuple[str, str], told: dict[str, Any], text: str) -> None:
    method, path = where
    steward = door.people["steward"].id
    answer = door.call(steward, method, path, **told)
    tally.statuses[answer.status_code] += 1
    if answer.status_code >= 500:
        tally.faults.append(f"{method} {path[:80]} {text[:60]!a}")
    if MARK in answer.get_data(as_text=True):
        tally.leaks.append(f"{method} {path[:80]} {text[:60]!a}")
    if method == "POST" and answer.status_code in {201, 202}:
        _tidy(door, steward, path, answer.json)


def _tidy(door: Door, steward: str, path: str, made: dict[str, Any]) -> None:
    """Let what was made be read and used once, and take it away: so many of a kind may exist."""
    if path.startswith("/directory-imports"):
        import_house.work_off(door.app.extensions["yinxin"][Database], made["task"], AT)
        here = f"/directory-imports/{made['id']}"
        door.call(steward, "GET", f"{here}/rows")
        door.call(steward, "DELETE", here)
    elif path.endswith("/mounts"):
        door.call(steward, "POST", f"/mounts/{made['id']}/probes")
        door.call(steward, "POST", f"/mounts/{made['id']}/withdrawals", json={"reason": "x"})
