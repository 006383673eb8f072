"""The sandbox's own keys in custody: the one that signs the ledger's heads."""

from base import clock
from base.program import Running, Sandbox
from keys.checkpoints.sample import KEY_ID
from keys.custody import acts
from keys.custody.wiring import CustodyParts
from keys.parties.sample import MAKER


def sample(running: Running, _sandbox: Sandbox) -> None:
    """Make the key of the ledger's heads."""
    with running.database.transaction() as session:
        custody = running.parts[CustodyParts].custody
        acts.create(session, custody, acts.NewKey(KEY_ID, "checkpoint"), MAKER, clock.now())
