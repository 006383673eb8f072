"""What is done about cases by the clock: certificates of granted cases are issued, and the case centre is told."""

from datetime import timedelta
from typing import Final

from base import clock
from base.callers import Caller
from base.scheduling import Every, Job, Run
from certs.filing.cases.centre import Client
from certs.filing.cases.certificates import Follower
from certs.filing.cases.item_centre import ItemClient
from certs.filing.cases.wiring import Cases
from certs.wiring import Certs
from keys.authority.wiring import Authority
from signing.edges import Sealer
from signing.wiring import Signing


def issue_certificates(run: Run) -> None:
    """Issue the certificates that granted cases wait for."""

    def sealer(by: Caller) -> Sealer:
        return Sealer(run.database, run.part(Signing), run.part(Authority), by, clock.now)

    Follower(run.database, run.part(Cases), run.part(Certs), sealer, clock.now).issue_due()


def tell_centre(run: Run) -> None:
    """Tell the case centre the steps that it does not know yet, where there is one."""
    parts = run.part(Cases)
    if parts.centre is not None:
        Client(run.database, parts, parts.centre).push_due(clock.now())


def read_centre(run: Run) -> None:
    """Take what the case centre received elsewhere, page by page, where there is one."""
    parts = run.part(Cases)
    if parts.centre is None:
        return
    client = Client(run.database, parts, parts.centre)
    done = 0
    while came := client.pull(clock.now()):
        done += came
        run.progress(done)


def read_items(run: Run) -> None:
    """Take in what the item centre has published since the last run, where there is one."""
    parts, house = run.part(Cases), run.part(Certs)
    if parts.items is None:
        return
    pulled = ItemClient(run.database, parts.keys, house.types, parts.items).pull(clock.now())
    run.progress(pulled.matters)


JOBS: Final = (
    # A citizen who was granted something at once waits for the certificate at the window.
    Job("certs.cases.issue", Every(5), issue_certificates, deadline=timedelta(minutes=15)),
    Job("certs.cases.tell-centre", Every(10), tell_centre, deadline=timedelta(minutes=10)),
    Job("certs.cases.read-centre", Every(30), read_centre, deadline=timedelta(minutes=30)),
    # Matters change by the day; an hour is soon enough for a case that is filed tomorrow.
    Job("certs.matters.read-items", Every(3600), read_items, deadline=timedelta(minutes=55)),
)
