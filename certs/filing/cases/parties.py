"""Whom a case is about beside its applicant: a spouse, the owners of a fleet, an agent, a newborn without a number.

Each has a place in the case, a role and what is known of them, sealed; a code is matched by its keyed hash, as
everywhere. Who has no code yet is told without one and gets it later, once, also after the case is closed: the number
of a newborn is often what the case itself brings. For whom somebody acts must be a person of the same case; whether
they may is the organ's to judge and not decided here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical, read
from certs import contents
from certs.acting import ROOM
from certs.filing.cases.errors import CasePartyBound, NoSuchCaseParty
from certs.filing.cases.models import Case, CaseParty
from certs.filing.cases.reading import bound
from certs.filing.cases.told import Concerned, concerned_of
from certs.filing.cases.wiring import Cases

THING: Final = "case-party"


def keep(session: Session, parts: Cases, row: Case, told: Sequence[Concerned], at: datetime) -> None:
    """Keep whom a case is about, in the order in which they were told."""
    for place, each in enumerate(told, start=1):
        session.add(
            CaseParty(
                case=row.number,
                place=place,
                role=each.role,
                code_hash=None
                if each.code is None
                else contents.holder_hash(session, parts.keys, each.type, each.code),
                content=parts.keys.seal(session, canonical(concerned_of(each)), _bound(row.number, place)),
                bound_at=None if each.code is None else at,
            )
        )


def of_case(session: Session, parts: Cases, row: Case) -> list[dict[str, Any]]:
    """Open whom a case is about."""
    query = select(CaseParty).where(CaseParty.case == row.number).order_by(CaseParty.place)
    return [shown(session, parts, each) for each in session.scalars(query)]


def bind(
    session: Session, parts: Cases, row: Case, place: int, named: tuple[str, str], by: Caller, at: datetime
) -> CaseParty:
    """Give somebody the code (type, code) that they did not have yet; the same code again changes nothing.

    The case is locked by the caller. Raises `NoSuchCaseParty`, `CasePartyBound`.
    """
    kept = session.get(CaseParty, (row.number, place))
    if kept is None or by.organisation not in {row.organ, row.receiving_organ}:
        raise NoSuchCaseParty(row.number, place)
    code_type, code = named
    hashed = contents.holder_hash(session, parts.keys, code_type, code)
    if kept.code_hash is not None:
        if kept.code_hash != hashed:
            raise CasePartyBound(row.number, place)
        return kept
    content = {**_content(session, parts, kept), "type": code_type, "code": code}
    kept.content = parts.keys.seal(session, canonical(content), _bound(row.number, place))
    kept.code_hash, kept.bound_at = hashed, at
    session.flush()
    ROOM.changed(session, by, at, "case-party.bound", Thing(THING, f"{row.number}:{place}"), case=row.number)
    return kept


def shown(session: Session, parts: Cases, kept: CaseParty) -> dict[str, Any]:
    """Open what is known of somebody."""
    return {**_content(session, parts, kept), "place": kept.place, "bound_at": kept.bound_at}


def _content(session: Session, parts: Cases, kept: CaseParty) -> dict[str, Any]:
    told: Any = read(parts.keys.open(session, kept.content, _bound(kept.case, kept.place)))
    return dict(told)


def _bound(number: str, place: int) -> bytes:
    return bound(number, f"party:{place}")
