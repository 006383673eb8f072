"""Duties and their terms in working days: rows with a basis, seeded from `terms.toml`, changed by the authority."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.workdays import MOST_DAYS, UnusableTerm
from exchange import authorities
from exchange.acting import ROOM
from exchange.errors import NoSuchTerm, TermNotYours
from exchange.models import Term

# Longer than two weeks is counted in working days.
MOST_HOURS: Final = 336


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the terms that the site does not have yet, as `terms.toml` has them; tell which."""
    told = tomllib.loads(resources.files("exchange").joinpath("terms.toml").read_text("utf-8"))
    return lay_down(session, told, "all", by, at)


def lay_down(
    session: Session, told: Mapping[str, Mapping[str, Any]], named: str, by: Caller, at: datetime
) -> list[str]:
    """Add the terms of duties that the site does not have yet, under the name of their table; tell which."""
    known = set(session.scalars(select(Term.duty)))
    missing = [duty for duty in told if duty not in known]
    session.add_all(Term(duty=duty, **told[duty], changed_by=actor(by), changed_at=at) for duty in missing)
    session.flush()
    if missing:
        ROOM.record(session, by, at, "terms.seeded", Thing("terms", named), duties=len(missing))
    return missing


def term_of(session: Session, duty: str) -> Term:
    """Give the term of a duty. Raises `NoSuchTerm`."""
    found = session.get(Term, duty)
    if found is None:
        raise NoSuchTerm(duty)
    return found


def known(session: Session, duties: Iterable[str]) -> dict[str, Term]:
    """Give the terms of some duties, asking once for all of them."""
    return {each.duty: each for each in session.scalars(select(Term).where(Term.duty.in_(set(duties))))}


def set_term(
    session: Session, duty: str, days: int, basis: str, by: Caller, at: datetime, hours: int | None = None
) -> Term:
    """Give a duty another term, with its basis; terms that already run keep their end.

    A term holds for the whole site, so it is the highest authority's alone. What is counted in hours stays so, and
    nothing else becomes so: whoever opens a duty counts it one way.
    Raises `TermNotYours`, `NoSuchTerm`, `UnusableTerm`.
    """
    if authorities.authority_above(session, by.organisation) is not None:
        raise TermNotYours(duty)
    if not 0 <= days <= MOST_DAYS:
        raise UnusableTerm(days, MOST_DAYS)
    row = term_of(session, duty)
    if (row.hours is None) != (hours is None) or (hours is not None and (days or not 1 <= hours <= MOST_HOURS)):
        raise UnusableTerm(days, MOST_DAYS)
    facts: dict[str, Json] = {"before": row.days, "days": days, "basis": basis}
    if hours is not None:
        facts |= {"hours": hours, "hours_before": row.hours}
    row.hours = hours
    row.days, row.basis, row.confidence = days, basis, "site"
    row.changed_by, row.changed_at = actor(by), at
    ROOM.changed(session, by, at, "term.changed", Thing("term", duty), 1, **facts)
    return row
