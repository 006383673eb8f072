"""What the simulated platform offers to be copied: directories and code tables, invented, and read page by page.

A reading without a mark gives everything in the order in which it came; with one, what changed since, in the order in
which it did. The mark of a reading is where the changes stood at its first page, and travels in the pages' tokens, so
that what changes while somebody reads is told by the next reading.
"""

import re
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table, UniqueConstraint, func, select
from sqlalchemy.orm import Session

from catalog_sync.simulator import services, store
from catalog_sync.simulator.faults import Stage
from catalog_sync.simulator.services import Call, good, refused
from catalog_sync.simulator.store import METADATA
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer

SERVICES: Final = {"s_sys_catalog003": "catalog", "s_sys_dict001": "code-table"}
OWN: Final = {"catalog": "cata_id", "code-table": "dict_code"}
FORGOTTEN: Final = "-36"
MOST_PAGE: Final = 200
TOKEN: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")
MARK: Final = re.compile(r"[0-9]{1,9}")
SPACE: Final = uuid.UUID("00000000-0000-4000-8000-00000000c0de")

OFFERED: Final = Table(
    "offered",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("guid", String(36), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("own", String(200), nullable=False),
    Column("content", JSON, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
    Column("changed", Integer, nullable=False, index=True),
    UniqueConstraint("kind", "own"),
)


def fill(session: Session) -> None:
    """Offer what is invented, where nothing is offered yet."""
    if session.execute(select(OFFERED.c.number).limit(1)).first() is None:
        for kind, content in _invented():
            publish(session, kind, content)


def publish(session: Session, kind: str, content: Mapping[str, Any], *, gone: bool = False) -> str:
    """Offer something, change it under its own id, or withdraw it; give what it is called here."""
    own = str(content[OWN[kind]])
    guid = str(uuid.uuid5(SPACE, f"{kind}\n{own}"))
    changed = (session.scalar(select(func.max(OFFERED.c.changed))) or 0) + 1
    row = session.execute(select(OFFERED).where(OFFERED.c.guid == guid)).one_or_none()
    if row is None:
        told = {"guid": guid, "kind": kind, "own": own, "content": dict(content)}
        store.added(session, OFFERED, **told, gone=gone, changed=changed)
    else:
        told = dict(row.content) if gone else dict(content)
        store.changed(session, OFFERED, row.number, content=told, gone=gone, changed=changed)
    return guid


def handed_out(session: Session, switches: Switches, call: Call) -> Answer:
    """Answer a page."""
    since, token = str(call.body.get("mark") or ""), str(call.body.get("token") or "")
    struck = switches.strike(session, (Stage.OFFER,), call.salt)
    name = struck.fault.name if struck is not None else ""
    place = TOKEN.fullmatch(token) if token else None
    if name == "place-forgotten" or (token and place is None) or (since and not MARK.fullmatch(since)):
        return refused(FORGOTTEN, "标记已失效，请重新读取")
    mark = int(place[1]) if place else session.scalar(select(func.max(OFFERED.c.changed))) or 0
    size = min(services.number(call.body.get("pageSize"), MOST_PAGE), MOST_PAGE)
    rows = _rows(session, SERVICES[call.sid], int(since or 0), int(place[2]) if place else 0, size + 1)
    shown, more = rows[:size], len(rows) > size
    after = (shown[-1].changed if since else shown[-1].number) if shown else 0
    listed = [_shown(each) for each in shown]
    if name == "offer-shrunk":
        listed, more = listed[:1], False
    if name == "offer-doubled" and listed:
        listed.append(listed[0])
    if name == "offer-faulty" and listed:
        listed[0] = {**listed[0], "content": _faulty(listed[0]["content"], struck.argument if struck else "")}
    return good({"list": listed, "token": f"{mark}.{after}" if more else "", "mark": str(mark)})


def _rows(session: Session, kind: str, since: int, after: int, most: int) -> list[Any]:
    query = select(OFFERED).where(OFFERED.c.kind == kind)
    if since:
        query = query.where(OFFERED.c.changed > max(since, after)).order_by(OFFERED.c.changed)
    else:
        query = query.where(OFFERED.c.number > after, OFFERED.c.gone.is_(False)).order_by(OFFERED.c.number)
    return list(session.execute(query.limit(most)).all())


def _shown(row: Any) -> dict[str, Any]:
    return {"cascadeguid": row.guid, "status": "9" if row.gone else "1", "content": row.content}


def _faulty(content: Mapping[str, Any], member: str) -> dict[str, Any]:
    """Spoil a row: leave the named member out; without one of that name, its body gets a wrong check character."""
    if member in content:
        return {name: value for name, value in content.items() if name != member}
    code = str(content.get("credit_code", ""))
    return {**content, "credit_code": f"{code[:-1]}{'A' if code[-1:] != 'A' else 'B'}"}


def _invented() -> Iterator[tuple[str, dict[str, Any]]]:
    told = tomllib.loads(resources.files("catalog_sync.simulator").joinpath("offerings.toml").read_text("utf-8"))
    for place, body in enumerate(told["bodies"], start=1):
        for count, each in enumerate(told["subjects"], start=1):
            yield "catalog", _directory(told["updated"], body, each, f"303{place:03d}{count:02d}")
    for each in told["tables"]:
        entries = [dict(zip(("code", "name", "parent"), row, strict=False)) for row in each["entries"]]
        names = {"dict_code": each["code"], "dict_name": each["name"], "dict_version": each["version"]}
        yield "code-table", {**names, "entries": entries}


def _directory(updated: str, body: Mapping[str, str], subject: Mapping[str, Any], front: str) -> dict[str, Any]:
    own = f"{front}/000001"
    items = [
        {"columnid": str(uuid.uuid5(SPACE, f"{own}\n{name}")), "namecn": name, "dataformat": "C", "length": "100"}
        for name in subject["items"]
    ]
    return {
        "cata_id": own,
        "cata_title": f"{body['name']}{subject['name']}",
        "updatetime": updated,
        "credit_code": body["code"],
        "org_name": body["name"],
        "region_code": "000000",
        "group_id": front,
        "description": f"演示：{subject['name']}，由{body['name']}提供",
        "shared_type": subject["shared"],
        "shared_condition": "仅用于办理政务服务事项" if subject["shared"] == "1" else "",
        "update_cycle": subject["cycle"],
        "publishedtime": updated,
        "columnlist": items,
    }
