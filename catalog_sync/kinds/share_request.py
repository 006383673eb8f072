"""A request to use a directory's data, once it is more than a draft.

Members: `id`, `directory`, `title`, `requester`, `provider`, `share_type`, `state`, `legal_basis`, `scene`, `asked` and
`offered` (clauses as `exchange.agreements.clauses` writes them), `grant`, `due_at`, `changed_at`. What the parties say
to each other about it stays with them.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import directory, events, organisation
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from exchange.agreements.life import RequestState, RequestStep
from exchange.agreements.models import ShareRequest

NAME: Final = "share_request"


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a request that was handed in."""
    row = session.get(ShareRequest, id_)
    if row is None or row.state == RequestState.DRAFT:
        return None
    members: dict[str, Json] = {
        "id": row.id,
        "directory": row.directory,
        "title": row.title,
        "requester": row.requester,
        "provider": row.provider,
        "share_type": row.share_type,
        "state": row.state,
        "legal_basis": row.legal_basis,
        "scene": row.scene,
        "asked": row.asked,
        "offered": row.offered,
        "grant": row.grant,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "changed_at": row.changed_at.isoformat(),
    }
    return Content(members, (Subject(directory.NAME, row.directory), Subject(organisation.NAME, row.requester)))


SHARE_REQUEST: Final = Kind(NAME, events.each(*(f"share-request.{each.value}" for each in RequestStep)), read)
