"""The doors of the simulated platform that are no interfaces: it looks into a front library and an exchange of files.

They are looked into in turn, by one thread, as long as the platform is served. A database that is busy or not there yet
is looked into the next time.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from base import clock
from catalog_sync.simulator.doors import DoorsSettings
from catalog_sync.simulator.file_exchange import FilePlatform
from catalog_sync.simulator.front_library import FrontPlatform
from catalog_sync.simulator.store import Store
from catalog_sync.targets.front import columns, ddl
from catalog_sync.targets.front_library import address_in
from exchange.feeds.pushes.destinations.engines import engine_of
from keys.algorithms import asymmetric, sm2
from keys.signers.software import SoftwareSigner

SECONDS: Final = 30.0
BETWEEN: Final = 5.0


class Door(Protocol):
    """What is looked into."""

    def look(self, at: datetime) -> object:
        """Do one round of its work."""
        ...


@contextmanager
def doors(told: DoorsSettings, kept: Store) -> Iterator[tuple[Door, ...]]:
    """Open the doors that the settings name."""
    made: list[Door] = []
    engines: list[Engine] = []
    if told.front_library:
        engines.append(engine_of(address_in(told.front_library)(), SECONDS))
        layout = columns.shipped()
        ddl.create(engines[-1], layout)
        made.append(FrontPlatform(engines[-1], layout, kept))
    if told.exchange:
        engines.append(engine_of(address_in(told.exchange)(), SECONDS))
        key = asymmetric.private_key_of_pem(Path(told.key).read_bytes())
        assert isinstance(key, sm2.PrivateKey)  # noqa: S101 - it is made beside this
        trusted = tuple(asymmetric.public_key_of_pem(Path(each).read_bytes()) for each in told.senders)
        made.append(FilePlatform(engines[-1], Path(told.exchange_folder), kept, SoftwareSigner(key), trusted))
    yield tuple(made)
    for each in engines:
        each.dispose()


@contextmanager
def looking(
    opened: Sequence[Door], between: float = BETWEEN, now: Callable[[], datetime] = clock.now
) -> Iterator[None]:
    """Look into the doors, again and again, until this ends."""
    stopping = threading.Event()

    def work() -> None:
        while not stopping.is_set():
            for each in opened:
                look(each, now())
            stopping.wait(between)

    thread = threading.Thread(target=work, name="doors", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def look(door: Door, at: datetime) -> None:
    """Look into a door once; one whose database is busy is looked into the next time."""
    try:
        door.look(at)
    except OperationalError:
        return
