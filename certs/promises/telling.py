"""Broken promises, told to whoever shares the records: events are read on in commit order, each is told once.

The notice, the record of it and the place up to which was read are one transaction. The record itself is asked for
through the gateway, under a grant; the notice says which it is and no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from base import events, notices
from base.audit import Thing
from base.callers import Caller
from base.errors import Fact
from base.notices import Notice, Role, Webhook, kinds_in
from base.notices.kinds import Recipient
from certs.acting import ROOM

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
BROKEN: Final = "promise.broken"
NOTICE: Final = "promise-broken"
READER: Final = "certs.promises"
TELLER: Final = Caller("system", READER, "告知承诺")
ROLE: Final = "operator"
AT_ONCE: Final = 500


@dataclass(frozen=True)
class Promising:
    """Who shares the records and is told, and how it is rung up."""

    owner: str
    webhooks: Mapping[str, Webhook] = field(default_factory=dict, repr=False)


def carry(session: Session, parts: Promising, at: datetime) -> tuple[int, int]:
    """Read on, and tell; give how many events were read and how many were told. Raises `CursorMoved`."""
    seen = events.cursor(session, READER)
    read = events.since(session, seen, AT_ONCE)
    if not read:
        return 0, 0
    broken = [each for each in read if each.event.name == BROKEN] if parts.owner else []
    for each in broken:
        facts: dict[str, Fact] = {
            "promise": each.event.thing.id,
            "matter": str(each.event.facts["item_code"]),
            "material": str(each.event.facts["name"]),
        }
        whom: tuple[Recipient, ...] = (Role(parts.owner, ROLE), *_rung(parts))
        notices.tell(session, Notice(KINDS[NOTICE], facts, whom), at)
        ROOM.record(session, TELLER, at, "promise.told", Thing("undertaking", each.event.thing.id), to=parts.owner)
    events.move(session, READER, seen, read[-1].position)
    return len(read), len(broken)


def _rung(parts: Promising) -> tuple[Webhook, ...]:
    return (parts.webhooks[parts.owner],) if parts.owner in parts.webhooks else ()
