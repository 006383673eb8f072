"""What is trusted, with the site's own revocation lists: they lie in its tables and need not be fetched."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from keys import anchors
from keys.authority.models import PublishedList
from keys.kept import Kept
from keys.revocation_lists import RevocationList
from keys.trust import Trust

# A site has a handful of authorities.
_LISTS: Final[Kept[RevocationList]] = Kept(64)


def trust_at(session: Session, at: datetime) -> Trust:
    """Read what is trusted at a moment, and add the newest list of each authority of the site."""
    newest = (
        select(PublishedList.authority, func.max(PublishedList.number).label("number"))
        .where(PublishedList.der.is_not(None), PublishedList.this_update <= at)
        .group_by(PublishedList.authority)
        .subquery()
    )
    same = (PublishedList.authority == newest.c.authority) & (PublishedList.number == newest.c.number)
    rows = session.scalars(select(PublishedList).join(newest, same).order_by(PublishedList.authority))
    return anchors.trust_at(session, at).with_material(lists=[_read(row) for row in rows])


def _read(row: PublishedList) -> RevocationList:
    fingerprint, data = row.sm3 or "", row.der or b""
    return _LISTS.of(fingerprint) or _LISTS.keep(fingerprint, RevocationList.of(data))
