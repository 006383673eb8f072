"""The working days that a matter's cases have: rows with their basis, the most particular one holds."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib import resources
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.filing.cases.errors import CaseTermsNotYours, NoCaseTerms
from certs.filing.cases.models import CaseTerms
from certs.filing.cases.terms import Terms
from certs.filing.matter import IMPLEMENTED, Matter
from exchange import authorities

EVERY: Final = "*"
# Matters of a province with days of their own are some hundreds; the others follow the general rows.
MOST_LISTED: Final = 1000
_DAYS = ("accept", "supplement", "legal", "promised", "extension", "issue", "deliver")
_OWNER = slice(0, 18)
_BASIC = slice(19, 31)


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the terms that the site does not have yet, as `terms.toml` has them; tell which."""
    told = tomllib.loads(resources.files("certs.filing.cases").joinpath("terms.toml").read_text("utf-8"))
    known = set(session.scalars(select(CaseTerms.scope)))
    missing = [scope for scope in told if scope not in known]
    session.add_all(CaseTerms(scope=scope, **told[scope], changed_by=actor(by), changed_at=at) for scope in missing)
    session.flush()
    return missing


def terms_of(session: Session, matter: Matter) -> Terms:
    """Give the terms of a matter: the days that it names itself, and the others of the most particular row.

    Raises `NoCaseTerms`.
    """
    item_code, elements = matter.item_code, matter.elements
    scopes = (item_code, item_code[:IMPLEMENTED], item_code[_BASIC], EVERY)
    rows = {row.scope: row for row in session.scalars(select(CaseTerms).where(CaseTerms.scope.in_(scopes)))}
    row = next((rows[scope] for scope in scopes if scope in rows), None)
    if row is None:
        raise NoCaseTerms(item_code)
    told = terms_in(row)
    legal = told.legal if elements.legal_working_days is None else elements.legal_working_days
    promised = told.promised if elements.promised_working_days is None else elements.promised_working_days
    return replace(told, legal=legal, promised=min(promised, legal))


def terms_in(row: CaseTerms) -> Terms:
    """Read a row as a value."""
    return Terms(**{name: getattr(row, name) for name in _DAYS})


def laid_down(session: Session, limit: int = MOST_LISTED) -> Sequence[CaseTerms]:
    """List what is laid down, the most general first."""
    return session.scalars(select(CaseTerms).order_by(CaseTerms.scope).limit(limit)).all()


def lay_down(session: Session, scope: str, terms: Terms, basis: str, by: Caller, at: datetime) -> CaseTerms:
    """Lay down the terms of a matter; cases that run keep theirs.

    An organ lays down those of its own items, the highest authority those of a basic code and of all.
    Raises `CaseTermsNotYours`.
    """
    is_own = len(scope) >= IMPLEMENTED and scope[_OWNER] == by.organisation
    is_authority = len(scope) < IMPLEMENTED and authorities.ROLE in by.roles
    is_highest = is_authority and authorities.authority_above(session, by.organisation) is None
    if not is_own and not is_highest:
        raise CaseTermsNotYours(scope)
    row = session.get(CaseTerms, scope) or CaseTerms(scope=scope)
    for name, days in vars(terms).items():
        setattr(row, name, days)
    row.basis, row.confidence, row.changed_by, row.changed_at = basis, "site", actor(by), at
    session.add(row)
    session.flush()
    told = {name: int(days) for name, days in vars(terms).items()}
    ROOM.changed(session, by, at, "case-terms.changed", Thing("case-terms", scope), basis=basis, **told)
    return row
