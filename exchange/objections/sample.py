"""The objection of the sandbox: five departments received one record, one of them objected, its provider corrected it.

Two of the five have confirmed; a visitor may confirm for the others, or dispute it before the authority. The uses are
on record as the gateway records its own, so that the receivers are found where they always are.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base import audit, clock
from base.callers import Caller
from base.program import Running, Sandbox
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.directories import version_of
from exchange.door import usages
from exchange.door.models import Usage
from exchange.door.outcomes import Outcome
from exchange.door.usages import Use
from exchange.models import Directory
from exchange.mounting.models import SERVING, Mount
from exchange.objections import objections
from exchange.objections.life import Step
from exchange.objections.models import Objection
from exchange.objections.objections import Evidence, NewObjection
from exchange.objections.received import About, Meant
from exchange.objections.wiring import Objecting
from keys.algorithms.sm3 import SM3
from keys.parties.sample import CITY, ORGANISATIONS, code_of

RECEIVERS: Final = 5
CONFIRMED: Final = 2


def sample(running: Running, sandbox: Sandbox) -> None:
    """Make the objection, where a directory is mounted, and tell the visitor which it is."""
    with running.database.transaction() as session:
        row = made(session, running.parts[Objecting], clock.now())
        if row is not None:
            sandbox.told["objection"] = row.id


def made(session: Session, parts: Objecting, at: datetime) -> Objection | None:
    """Have a record received five times, objected to, corrected, and confirmed by two."""
    query = select(Directory, Mount.id).join(Mount, Mount.directory == Directory.code).where(Mount.state == SERVING)
    found = session.execute(query.order_by(Directory.code).limit(1)).one_or_none()
    if found is None:
        return None
    directory, mount = found
    others = [code_of(each.short) for each in ORGANISATIONS if code_of(each.short) != directory.owner][:RECEIVERS]
    subject = SM3.of(f"{directory.code}#sandbox".encode()).hex()
    item = str(version_of(session, directory, directory.published or 1).content["items"][0]["name"])
    first, *_ = [_used(session, directory, mount, each, subject, item, at) for each in others]
    evidence = (Evidence("许可证复印件（演示）", SM3.of("演示".encode()).hex()),)
    new = NewObjection(first, Meant(About.FIELD, field=item), "与原件不一致（演示）", evidence)
    row = objections.begin(session, parts, new, _person(others[0], "requester"), at)
    objections.take(session, parts, row, Step.CORRECT, "已按原件更正（演示）", _person(directory.owner, "provider"), at)
    for each in others[:CONFIRMED]:
        objections.take(session, parts, row, Step.CONFIRM, "", _person(each, "requester"), at)
    return row


def _used(
    session: Session, directory: Directory, mount: str, organisation: str, subject: str, item: str, at: datetime
) -> str:
    """Put a use on record as the gateway does; give its number."""
    then = at - timedelta(days=1)
    use = Use(
        id=usages.new_id(then),
        at=then,
        by=_person(organisation, "window"),
        directory=directory.code,
        owner=directory.owner,
        grant="",
        grant_version=1,
        purpose=_purpose(),
        fields=(item,),
        subjects=(subject,),
        outcome=Outcome.FOUND.value,
        reason="found",
        rows=1,
        mount=mount,
        health="",
        request_sm3=subject,
        answer_sm3=subject,
        request_id="",
    )
    session.execute(insert(Usage).values(use.row))
    audit.record(session, use.entry)
    return use.id


def _purpose() -> Purpose:
    return Purpose(
        item_code="000123020000",
        item_name="公共场所卫生许可",
        stage=Stage.REVIEW,
        basis=Basis(BasisKind.CASE, "演示320900202611210002"),
        ground=Ground.STATUTORY,
        grant_code=None,
        operator=Operator(OperatorKind.PERSON, "演示办事员", "演示单位"),
        handling_region=CITY,
        reason="核验申请材料（演示）",
    )


def _person(organisation: str, role: str) -> Caller:
    """Give whoever acts for a department while the sandbox is made."""
    return Caller("person", f"sandbox-{role}", f"演示{role}", organisation, frozenset({role}))
