"""Blank papers (空白证照), as acts: received in ranges, printed on, printed anew, voided, lost; each blank once.

The paper is the certificate's twin and never more: only a valid certificate is printed, by its issuer, and has one
valid paper at a time. What stands on a paper, and whether it was handed over, is not known here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from base.workdays import local_day
from certs import library, types
from certs.acting import ROOM
from certs.errors import NotTheIssuer
from certs.life import Standing
from certs.models import Certificate
from certs.papers.errors import (
    BlankPaperSpent,
    BlankRangeOverlaps,
    CertificateNotPrintable,
    NoSuchBlankPaper,
    PaperNotPrinted,
    PaperPrintedAlready,
    UnusableBlankRange,
)
from certs.papers.models import LOST, STATES, USED, VOID, BlankRange, Paper
from certs.types import Types

THING: Final = "blank-paper"
# A delivery from the printer; more in one go is a slip of the pen.
LARGEST_RANGE: Final = 1_000_000
MOST_DIGITS: Final = 18
NUMBER: Final = re.compile(r"(.*?)([0-9]{1,18})\Z", re.DOTALL)
# What is offered to whoever prints next.
OFFERED: Final = 20


@dataclass(frozen=True)
class NewRange:
    """Papers that are received: of a type, with a prefix, so many digits, from the first to the last."""

    type: str
    prefix: str
    digits: int
    first: int
    last: int
    basis: str


@dataclass(frozen=True)
class Taking:
    """What a blank is taken for."""

    state: str
    reason: str = ""
    identifier: str | None = None
    replaces: str | None = None


@dataclass(frozen=True)
class Stock:
    """A range and what became of its papers."""

    range: BlankRange
    counts: dict[str, int]

    @property
    def left(self) -> int:
        """Tell how many papers are still blank."""
        return self.range.last - self.range.first + 1 - sum(self.counts.values())


def receive(session: Session, known: Types, new: NewRange, by: Caller, at: datetime) -> BlankRange:
    """Put papers on record that the organ received.

    Raises `NoSuchCertificateType`, `NotTheIssuer`, `UnusableBlankRange`, `BlankRangeOverlaps`.
    """
    if not types.type_of(known, new.type).may_be_issued_by(by.organisation):
        raise NotTheIssuer(new.type, "receive-papers")
    _require_usable(new)
    same = (BlankRange.type == new.type, BlankRange.prefix == new.prefix, BlankRange.digits == new.digits)
    overlapping = select(BlankRange).where(*same, BlankRange.first <= new.last, BlankRange.last >= new.first)
    found = session.scalars(overlapping.limit(1)).first()
    if found is not None:
        raise BlankRangeOverlaps(written(found, found.first), written(found, found.last))
    row = BlankRange(id=new_id(), organisation=by.organisation, by=actor(by), at=at, **vars(new))
    session.add(row)
    session.flush()
    thing = Thing("blank-range", row.id)
    facts = {"type": row.type, "first": written(row, row.first), "last": written(row, row.last)}
    ROOM.record(session, by, at, "papers.received", thing, **facts)
    return row


def print_on(session: Session, row: Certificate, number: str, by: Caller, at: datetime) -> Paper:
    """Print a certificate on a blank for the first time, or after its paper was lost.

    Raises `NotTheIssuer`, `CertificateNotPrintable`, `PaperPrintedAlready`, `NoSuchBlankPaper`, `BlankPaperSpent`.
    """
    _require_printable(row, by, at)
    valid = paper_of(session, row.identifier)
    if valid is not None:
        raise PaperPrintedAlready(row.identifier, valid.number)
    return _spend(session, row.type, number, Taking(USED, identifier=row.identifier), by, at)


def reprint(session: Session, row: Certificate, number: str, reason: str, by: Caller, at: datetime) -> Paper:
    """Print a certificate anew; the paper before is void with it.

    Raises as `print_on` does, and `PaperNotPrinted`.
    """
    _require_printable(row, by, at)
    former = paper_of(session, row.identifier)
    if former is None:
        raise PaperNotPrinted(row.identifier)
    _end(session, former, VOID, reason, by, at)
    return _spend(session, row.type, number, Taking(USED, reason, row.identifier, former.number), by, at)


def end(session: Session, type_: str, number: str, state: str, reason: str, by: Caller, at: datetime) -> Paper:
    """Void a paper, or tell that it is lost, whether it was printed on or not.

    Raises `NoSuchBlankPaper`, `BlankPaperSpent`.
    """
    _range_of(session, type_, number, by)
    found = session.get(Paper, (type_, number), with_for_update=True)
    if found is None:
        return _spend(session, type_, number, Taking(state, reason), by, at)
    if found.state != USED:
        raise BlankPaperSpent(number, found.state)
    _end(session, found, state, reason, by, at)
    return found


def paper_of(session: Session, identifier: str) -> Paper | None:
    """Give a certificate's valid paper."""
    query = select(Paper).where(Paper.identifier == identifier, Paper.state == USED)
    return session.scalars(query.with_for_update()).one_or_none()


