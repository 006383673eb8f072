"""Copies on record: kept until their link was used, found again by what they are, cleared when the link is over.

A link is a random word that is kept as a keyed hash only. Taking the document and ending its link is one act under one
lock, so that of two who come at once one has it. What verification tells of a copy stays for good; the document does
not, since a copy that lies here is of no use to anybody but a thief.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.contents import Keys
from certs.copies.errors import CopyLinkSpent, NoSuchCopy
from certs.copies.models import Copy
from certs.copies.sheet import Marking
from certs.models import Certificate
from signing.sealing import Sealed

THING: Final = "copy"
LINKS: Final = "certs-copy-link"
# The window opens it at once; whoever finds the link later, in a mail or a history, has nothing of it.
LINK_LASTS: Final = timedelta(minutes=10)
# 256 bits: nobody finds a copy by guessing.
TOKEN_BYTES: Final = 32
CLEARED_AT_ONCE: Final = 500
MEDIA_TYPES: Final[Mapping[str, str]] = {"ofd": "application/ofd", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Fetched:
    """A copy's document, handed out this once."""

    format: str
    document: bytes = field(repr=False)
    name: str


def keep(
    session: Session,
    keys: Keys,
    row: Certificate,
    marking: Marking,
    usage: str,
    form: str,
    sealed: Sealed,
    by: Caller,
) -> tuple[Copy, str]:
    """Keep a copy that was made; give it and the word of its link."""
    token, at = secrets.token_urlsafe(TOKEN_BYTES), marking.made_at
    made = Copy(
        id=marking.id,
        usage=usage,
        identifier=row.identifier,
        type=row.type,
        organisation=by.organisation,
        format=form,
        original_sm3=marking.original_sm3,
        sm3=sealed.sm3,
        size=len(sealed.document),
        seal_use=sealed.use,
        token_hash=keys.matching_hash(session, LINKS, token),
        content=keys.seal(session, sealed.document, _bound(marking.id)),
        made_at=at,
        link_ends_at=at + LINK_LASTS,
        expires_at=marking.expires_at,
    )
    session.add(made)
    session.flush()
    facts = {"identifier": row.identifier, "usage_id": usage, "sm3": made.sm3, "original_sm3": made.original_sm3}
    ROOM.changed(session, by, at, "copy.made", Thing(THING, made.id), 1, **facts)
    return made, token


def fetch(session: Session, keys: Keys, token: str, by: Caller, at: datetime) -> Fetched:
    """Hand a copy out, once. Raises `NoSuchCopy`, `CopyLinkSpent`."""
    row = standing(session, keys, token, by, at, locked=True)
    document = keys.open(session, row.content or b"", _bound(row.id))
    row.fetched_at, row.content = at, None
    session.flush()
    ROOM.changed(session, by, at, "copy.fetched", Thing(THING, row.id), 2, usage_id=row.usage)
    return Fetched(row.format, document, f"{row.id}.{row.format}")


def standing(session: Session, keys: Keys, token: str, by: Caller, at: datetime, *, locked: bool = False) -> Copy:
    """Find the copy that a link leads to, while it does. Raises `NoSuchCopy`, `CopyLinkSpent`."""
    query = select(Copy).where(Copy.token_hash == keys.matching_hash(session, LINKS, token))
    asked = query.with_for_update() if locked else query
    row = session.scalars(asked, execution_options={"populate_existing": True}).one_or_none()
    if row is None or row.organisation != by.organisation:
        raise NoSuchCopy
    if row.fetched_at is not None:
        raise CopyLinkSpent("fetched")
    if at >= row.link_ends_at:
        raise CopyLinkSpent("over")
    return row


def by_digest(session: Session, sm3: str) -> Copy | None:
    """Find the copy that a document is."""
    return session.scalars(select(Copy).where(Copy.sm3 == sm3).limit(1)).one_or_none()


def clear(session: Session, at: datetime) -> int:
    """Throw away the documents whose links are over; tell how many."""
    query = select(Copy.id).where(Copy.link_ends_at <= at, Copy.content.is_not(None)).limit(CLEARED_AT_ONCE)
    found = list(session.scalars(query))
    gone = update(Copy).where(Copy.id.in_(found)).values(content=None)
    session.execute(gone.execution_options(synchronize_session=False))
    return len(found)


def _bound(copy: str) -> bytes:
    return f"certs:copy:{copy}".encode()
