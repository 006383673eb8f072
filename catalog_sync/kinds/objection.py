"""An objection to what certificates say or to a use of them, as far as it is about a directory (目录纠错).

Members: `id`, `about` (content, use), `directory`, `type` (of certificate), `addressee`, `state` (open, kept,
corrected, withdrawn), `at`. A platform above hears of the answer, and of one that was sent back; who has confirmed it
and who disputes it is dealt with here. Whose it is and what was said stay here: they are about a person. An objection
to a type that belongs to no directory does not go up.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import directory, events, organisation
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from certs.holders.models import HolderObjection, HolderUse
from certs.holders.objections import WITHDRAWN, About
from certs.models import Certificate
from certs.wiring import Certs
from exchange.models import Directory
from exchange.objections.life import Outcome

NAME: Final = "objection"
OPEN: Final = "open"
TOLD: Final = ("begun", WITHDRAWN, "sent-back", *(each.value for each in Outcome))


def read(session: Session, parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read an objection that is about a directory."""
    row = session.get(HolderObjection, id_)
    if row is None:
        return None
    type_ = parts[Certs].types.get(_type_of(session, row) or "")
    if type_ is None or not type_.resource or session.get(Directory, type_.resource) is None:
        return None
    members: dict[str, Json] = {
        "id": row.id,
        "about": About.CONTENT.value if row.about == About.FIELD.value else row.about,
        "directory": type_.resource,
        "type": type_.code,
        "addressee": row.addressee,
        "state": row.outcome or (WITHDRAWN if row.state == WITHDRAWN else OPEN),
        "at": row.at.isoformat(),
    }
    return Content(members, (Subject(directory.NAME, type_.resource), Subject(organisation.NAME, row.addressee)))


def _type_of(session: Session, row: HolderObjection) -> str | None:
    """Find the type of what is objected to: of what was used, or of the certificate."""
    if not row.usage:
        certificate = session.get(Certificate, row.identifier)
        return certificate.type if certificate is not None else None
    used = select(HolderUse.type).where(
        HolderUse.usage == row.usage,
        HolderUse.holder_hash == row.holder_hash,
        HolderUse.identifier == row.identifier,
    )
    return session.scalar(used.limit(1))


OBJECTION: Final = Kind(NAME, events.each(*(f"holder-objection.{each}" for each in TOLD)), read)
