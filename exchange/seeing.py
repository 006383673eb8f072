"""Who sees which directories: what is published, and what is not, from inside: owner, authority, auditor.

What a caller may not see is not there: it is answered as a code that nobody ever gave out.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base import search
from base.callers import Caller
from exchange import authorities
from exchange.directories import directory_of, version_of
from exchange.errors import NoSuchDirectory, NoSuchDirectoryVersion
from exchange.models import DIRECTORY_SEARCH, Directory, DirectoryVersion

AUDITOR: Final = "auditor"


def seen_by(session: Session, by: Caller) -> Select[Directory]:
    """Ask for what is published, the caller's own, and what lies below an authority; an auditor sees all."""
    query = select(Directory)
    if AUDITOR in by.roles:
        return query
    whose = Directory.published.is_not(None) | (Directory.owner == by.organisation)
    prefix = authorities.covered_prefix(session, by)
    return query.where(whose if prefix is None else whose | Directory.region.startswith(prefix, autoescape=True))


def listed(session: Session, asked: Mapping[str, Any], by: Caller) -> Select[Directory]:
    """Ask for a list, narrowed by what stands in a directory's row, by the beginning of its region, by words."""
    query = seen_by(session, by)
    for name in ("owner", "share_type", "field_of_work", "state", "level"):
        if asked[name] is not None:
            query = query.where(getattr(Directory, name) == asked[name])
    if asked["region"] is not None:
        query = query.where(Directory.region.startswith(asked["region"], autoescape=True))
    if asked["q"] is not None:
        dialect = session.connection().dialect.name
        found = select(DIRECTORY_SEARCH.c.subject).where(search.matches(DIRECTORY_SEARCH, asked["q"], dialect))
        query = query.where(Directory.code.in_(found))
    return query


def seen(session: Session, code: str, by: Caller) -> Directory:
    """Give a directory that the caller may see. Raises `NoSuchDirectory`."""
    directory = directory_of(session, code)
    if directory.published is None and not is_inside(session, directory, by):
        raise NoSuchDirectory(code)
    return directory


def seen_version(session: Session, code: str, number: int, by: Caller) -> DirectoryVersion:
    """Give a version that the caller may see. Raises `NoSuchDirectory`, `NoSuchDirectoryVersion`."""
    directory = seen(session, code, by)
    row = version_of(session, directory, number)
    if row.published_at is None and not is_inside(session, directory, by):
        raise NoSuchDirectoryVersion(code, number)
    return row


def is_inside(session: Session, directory: Directory, by: Caller) -> bool:
    """Tell whether the caller may see what is not published, and where the data is."""
    if directory.owner == by.organisation or AUDITOR in by.roles:
        return True
    prefix = authorities.covered_prefix(session, by)
    return prefix is not None and directory.region.startswith(prefix)
