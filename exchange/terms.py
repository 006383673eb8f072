"""Duties and their terms in working days: rows with a basis, seeded from `terms.toml`, changed by the authority."""

import tomllib
from datetime import datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.workdays import MOST_DAYS, UnusableTerm
from exchange import authorities
from exchange.acting import ROOM
from exchange.errors import NoSuchTerm, TermNotYours
from exchange.models import Term


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the terms that the site does not have yet, as `terms.toml` has them; tell which."""
    told = tomllib.loads(resources.files("exchange").joinpath("terms.toml").read_text("utf-8"))
    known = set(session.scalars(select(Term.duty)))
    missing = [duty for duty in told if duty not in known]
    session.add_all(Term(duty=duty, **told[duty], changed_by=actor(by), changed_at=at) for duty in missing)
    session.flush()
    if missing:
        ROOM.record(session, by, at, "terms.seeded", Thing("terms", "all"), duties=len(missing))
    return missing


def term_of(session: Session, duty: str) -> Term:
    """Give the term of a duty. Raises `NoSuchTerm`."""
    found = session.get(Term, duty)
    if found is None:
        raise NoSuchTerm(duty)
    return found


def set_term(session: Session, duty: str, days: int, basis: str, by: Caller, at: datetime) -> Term:
    """Give a duty another term, with its basis; terms that already run keep their end.

    A term holds for the whole site, so it is the highest authority's alone.
    Raises `TermNotYours`, `NoSuchTerm`, `UnusableTerm`.
    """
    if authorities.authority_above(session, by.organisation) is not None:
        raise TermNotYours(duty)
    if not 0 <= days <= MOST_DAYS:
        raise UnusableTerm(days, MOST_DAYS)
    row = term_of(session, duty)
    before = row.days
    row.days, row.basis, row.confidence = days, basis, "site"
    row.changed_by, row.changed_at = actor(by), at
    ROOM.changed(session, by, at, "term.changed", Thing("term", duty), before=before, days=days, basis=basis)
    return row
