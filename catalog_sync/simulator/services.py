"""The system services of the simulated gateway: what each takes, what must be there before, and what can be asked.

Registering gives a thing its name (`cascadeguid`); modifying and cancelling carry that name in the place of the
reporter's own id. As on the real one, registering the same id again makes a second thing, unless `refuses-known` is
switched on: whoever reports must ask before it reports again.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from catalog_sync.simulator import reviews, store
from catalog_sync.simulator.faults import Stage
from catalog_sync.simulator.store import EFFECTS, THINGS
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer, told

# Codes of the platform's own; a record that is faulty in itself is not the same as one that a rule refuses.
OK: Final = "0"
NEEDS, KNOWN, UNKNOWN, REJECTED, BUSY, FAULTY = "-30", "-31", "-32", "-33", "-34", "-35"
LETTERS: Final = {"register": "I", "modify": "U", "cancel": "D"}
CANCELLED, PASSED, WAITING = "9", "1", "0"
MOST_PAGE: Final = 500
LONGEST_NUMBER: Final = 10
# Made once: every record that is told asks them. By the reporter's own id, and by the name that was given.
_LIVE: Final = (THINGS.c.kind == bindparam("of"), THINGS.c.status != CANCELLED)
_HAS: Final = select(THINGS.c.number).where(*_LIVE, THINGS.c.own == bindparam("name")).limit(1)
_NAMED: Final = select(THINGS).where(*_LIVE, THINGS.c.guid == bindparam("name"))


@dataclass(frozen=True)
class Service:
    """A service that takes records: of which kind, the member with their id, what must be there, whether reviewed.

    `needs` maps a member to the kind of thing that it names: by its own id, or by the name that the platform gave it.
    """

    kind: str
    own: str
    needs: Mapping[str, str]
    reviewed: bool = False
    words: tuple[str, ...] = ()


SYSTEM_SERVICES: Final[Mapping[str, Service]] = {
    "s_sys_supply001": Service("organisation", "org_code", {"parent_org_code": "organisation"}, words=("org_name",)),
    "s_sys_supply009": Service("system", "systemGuid", {"credit_code": "organisation"}, words=("system_name",)),
    "s_sys_catalog001": Service("category", "group_id", {}, words=("group_name",)),
    "s_sys_catalog002": Service(
        "directory",
        "cata_id",
        {"credit_code": "organisation", "group_id": "category"},
        reviewed=True,
        words=("cata_title", "shared_type", "update_cycle", "columnlist"),
    ),
    "s_sys_cloud001": Service(
        "resource", "resource_id", {"cata_id": "directory"}, reviewed=True, words=("resource_name",)
    ),
    "s_sys_service003": Service("resource", "registerId", {"cataId": "directory"}, reviewed=True, words=("cnName",)),
    "s_sys_supply002": Service(
        "share_request", "apply_id", {"cata_id": "directory", "apply_org_code": "organisation"}, reviewed=True
    ),
    "s_sys_supply010": Service(
        "grant",
        "grant_id",
        {"cata_id": "directory", "apply_id": "share_request", "apply_org_code": "organisation"},
    ),
    "s_sys_problemback001": Service("objection", "problem_id", {"cata_id": "directory"}, reviewed=True),
    "s_sys_stat001": Service("statistics", "RESOURCE_ID", {"CATA_CODE": "directory"}),
}


@dataclass(frozen=True)
class Call:
    """A call that is let in: its service, its body, and what tells it from the same call made before."""

    sid: str
    body: Mapping[str, Any]
    salt: str
    key: str
    at: datetime


def good(data: Mapping[str, Any]) -> Answer:
    """Answer that all is well."""
    return told({"code": OK, "message": "成功", "data": dict(data)})


def refused(code: str, words: str) -> Answer:
    """Refuse, with a code and words; the status stays 200, as on the real one."""
    return told({"code": code, "message": words, "data": ""})


def taken(session: Session, switches: Switches, service: Service, call: Call) -> Answer:
    """Take a record: what is wrong with it first, then its effect."""
    own, letter = call.body.get(service.own), LETTERS.get(str(call.body.get("operate")))
    if not isinstance(own, str) or not own or letter is None:
        return refused(FAULTY, f"缺少 {service.own} 或 operate")
    wrong = _wrong(session, service, call.body, letter) or _by_rule(session, switches, service, call)
    if wrong is not None:
        return wrong
    if letter == "I":
        return _registered(session, switches, service, call, own)
    return (_modified if letter == "U" else _cancelled)(session, switches, service, call, own)


def _wrong(session: Session, service: Service, body: Mapping[str, Any], letter: str) -> Answer | None:
    if letter == "D":
        return None
    if any(not body.get(each) for each in service.words):
        return refused(FAULTY, f"必填项缺失：{'、'.join(service.words)}")
    missing = _missing(session, service, body)
    return refused(NEEDS, f"前置数据未上报：{missing}") if missing else None


def _by_rule(session: Session, switches: Switches, service: Service, call: Call) -> Answer | None:
    whole = json.dumps(call.body, ensure_ascii=False, sort_keys=True)
    rule = switches.on(session, "reject")
    name = f"{service.kind}\n{call.body.get(service.own)}"
    if rule is not None and (rule.argument in whole if rule.argument else True):
        struck = switches.strike(session, (Stage.RULE,), name, only="reject")
        if struck is not None:
            return refused(REJECTED, "不符合上报规则")
    if switches.strike(session, (Stage.RULE,), call.salt, only="busy") is not None:
        return refused(BUSY, "系统繁忙，请稍后再报")
    return None


def _registered(session: Session, switches: Switches, service: Service, call: Call, own: str) -> Answer:
    is_picky = switches.on(session, "refuses-known") is not None
    if is_picky and store.asked(session, _HAS, of=service.kind, name=own).first() is not None:
        return refused(KNOWN, "该数据已登记")
    guid = str(uuid.uuid4())
    status = WAITING if service.reviewed else PASSED
    store.added(
        session, THINGS, guid=guid, kind=service.kind, own=own, status=status, content=dict(call.body), before=None
    )
    return _done(session, switches, service, call, guid, own, "I")


# --- what a record brings about -----------------------------------------------------------------------------------


def _modified(session: Session, switches: Switches, service: Service, call: Call, guid: str) -> Answer:
    row = _named(session, service.kind, guid)
    if row is None:
        return refused(UNKNOWN, "没有此数据")
    status = WAITING if service.reviewed else PASSED
    content = {**call.body, service.own: row.own}
    store.changed(session, THINGS, row.number, content=content, before=row.content, status=status, code="", words="")
    return _done(session, switches, service, call, guid, row.own, "U")


def _cancelled(session: Session, switches: Switches, service: Service, call: Call, guid: str) -> Answer:
    row = _named(session, service.kind, guid)
    if row is None:
        return refused(UNKNOWN, "没有此数据")
    content = {**row.content, **{name: call.body[name] for name in reviews.MARKS if name in call.body}}
    store.changed(session, THINGS, row.number, content=content, before=row.content, status=CANCELLED)
    return _done(session, switches, service, call, guid, row.own, "D")


def _done(
    session: Session, switches: Switches, service: Service, call: Call, guid: str, own: str, letter: str
) -> Answer:
    """Put the effect on record, have the review begun where there is one, and give the receipt."""
    version = str(call.body.get("dataversion", ""))
    session.info[EFFECTS] = store.added(
        session,
        EFFECTS,
        channel="gateway",
        guid=guid,
        kind=service.kind,
        own=own,
        operation=letter,
        version=int(version) if version.isdigit() else None,
        record_key=str(call.body.get("datakey", "")),
        digest=str(call.body.get("datasm3", "")),
        content=dict(call.body),
        at=call.at.timestamp(),
    )
    if service.reviewed:
        reviews.begin(session, switches, guid, str(call.body.get("datakey", "")))
    return good({"cascadeguid": guid, "own": own})


def _named(session: Session, kind: str, guid: str) -> Any:
    return store.asked(session, _NAMED, of=kind, name=guid).one_or_none()


def _missing(session: Session, service: Service, body: Mapping[str, Any]) -> str:
    """Name the first member whose thing was not reported before."""
    for member, kind in service.needs.items():
        name = body.get(member)
        if not name:
            continue
        if all(store.asked(session, each, of=kind, name=str(name)).first() is None for each in (_HAS, _NAMED)):
            return member
    return ""


# --- what can be asked --------------------------------------------------------------------------------------------


def queried(session: Session, body: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """Answer what is here of a kind, all of it page by page, or under one id, the newest first."""
    query = select(THINGS).where(THINGS.c.kind == str(body.get("datatype", "")))
    if "code" in body:
        query = query.where(THINGS.c.own == str(body["code"]))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    size = min(number(body.get("pageSize"), MOST_PAGE), MOST_PAGE)
    order = THINGS.c.number.desc() if "code" in body else THINGS.c.number
    page = query.order_by(order).offset((number(body.get("pageNo"), 1) - 1) * size).limit(size)
    rows = [_shown(each, stale=stale) for each in session.execute(page)]
    found = [each for each in rows if each is not None]
    return {"total": len(found) if stale else total, "list": found}


def _shown(row: Any, *, stale: bool) -> dict[str, Any] | None:
    """Show a thing; a stale view of it is what it was before its last change, and nothing where it was new."""
    if stale and row.before is None:
        return None
    return {
        "cascadeguid": row.guid,
        "own": row.own,
        "status": PASSED if stale else row.status,
        "code": row.code,
        "opinion": row.words,
        "content": row.before if stale else row.content,
    }


def listed(session: Session, body: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """Answer the list and the detail of interfaces as the platform's own pages do."""
    return queried(session, {**body, "datatype": "resource"}, stale=stale)


def totals(session: Session, _body: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """Count what is here, by kind."""
    del stale
    query = select(THINGS.c.kind, func.count()).where(THINGS.c.status != CANCELLED).group_by(THINGS.c.kind)
    return {str(kind): int(count) for kind, count in session.execute(query)}


def number(value: Any, usual: int) -> int:
    """Read a number that was asked for; the usual one where it is none."""
    text = str(value if value is not None else "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else usual
