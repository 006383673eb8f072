"""What the authority does by the clock: revocation lists come out before the old ones end, and after a revocation."""

from typing import Final

from base.callers import Caller
from base.errors import DomainError
from base.scheduling import Every, Job, Run
from keys.authority import edges
from keys.authority.revocation_lists import due
from keys.authority.wiring import Authority

# A revocation must be on a list within a minute; looking whether there is one costs three short queries an authority.
PUBLISH_SECONDS: Final = 60
JOBS_CALLER: Final = Caller("system", "yinxin-jobs", "jobs")


def publish_lists(run: Run) -> None:
    """Publish every list that is due; an authority whose key is out of reach does not keep the others waiting."""
    house, failures = run.part(Authority), []
    with run.database.reading() as session:
        names = list(due(session, run.at))
    for done, name in enumerate(names, start=1):
        try:
            edges.publish(run.database, house, name, JOBS_CALLER, run.at)
        except DomainError as failure:
            failures.append(failure)
        run.progress(done, len(names), name)
    if failures:
        raise failures[0]


JOBS = (Job("keys.authority.publish", Every(PUBLISH_SECONDS), publish_lists),)
