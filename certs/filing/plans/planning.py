"""Plans for an office: reads the matter and what is on offer to it, plans, tries what else might be, lists the gaps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.canonical import Json
from certs.filing.cases.models import Case
from certs.filing.matter import Matter, Means
from certs.filing.matters import matters
from certs.filing.matters.models import MatterItem
from certs.filing.plans import gaps, offering
from certs.filing.plans.gaps import Difference, Gap
from certs.filing.plans.offers import HandedIn, Offers, Target, target_of
from certs.filing.plans.plan import Plan, plan
from certs.libraries.answers import Named
from certs.queries.wiring import Queries
from exchange.agreements.purposes import Purpose

# Cases of so long count for a gap: a year has every season of a matter.
COUNTED: Final = timedelta(days=366)
# A city carries out some hundred of these matters in a dozen counties; more are asked for region by region.
MOST_MATTERS: Final = 500


@dataclass(frozen=True)
class Asked:
    """What is planned; `holders` and a purpose where the form is to be filled in as well."""

    matter: str
    situation: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    holders: tuple[Named, ...] = field(default=(), repr=False)
    purpose: Purpose | None = None
    handed_in: Mapping[str, HandedIn] = field(default_factory=dict)
    told_purpose: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Trial:
    """One *what if*: another region, grants as if they were given, types or directories as if they were brought in."""

    region: str = ""
    grants: tuple[str, ...] = ()
    brought_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """What would come of it."""

    trial: Trial
    plan: Plan
    differences: tuple[Difference, ...]


def planned(session: Session, parts: Queries, asked: Asked, by: Caller, at: datetime) -> Plan:
    """Plan. Raises `NoSuchMatter`, `AmbiguousMatter`, `UnfitSituation`."""
    return with_offers(session, parts, asked, by, at)[0]


def with_offers(session: Session, parts: Queries, asked: Asked, by: Caller, at: datetime) -> tuple[Plan, Offers]:
    """Plan; give what was on offer as well. Raises as `planned` does."""
    matter = matters.matter_of(session, asked.matter, at, asked.region)
    region = asked.region or matter.region
    offered = offering.offers(session, parts, matter, region, by, at, asked.handed_in)
    return plan(matter, asked.situation, offered, at), offered


def tried(
    session: Session, parts: Queries, asked: Asked, trials: Sequence[Trial], by: Caller, at: datetime
) -> tuple[Plan, tuple[Tried, ...]]:
    """Plan, and again for each *what if*. Raises as `planned` does."""
    matter = matters.matter_of(session, asked.matter, at, asked.region)
    region = asked.region or matter.region
    offered = offering.offers(session, parts, matter, region, by, at)
    base = plan(matter, asked.situation, offered, at)
    told = []
    for each in trials:
        other, there = matter, offered
        if each.region:
            other = matters.matter_of(session, matter.basic_code if asked.region else asked.matter, at, each.region)
            there = offering.offers(session, parts, other, each.region, by, at)
        changed = plan(other, asked.situation, _changed(other, there, each), at)
        told.append(Tried(each, changed, gaps.differences(base, changed)))
    return base, tuple(told)


def listed_gaps(session: Session, parts: Queries, region: str, by: Caller, at: datetime) -> tuple[int, tuple[Gap, ...]]:
    """Rank the gaps of a region's matters, every situation of each together; tell of how many matters they are."""
    items = session.scalars(matters.listed(session, "", "", region).order_by(MatterItem.item_code).limit(MOST_MATTERS))
    plans = _in_full(session, parts, items, by, at)
    return len(plans), gaps.ranked(plans, cases_of(session, [each.matter.item_code for each in plans], at))


def gaps_of_organ(session: Session, parts: Queries, organ: str, by: Caller, at: datetime) -> tuple[Gap, ...]:
    """Rank the gaps of the matters that one organ carries out, every situation of each together."""
    query = select(MatterItem).where(MatterItem.organ == organ).order_by(MatterItem.item_code).limit(MOST_MATTERS)
    plans = _in_full(session, parts, session.scalars(query), by, at)
    return gaps.ranked(plans, cases_of(session, [each.matter.item_code for each in plans], at))


def _in_full(session: Session, parts: Queries, items: Iterable[MatterItem], by: Caller, at: datetime) -> list[Plan]:
    """Plan matters, every situation of each together."""
    plans = []
    for item in items:
        matter = _in_every_situation(matters.matter_of(session, item.item_code, at, item.region))
        plans.append(plan(matter, {}, offering.offers(session, parts, matter, item.region, by, at), at))
    return plans


def cases_of(session: Session, item_codes: Sequence[str], at: datetime) -> Mapping[str, int]:
    """Count the cases of matters within a year."""
    query = select(Case.item_code, func.count()).where(
        Case.item_code.in_(item_codes), Case.received_at > at - COUNTED, Case.received_at <= at
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Case.item_code))}


def _in_every_situation(matter: Matter) -> Matter:
    materials = tuple(replace(each, when=()) for each in matter.materials)
    return replace(matter, materials=materials, questions=())


def _changed(matter: Matter, offers: Offers, trial: Trial) -> Offers:
    """Give the offers as they would be; a code that no material names changes nothing."""
    return offers.granted(_named(matter, trial.grants)).held(_named(matter, trial.brought_in))


def _named(matter: Matter, codes: Sequence[str]) -> list[Target]:
    found = {target_of(one) for each in matter.materials for one in each.replacements}
    return sorted(each for each in found if each[1] in codes and each[0] is not Means.ASSISTANCE)
