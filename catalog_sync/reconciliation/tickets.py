"""What differs, given to whose it is: a task with a deadline, closed when the two sides agree again.

The one place that knows what such a ticket is; whoever keeps comparisons only says that there is one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.audit import Thing
from catalog_sync.acting import BY
from catalog_sync.reconciliation.differing import Difference as How
from catalog_sync.reconciliation.models import Difference
from catalog_sync.refusals.owners import KINDS, STEWARD
from exchange import tasks
from exchange.models import NAME_LENGTH
from exchange.tasks import Duty
from keys.parties.models import Organisation

DUTY: Final = "sync-difference"
THING: Final = "sync-difference"
OPERATOR: Final = "operator"
HOW: Final[Mapping[str, str]] = {
    How.MISSING_THERE: "对方缺失",
    How.MISSING_HERE: "对方多出",
    How.OLDER_THERE: "对方版本较旧",
    How.OLDER_HERE: "对方版本较新",
    How.ALTERED: "内容不一致",
    How.DOUBLED_THERE: "对方重复",
    How.DOUBLED_HERE: "本方重复",
}


def open_for(session: Session, difference: Difference, runs_sync: str, at: datetime) -> bool:
    """Open a task of the steward whose thing it is, else of who runs synchronisation; tell whether there is one."""
    whose = ((difference.department, STEWARD), (runs_sync, OPERATOR))
    for organisation, role in whose:
        if organisation and session.get(Organisation, organisation) is not None:
            title = f"与 {difference.target} 对账：{HOW[difference.difference]} {_named(difference)}"
            duty = Duty(DUTY, _thing(difference), title[:NAME_LENGTH], organisation, role)
            tasks.open_task(session, duty, at)
            return True
    return False


def close(session: Session, difference: Difference, at: datetime) -> None:
    """Close the task of a difference that is settled."""
    tasks.close(session, _thing(difference), BY, at)


def _named(difference: Difference) -> str:
    return f"{KINDS.get(difference.kind, difference.kind)} {difference.thing}"


def _thing(difference: Difference) -> Thing:
    return Thing(THING, str(difference.number))
