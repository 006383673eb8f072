"""Who sees which objections, and what is said in them, opened."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import read
from exchange import authorities
from exchange.objections.errors import NoSuchObjection
from exchange.objections.models import Objection, ObjectionReceiver, ObjectionStep

AUDITOR: Final = "auditor"


class Keys(Protocol):
    """What the data keys of the house do; `keys.data_keys.DataKeys` is one."""

    def seal(self, session: Session, plain: bytes, bound: bytes) -> bytes:
        """Encrypt a value, bound to its place."""
        ...

    def open(self, session: Session, sealed: bytes, bound: bytes) -> bytes:
        """Decrypt a value of that place."""
        ...


def seen_by(session: Session, by: Caller) -> Select[Objection]:
    """Ask for the objections that a caller may see: one's own, one's to verify, what one was told of."""
    query = select(Objection)
    if AUDITOR in by.roles:
        return query
    mine = exists().where(
        ObjectionReceiver.objection == Objection.id, ObjectionReceiver.organisation == by.organisation
    )
    sides = (Objection.objector, Objection.provider, Objection.judge)
    whose = [*(each == by.organisation for each in sides), mine]
    prefix = authorities.covered_prefix(session, by)
    if prefix is not None:
        regions = (Objection.objector_region, Objection.provider_region)
        whose += [each.startswith(prefix, autoescape=True) for each in regions]
    return query.where(or_(*whose))


def seen(session: Session, known: str, by: Caller, *, locked: bool = False) -> Objection:
    """Give an objection that the caller may see; what they may not see is not there. Raises `NoSuchObjection`."""
    query = seen_by(session, by).where(Objection.id == known)
    row = session.scalars(query.with_for_update(of=Objection) if locked else query).one_or_none()
    if row is None:
        raise NoSuchObjection(known)
    return row


def told(session: Session, keys: Keys, row: Objection) -> Mapping[str, Any]:
    """Read what was said and its evidence."""
    content: Any = read(keys.open(session, row.content, bound(row.id, "content")))
    return {"text": content["text"], "evidence": content["evidence"]}


def history(session: Session, keys: Keys, row: Objection) -> Sequence[Mapping[str, Any]]:
    """Give every step with its reason, in order."""
    query = select(ObjectionStep).where(ObjectionStep.objection == row.id).order_by(ObjectionStep.number)
    names = ("step", "state", "by", "on_behalf_of", "organisation", "at")
    return [
        {
            **{name: getattr(each, name) for name in names},
            "reason": keys.open(session, each.reason, bound(row.id, f"step:{each.number}")).decode(),
        }
        for each in session.scalars(query)
    ]


def bound(number: str, what: str) -> bytes:
    """Name the place to which what is said in an objection is bound."""
    return f"exchange:objection:{number}:{what}".encode()
