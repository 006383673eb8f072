"""What the sandbox's channels need: the key by which the platform knows it, and the tables that both sides use."""

from pathlib import Path

from base import clock
from base.program import Running, Sandbox
from catalog_sync.simulator.doors import KEY_ID, DoorsSettings, written
from catalog_sync.simulator.settings import SimulatorSettings
from catalog_sync.simulator.signed_door import SENDER_FILE
from catalog_sync.targets.files import control
from catalog_sync.targets.front import columns, ddl
from catalog_sync.targets.front_library import address_in
from exchange.feeds.pushes.destinations.engines import engine_of
from keys.algorithms import asymmetric
from keys.custody import acts
from keys.custody.wiring import CustodyParts
from keys.parties.sample import MAKER

SECONDS = 30.0


def sample(running: Running, _sandbox: Sandbox) -> None:
    """Make the key, hand its public half to the platform beside, and make the tables."""
    custody = running.parts[CustodyParts].custody
    with running.database.transaction() as session:
        acts.create(session, custody, acts.NewKey(KEY_ID, "service"), MAKER, clock.now())
    with running.database.reading() as session:
        public = custody.signer_for(session, KEY_ID).public
    told = running.settings[DoorsSettings]
    written(Path(running.settings[SimulatorSettings].folder) / SENDER_FILE, asymmetric.public_key_pem(public))
    library, exchange = (engine_of(address_in(each)(), SECONDS) for each in (told.front_library, told.exchange))
    ddl.create(library, columns.shipped())
    control.tables().create_all(exchange)
    ddl.OURS.create_all(exchange)
    library.dispose()
    exchange.dispose()
