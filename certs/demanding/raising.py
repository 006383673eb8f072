"""Raises demands of what filing lacks: organ by organ, each night; the same lack told again is the same demand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from certs import types
from certs.demanding import lacks
from certs.demanding.lacks import Missed
from certs.errors import NoSuchCertificateType
from certs.filing.matters.models import MatterItem
from certs.filing.plans import planning
from certs.missing.models import OPEN, MissingReport
from certs.queries.wiring import Queries
from certs.types import Types
from exchange.demands import asking
from exchange.demands.demand import Lack
from keys.parties.models import ACTIVE, Organisation

RAISER: Final = "certs.demands"


def organs(session: Session) -> Sequence[str]:
    """Give the organs that carry matters out and have an account here."""
    query = select(MatterItem.organ).join(Organisation, Organisation.code == MatterItem.organ)
    return session.scalars(query.where(Organisation.state == ACTIVE).distinct().order_by(MatterItem.organ)).all()


def of_gaps(session: Session, parts: Queries, organ: str, at: datetime) -> int:
    """Raise the demands of one organ's gaps; count those that stand."""
    by = Caller("system", RAISER, "供需对接", organ)
    found = planning.gaps_of_organ(session, parts, organ, by, at)
    return _raised(session, [lacks.of_gap(each, organ) for each in found], at)


def of_reports(session: Session, known: Types, at: datetime) -> int:
    """Raise the demands of entries that are reported missing again and again; count those that stand."""
    able = select(Organisation.code).where(Organisation.state == ACTIVE)
    query = (
        select(MissingReport.organisation, MissingReport.issuer, MissingReport.type, MissingReport.id)
        # Who may not act now neither asks nor is asked: one such department must not keep all others' demands back.
        .where(MissingReport.state == OPEN, MissingReport.organisation.in_(able), MissingReport.issuer.in_(able))
        .order_by(MissingReport.id)
    )
    groups = defaultdict[tuple[str, str, str], list[str]](list)
    for organisation, issuer, type_code, number in session.execute(query):
        groups[organisation, issuer, type_code].append(number)
    told = [_missed(known, *named, reports) for named, reports in sorted(groups.items())]
    return _raised(session, [lacks.of_reports(each) for each in told if each is not None], at)


def _missed(known: Types, organisation: str, issuer: str, type_code: str, reports: list[str]) -> Missed | None:
    """Name what is missing; a type that the site no longer has is nobody's demand."""
    try:
        type_ = types.type_of(known, type_code)
    except NoSuchCertificateType:
        return None
    return Missed(organisation, issuer, type_.name, tuple(each.zh for each in type_.fields), tuple(reports))


def _raised(session: Session, found: Sequence[Lack | None], at: datetime) -> int:
    return sum(1 for each in found if each is not None and asking.born(session, each, at) is not None)
