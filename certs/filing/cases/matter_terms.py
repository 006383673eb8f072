"""The working days that a matter's cases have: rows with their basis, the most particular one holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.filing import scopes
from certs.filing.cases.errors import CaseTermsNotYours, NoCaseTerms
from certs.filing.cases.models import CaseTerms
from certs.filing.cases.terms import Terms
from certs.filing.matter import Matter

_DAYS = ("accept", "supplement", "legal", "promised", "extension", "issue", "deliver")


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the terms that the site does not have yet, as `terms.toml` has them; tell which."""
    return scopes.seed(session, CaseTerms, "certs.filing.cases", "terms.toml", by, at)


def terms_of(session: Session, matter: Matter) -> Terms:
    """Give the terms of a matter: the days that it names itself, and the others of the most particular row.

    Raises `NoCaseTerms`.
    """
    row, elements = scopes.row_of(session, CaseTerms, matter.item_code), matter.elements
    if row is None:
        raise NoCaseTerms(matter.item_code)
    told = terms_in(row)
    legal = told.legal if elements.legal_working_days is None else elements.legal_working_days
    promised = told.promised if elements.promised_working_days is None else elements.promised_working_days
    return replace(told, legal=legal, promised=min(promised, legal))


def terms_in(row: CaseTerms) -> Terms:
    """Read a row as a value."""
    return Terms(**{name: getattr(row, name) for name in _DAYS})


def laid_down(session: Session) -> Sequence[CaseTerms]:
    """List what is laid down, the most general first."""
    return scopes.laid_down(session, CaseTerms)


def lay_down(session: Session, scope: str, terms: Terms, basis: str, by: Caller, at: datetime) -> CaseTerms:
    """Lay down the terms of a matter; cases that run keep theirs. Raises `CaseTermsNotYours`."""
    if not scopes.may_lay_down(session, scope, by):
        raise CaseTermsNotYours(scope)
    row = scopes.lay_down(session, CaseTerms, scope, basis, by, at, **vars(terms))
    told = {name: int(days) for name, days in vars(terms).items()}
    ROOM.changed(session, by, at, "case-terms.changed", Thing("case-terms", scope), basis=basis, **told)
    return row
