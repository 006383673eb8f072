"""Who supervises what: rows of type × issuing organ → supervising organisation, each with its basis and its certainty.

A rule is laid down and ended by an authority over the supervisor, and over the issuer where one is named. It holds for
what happens from its beginning to its end; it is never changed, so that a notice can say under which it was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from certs import types
from certs.acting import ROOM
from certs.supervision.errors import NoSuchSupervisionRule, SupervisionRuleNotYours, SupervisionRuleStands
from certs.supervision.models import ANY_ISSUER, SupervisionRule
from certs.types import Types
from exchange import authorities
from keys.parties.organisations import active_organisation

THING: Final = "supervision-rule"


@dataclass(frozen=True)
class NewRule:
    """A rule as it is laid down; none as its beginning means now."""

    type: str
    supervisor: str
    basis: str
    confidence: str
    issuer: str = ANY_ISSUER
    begins_at: datetime | None = None


def lay_down(session: Session, known: Types, new: NewRule, by: Caller, at: datetime) -> SupervisionRule:
    """Lay a rule down.

    Raises `NoSuchCertificateType`, `NoSuchOrganisation`, `SupervisionRuleNotYours`, `SupervisionRuleStands`.
    """
    type_ = types.type_of(known, new.type)
    for organisation in {new.supervisor, new.issuer} - {ANY_ISSUER}:
        active_organisation(session, organisation)
        _require_authority(session, organisation, by)
    same = [each for each in standing(session, at) if (each.type, each.issuer) == (type_.code, new.issuer)]
    if (again := next((each for each in same if each.supervisor == new.supervisor), None)) is not None:
        raise SupervisionRuleStands(again.id)
    row = SupervisionRule(
        type=type_.code,
        issuer=new.issuer,
        supervisor=new.supervisor,
        basis=new.basis,
        confidence=new.confidence,
        begins_at=new.begins_at or at,
        ends_at=None,
        laid_down_by=actor(by),
        laid_down_at=at,
    )
    session.add(row)
    session.flush()
    _changed(session, row, "supervision-rule.laid-down", by, at)
    return row


def end(session: Session, rule: int, by: Caller, at: datetime) -> SupervisionRule:
    """End a rule now; a second time changes nothing. Raises `NoSuchSupervisionRule`, `SupervisionRuleNotYours`."""
    row = session.get(SupervisionRule, rule, with_for_update=True)
    if row is None:
        raise NoSuchSupervisionRule(rule)
    _require_authority(session, row.supervisor, by)
    if row.ends_at is None:
        row.ends_at = at
        _changed(session, row, "supervision-rule.ended", by, at)
    return row


def standing(session: Session, at: datetime) -> Sequence[SupervisionRule]:
    """List the rules that have not ended; a province has some hundred."""
    query = select(SupervisionRule).where((SupervisionRule.ends_at.is_(None)) | (SupervisionRule.ends_at > at))
    return session.scalars(query.order_by(SupervisionRule.id)).all()


def every(session: Session) -> Sequence[SupervisionRule]:
    """List all rules, those that ended too: an act is judged by the rules of its own moment."""
    return session.scalars(select(SupervisionRule).order_by(SupervisionRule.id)).all()


def of(rules: Sequence[SupervisionRule], type_: str, issuer: str, at: datetime) -> list[SupervisionRule]:
    """Choose the rules that held for a type and an issuer at a moment; each supervisor once."""
    found = [
        each
        for each in rules
        if each.type == type_
        and each.issuer in {issuer, ANY_ISSUER}
        and each.begins_at <= at
        and (each.ends_at is None or at < each.ends_at)
    ]
    return list({each.supervisor: each for each in reversed(found)}.values())


def _require_authority(session: Session, organisation: str, by: Caller) -> None:
    if authorities.ROLE not in by.roles or not authorities.has_authority_over(session, by.organisation, organisation):
        raise SupervisionRuleNotYours(organisation)


def _changed(session: Session, row: SupervisionRule, act: str, by: Caller, at: datetime) -> None:
    thing = Thing(THING, str(row.id))
    ROOM.changed(session, by, at, act, thing, type=row.type, issuer=row.issuer, supervisor=row.supervisor)
