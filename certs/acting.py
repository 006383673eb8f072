"""The room, as it stands in the audit entries and the events of its acts."""

from typing import Final

from base.acting import Room

ROOM: Final = Room("certs")
