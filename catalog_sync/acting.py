"""The room, as it stands in the audit entries and the events of its acts; itself, where nobody asked for it."""

from typing import Final

from base.acting import Room
from base.callers import Caller

ROOM: Final = Room("catalog_sync")
BY: Final = Caller("system", "catalog_sync", "catalog_sync")
