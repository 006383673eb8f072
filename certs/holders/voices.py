"""What holders say to a use of theirs: an evaluation, once; or an objection, which becomes a task with a term.

An objection to what a certificate says goes to its issuer, one to its being used at all to whoever used it; what
becomes of it after that is the life of objections, not decided here.
"""

import enum
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from certs import types
from certs.acting import ROOM
from certs.holders.errors import UseEvaluated
from certs.holders.models import HolderEvaluation, HolderObjection, HolderUse
from certs.models import Certificate
from certs.wiring import Certs
from exchange import tasks
from exchange.tasks import Duty

OBJECTION: Final = "holder-objection"
OPEN: Final = "open"
# The term of checking and correcting on request (校核, 国令第809号 article 26).
DUTY: Final = "correction"


class About(enum.StrEnum):
    """What is wrong: what the certificate says, or that it was used."""

    CONTENT = "content"
    USE = "use"


def evaluate(session: Session, use: HolderUse, level: int, text: str, by: Caller, at: datetime) -> None:
    """Keep what a holder says of a use. Raises `UseEvaluated`."""
    told = {
        "usage": use.usage,
        "holder_hash": use.holder_hash,
        "organisation": use.organisation,
        "level": level,
        "text": text,
        "at": at,
    }
    added = inserting(session, HolderEvaluation).values(told).on_conflict_do_nothing()
    if session.execute(added.returning(HolderEvaluation.usage)).first() is None:
        raise UseEvaluated(use.usage)
    ROOM.changed(
        session, by, at, "use.evaluated", Thing("usage", use.usage), organisation=use.organisation, level=level
    )


def object_to(
    session: Session, parts: Certs, use: HolderUse, about: About, text: str, by: Caller, at: datetime
) -> HolderObjection:
    """Begin an objection, and give it as a task to whoever has to answer it."""
    number, type_ = new_id(), types.type_of(parts.types, use.type)
    issued = session.get(Certificate, use.identifier) if use.identifier else None
    to_issuer = about is About.CONTENT and issued is not None
    row = HolderObjection(
        id=number,
        usage=use.usage,
        holder_hash=use.holder_hash,
        identifier=use.identifier,
        about=about.value,
        addressee=issued.issuer if to_issuer and issued is not None else use.organisation,
        text=parts.keys.seal(session, text.encode(), f"certs:objection:{number}".encode()),
        state=OPEN,
        at=at,
    )
    session.add(row)
    session.flush()
    role = "issuer" if to_issuer else "requester"
    thing = Thing(OBJECTION, number)
    tasks.open_task(session, Duty(DUTY, thing, f"持证主体异议：{type_.name}", row.addressee, role), at)
    ROOM.changed(session, by, at, "holder-objection.begun", thing, about=about.value, addressee=row.addressee)
    return row
