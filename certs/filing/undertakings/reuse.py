"""Materials handed in before (复用): with their holder's agreement, while they are fresh, and every use on record.

A material serves again where the same applicant handed it in, agreed to that, and the days that were agreed are not
over. The copy in the new case is a material of its own: what becomes of the old case does not touch it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from certs import contents
from certs.acting import ROOM
from certs.filing.cases import reading, writing
from certs.filing.cases.models import Case, CaseMaterial
from certs.filing.cases.told import MaterialIn
from certs.filing.cases.wiring import Cases
from certs.filing.plans.offers import HandedIn
from certs.filing.undertakings.errors import CaseIsClosed, NotReusable
from certs.filing.undertakings.models import MaterialReuse

REUSED: Final = "reused"
# What somebody handed in over the years; the newest are offered.
MOST_OFFERED: Final = 200


def reusable(
    session: Session, parts: Cases, code_type: str, code: str, at: datetime, keys: Collection[str] | None = None
) -> list[CaseMaterial]:
    """List what a holder handed in that may serve again, the newest of each key first."""
    held = contents.holder_hash(session, parts.keys, code_type, code)
    query = select(CaseMaterial).where(
        CaseMaterial.holder_hash == held, CaseMaterial.reusable_until > at, CaseMaterial.content.is_not(None)
    )
    if keys is not None:
        query = query.where(CaseMaterial.key.in_(keys))
    newest = query.order_by(CaseMaterial.handed_in_at.desc(), CaseMaterial.case.desc()).limit(MOST_OFFERED)
    found: dict[str, CaseMaterial] = {}
    for row in session.scalars(newest):
        found.setdefault(row.key, row)
    return list(found.values())


def handed_in(
    session: Session, parts: Cases, code_type: str, code: str, keys: Collection[str], at: datetime
) -> dict[str, HandedIn]:
    """Tell a plan which materials were handed in before, by their keys."""
    found = reusable(session, parts, code_type, code, at, keys)
    return {row.key: HandedIn(place_of(row), row.handed_in_at, row.reusable_until) for row in found}


def reuse(
    session: Session, parts: Cases, number: str, key: str, source: tuple[str, str], by: Caller, at: datetime
) -> CaseMaterial:
    """Let a material of an earlier case serve in this one. Raises `NoSuchCase`, `CaseIsClosed`, `NotReusable`."""
    row = reading.case_of(session, number, by, locked=True)
    if by.organisation not in {row.organ, row.receiving_organ} or row.closed_at is not None:
        raise CaseIsClosed(number)
    former = session.get(CaseMaterial, source)
    file = _require_reusable(session, parts, row, former, at)
    if former is None:
        raise NotReusable("unknown")
    told = MaterialIn(
        key, former.name, REUSED, former.get_type, former.get_num, place_of(former), former.file_name, file
    )
    kept = writing.keep_material(session, parts, row, told, at)
    # It is as old as when it was handed in, however often it serves.
    kept.handed_in_at = former.handed_in_at
    use = {"from_case": former.case, "from_material": former.key, "by": actor(by), "at": at}
    session.merge(MaterialReuse(case=number, material=key, **use))
    session.flush()
    thing = Thing(writing.THING, number)
    ROOM.changed(session, by, at, "material.reused", thing, row.version, material=key, source=place_of(former))
    return kept


def place_of(row: CaseMaterial) -> str:
    """Name where a material lies."""
    return f"{row.case}/{row.key}"


def _require_reusable(session: Session, parts: Cases, row: Case, former: CaseMaterial | None, at: datetime) -> bytes:
    """Open a material that may serve again. Raises `NotReusable`."""
    # Another applicant's material and none at all look alike, so that nobody can ask whose there is.
    if former is None or former.holder_hash != row.applicant_hash:
        raise NotReusable("unknown")
    if former.reusable_until is None:
        raise NotReusable("not-agreed")
    if former.reusable_until <= at:
        raise NotReusable("too-old")
    file = reading.file_of(session, parts, former)
    if file is None:
        raise NotReusable("no-file")
    return file
