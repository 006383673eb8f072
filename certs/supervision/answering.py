"""A supervisor's receipt and feedback, and who reads a notice.

The receipt ends the task that began with the notice, and begins that of the first feedback: whoever took a certificate
over says within a term what they found, and overdue it is a ticket as every overdue task is. More may follow whenever
there is something to say, each under a key of the supervisor's own; told twice it is one. What is wrong is told to the
issuer at once. Whoever supervises reads the certificate that the notice is about as it stands; that is on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base import notices
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from base.errors import Fact
from base.notices import Notice, Role
from base.workdays import local_day
from certs import library, types
from certs.acting import ROOM
from certs.contents import Keys
from certs.drafts import Content
from certs.supervision import telling
from certs.supervision.errors import (
    NoSuchSupervisionNotice,
    SupervisionFeedbackDiffers,
    SupervisionNotReceived,
    SupervisionReceiptDiffers,
)
from certs.supervision.models import RECEIVED, WAITING, SupervisionFeedback, SupervisionNotice
from certs.supervision.notice import ALARMING, FEEDBACK_WORDS, Feedback, require_possible
from certs.supervision.telling import KINDS, THING
from certs.types.certificate_type import CertificateType, FieldKind
from certs.wiring import Certs
from exchange import tasks

ALARM: Final = "supervision-irregular"
ISSUER: Final = "issuer"
AUDITOR: Final = "auditor"


@dataclass(frozen=True)
class NewFeedback:
    """Feedback as a supervisor gives it: what, on which day, and in which words."""

    key: str
    code: Feedback
    on: date
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class GivenFeedback:
    """Feedback as both sides read it."""

    key: str
    code: str
    on: date
    text: str = field(repr=False)
    told_at: datetime


def notice_of(session: Session, notice: str, by: Caller, *, locked: bool = False) -> SupervisionNotice:
    """Give a notice that the caller may see: as its supervisor, issuer or auditor. Raises `NoSuchSupervisionNotice`."""
    query = select(SupervisionNotice).where(SupervisionNotice.id == notice)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None or (AUDITOR not in by.roles and by.organisation not in {row.supervisor, row.issuer}):
        raise NoSuchSupervisionNotice(notice)
    return row


def seen_by(by: Caller, wanted: Mapping[str, Any]) -> Select[SupervisionNotice]:
    """Ask for the notices that were told to us, or (`of` is "issuer") those about what we issued."""
    query = select(SupervisionNotice)
    if AUDITOR not in by.roles:
        side = SupervisionNotice.issuer if wanted.get("of") == ISSUER else SupervisionNotice.supervisor
        query = query.where(side == by.organisation)
    return query.where(SupervisionNotice.state == wanted["state"]) if wanted.get("state") else query


def receive(session: Session, notice: str, receipt: str, by: Caller, at: datetime) -> SupervisionNotice:
    """Note that a notice has arrived; the same receipt again changes nothing.

    Raises `NoSuchSupervisionNotice`, `SupervisionReceiptDiffers`.
    """
    row = _own(session, notice, by)
    if row.state == RECEIVED:
        if row.receipt != receipt:
            raise SupervisionReceiptDiffers(notice)
        return row
    row.state, row.receipt, row.received_by, row.received_at = RECEIVED, receipt, actor(by), at
    thing = Thing(THING, notice)
    tasks.close(session, thing, by, at)
    telling.owed(session, row, telling.FEEDBACK_DUTY, "反馈", at)
    ROOM.changed(session, by, at, "supervision-notice.received", thing, what=row.act, issuer=row.issuer)
    return row


def answer(session: Session, keys: Keys, notice: str, new: NewFeedback, by: Caller, at: datetime) -> SupervisionNotice:
    """Keep a feedback; the same again changes nothing.

    Raises `NoSuchSupervisionNotice`, `SupervisionNotReceived`, `UnusableSupervisionFeedback`,
    `SupervisionFeedbackDiffers`.
    """
    row = _own(session, notice, by)
    if row.state == WAITING:
        raise SupervisionNotReceived(notice)
    require_possible(new.on, local_day(row.acted_at), local_day(at))
    made = {
        "notice": notice,
        "key": new.key,
        "code": new.code.value,
        "on_day": new.on,
        "text": keys.seal(session, new.text.encode(), _bound(notice, new.key)),
        "told_by": actor(by),
        "told_at": at,
    }
    table = SupervisionFeedback.__table__
    put = inserting(session, table).values(made).on_conflict_do_nothing().returning(table.c.id)
    if session.execute(put).scalar_one_or_none() is None:
        _require_same(session, keys, notice, new)
        return row
    tasks.close(session, Thing(telling.FEEDBACK_DUTY, notice), by, at)
    _told(session, row, new, by, at)
    return row


def feedback(session: Session, keys: Keys, row: SupervisionNotice, by: Caller) -> list[GivenFeedback]:
    """Give what was answered, the oldest first; an auditor reads that there is some, and not its words."""
    query = select(SupervisionFeedback).where(SupervisionFeedback.notice == row.id)
    reads = by.organisation in {row.supervisor, row.issuer}
    return [
        GivenFeedback(each.key, each.code, each.on, _text(session, keys, each) if reads else "", each.told_at)
        for each in session.scalars(query.order_by(SupervisionFeedback.id))
    ]


def certificate(
    session: Session, parts: Certs, row: SupervisionNotice, by: Caller, at: datetime
) -> Mapping[str, Any] | None:
    """Give the certificate that a notice is about, as it stands now, to its supervisor and its issuer alone."""
    if by.organisation not in {row.supervisor, row.issuer}:
        return None
    known = library.known(session, parts.keys, library.certificate_of(session, row.identifier), at)
    thing = Thing(library.THING, row.identifier)
    ROOM.record(session, by, at, "certificate.read-by-supervisor", thing, notice=row.id)
    return {
        "identifier": row.identifier,
        "type": row.type,
        "number": known.content.number,
        "holders": list(known.content.holders),
        "data": _fields(known.content, types.type_of(parts.types, row.type)),
        "status": known.standing.value,
        "issued_on": known.row.issued_on,
        "valid_from": known.row.valid_from,
        "valid_until": known.row.valid_until,
        "supersedes": known.row.supersedes,
        "superseded_by": known.row.superseded_by,
    }


def _fields(content: Content, type_: CertificateType) -> dict[str, Any]:
    """Give the fields; pictures are for the face, and a notice does without them."""
    pictures = {each.name for each in type_.fields if each.kind is FieldKind.PICTURE}
    return {name: value for name, value in content.data.items() if name not in pictures}


def _own(session: Session, notice: str, by: Caller) -> SupervisionNotice:
    row = notice_of(session, notice, by, locked=True)
    if row.supervisor != by.organisation:
        raise NoSuchSupervisionNotice(notice)
    return row


def _told(session: Session, row: SupervisionNotice, new: NewFeedback, by: Caller, at: datetime) -> None:
    act, thing = "supervision-notice.answered", Thing(THING, row.id)
    ROOM.changed(session, by, at, act, thing, code=new.code.value, on=new.on.isoformat(), issuer=row.issuer)
    if new.code in ALARMING:
        zh, en = FEEDBACK_WORDS[new.code]
        facts: dict[str, Fact] = {"certificate": row.identifier, "zh": zh, "en": en, "day": new.on.isoformat()}
        notices.tell(session, Notice(KINDS[ALARM], facts, (Role(row.issuer, ISSUER),)), at)


def _require_same(session: Session, keys: Keys, notice: str, new: NewFeedback) -> None:
    query = select(SupervisionFeedback).where(SupervisionFeedback.notice == notice, SupervisionFeedback.key == new.key)
    kept = session.scalars(query).one()
    if (kept.code, kept.on, _text(session, keys, kept)) != (new.code.value, new.on, new.text):
        raise SupervisionFeedbackDiffers(notice, new.key)


def _text(session: Session, keys: Keys, row: SupervisionFeedback) -> str:
    return keys.open(session, row.text, _bound(row.notice, row.key)).decode()


def _bound(notice: str, key: str) -> bytes:
    return f"certs_supervision_feedback:{notice}:{key}".encode()
