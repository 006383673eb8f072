"""The doors beside the gateway: the seal system and the case centre, each with its own database, opened when asked.

Faults and reviews are switched for all doors at once; how often each fault struck is counted at each door for itself.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from catalog_sync.simulator import outside_seals, reviews, store
from catalog_sync.simulator.faults import Faults
from catalog_sync.simulator.signed_door import SENDER_FILE, SignedDoor
from catalog_sync.simulator.signed_services import CASES, SEALS, Office
from catalog_sync.simulator.store import EFFECTS, RECEIPTS, STRUCK, Store
from catalog_sync.simulator.switches import Switches
from catalog_sync.simulator.wire import Answer, Request

OFFICES: Final[Mapping[str, Office]] = {each.channel: each for each in (SEALS, CASES)}
BASES: Final = tuple(f"{each.base}/" for each in OFFICES.values())


class Offices:
    """Every such door of one platform, below its folder."""

    def __init__(self, folder: Path, switches: Switches, now: Callable[[], datetime]) -> None:
        self.sender_file = folder / SENDER_FILE
        self._folder = folder
        self._switches = switches
        self._now = now
        self._open: dict[str, SignedDoor] = {}
        self._opening = threading.Lock()

    def __call__(self, request: Request) -> Answer | None:
        """Answer a request to one of the doors; none where there is no such path."""
        office = next((each for each in OFFICES.values() if request.path.startswith(f"{each.base}/")), None)
        if office is None:
            return None
        door = self.door(office.channel)
        return door(request) if request.path in door.paths else None

    def door(self, channel: str) -> SignedDoor:
        """Give a door, opened if it was not."""
        with self._opening:
            if channel not in self._open:
                switches = Switches()
                switches.faults, switches.review_after = self._switches.faults, self._switches.review_after
                kept = Store(self._folder / channel)
                self._open[channel] = SignedDoor(OFFICES[channel], kept, switches, self._now, self.sender_file)
            return self._open[channel]

    def switch(self, made: Faults) -> None:
        """Switch faults at every door."""
        for door in self._open.values():
            with door.store.writing() as session:
                session.execute(STRUCK.delete())
            door.switches.faults = made

    def review_after(self, calls: int) -> None:
        """Have reviews end so many calls later at every door."""
        for door in self._open.values():
            door.switches.review_after = calls

    def review(self, status: str) -> int:
        """End the reviews that wait at every door, and count them."""
        ended = 0
        for door in self._open.values():
            with door.store.writing() as session:
                query = select(RECEIPTS).where(RECEIPTS.c.status == "0").order_by(RECEIPTS.c.number)
                for row in session.execute(query).all():
                    reviews.end(session, door.switches, row, status)
                    ended += 1
        return ended

    def say(self, told: Mapping[str, Any]) -> int:
        """Say something about a seal of another site."""
        with self.door(SEALS.channel).store.writing() as session:
            return outside_seals.say(session, told)

    def counts(self) -> dict[str, int]:
        """Count the effects at every door that is open."""
        found = {}
        for channel, door in self._open.items():
            with door.store.reading() as session:
                found[channel] = store.last(session, EFFECTS)
        return found

    def close(self) -> None:
        """Give every connection back."""
        for door in self._open.values():
            door.store.close()
