"""Reads the published directories as demands are compared with them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from exchange import directories
from exchange.demands.demand import Wanted
from exchange.demands.matching import Match, Offered, matches
from exchange.life import READABLE
from exchange.models import Directory, DirectoryVersion

# What a search for one name brings up; whoever needs more looks through the directories.
MOST_COMPARED: Final = 50
# What a department publishes; the largest of a province has some hundreds.
MOST_OF_ONE: Final = 2000
Read = tuple[Offered, Mapping[str, Any]]


def near(session: Session, wanted: Wanted) -> tuple[Match, ...]:
    """Give the directories that come near a demand, the nearest first."""
    codes = directories.search_within(session, wanted.name, MOST_COMPARED)
    found = _read(session, Directory.code.in_(codes))
    return matches(wanted, [offered for offered, _ in found])


def published(session: Session, owner: str) -> Sequence[Read]:
    """Give a provider's directories that can be read, with what they say."""
    return _read(session, Directory.owner == owner)


def of_codes(session: Session, codes: Sequence[str]) -> Sequence[Offered]:
    """Give those of some directories that can be read."""
    return [offered for offered, _ in _read(session, Directory.code.in_(codes))]


def _read(session: Session, wanted: Any) -> Sequence[Read]:
    query = (
        select(Directory, DirectoryVersion.content)
        .join(
            DirectoryVersion,
            and_(DirectoryVersion.directory == Directory.code, DirectoryVersion.number == Directory.published),
        )
        .where(wanted, DirectoryVersion.state.in_(sorted(each.value for each in READABLE)))
    )
    rows = session.execute(query.order_by(Directory.code).limit(MOST_OF_ONE))
    return [(_offered(row, content), content) for row, content in rows]


def _offered(row: Directory, content: Mapping[str, Any]) -> Offered:
    whole = str(content.get("share_type", ""))
    return Offered(
        row.code,
        row.owner,
        row.name,
        tuple((str(each.get("name", "")), str(each.get("share_type") or whole)) for each in content.get("items", ())),
        str(content.get("update_cycle", "")),
        frozenset(str(each) for each in content.get("share_mode", ())),
        whole,
    )
