"""Reporting an entry that is missing, and answering: made up by an entry of the library, or refused with the reason.

A report comes of a look-up that found nothing: it names that use, and only who made the use can report on it. The same
holder and type are reported once; a second report of the organisation gives the first. The issuer has a term of working
days (`exchange.terms`, duty `missing-entry`); reminders and the telling of the authority above when it is over are the
work of `exchange.tasks`. Nothing is entered into the library here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical, read
from certs import contents, types
from certs.acting import ROOM
from certs.contents import Keys
from certs.libraries.answers import Named
from certs.missing.errors import (
    MissingReportClosed,
    NoIssuerToAsk,
    NoSuchMissingReport,
    NotTheMissingCertificate,
)
from certs.missing.models import MADE_UP, OPEN, REFUSED, MissingReport
from certs.models import Certificate, CertificateHolder
from certs.types import Types
from certs.types.certificate_type import CertificateType
from exchange import tasks
from exchange.door import usages
from exchange.door.outcomes import Outcome
from exchange.door.usages import usage_of
from exchange.tasks import Duty
from keys.parties.models import ACTIVE, Organisation

THING: Final = "missing-report"
DUTY: Final = "missing-entry"
ROLE: Final = "issuer"
AUDITOR: Final = "auditor"


@dataclass(frozen=True)
class Reported:
    """What is reported missing, of which look-up, and what the clerk saw: number and issuer as the paper says them."""

    usage: str
    type: str
    holder: Named
    number: str = field(default="", repr=False)
    issuer: str = ""
    note: str = field(default="", repr=False)


def report(session: Session, keys: Keys, known: Types, told: Reported, by: Caller, at: datetime) -> MissingReport:
    """Report an entry that is missing; the same twice is one report.

    Raises `NoSuchUsage`, `NoSuchCertificateType`, `NotTheMissingCertificate`, `NoIssuerToAsk`.
    """
    type_ = types.type_of(known, told.type)
    use = usage_of(session, told.usage, by)
    held = contents.holder_hash(session, keys, told.holder.type, told.holder.code)
    if use.outcome != Outcome.NOT_FOUND or held not in use.subjects or use.organisation != by.organisation:
        raise NotTheMissingCertificate(told.usage)
    same = select(MissingReport).where(MissingReport.type == type_.code, MissingReport.holder_hash == held)
    same = same.where(MissingReport.state == OPEN, MissingReport.organisation == by.organisation)
    if (again := session.scalars(same).first()) is not None:
        return again
    issuer = _issuer(session, type_, told, use.handling_region)
    number = usages.new_id(at)
    title = f"缺证反馈：{type_.name}"
    task = tasks.open_task(session, Duty(DUTY, Thing(THING, number), title, issuer, ROLE), at)
    row = MissingReport(
        id=number,
        type=type_.code,
        holder_hash=held,
        content=keys.seal(session, canonical(_content(told)), _bound(number)),
        usage=told.usage,
        organisation=by.organisation,
        issuer=issuer,
        state=OPEN,
        identifier=None,
        reason="",
        due_at=task.due_at,
        reported_by=actor(by),
        reported_at=at,
        answered_by=None,
        answered_at=None,
        version=0,
    )
    session.add(row)
    _changed(session, row, "missing-report.made", by, at)
    return row


def make_up(session: Session, row: MissingReport, identifier: str, by: Caller, at: datetime) -> MissingReport:
    """Answer by the entry that was made up: of the reported type and holder.

    Raises `NoSuchMissingReport`, `MissingReportClosed`, `NotTheMissingCertificate`.
    """
    _require_open(row, by)
    query = select(Certificate.identifier).join(
        CertificateHolder, CertificateHolder.identifier == Certificate.identifier
    )
    query = query.where(
        Certificate.identifier == identifier,
        Certificate.type == row.type,
        Certificate.issuer == by.organisation,
        CertificateHolder.code_hash == row.holder_hash,
    )
    if session.scalars(query).first() is None:
        raise NotTheMissingCertificate(row.id)
    row.identifier = identifier
    return _answered(session, row, MADE_UP, by, at)


def refuse(session: Session, row: MissingReport, reason: str, by: Caller, at: datetime) -> MissingReport:
    """Answer that there is none to be entered, and why. Raises `NoSuchMissingReport`, `MissingReportClosed`."""
    _require_open(row, by)
    row.reason = reason
    return _answered(session, row, REFUSED, by, at)


def report_of(session: Session, known: str, by: Caller, *, locked: bool = False) -> MissingReport:
    """Give a report that the caller may see: its own, or one that it is to answer. Raises `NoSuchMissingReport`."""
    query = select(MissingReport).where(MissingReport.id == known)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None or (AUDITOR not in by.roles and by.organisation not in {row.organisation, row.issuer}):
        raise NoSuchMissingReport(known)
    return row


def seen_by(by: Caller, wanted: Mapping[str, Any]) -> Select[MissingReport]:
    """Ask for the reports to be answered (`of` is "issuer"), or those that were made (`of` is "own")."""
    side = MissingReport.issuer if wanted.get("of") == "issuer" else MissingReport.organisation
    query = select(MissingReport)
    if AUDITOR not in by.roles:
        query = query.where(side == by.organisation)
    return query.where(MissingReport.state == wanted["state"]) if wanted.get("state") else query


def told_of(session: Session, keys: Keys, row: MissingReport, by: Caller) -> Mapping[str, Any]:
    """Give what the issuer and the reporter may read of it; nobody else reads whom it is about."""
    if by.organisation not in {row.organisation, row.issuer}:
        return {"holder": None, "number": "", "note": ""}
    content: Any = read(keys.open(session, row.content, _bound(row.id)))
    return {"holder": Named(**content["holder"]), "number": content["number"], "note": content["note"]}


def _issuer(session: Session, type_: CertificateType, told: Reported, region: str) -> str:
    """Find whom to ask: who is named on the paper, else the type's issuer of the region, else the nearest above it."""
    named = (told.issuer,) if told.issuer else type_.issuers
    if named:
        query = select(Organisation).where(Organisation.code.in_(named), Organisation.state == ACTIVE)
        found = list(session.scalars(query))
    else:
        issued = select(Certificate.issuer).where(Certificate.type == type_.code).distinct()
        query = select(Organisation).where(Organisation.code.in_(issued), Organisation.state == ACTIVE)
        found = list(session.scalars(query))
    if told.issuer and type_.issuers and told.issuer not in type_.issuers:
        found = []
    if not found:
        raise NoIssuerToAsk(type_.code)
    return max(found, key=lambda each: (_shared(each.region, region), each.code)).code