def papers_of(session: Session, identifier: str) -> list[Paper]:
    """List every paper that a certificate was printed on, in order."""
    query = select(Paper).where(Paper.identifier == identifier)
    return list(session.scalars(query.order_by(Paper.used_at, Paper.number)))


def stock(session: Session, by: Caller) -> list[Stock]:
    """List the ranges that an organ received, with what became of their papers."""
    ranges = session.scalars(
        select(BlankRange).where(BlankRange.organisation == by.organisation).order_by(BlankRange.at, BlankRange.id)
    ).all()
    counted: dict[str, dict[str, int]] = {each.id: dict.fromkeys(STATES, 0) for each in ranges}
    query = select(Paper.range, Paper.state, func.count()).where(Paper.range.in_(counted))
    for known, state, count in session.execute(query.group_by(Paper.range, Paper.state)):
        counted[known][state] = count
    return [Stock(each, counted[each.id]) for each in ranges]


def next_blanks(session: Session, type_: str, by: Caller) -> list[str]:
    """Name the next blanks of a type that the organ can print on."""
    query = select(BlankRange).where(BlankRange.organisation == by.organisation, BlankRange.type == type_)
    found: list[str] = []
    for each in session.scalars(query.order_by(BlankRange.at, BlankRange.first)):
        spent = set(session.scalars(select(Paper.number).where(Paper.range == each.id)))
        found += _first_free(each, spent, OFFERED - len(found))
    return found


def written(row: BlankRange, number: int) -> str:
    """Write a paper's number as it is printed on it."""
    return f"{row.prefix}{number:0{row.digits}d}"


def _first_free(row: BlankRange, spent: set[str], wanted: int) -> list[str]:
    free: Iterator[str] = (
        text for text in (written(row, each) for each in range(row.first, row.last + 1)) if text not in spent
    )
    return [text for _, text in zip(range(max(wanted, 0)), free, strict=False)]


def _require_usable(new: NewRange) -> None:
    if not 1 <= new.digits <= MOST_DIGITS or len(str(new.last)) > new.digits:
        raise UnusableBlankRange("digits")
    if not 0 <= new.first <= new.last:
        raise UnusableBlankRange("order")
    if new.last - new.first >= LARGEST_RANGE:
        raise UnusableBlankRange("too-many")
    if new.prefix[-1:].isdigit() or not new.prefix.isprintable():
        raise UnusableBlankRange("prefix")


def _require_printable(row: Certificate, by: Caller, at: datetime) -> None:
    if row.issuer != by.organisation:
        raise NotTheIssuer(row.type, "print")
    standing = library.standing_of(row, local_day(at))
    if standing not in {Standing.VALID, Standing.NOT_YET}:
        raise CertificateNotPrintable(standing.value)


def _range_of(session: Session, type_: str, number: str, by: Caller) -> BlankRange:
    """Find the organ's range in which a number lies. Raises `NoSuchBlankPaper`."""
    cut = NUMBER.match(number)
    if cut is not None:
        query = select(BlankRange).where(
            BlankRange.organisation == by.organisation,
            BlankRange.type == type_,
            BlankRange.prefix == cut[1],
            BlankRange.digits == len(cut[2]),
            BlankRange.first <= int(cut[2]),
            BlankRange.last >= int(cut[2]),
        )
        found = session.scalars(query).first()
        if found is not None:
            return found
    raise NoSuchBlankPaper(type_, number[:40])


def _spend(session: Session, type_: str, number: str, taking: Taking, by: Caller, at: datetime) -> Paper:
    """Take a blank for good. Raises `NoSuchBlankPaper`, `BlankPaperSpent`."""
    told = {
        "type": type_,
        "number": number,
        "range": _range_of(session, type_, number, by).id,
        **vars(taking),
        "by": actor(by),
        "used_at": at if taking.state == USED else None,
        "ended_at": at if taking.state in {VOID, LOST} else None,
    }
    taken = inserting(session, Paper).values(told).on_conflict_do_nothing()
    if session.execute(taken.returning(Paper.number)).first() is None:
        found = session.get(Paper, (type_, number), populate_existing=True)
        if found is None:  # another print of the same certificate was first to have a valid paper
            raise PaperPrintedAlready(taking.identifier or "", "")
        raise BlankPaperSpent(number, found.state)
    _note(session, type_, number, taking.state, taking.identifier, by, at)
    return session.get_one(Paper, (type_, number))


def _end(session: Session, row: Paper, state: str, reason: str, by: Caller, at: datetime) -> None:
    row.state, row.reason, row.ended_at = state, reason, at
    session.flush()
    _note(session, row.type, row.number, state, row.identifier, by, at)


def _note(
    session: Session, type_: str, number: str, state: str, identifier: str | None, by: Caller, at: datetime
) -> None:
    thing = Thing(THING, f"{type_}:{number}")
    ROOM.changed(session, by, at, f"paper.{state}", thing, certificate=identifier or "")
