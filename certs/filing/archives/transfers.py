"""Handing an archive over to an archive office: offered with a deadline, received with its number, or refused.

    made ─hand-over→ handed-over ─receive→ received
                         └─refuse (why)→ refused ─hand-over→ …

The office has a task until it answers. It says the SM3 of what it has: another package is not received.
An archive with findings (files that do not open) is handed over where somebody says why it may be.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.filing import duties
from certs.filing.archives.archives import THING, archive_of
from certs.filing.archives.errors import (
    AnotherArchiveReceived,
    ArchiveNotYours,
    FindingsNotAccepted,
    NoSuchTransfer,
    TransferStands,
)
from certs.filing.archives.models import HANDED_OVER, RECEIVED, Archive, ArchiveTransfer
from exchange import tasks
from keys.parties.organisations import organisation_of

TRANSFER: Final = "archive-transfer"
DUTY: Final = "archive-transfer"
ROLE: Final = "operator"


@dataclass(frozen=True)
class Answer:
    """What an archive office says: received under a number and with which digest, or refused and why."""

    state: str
    receipt: str = ""
    sm3: str = ""
    reason: str = ""


def hand_over(
    session: Session, archive: str, to: str, accepted_findings: str, by: Caller, at: datetime
) -> ArchiveTransfer:
    """Hand an archive over.

    Raises `NoSuchArchive`, `ArchiveNotYours`, `TransferStands`, `FindingsNotAccepted`, `NoSuchOrganisation`,
    `NoSuchTerm`, `CalendarYearUnknown`.
    """
    row = archive_of(session, archive, by, locked=True)
    if by.organisation != row.organ:
        raise ArchiveNotYours(row.case)
    if row.state in {HANDED_OVER, RECEIVED}:
        raise TransferStands(row.state)
    if row.findings and not accepted_findings:
        raise FindingsNotAccepted(row.findings)
    organisation_of(session, to)
    known = new_id()
    title = f"接收归档包：办件 {row.case}（{row.retention}）"
    days = duties.days_of(session, DUTY)
    task = duties.open_duty(session, duties.Owed(DUTY, Thing(TRANSFER, known), title, to, ROLE, days, at))
    made = ArchiveTransfer(
        id=known,
        archive=row.id,
        to=to,
        state=HANDED_OVER,
        sm3=row.sm3,
        accepted_findings=accepted_findings,
        handed_over_by=actor(by),
        handed_over_at=at,
        due_at=task.due_at,
        receipt="",
        reason="",
        settled_by=None,
        settled_at=None,
    )
    session.add(made)
    row.state = HANDED_OVER
    session.flush()
    _tell(session, row, made, by, at)
    return made


def answer(session: Session, transfer: str, told: Answer, by: Caller, at: datetime) -> ArchiveTransfer:
    """Take the archive office's answer; the same again is the same.

    Raises `NoSuchTransfer`, `TransferStands`, `AnotherArchiveReceived`.
    """
    query = select(ArchiveTransfer).where(ArchiveTransfer.id == transfer)
    made = session.scalars(query.with_for_update()).one_or_none()
    if made is None or made.to != by.organisation:
        raise NoSuchTransfer(transfer)
    if made.state != HANDED_OVER:
        if (made.state, made.receipt, made.reason) == (told.state, told.receipt, told.reason):
            return made
        raise TransferStands(made.state)
    if told.state == RECEIVED and told.sm3 != made.sm3:
        raise AnotherArchiveReceived(made.archive)
    row = session.get_one(Archive, made.archive, with_for_update=True)
    made.state = row.state = told.state
    made.receipt, made.reason, made.settled_by, made.settled_at = told.receipt, told.reason, actor(by), at
    session.flush()
    tasks.close(session, Thing(TRANSFER, made.id), by, at)
    _tell(session, row, made, by, at)
    return made


def of_archive(session: Session, archive: str) -> list[ArchiveTransfer]:
    """List the transfers of an archive, the oldest first."""
    query = select(ArchiveTransfer).where(ArchiveTransfer.archive == archive)
    return list(session.scalars(query.order_by(ArchiveTransfer.handed_over_at, ArchiveTransfer.id)))


def _tell(session: Session, row: Archive, made: ArchiveTransfer, by: Caller, at: datetime) -> None:
    facts = {"case": row.case, "to": made.to, "sm3": made.sm3, "transfer": made.id}
    version = 1 + sum(2 if each.settled_at else 1 for each in of_archive(session, row.id))
    ROOM.changed(session, by, at, f"archive.{made.state}", Thing(THING, row.id), version, **facts)
