"""Directories read for giving out, page by page, as plain values: no page is kept when the next is read."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange import authorities
from exchange.errors import NoAuthority
from exchange.exports.dcat import Facts, Published
from exchange.life import OPEN, READABLE
from exchange.models import Directory, DirectoryVersion
from keys.parties.models import Organisation
from keys.parties.organisations import organisation_of

# Of each page some 2 MB are in memory.
PAGE: Final = 500


def published(session: Session, owner: str | None = None) -> Iterator[Published]:
    """Go through the directories that others can read, all or one organisation's, in the order of their codes."""
    readable = [each.value for each in READABLE]
    query = (
        select(
            Directory.code,
            Directory.owner,
            Organisation.name,
            Directory.created_at,
            DirectoryVersion.published_at,
            DirectoryVersion.content,
        )
        .join(DirectoryVersion, DirectoryVersion.directory == Directory.code)
        .join(Organisation, Organisation.code == Directory.owner)
        .where(DirectoryVersion.number == Directory.published, DirectoryVersion.state.in_(readable))
    )
    if owner is not None:
        query = query.where(Directory.owner == owner)
    for code, owned_by, name, issued, modified, content in _pages(session, query):
        yield Published(code, owned_by, name, issued, modified or issued, content)


def own(session: Session, organisation: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through an organisation's directories as a change finds them: what is being written, else what is read."""
    wanted = [each.value for each in OPEN | READABLE]
    newest = (
        select(DirectoryVersion.directory, func.max(DirectoryVersion.number).label("number"))
        .where(DirectoryVersion.state.in_(wanted))
        .group_by(DirectoryVersion.directory)
        .subquery()
    )
    query = (
        select(Directory.code, DirectoryVersion.content)
        .join(DirectoryVersion, DirectoryVersion.directory == Directory.code)
        .join(newest, (newest.c.directory == Directory.code) & (newest.c.number == DirectoryVersion.number))
        .where(Directory.owner == organisation)
    )
    yield from _pages(session, query)


def facts(session: Session, organisation: str, base: str) -> Facts:
    """Tell who publishes the catalogue: the sharing authority over whoever asks, or they themselves."""
    try:
        publisher = authorities.authority_over(session, organisation)
    except NoAuthority:
        publisher = organisation
    return Facts(base, publisher, organisation_of(session, publisher).name)


def _pages(session: Session, query: Any) -> Iterator[Any]:
    last = ""
    while True:
        page = session.execute(query.where(Directory.code > last).order_by(Directory.code).limit(PAGE)).all()
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1][0]