def _shared(one: str, other: str) -> int:
    """Tell how many pairs of digits two regions share from the left."""
    pairs = [(one[place : place + 2], other[place : place + 2]) for place in (0, 2, 4)]
    return next((count for count, (left, right) in enumerate(pairs) if left != right), len(pairs))


def _content(told: Reported) -> dict[str, Json]:
    named = told.holder
    holder: dict[str, Json] = {"code": named.code, "type": named.type, "name": named.name, "role": named.role}
    return {"holder": {**holder, "acting_for": named.acting_for}, "number": told.number, "note": told.note}


def _require_open(row: MissingReport, by: Caller) -> None:
    if by.organisation != row.issuer:
        raise NoSuchMissingReport(row.id)
    if row.state != OPEN:
        raise MissingReportClosed(row.id, row.state)


def _answered(session: Session, row: MissingReport, state: str, by: Caller, at: datetime) -> MissingReport:
    row.state, row.answered_by, row.answered_at = state, actor(by), at
    tasks.close(session, Thing(THING, row.id), by, at)
    _changed(session, row, f"missing-report.{state}", by, at)
    return row


def _changed(session: Session, row: MissingReport, act: str, by: Caller, at: datetime) -> None:
    row.version += 1
    session.flush()
    ROOM.changed(session, by, at, act, Thing(THING, row.id), row.version, type=row.type, issuer=row.issuer)


def _bound(number: str) -> bytes:
    return f"certs_missing_reports:{number}".encode()
