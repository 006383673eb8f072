"""What the simulated seal system and the simulated case centre take, and how they call what they answer.

Each path takes records of one kind under the reporter's own id. As on the gateway, registering the same id again makes
a second thing unless `refuses-known` is switched on; what is changed must be there. A case has one number here (赋码),
whichever of its steps is told.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog_sync.simulator import reviews, store
from catalog_sync.simulator.faults import Stage
from catalog_sync.simulator.services import BUSY, FAULTY, KNOWN, NEEDS, REJECTED, UNKNOWN, Call, good, refused
from catalog_sync.simulator.store import EFFECTS, THINGS
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer

PASSED, WAITING = "1", "0"
REGISTER, CHANGE = "I", "U"


@dataclass(frozen=True)
class Entry:
    """A path that takes records; `needs` maps a member to the kind that it names, `case` is the member with a case."""

    kind: str
    own: str
    letter: str
    required: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    reviewed: bool = False
    case: str = ""


@dataclass(frozen=True)
class Names:
    """What a door calls the things in its answers and questions."""

    name: str
    own: str
    status: str
    question: str
    code: str = "reasonCode"
    words: str = "reason"
    receipt: str = "receiptNo"


@dataclass(frozen=True)
class Office:
    """A door: where records go in, where questions are asked, what things are called."""

    channel: str
    entries: Mapping[str, Entry]
    names: Names
    base: str
    name_of: Callable[[str, Mapping[str, Any]], str]

    @property
    def questions(self) -> Mapping[str, str]:
        """Give what each path asks."""
        return {f"{self.base}/{each}": each for each in ("query", "receipts", "totals")}


def own_name(guid: str, _content: Mapping[str, Any]) -> str:
    """Call a thing what it was called when it was registered."""
    return guid


def case_code(guid: str, content: Mapping[str, Any]) -> str:
    """Call a step by its case: the region and a number that is the same for all steps of the case."""
    project = str(content.get("projectNo") or content.get("projectno") or guid)
    region = str(content.get("regionCode") or content.get("areacode") or "000000")[:6]
    digest = hashlib.new("sm3", project.encode()).hexdigest()
    return f"{region}{int(digest[:12], 16):015d}"


SEALS: Final = Office(
    "national-seals",
    {
        "/seal/unit/register": Entry("organisation", "unitCode", REGISTER, ("unitName",)),
        "/seal/unit/change": Entry("organisation", "unitCode", CHANGE, ("unitName",)),
        "/seal/register": Entry(
            "seal",
            "sealCode",
            REGISTER,
            ("sealName", "recordNo", "sealSm3", "sealStatus", "validEnd"),
            {"unitCode": "organisation"},
            reviewed=True,
        ),
        "/seal/change": Entry("seal", "sealCode", CHANGE, ("sealName", "sealStatus"), reviewed=True),
        "/seal/status": Entry("seal", "sealCode", CHANGE, ("sealStatus", "statusTime")),
        "/seal/revoke": Entry("seal", "sealCode", CHANGE, ("sealStatus", "revokeTime")),
    },
    Names("registerNo", "code", "auditStatus", "code"),
    "/seal",
    own_name,
)
CASES: Final = Office(
    "case-centre",
    {
        "/case/accept": Entry("case-step", "stepNo", REGISTER, ("projectNo", "acceptInfo"), reviewed=True),
        "/case/process": Entry("case-step", "stepNo", REGISTER, ("projectNo", "processInfo")),
        "/case/special": Entry("case-step", "stepNo", REGISTER, ("projectNo", "specialInfo"), case="projectNo"),
        "/case/result": Entry(
            "case-step", "stepNo", REGISTER, ("projectNo", "resultInfo"), reviewed=True, case="projectNo"
        ),
        "/case/evaluation": Entry(
            "evaluation", "evaluationNo", REGISTER, ("projectno", "satisfaction"), case="projectno"
        ),
        "/case/evaluation/answer": Entry("evaluation", "evaluationNo", CHANGE, ("projectno", "answerstatus")),
    },
    Names("caseCode", "own", "status", "own"),
    "/case",
    case_code,
)


def taken(session: Session, switches: Switches, office: Office, entry: Entry, call: Call) -> Answer:
    """Take a record: what is wrong with it first, then its effect."""
    own = call.body.get(entry.own)
    if not isinstance(own, str) or not own or any(not call.body.get(each) for each in entry.required):
        return refused(FAULTY, f"必填项缺失：{'、'.join((entry.own, *entry.required))}")
    missing = _missing(session, entry, call.body)
    if missing:
        return refused(NEEDS, f"前置数据未上报：{missing}")
    return _by_rule(session, switches, entry, own, call) or _placed(session, switches, office, entry, own, call)


def _placed(session: Session, switches: Switches, office: Office, entry: Entry, own: str, call: Call) -> Answer:
    """Register what is new, change what is there."""
    held = _held(session, entry.kind, own)
    if entry.letter == REGISTER:
        if held is not None and switches.on(session, "refuses-known") is not None:
            return refused(KNOWN, "该数据已登记")
        return _registered(session, switches, office, entry, own, call)
    if held is None:
        return refused(UNKNOWN, "没有此数据")
    return _changed(session, switches, office, entry, held, call)


def _registered(session: Session, switches: Switches, office: Office, entry: Entry, own: str, call: Call) -> Answer:
    guid, status = str(uuid.uuid4()), WAITING if entry.reviewed else PASSED
    content = dict(call.body)
    store.added(session, THINGS, guid=guid, kind=entry.kind, own=own, status=status, content=content, before=None)
    return _done(session, switches, office, entry, guid, own, content, call)


def _changed(session: Session, switches: Switches, office: Office, entry: Entry, held: Any, call: Call) -> Answer:
    status, content = WAITING if entry.reviewed else PASSED, {**held.content, **call.body}
    store.changed(session, THINGS, held.number, content=content, before=held.content, status=status, code="", words="")
    return _done(session, switches, office, entry, held.guid, held.own, content, call)


def _done(
    session: Session,
    switches: Switches,
    office: Office,
    entry: Entry,
    guid: str,
    own: str,
    content: Mapping[str, Any],
    call: Call,
) -> Answer:
    """Put the effect on record, have the review begun where there is one, and give the receipt."""
    version, key = str(call.body.get("dataversion", "")), str(call.body.get("datakey", ""))
    session.info[EFFECTS] = store.added(
        session,
        EFFECTS,
        channel=office.channel,
        guid=guid,
        kind=entry.kind,
        own=own,
        operation=entry.letter,
        version=int(version) if version.isdigit() else None,
        record_key=key,
        digest=str(call.body.get("datasm3", "")),
        content=dict(call.body),
        at=call.at.timestamp(),
    )
    if entry.reviewed:
        reviews.begin(session, switches, guid, key)
    names = office.names
    return good({names.name: office.name_of(guid, content), names.own: own, names.receipt: str(uuid.uuid4())})


def _missing(session: Session, entry: Entry, body: Mapping[str, Any]) -> str:
    """Name the first member whose thing was not reported before."""
    for member, kind in entry.needs.items():
        if _held(session, kind, str(body.get(member, ""))) is None:
            return member
    if entry.case:
        begins = f"{body.get(entry.case)}/"
        steps = select(THINGS.c.number).where(THINGS.c.kind == "case-step", THINGS.c.own.startswith(begins))
        if session.execute(steps.limit(1)).first() is None:
            return entry.case
    return ""


def _by_rule(session: Session, switches: Switches, entry: Entry, own: str, call: Call) -> Answer | None:
    rule, whole = switches.on(session, "reject"), json.dumps(call.body, ensure_ascii=False, sort_keys=True)
    is_ruled_out = rule is not None and (not rule.argument or rule.argument in whole)
    name = f"{entry.kind}\n{own}"
    if is_ruled_out and switches.strike(session, (Stage.RULE,), name, only="reject") is not None:
        return refused(REJECTED, "不符合上报规则")
    if switches.strike(session, (Stage.RULE,), call.salt, only="busy") is not None:
        return refused(BUSY, "系统繁忙，请稍后再报")
    return None


def _held(session: Session, kind: str, own: str) -> Any:
    query = select(THINGS).where(THINGS.c.kind == kind, THINGS.c.own == own).order_by(THINGS.c.number.desc())
    return session.execute(query.limit(1)).one_or_none()
