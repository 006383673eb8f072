"""Who sees which mounts: of a published directory everyone those that serve, from inside all, and where the data is."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import authorities
from exchange.directories import directory_of
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.errors import NoSuchMount
from exchange.mounting.models import SERVING, Mount
from exchange.seeing import AUDITOR, is_inside


def inside(session: Session, by: Caller) -> Select[Mount]:
    """Ask for the mounts that a caller sees from inside: the organisation's own, those below an authority."""
    query = select(Mount)
    if AUDITOR in by.roles:
        return query
    whose = Mount.owner == by.organisation
    prefix = authorities.covered_prefix(session, by)
    if prefix is not None:
        below = select(Directory.code).where(Directory.region.startswith(prefix, autoescape=True))
        whose |= Mount.directory.in_(below)
    return query.where(whose)


def seen(session: Session, mount: str, by: Caller) -> tuple[Mount, bool]:
    """Give a mount that the caller may see, and whether they see all of it. Raises `NoSuchMount`."""
    row = mounts.mount_of(session, mount)
    directory = directory_of(session, row.directory)
    is_ours = is_inside(session, directory, by)
    if not is_ours and (directory.published is None or row.state != SERVING):
        raise NoSuchMount(mount)
    return row, is_ours
