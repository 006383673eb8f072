"""What every verb of the parties does last: keep an audit entry and tell the event, in the act's own session."""

from typing import Final

from base.acting import Room, actor, new_id, request_id

__all__ = ["ROOM", "actor", "changed", "new_id", "record", "request_id"]

_ROOM: Final = Room("keys")
ROOM: Final = _ROOM.name
record = _ROOM.record
changed = _ROOM.changed
