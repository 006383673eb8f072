"""Reviews and their receipts: begun with an effect, ended some calls later or on command, handed out from a mark on.

What is lost is never handed out, what is doubled twice; shuffled ones change places within a bound. Each is one receipt
with one number, so whoever takes them can tell.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from catalog_sync.simulator import store
from catalog_sync.simulator.faults import Stage
from catalog_sync.simulator.store import CALLS, DELIVERIES, RECEIPTS, THINGS
from catalog_sync.simulator.switches import Switches

MARKS: Final = ("datakey", "dataversion", "datasm3")
# Above any number of calls: ended on command alone.
NEVER: Final = 2**62
PASSED, RETURNED, CANCELLED = "1", "2", "9"
REFUSED: Final = ("R-01", "演示：审核退回")
MOST_AT_ONCE: Final = 200
MOST_PAGE: Final = 500
# Made once: every call asks what is due.
_DUE: Final = (
    select(RECEIPTS)
    .where(RECEIPTS.c.due <= bindparam("by"), RECEIPTS.c.status == "0")
    .order_by(RECEIPTS.c.number)
    .limit(MOST_AT_ONCE)
)
_THING: Final = select(THINGS).where(THINGS.c.guid == bindparam("of"))


def begin(session: Session, switches: Switches, guid: str, key: str) -> None:
    """Begin the review of what was just taken."""
    wait = switches.review_after
    due = NEVER if wait < 0 else store.last(session, CALLS) + wait
    store.added(session, RECEIPTS, id=str(uuid.uuid4()), guid=guid, record_key=key, due=due, status="0")


def settle(session: Session, switches: Switches, call: int) -> int:
    """End the reviews that are due."""
    rows = store.asked(session, _DUE, by=call).all()
    if not rows:
        return 0
    _shuffle(session, switches, rows)
    for row in rows:
        end(session, switches, row)
    return len(rows)


def end(session: Session, switches: Switches, row: Any, status: str = "") -> None:
    """End a review: returned where a fault or a command says so, else passed; the thing stands so from now on."""
    if not status:
        struck = switches.strike(session, (Stage.REVIEW,), row.id, only="review-refused")
        status = RETURNED if struck else PASSED
    code, words = REFUSED if status == RETURNED else ("", "审核通过")
    store.changed(session, RECEIPTS, row.number, status=status, code=code, words=words)
    thing = store.asked(session, _THING, of=row.guid).one()
    # A review of an earlier version says nothing of the one that stands there now.
    is_current = thing.content.get("datakey", row.record_key) == row.record_key
    if thing.status != CANCELLED and is_current:
        store.changed(session, THINGS, thing.number, status=status, code=code, words=words)
    _deliver(session, switches, row)


def handed_out(session: Session, body: Mapping[str, Any], *, stale: bool) -> dict[str, Any]:
    """Give the receipts after a mark, and the mark from which to read on."""
    del stale
    text = str(body.get("mark", ""))
    mark = int(text) if text.isascii() and text.isdigit() else 0
    size = body.get("pageSize", MOST_PAGE)
    query = select(DELIVERIES, RECEIPTS).join(RECEIPTS, RECEIPTS.c.number == DELIVERIES.c.receipt)
    query = query.where(DELIVERIES.c.number > mark).order_by(DELIVERIES.c.number)
    rows = session.execute(query.limit(min(int(size), MOST_PAGE) if isinstance(size, int) else MOST_PAGE)).all()
    found = [_shown(each) for each in rows]
    return {"list": found, "mark": str(rows[-1][0] if rows else mark)}


def _shown(row: Any) -> dict[str, str]:
    told = {
        "receiptid": row.id,
        "cascadeguid": row.about,
        "status": row.status,
        "code": row.code,
        "opinion": row.words,
    }
    is_own = row.about == row.guid
    return {**told, "datakey": row.record_key} if row.record_key and is_own else told


def _deliver(session: Session, switches: Switches, row: Any) -> None:
    if switches.strike(session, (Stage.REVIEW,), row.id, only="receipt-lost") is not None:
        return
    times = 2 if switches.strike(session, (Stage.REVIEW,), row.id, only="receipt-doubled") else 1
    for _ in range(times):
        store.added(session, DELIVERIES, receipt=row.number, about=row.guid)
    if switches.strike(session, (Stage.REVIEW,), row.id, only="receipt-unknown") is not None:
        number = store.added(
            session, RECEIPTS, id=str(uuid.uuid4()), guid=row.guid, record_key="", due=row.due, status=PASSED
        )
        store.added(session, DELIVERIES, receipt=number, about=str(uuid.uuid4()))


def _shuffle(session: Session, switches: Switches, rows: Any) -> None:
    """Have some reviews wait for others that were begun after them."""
    switched = switches.on(session, "receipt-shuffled")
    if switched is None:
        return
    within = max(2, int(switched.seconds))
    for row in list(rows):
        is_first = row.due <= store.last(session, CALLS) and not _was_shuffled(row)
        if is_first and switches.strike(session, (Stage.REVIEW,), row.id, only="receipt-shuffled") is not None:
            later = store.last(session, CALLS) + 1 + int(row.id[:4], 16) % within
            store.changed(session, RECEIPTS, row.number, due=later, words="shuffled")
            rows.remove(row)


def _was_shuffled(row: Any) -> bool:
    return bool(row.words == "shuffled")
