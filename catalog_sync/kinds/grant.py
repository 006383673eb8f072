"""A grant as its newest version says, with where it stands; never the salt that its masks are keyed with.

Members: `code`, `directory`, `title`, `provider`, `grantee`, `kind` (of caller), `mandate`, `request`, `state`,
`number` (of the version), `begins_at`, `ends_at`, `clauses`, `changed_at`.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import directory, events, organisation, share_request
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from exchange.agreements.life import GrantStepName
from exchange.agreements.models import Grant

NAME: Final = "grant"


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a grant as it stands."""
    row = session.get(Grant, id_)
    if row is None:
        return None
    members: dict[str, Json] = {
        "code": row.code,
        "directory": row.directory,
        "title": row.title,
        "provider": row.provider,
        "grantee": row.grantee,
        "kind": row.kind,
        "mandate": row.mandate,
        "request": row.request,
        "state": row.state,
        "number": row.number,
        "begins_at": row.begins_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "clauses": row.clauses,
        "changed_at": row.changed_at.isoformat(),
    }
    needs = [Subject(directory.NAME, row.directory), Subject(organisation.NAME, row.grantee)]
    if row.request:
        needs.append(Subject(share_request.NAME, row.request))
    return Content(members, tuple(needs))


GRANT: Final = Kind(NAME, events.each(*(f"grant.{each.value}" for each in GrantStepName)), read)
