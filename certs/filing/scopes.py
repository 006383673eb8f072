"""Rows that hold for a scope of items: the most particular one holds, and who may lay one down.

What a row says is its own table's, and so are the record of a change and the refusals.
"""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.callers import Caller
from certs.filing.matter import IMPLEMENTED
from certs.filing.models import Scoped
from exchange import authorities

EVERY: Final = "*"
# Matters of a province with rows of their own are some hundreds; the others follow the general rows.
MOST_LISTED: Final = 1000
_OWNER = slice(0, 18)
_BASIC = slice(19, 31)

Row = TypeVar("Row", bound=Scoped)


def seed(session: Session, model: type[Row], package: str, name: str, by: Caller, at: datetime) -> list[str]:
    """Add the rows that the site does not have yet, as a file of a package has them; tell which."""
    told = tomllib.loads(resources.files(package).joinpath(name).read_text("utf-8"))
    known = set(session.scalars(select(model.scope)))
    missing = [scope for scope in told if scope not in known]
    session.add_all(model(scope=each, **told[each], changed_by=actor(by), changed_at=at) for each in missing)
    session.flush()
    return missing


def row_of(session: Session, model: type[Row], item_code: str) -> Row | None:
    """Give the most particular row that holds for an item: its own, its organ's, that of its basic code, or of all."""
    scopes = (item_code, item_code[:IMPLEMENTED], item_code[_BASIC], EVERY)
    rows = {row.scope: row for row in session.scalars(select(model).where(model.scope.in_(scopes)))}
    return next((rows[scope] for scope in scopes if scope in rows), None)


def laid_down(session: Session, model: type[Row], limit: int = MOST_LISTED) -> Sequence[Row]:
    """List what is laid down, the most general first."""
    return session.scalars(select(model).order_by(model.scope).limit(limit)).all()


def may_lay_down(session: Session, scope: str, by: Caller) -> bool:
    """Tell whether somebody may: an organ for its own items, the highest authority for a basic code and for all."""
    if len(scope) >= IMPLEMENTED:
        return scope[_OWNER] == by.organisation
    return authorities.ROLE in by.roles and authorities.authority_above(session, by.organisation) is None


def lay_down(
    session: Session, model: type[Row], scope: str, basis: str, by: Caller, at: datetime, **told: object
) -> Row:
    """Write what a site lays down for a scope, in the place of what stood there."""
    row = session.get(model, scope) or model(scope=scope)
    row.basis, row.confidence, row.changed_by, row.changed_at = basis, "site", actor(by), at
    for name, value in told.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    return row
