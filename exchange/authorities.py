"""Who has authority over an organisation's directories: the nearest office of its region that holds the role.

The sharing authority (数据共享主管部门) of a level looks after every department of its region on that level and below,
whoever stands above them in their own line. It is found by role and region and not by name, so that a site arranges its
offices as it likes. Where several offices of one level hold the role, it is the one that the organisation stands under.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.identifiers import RegionCode
from exchange.errors import NoAuthority
from keys.parties.models import ACTIVE, LEVELS, Organisation, Person, PersonRole
from keys.parties.organisations import organisation_of

ROLE: Final = "authority"
# How much of a region's code names the region, by level.
_PREFIX: Final = {"province": 2, "city": 4, "county": 6, "town": 9}


def authority_over(session: Session, organisation: str) -> str:
    """Give the nearest organisation that holds the authority. Raises `NoAuthority`."""
    below = organisation_of(session, organisation)
    found = [each for each in _holders(session) if _covers(each, below)]
    if not found:
        raise NoAuthority(organisation)
    return _nearest(session, found, below)


def authority_above(session: Session, authority: str) -> str | None:
    """Give the nearest authority of a higher level than this one's, if there is one."""
    below = organisation_of(session, authority)
    level = LEVELS.index(below.level)
    found = [each for each in _holders(session) if LEVELS.index(each.level) < level and _covers(each, below)]
    return _nearest(session, found, below) if found else None


def common_authority(session: Session, one: str, other: str) -> str:
    """Give the nearest authority over both, or the highest over the first where none is over both.

    Raises `NoAuthority`.
    """
    found = authority_over(session, one)
    while not has_authority_over(session, found, other):
        above = authority_above(session, found)
        if above is None:
            break
        found = above
    return found


def has_authority_over(session: Session, authority: str, organisation: str) -> bool:
    """Tell whether this organisation is an authority for that one, the nearest or a higher."""
    below = organisation_of(session, organisation)
    return any(each.code == authority and _covers(each, below) for each in _holders(session))


def covered_prefix(session: Session, by: Caller) -> str | None:
    """Give the beginning of the region codes over which a caller has authority; none where they have none."""
    if ROLE not in by.roles:
        return None
    own = organisation_of(session, by.organisation)
    return own.region[: _PREFIX[own.level]]


def _nearest(session: Session, found: Sequence[Organisation], below: Organisation) -> str:
    """Choose the office of the lowest level; of several the one in the organisation's own line."""
    lowest = max(LEVELS.index(each.level) for each in found)
    near = {each.code for each in found if LEVELS.index(each.level) == lowest}
    if len(near) == 1:
        return near.pop()
    return next((code for code in _line(session, below) if code in near), max(near))


def _line(session: Session, organisation: Organisation) -> Iterator[str]:
    """Give an organisation and those that it stands under, from below."""
    seen: set[str] = set()
    found: Organisation | None = organisation
    while found is not None and found.code not in seen:
        seen.add(found.code)
        yield found.code
        found = session.get(Organisation, found.parent) if found.parent else None


def _covers(authority: Organisation, below: Organisation) -> bool:
    """Tell whether an authority's region and level take in an organisation."""
    higher_or_same = LEVELS.index(authority.level) <= LEVELS.index(below.level)
    return higher_or_same and RegionCode(authority.region).covers(RegionCode(below.region))


def _holders(session: Session) -> list[Organisation]:
    """List the organisations with at least one person who may act as the authority; a province has some hundred."""
    query = (
        select(Organisation)
        .join(Person, Person.organisation == Organisation.code)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(Organisation.state == ACTIVE, Person.state == ACTIVE, PersonRole.role == ROLE)
    )
    return list(session.scalars(query.distinct().order_by(Organisation.code)))
