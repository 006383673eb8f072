"""Open demands that a directory meets once it is published: satisfied by the event, whoever wrote the directory.

The events are read in commit order with a cursor of their own, moved in the transaction of what was done with them, so
that each publication is looked at once. A directory of which the askers said that it does not serve them, in an earlier
version, does not satisfy the demand by being published again: its provider says so, with a step of its own. So it does
where entries are missing, which no publication makes up.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base import events
from exchange.demands import offered
from exchange.demands.demand import MISSING_REPORTS
from exchange.demands.life import MOVES, State, Step
from exchange.demands.matching import Offered, match
from exchange.demands.models import Demand
from exchange.demands.steps import PLATFORM, askers, keep, wanted_of
from exchange.directories import THING as DIRECTORY
from keys.parties.organisations import organisation_of

READER: Final = "exchange.demands"
PUBLISHED: Final = "directory.publish"
# One transaction's worth; a province publishes some hundred directories on a busy day.
AT_ONCE: Final = 500


def carry(session: Session, at: datetime) -> int:
    """Read on, and satisfy what is met; count the demands. Raises `CursorMoved`."""
    place = events.cursor(session, READER)
    read = events.since(session, place, AT_ONCE)
    if not read:
        return 0
    told = [each.event for each in read if each.event.name == PUBLISHED and each.event.thing.kind == DIRECTORY]
    codes = list(dict.fromkeys(each.thing.id for each in told))
    satisfied = sum(_covers(session, each, at) for each in offered.of_codes(session, codes)) if codes else 0
    events.move(session, READER, place, read[-1].position)
    return satisfied


def _covers(session: Session, directory: Offered, at: datetime) -> int:
    waiting = sorted(each.value for each in MOVES[Step.COVER].sources)
    query = select(Demand).where(
        Demand.state.in_(waiting), or_(Demand.provider == directory.owner, Demand.provider.is_(None))
    )
    met = 0
    for row in session.scalars(query.order_by(Demand.id).with_for_update()).all():
        near = match(wanted_of(row), directory)
        if near is None or not near.is_whole or directory.code in row.rejected or _lacks_entries(session, row):
            continue
        owner = organisation_of(session, directory.owner)
        row.provider, row.provider_region, row.directory = owner.code, owner.region, directory.code
        keep(session, row, Step.COVER, State.SATISFIED, directory.name, PLATFORM, at)
        met += 1
    return met


def _lacks_entries(session: Session, row: Demand) -> bool:
    return all(each.origin == MISSING_REPORTS for each in askers(session, row, gone=False))
