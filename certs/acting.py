"""The room, as it stands in the audit entries and the events of its acts; what is signed is on record before it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from base.acting import Room
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.errors import DomainError

ROOM: Final = Room("certs")


@contextmanager
def on_record(
    database: Database, thing: Thing, by: Caller, at: datetime, now: Callable[[], datetime], **facts: Json
) -> Iterator[None]:
    """Have on record what is about to be signed, and that it was given up where it was."""
    with database.transaction() as session:
        ROOM.record(session, by, at, f"{thing.kind}.intended", thing, **facts)
    try:
        yield
    except DomainError as refusal:
        with database.transaction() as session:
            ROOM.record(session, by, now(), f"{thing.kind}.given-up", thing, why=refusal.code)
        raise
