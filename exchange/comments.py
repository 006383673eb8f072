"""Remarks on a field of a version: by whoever checks or reviews it, answered and resolved by whoever writes it."""

import re
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange import authorities, form, substitutions
from exchange.acting import ROOM
from exchange.directories import THING
from exchange.errors import DirectoryStepNotAllowed, NoSuchComment, NoSuchField, NotYourDirectory
from exchange.life import OPEN, State
from exchange.models import Directory, DirectoryComment, DirectoryVersion

ITEM: Final = re.compile(r"#/items/(?P<place>[0-9]{1,4})/(?P<field>[a-z_]+)\Z")


def comments(session: Session, version: DirectoryVersion) -> list[DirectoryComment]:
    """Give every remark on a version, in order."""
    query = select(DirectoryComment).where(
        DirectoryComment.directory == version.directory, DirectoryComment.number == version.number
    )
    return list(session.scalars(query.order_by(DirectoryComment.id)))


def comment(
    session: Session, directory: Directory, version: DirectoryVersion, pointer: str, text: str, by: Caller, at: datetime
) -> DirectoryComment:
    """Remark on a field while the version is being written or looked at.

    Raises `NotYourDirectory`, `NoSuchField`, `DirectoryStepNotAllowed`.
    """
    if State(version.state) not in OPEN:
        raise DirectoryStepNotAllowed("comment", version.state)
    _require_concerned(session, directory, by, at)
    _require_field(pointer, version)
    row = DirectoryComment(
        directory=version.directory,
        number=version.number,
        pointer=pointer,
        text=text,
        by=actor(by),
        at=at,
        resolved_by=None,
        resolved_at=None,
    )
    session.add(row)
    session.flush()
    thing = Thing(THING, directory.code)
    ROOM.changed(session, by, at, "directory.commented", thing, directory.version, number=version.number, field=pointer)
    return row


def resolve(session: Session, directory: Directory, number: int, by: Caller, at: datetime) -> DirectoryComment:
    """Note that a remark was taken care of. Raises `NoSuchComment`, `NotYourDirectory`."""
    row = session.get(DirectoryComment, number)
    if row is None or row.directory != directory.code or row.resolved_at is not None:
        raise NoSuchComment(number)
    _require_concerned(session, directory, by, at)
    row.resolved_by, row.resolved_at = actor(by), at
    ROOM.record(session, by, at, "directory.comment-resolved", Thing(THING, directory.code), comment=number)
    return row


def _require_concerned(session: Session, directory: Directory, by: Caller, at: datetime) -> None:
    held = substitutions.roles_of(session, by, at)
    own = by.organisation == directory.owner and held.keys() & {"steward", "reviewer"}
    above = "authority" in held and authorities.has_authority_over(session, by.organisation, directory.owner)
    if not own and not above:
        raise NotYourDirectory(directory.code, "comment")


def _require_field(pointer: str, version: DirectoryVersion) -> None:
    """Let a remark point at a field of the form, or of an item that is there."""
    found = ITEM.match(pointer)
    items = version.content.get("items", [])
    known = {f"#/{name}" for name in form.fields()} | {"#", "#/items"}
    in_item = found is not None and int(found["place"]) < len(items) and found["field"] in form.item_fields()
    if pointer not in known and not in_item:
        raise NoSuchField(pointer)
