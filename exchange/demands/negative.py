"""The negative list (负面清单): entries of the authority, and what published directories withhold by themselves.

An entry is the authority's over whoever it is about; one about everybody is the highest authority's. What a directory
declares as never shared, whole or an item of it, forbids the same of the same name without an entry: its own ground is
the rule. Ended entries stay on record.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from exchange import authorities
from exchange.acting import ROOM
from exchange.demands.demand import Negative, Target, Wanted, forbidden, normalised
from exchange.demands.errors import DemandForbidden, NoSuchNegative, NotYourNegative
from exchange.demands.matching import NEVER_SHARED
from exchange.demands.models import NegativeEntry
from exchange.demands.offered import published
from keys.parties.organisations import active_organisation

THING: Final = "negative-entry"


@dataclass(frozen=True)
class NewEntry:
    """What is put on the list; no provider: it holds for everybody."""

    target: Target
    text: str
    basis: str
    reason: str
    provider: str = ""
    anywhere: bool = False


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the entries that hold everywhere and that the site never had; tell which."""
    told = tomllib.loads(resources.files("exchange.demands").joinpath("negatives.toml").read_text("utf-8"))
    known = set(session.scalars(select(NegativeEntry.id)))
    missing = [name for name in told if name not in known]
    session.add_all(
        NegativeEntry(id=name, provider=None, anywhere=True, by=actor(by), since=at, **told[name]) for name in missing
    )
    session.flush()
    if missing:
        ROOM.record(session, by, at, "negatives.seeded", Thing("negatives", "all"), entries=len(missing))
    return missing


def enter(session: Session, new: NewEntry, by: Caller, at: datetime) -> NegativeEntry:
    """Put an entry on the list. Raises `NotYourNegative`, and for a provider what looking one up raises."""
    _require_authority(session, new.provider or None, by)
    row = NegativeEntry(
        id=new_id(),
        provider=active_organisation(session, new.provider).code if new.provider else None,
        target=new.target.value,
        text=new.text,
        anywhere=new.anywhere,
        basis=new.basis,
        reason=new.reason,
        confidence="site",
        by=actor(by),
        since=at,
        ended_by=None,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "negative.entered", Thing(THING, row.id), target=row.target, provider=row.provider)
    return row


def end(session: Session, entry: str, reason: str, by: Caller, at: datetime) -> NegativeEntry:
    """Take an entry off the list; its record stays. Raises `NoSuchNegative`, `NotYourNegative`."""
    query = select(NegativeEntry).where(NegativeEntry.id == entry, NegativeEntry.ended_at.is_(None))
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NoSuchNegative(entry)
    _require_authority(session, row.provider, by)
    row.ended_by, row.ended_at = actor(by), at
    session.flush()
    ROOM.changed(session, by, at, "negative.ended", Thing(THING, row.id), 2, reason=reason)
    return row


def listed(provider: str | None = None) -> Select[NegativeEntry]:
    """Ask for the entries in force; of a provider, those about everybody as well."""
    query = select(NegativeEntry).where(NegativeEntry.ended_at.is_(None))
    if provider is None:
        return query
    return query.where(or_(NegativeEntry.provider == provider, NegativeEntry.provider.is_(None)))


def about(session: Session, wanted: Wanted) -> tuple[Negative, ...]:
    """Give what could forbid a demand: the entries, and what directories of that name withhold."""
    entries = [
        Negative(row.id, row.provider or "", Target(row.target), row.text, row.basis, row.anywhere)
        for row in session.scalars(listed(wanted.provider))
    ]
    return (*entries, *_withheld(session, wanted))


def require_allowed(session: Session, wanted: Wanted) -> None:
    """Have nothing demanded that a rule forbids. Raises `DemandForbidden`, with every place."""
    hits = forbidden(wanted, about(session, wanted))
    if hits:
        error = DemandForbidden(hits[0].told, hits[0].rule, hits[0].basis)
        error.members = {
            "errors": [{"pointer": each.pointer, "detail": f"{each.rule} · {each.basis}"} for each in hits]
        }
        raise error


def _withheld(session: Session, wanted: Wanted) -> Iterator[Negative]:
    """Read the directories of the demanded name that its provider keeps back, whole or in part."""
    if not wanted.provider:
        return
    for offered, content in published(session, wanted.provider):
        if normalised(offered.name) != normalised(wanted.name):
            continue
        if offered.share_type == NEVER_SHARED:
            basis = str(content.get("withheld_because") or content.get("withheld_ground") or "")
            yield Negative(f"directory:{offered.code}", offered.owner, Target.RESOURCE, offered.name, basis)
            continue
        for item in content.get("items", ()):
            if item.get("share_type") == NEVER_SHARED:
                basis = str(item.get("not_share_reason", ""))
                yield Negative(
                    f"directory:{offered.code}", offered.owner, Target.ITEM, str(item.get("name", "")), basis
                )


def _require_authority(session: Session, provider: str | None, by: Caller) -> None:
    if provider is None:
        is_theirs = authorities.authority_above(session, by.organisation) is None
    else:
        is_theirs = authorities.has_authority_over(session, by.organisation, provider)
    if authorities.ROLE not in by.roles or not is_theirs:
        raise NotYourNegative(provider or "")
