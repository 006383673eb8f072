"""Who sees which demands, and the lists that are made of them (dictionary `demand_list`).

*Demands* (需求清单): what is open. *Responsibilities* (责任清单): what a department has to provide, with its term, and
what it provides. The negative list (负面清单) is `exchange.demands.negative`. A demand is seen by those who ask, by its
provider, by the authorities over either, and by auditors.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import authorities
from exchange.demands.errors import NoSuchDemand
from exchange.demands.life import OPEN, State
from exchange.demands.models import Demand, DemandAsker
from exchange.demands.steps import demand_of

AUDITOR: Final = "auditor"
DEMANDS, RESPONSIBILITIES, NEGATIVES = "demand", "responsibility", "negative"
# What rests on a provider, or was done by it.
RESTS: Final = (State.ANSWERING, State.PROMISED, State.RULING, State.SATISFIED)


def seen_by(session: Session, by: Caller) -> Select[Demand]:
    """Ask for the demands that a caller may see."""
    query = select(Demand)
    if AUDITOR in by.roles:
        return query
    own = select(DemandAsker.demand).where(DemandAsker.organisation == by.organisation)
    whose = [Demand.id.in_(own), Demand.provider == by.organisation]
    prefix = authorities.covered_prefix(session, by)
    if prefix is not None:
        whose += [
            region.startswith(prefix, autoescape=True) for region in (Demand.asker_region, Demand.provider_region)
        ]
    return query.where(or_(*whose))


def listed(session: Session, asked: Mapping[str, Any], by: Caller) -> Select[Demand]:
    """Ask for a list, narrowed by state, provider, or whoever asks."""
    query = seen_by(session, by)
    if asked["list"] == DEMANDS:
        query = query.where(Demand.state.in_(sorted(each.value for each in OPEN)))
    elif asked["list"] == RESPONSIBILITIES:
        query = query.where(Demand.provider.is_not(None), Demand.state.in_([each.value for each in RESTS]))
    for name in ("state", "provider"):
        if asked[name] is not None:
            query = query.where(getattr(Demand, name) == asked[name])
    if asked["asker"] is not None:
        asking = select(DemandAsker.demand).where(
            DemandAsker.organisation == asked["asker"], DemandAsker.left_at.is_(None)
        )
        query = query.where(Demand.id.in_(asking))
    return query


def seen(session: Session, known: str, by: Caller, *, locked: bool = False) -> Demand:
    """Give a demand that the caller may see; what they may not see is not there. Raises `NoSuchDemand`."""
    query = seen_by(session, by).where(Demand.id == known).with_only_columns(Demand.id)
    if session.execute(query).one_or_none() is None:
        raise NoSuchDemand(known)
    return demand_of(session, known, locked=locked)
