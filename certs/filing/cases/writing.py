"""Writing a step of a case and what comes of it: materials, the task of whoever has it now, deliveries, the event.

All of it is one transaction with the step. What may follow was decided before (`life`); here nothing is judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from base import events
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from certs.acting import ROOM
from certs.filing import duties
from certs.filing.cases import deliveries, keeping
from certs.filing.cases.life import Act, Life, Side
from certs.filing.cases.models import Case, CaseMaterial, CaseStep
from certs.filing.cases.reading import bound, life_of
from certs.filing.cases.told import MaterialIn, Told, operator_of
from certs.filing.cases.wiring import Cases
from exchange import tasks
from keys.algorithms.sm3 import SM3

THING: Final = "case"
# Who does what on the two sides, as tasks and guards know them.
ROLES: Final[Mapping[Side, str]] = {Side.RECEIVING: "window", Side.IMPLEMENTING: "operator"}
NONE, PENDING, ISSUED = "none", "pending", "issued"


@dataclass(frozen=True)
class Taken:
    """A case and the step that was told; `is_new` is false where it had been told before."""

    case: Case
    step: CaseStep
    is_new: bool


def keep(
    session: Session, parts: Cases, row: Case, told: Told, digest: str, life: Life, by: Caller, at: datetime
) -> CaseStep:
    """Write the step and what comes of it."""
    before = None if told.act is Act.RECEIVE else life_of(row).owed
    row.version += 1
    step = _step(session, parts, row, told, digest, life, by, at)
    for each in told.materials:
        keep_material(session, parts, row, each, at)
    row.state, row.result, row.life = life.state.value, life.result, keeping.kept(life)
    for name, value in owed_by(life, row.organ, row.receiving_organ).items():
        setattr(row, name, value)
    _note_moment(row, told, life, at)
    session.flush()
    if life.owed != before:
        _pass_on(session, row, life, by, at)
    deliveries.write(session, parts, row, step, by, at)
    _tell(session, row, step, by, at)
    return step


def owed_by(life: Life, organ: str, receiving: str) -> dict[str, Any]:
    """Give the columns that tell whose a case is, and until when."""
    owed = life.owed
    legal = life.legal.ends_at if life.legal is not None else None
    if owed is None:
        return {"duty": None, "owner": None, "owner_role": None, "due_at": None, "legal_due_at": None}
    owner = receiving if owed.side is Side.RECEIVING else organ
    return {
        "duty": owed.duty.value,
        "owner": owner,
        "owner_role": ROLES[owed.side],
        "due_at": owed.term.ends_at,
        "legal_due_at": legal,
    }


def _step(
    session: Session, parts: Cases, row: Case, told: Told, digest: str, life: Life, by: Caller, at: datetime
) -> CaseStep:
    words: dict[str, Json] = {**told.words, "operator": operator_of(told.operator)}
    if told.certificate is not None:
        words["certificate"] = dict(told.certificate)
    step = CaseStep(
        case=row.number,
        sequence=row.version,
        key=told.key,
        request_sm3=digest,
        act=told.act.value,
        state=life.state.value,
        days=told.days,
        awaits_certificate=told.certificate is not None,
        by=actor(by),
        organisation=by.organisation,
        operator_kind=told.operator.kind,
        facts=dict(told.facts),
        content=parts.keys.seal(session, canonical(words), bound(row.number, f"step:{row.version}")),
        at=at,
    )
    session.add(step)
    return step


def _note_moment(row: Case, told: Told, life: Life, at: datetime) -> None:
    if told.act is Act.ACCEPT:
        row.accepted_at = at
    if told.act is Act.GRANT:
        row.certificate_state = PENDING if life.awaits_certificate else NONE
        row.certificate_next_at = at if life.awaits_certificate else None
    if told.act is Act.ISSUE:
        row.certificate_state, row.certificate_next_at, row.certificate_code = ISSUED, None, ""
        row.certificate = str(told.facts["result_cetr_no"])
    if life.result is not None and row.decided_at is None:
        row.decided_at = at
    if life.owed is None:
        row.closed_at = at


def keep_material(session: Session, parts: Cases, row: Case, told: MaterialIn, at: datetime) -> CaseMaterial:
    """Keep a material of a case; one that is handed in again takes the place of the first."""
    agreed, file = told.agreement, told.content
    place = bound(row.number, f"material:{told.key}")
    values = {
        "case": row.number,
        "key": told.key,
        "name": told.name,
        "answer": told.answer,
        "get_type": told.get_type,
        "get_num": told.get_num,
        "source": told.source,
        "sm3": "" if file is None else SM3.of(file).hex(),
        "file_name": told.file_name,
        "content": None if file is None else parts.keys.seal(session, file, place),
        "holder_hash": row.applicant_hash,
        "handed_in_at": at,
        "reusable_until": None if agreed is None else at + timedelta(days=agreed.days),
        "agreement": None
        if agreed is None
        else {"kind": agreed.kind, "number": agreed.number, "sm3": agreed.sm3, "days": agreed.days},
    }
    kept = session.get(CaseMaterial, (row.number, told.key)) or CaseMaterial()
    for name, value in values.items():
        setattr(kept, name, value)
    session.add(kept)
    return kept


def _pass_on(session: Session, row: Case, life: Life, by: Caller, at: datetime) -> None:
    """Close the task of who had the duty, and open one for whoever has it now."""
    thing = Thing(THING, row.number)
    tasks.close(session, thing, by, at)
    owed = life.owed
    if owed is None or row.owner is None or owed.term.ends_at is None:
        return
    title, role = f"办件 {row.number}：{row.item_name}", ROLES[owed.side]
    told = duties.Owed(owed.duty.value, thing, title, row.owner, role, owed.term.days, owed.term.since)
    duties.open_duty(session, told)


def _tell(session: Session, row: Case, step: CaseStep, by: Caller, at: datetime) -> None:
    """Keep the audit entry and tell the event; its facts are the columns of the national rows that name nobody."""
    act, thing = f"case.{step.act}", Thing(THING, row.number)
    ROOM.record(session, by, at, act, thing, sequence=step.sequence, state=row.state, operator=step.operator_kind)
    facts: dict[str, Json] = {
        "project_no": row.number,
        "catalog_code": row.item_code[19:31],
        "task_code": row.item_code[:31],
        "task_handle_item": row.item_code,
        "task_version": row.item_version,
        "org_code": row.organ,
        "region": row.region,
        "receiving_org_code": row.receiving_organ,
        "receiving_region": row.receiving_region,
        "sequence": step.sequence,
        "event_name": step.act,
        "event_end_time": at.isoformat(),
        "state": row.state,
        "owner": row.owner,
        "due_at": None if row.due_at is None else row.due_at.isoformat(),
        "result_type": None if row.result is None else str(int(row.result)),
        "operator_kind": step.operator_kind,
        "told": dict(step.facts),
    }
    events.tell(session, events.Event(act, ROOM.name, thing, step.sequence, at, facts))
