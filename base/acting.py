"""What every act does last: keep an audit entry and tell the event, in the act's own session."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from base import audit, events
from base.audit import Entry, Thing
from base.callers import Caller
from base.canonical import Json


def actor(by: Caller) -> str:
    """Name who acts, as audit entries do."""
    return f"{by.kind}:{by.id}" if by.id else by.kind


def request_id() -> str:
    """Tell which request this is part of, if any; the web edge binds it for the logs and we follow."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def new_id() -> str:
    """Make an identifier for something that has none of its own."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Room:
    """A room, as it stands in the events that its acts tell."""

    name: str

    def record(self, session: Session, by: Caller, at: datetime, act: str, thing: Thing, **facts: Json) -> None:
        """Keep an audit entry of an act that others need not hear of."""
        entry = Entry(at, actor(by), by.organisation, act, thing, outcome="done", facts=facts, request_id=request_id())
        audit.record(session, entry)

    def changed(
        self, session: Session, by: Caller, at: datetime, act: str, thing: Thing, version: int = 1, **facts: Json
    ) -> None:
        """Keep an audit entry and tell the event of the same name."""
        self.record(session, by, at, act, thing, **facts)
        events.tell(session, events.Event(act, self.name, thing, version, at))
