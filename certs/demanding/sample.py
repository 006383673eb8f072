"""A demand of the sandbox that nobody typed in (scene 9): born of a gap in what filing needs, refused, then promised.

The gaps are those of a filing organ's plans, raised by the verb that the nightly job uses. The authority names who is
to provide it; that department refuses by a rule, the organ disputes, and the authority obliges it.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from certs import sample_organs
from certs.demanding import raising
from certs.queries.wiring import Queries
from exchange import authorities
from exchange.demands import steps
from exchange.demands.demand import GAP
from exchange.demands.life import Ground, State, Step
from exchange.demands.models import Demand, DemandAsker
from exchange.demands.steps import Said
from keys.parties.sample import code_of

# The county's organs, those with the fewest matters first: what these lack is found at once.
ORGANS: Final = ("insurance", "maternity", "household", "county-labour", "fire", "city-management", "approval")
PROVIDER: Final = "civil"


def sample(running: Running, sandbox: Sandbox) -> None:
    """Raise the demands of an organ's gaps, walk the first one through, and tell the visitor."""
    at = clock.now()
    with running.database.transaction() as session:
        told = made(session, running.parts[Queries], at)
    if told is not None:
        sandbox.told["gap"] = told


def made(session: Session, parts: Queries, at: datetime) -> dict[str, Any] | None:
    """Make it by the verbs that people and the job use; nothing where nobody lacks anything."""
    organs = map(sample_organs.code, ORGANS)
    organ = next((each for each in organs if raising.of_gaps(session, parts, each, at)), None)
    if organ is None:
        return None
    born = select(Demand).join(DemandAsker, DemandAsker.demand == Demand.id)
    born = born.where(DemandAsker.organisation == organ, DemandAsker.origin == GAP, Demand.state == State.ASSIGNING)
    row = session.scalars(born.order_by(Demand.name).limit(1)).one()
    authority = _of(authorities.authority_over(session, organ), "authority")
    provider, asker = _of(code_of(PROVIDER), "provider"), _of(organ, "requester")
    steps.take(session, row, Step.ASSIGN, Said(provider=code_of(PROVIDER)), authority, at)
    refusal = Said("本厅未归集该数据（演示）", ground=Ground.NOT_HELD, rule="职责清单第三条（演示）")
    steps.take(session, row, Step.REFUSE, refusal, provider, at)
    steps.take(session, row, Step.DISPUTE, Said("三定方案列明由该厅负责（演示）"), asker, at)
    ruling = _of(authorities.common_authority(session, organ, code_of(PROVIDER)), "authority")
    steps.take(session, row, Step.OBLIGE, Said("确属职责范围，应予提供（演示）"), ruling, at)
    return {"demand": row.id, "name": row.name, "organ": organ, "provider": code_of(PROVIDER)}


def _of(organisation: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", organisation, frozenset({role}))
