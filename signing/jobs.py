"""Scheduled work of signing: reports and batches are forgotten, and it is told which uses of seals never ended."""

from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from base import notices
from base.clock import rfc3339
from base.errors import Fact
from base.notices import Kinds, Notice, Role, kinds_in
from base.scheduling import Every, Job, in_one_transaction
from signing import sealing, verifications
from signing.batches import keeping as batches
from signing.batches import work
from signing.filings import edges as filing_edges
from signing.models import Seal, SealUse

KINDS: Final[Kinds] = kinds_in(Path(__file__).with_name("notices.toml"))
ABANDONED: Final = "seal-uses-abandoned"
READERS: Final = ("seal_custodian", "operator")
# Reports are not found any more from the minute on that their day is over; their rows may stay a little longer.
PURGE_SECONDS: Final = 900
# The first look at an undecided filing comes after five minutes.
FILING_SECONDS: Final = 60
# Batches live for seven days; an hour more or less is nobody's loss.
FORGET_SECONDS: Final = 3600
# Once a day: the notice stands until somebody has looked, and comes again while there is reason.
ABANDONED_SECONDS: Final = 24 * 3600
# A notice names some; the register of uses has them all.
NAMED: Final = 5


def purge(session: Session, at: datetime) -> None:
    """Forget the reports whose day is over."""
    verifications.purge(session, at)


def tell_abandoned(session: Session, at: datetime) -> None:
    """Tell each owner's custodians and operators of uses of its seals that were begun and never ended."""
    found: dict[str, list[SealUse]] = {}
    for use in sealing.abandoned(session, at):
        found.setdefault(session.get_one(Seal, use.seal).owner, []).append(use)
    for owner, uses in found.items():
        facts: dict[str, Fact] = {
            "count": len(uses),
            "since": rfc3339(uses[0].at),
            "uses": ", ".join(each.id for each in uses[:NAMED]) + (" …" if len(uses) > NAMED else ""),
        }
        readers = tuple(Role(owner, role) for role in READERS)
        notices.tell(session, Notice(KINDS[ABANDONED], facts, readers), at)


JOBS = (
    Job("signing.verifications.purge", Every(PURGE_SECONDS), in_one_transaction(purge)),
    Job("signing.seals.file", Every(FILING_SECONDS), filing_edges.ask_again),
    Job("signing.batches.forget", Every(FORGET_SECONDS), in_one_transaction(batches.forget)),
    Job("signing.uses.abandoned", Every(ABANDONED_SECONDS), in_one_transaction(tell_abandoned)),
)
BULK_JOBS = (work.JOB,)
