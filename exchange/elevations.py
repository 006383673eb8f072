"""Up the levels: a version published in a county is looked at by the city's authority, then by the province's.

Each level decides once on each published version; what it returns stays published below and is answered by a new
version. Whoever publishes reports upward in the same transaction, so that nothing is forgotten on the way.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange import authorities, directories, substitutions, tasks
from exchange.acting import ROOM
from exchange.directories import THING
from exchange.errors import DirectoryStepNotAllowed, NotYourDirectory
from exchange.life import Step
from exchange.models import Directory, DirectoryVersion, Elevation
from keys.parties.organisations import organisation_of

WAITING, ACCEPTED, RETURNED = "waiting", "accepted", "returned"
DUTY: Final = "upward-review"


def elevations(session: Session, directory: Directory) -> list[Elevation]:
    """Give what the levels above said, of every version."""
    query = select(Elevation).where(Elevation.directory == directory.code)
    return list(session.scalars(query.order_by(Elevation.number, Elevation.asked_at)))


def publish(
    session: Session, directory: Directory, version: DirectoryVersion, reason: str, by: Caller, at: datetime
) -> DirectoryVersion:
    """Publish a reviewed version and report it to the authority above. Raises as `directories.take` does."""
    directories.take(session, directory, version, Step.PUBLISH, reason, by, at)
    report(session, directory, version, by.organisation, by, at)
    return version


def report(
    session: Session, directory: Directory, version: DirectoryVersion, authority: str, by: Caller, at: datetime
) -> Elevation | None:
    """Ask the authority above to look at a published version; nothing where there is none above."""
    above = authorities.authority_above(session, authority)
    if above is None:
        return None
    level = organisation_of(session, above).level
    row = Elevation(
        directory=version.directory,
        number=version.number,
        level=level,
        organisation=above,
        state=WAITING,
        reason="",
        asked_at=at,
        decided_by=None,
        decided_at=None,
    )
    session.add(row)
    session.flush()
    tasks.open_task(session, tasks.Duty(DUTY, _thing(row), directory.name, above, authorities.ROLE), at)
    ROOM.changed(session, by, at, "directory.reported", Thing(THING, directory.code), directory.version, level=level)
    return row


def decide(
    session: Session,
    directory: Directory,
    version: DirectoryVersion,
    level: str,
    *,
    accepted: bool,
    reason: str,
    by: Caller,
    at: datetime,
) -> Elevation:
    """Accept a version reported upward, which then goes on to the level above, or return it with a reason.

    Raises `DirectoryStepNotAllowed`, `NotYourDirectory`.
    """
    row = session.get(Elevation, (version.directory, version.number, level))
    if row is None or row.state != WAITING:
        raise DirectoryStepNotAllowed("elevate", row.state if row else "not-reported")
    if by.organisation != row.organisation or authorities.ROLE not in substitutions.roles_of(session, by, at):
        raise NotYourDirectory(directory.code, "elevate")
    row.state, row.reason = (ACCEPTED if accepted else RETURNED), reason
    row.decided_by, row.decided_at = actor(by), at
    tasks.close(session, _thing(row), by, at)
    act = f"directory.upward-{row.state}"
    ROOM.changed(session, by, at, act, Thing(THING, directory.code), directory.version, level=level)
    if accepted:
        report(session, directory, version, row.organisation, by, at)
    return row


def _thing(row: Elevation) -> Thing:
    return Thing("elevation", f"{row.directory}#{row.number}@{row.level}")
