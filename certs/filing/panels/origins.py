"""In whose pages a system's panels may stand: origins that the site's administrator has registered for it.

Without any, a panel stands in no frame at all. An origin is a scheme, a host and a port, written as browsers write it;
no pattern, so that a forgotten sub-domain never frames a panel. It has to be https, since whoever can change the page
around a panel can lead a clerk's hand; http is taken for this machine alone, to try things out.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.filing.panels.errors import UnusableOrigin
from certs.filing.panels.models import ORIGIN_LENGTH, PanelOrigin
from keys.parties.systems import system_of

THING: Final = "panel-origins"
# An intake system has a handful of addresses: inside, outside, and one for trials.
MOST_ORIGINS: Final = 10
_ORIGIN: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63})*)?)(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_OWN_PORTS: Final = {"http": "80", "https": "443"}
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1"})
_HIGHEST_PORT: Final = 65535


def origin(text: str) -> str:
    """Read an origin as browsers write it. Raises `UnusableOrigin`."""
    told = text.strip().lower().removesuffix("/")
    found = _ORIGIN.fullmatch(told) if len(told) <= ORIGIN_LENGTH else None
    if found is None or int(found["port"] or 1) > _HIGHEST_PORT:
        raise UnusableOrigin(text[:ORIGIN_LENGTH])
    if found["scheme"] == "http" and found["host"] not in _THIS_MACHINE:
        raise UnusableOrigin(told)
    port = found["port"]
    return told.removesuffix(f":{port}") if port == _OWN_PORTS[found["scheme"]] else told


def register(session: Session, system: str, told: Sequence[str], by: Caller, at: datetime) -> list[str]:
    """Let the panels of a system stand in pages of exactly these origins. Raises `NoSuchSystem`, `UnusableOrigin`."""
    row = system_of(session, system, locked=True)
    wanted = sorted({origin(each) for each in told})
    session.execute(delete(PanelOrigin).where(PanelOrigin.system == row.id))
    session.add_all(PanelOrigin(system=row.id, origin=each, since=at) for each in wanted)
    session.flush()
    ROOM.changed(session, by, at, "panel-origins.registered", Thing(THING, row.id), origins=list(wanted))
    return wanted


def of(session: Session, system: str) -> list[str]:
    """Give the origins of a system."""
    query = select(PanelOrigin.origin).where(PanelOrigin.system == system)
    return list(session.scalars(query.order_by(PanelOrigin.origin)))
