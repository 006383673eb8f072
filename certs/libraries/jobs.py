"""What libraries do by the clock: fetch the answers that come late, and forget what is over."""

from datetime import timedelta
from typing import Final

from base import clock
from base.db import Database
from base.fetch import FetchFailed
from base.scheduling import Every, Job, Run, in_one_transaction
from base.strict_json import MalformedJson, parse
from certs.libraries import late
from certs.libraries.peer import PATIENT_SECONDS, Peer, Unanswered
from certs.queries.wiring import Queries
from keys.signers.signer import Signer


def fetch_late(run: Run) -> None:
    """Ask again, with time, what was not answered in time."""
    fetch_due(run.database, run.part(Queries))


def fetch_due(database: Database, parts: Queries) -> int:
    """Ask every library again for what waits; tell how many answers came."""
    came = 0
    for peer in parts.others:
        if not isinstance(peer, Peer):
            continue
        with database.reading() as session:
            signer = peer.signer(session)
            waiting = [
                (row.key, parts.certs.keys.open(session, row.question, late.bound(row.key, "question")))
                for row in late.due(session, peer.name, clock.now())
            ]
        for key, body in waiting:
            content = _asked(peer, body, signer)
            came += content is not None
            with database.transaction() as session:
                late.settle(session, parts.certs.keys, key, content, clock.now())
    return came


def _asked(peer: Peer, body: bytes, signer: Signer | None) -> bytes | None:
    """Give an answer that is one; none where it is still to come."""
    try:
        content = peer.ask(body, PATIENT_SECONDS, signer)
        told = parse(content)
    except (FetchFailed, Unanswered, MalformedJson):
        return None
    return None if isinstance(told, dict) and told.get("outcome") == "pending" else content


JOBS: Final = (
    Job("certs.libraries.fetch-late", Every(5), fetch_late, deadline=timedelta(minutes=10)),
    Job("certs.libraries.forget", Every(3600), in_one_transaction(late.forget)),
)
