"""Takes in receipts: each once by its number, whenever and in whichever order it comes; kept even if nobody knows it.

What is read and the mark move in one transaction. A receipt about something unknown is kept as it came, since what the
platform calls a thing may be known only later; `catch_up` looks again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from base import clock
from base.db import Base, Database, inserting
from catalog_sync import channels, contents, outbox
from catalog_sync.channels import channel_of
from catalog_sync.models import CODE_LENGTH, MARK_LENGTH, OUTSIDE_LENGTH, Inbox, Outbox
from catalog_sync.outbox import News
from catalog_sync.push import INTERNAL_FAULT, logger
from catalog_sync.states import State
from catalog_sync.targets.target import (
    ChannelDown,
    ChannelRefused,
    HostileAnswer,
    Outcome,
    Receipt,
    Receipts,
    Reply,
    Target,
)
from catalog_sync.wiring import Sync

RECEIPTS: Final = "receipts"
# Pages of one run; a platform that always has another one must not keep us for ever.
MOST_PAGES: Final = 1000
CAUGHT_UP_AT_ONCE: Final = 1000
# One statement keeps so many: SQLite binds no more than 32,766 values, a receipt has nine.
KEPT_AT_ONCE: Final = 500

_KEPT: Final = select(Inbox.number).where(
    Inbox.target == bindparam("of"), Inbox.number.in_(bindparam("numbers", expanding=True))
)
_BY_NAME: Final = (
    select(Outbox)
    .where(
        Outbox.target == bindparam("of"),
        or_(
            Outbox.key.in_(bindparam("names", expanding=True)),
            Outbox.upstream_id.in_(bindparam("names", expanding=True)),
        ),
    )
    .order_by(Outbox.number)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_INBOX: Final = Base.metadata.tables[Inbox.__tablename__]
_NOTE: Final = (
    update(_INBOX)
    .where(_INBOX.c.id == bindparam("of"))
    .values(row=bindparam("row_of"), changed=bindparam("has_changed"))
)


@dataclass
class Taken:
    """What a run took in: receipts read, new ones, rows they changed, and those that nobody knows."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unknown: int = 0


def collect(
    database: Database,
    sync: Sync,
    target: Target,
    now: Callable[[], datetime] = clock.now,
    progress: Callable[[int], object] = lambda _done: None,
) -> Taken:
    """Read receipts on from the mark until there are no more, or the channel may not be used."""
    taken = Taken()
    for _ in range(MOST_PAGES):
        mark = database.repeat(partial(_mark, sync=sync, target=target, at=now()))
        if mark is None:
            break
        answer = _asked(target, mark, now())
        unit = partial(take_in, sync=sync, target=target, mark=mark, answer=answer, at=now())
        page = database.repeat(unit)
        if page is None:
            break
        taken = Taken(*(a + b for a, b in zip(_counts(taken), _counts(page), strict=True)))
        progress(taken.read)
        if isinstance(answer, Receipts) and answer.mark == mark:
            break
    return taken


def take_in(
    session: Session, sync: Sync, target: Target, mark: str, answer: Receipts | Exception, at: datetime
) -> Taken | None:
    """Keep a page of receipts, apply them and move the mark; none where it failed, or another was faster."""
    channel = channel_of(session, target.name, locked=True)
    if not channels.heard(session, sync, channel, answer, RECEIPTS, at) or isinstance(answer, Exception):
        return None
    if channel.receipt_mark != mark:
        return None
    channel.receipt_mark = answer.mark
    new = [each for some in _in_portions(answer.receipts) for each in _kept(session, sync, target.name, some, at)]
    known, changed = _applied(session, sync, target.name, new, at)
    return Taken(len(answer.receipts), len(new), changed, len(new) - known)


def catch_up(session: Session, sync: Sync, target: str, at: datetime) -> int:
    """Look again whether receipts that nobody knew are about something that is known now; tell how many were."""
    unknown = select(Inbox).where(Inbox.target == target, Inbox.row.is_(None)).order_by(Inbox.id.desc())
    kept = session.scalars(unknown.limit(CAUGHT_UP_AT_ONCE)).all()
    about = _About(session, target, {each.about for each in kept})
    found = []
    for each in kept:
        if about.row(each.about) is None:
            continue
        words = contents.opened_words(session, sync.keys, each.words)
        reply = Reply(Outcome(each.outcome), each.number, each.upstream_id, each.code, words)
        found.append((each.id, Receipt(each.number, each.about, reply)))
    return _applied(session, sync, target, found, at)[0]


def _mark(session: Session, sync: Sync, target: Target, at: datetime) -> str | None:
    channel = channel_of(session, target.name)
    channels.set_right(session, channel, at)
    return channel.receipt_mark if channels.is_open(channel, sync, at) else None


def _asked(target: Target, mark: str, at: datetime) -> Receipts | Exception:
    """Ask for a page; whatever happens is an answer."""
    try:
        page = target.receipts(mark, at)
        fault = next(filter(None, map(_fault, page.receipts)), "") or ("mark" if len(page.mark) > MARK_LENGTH else "")
    except (ChannelDown, ChannelRefused, HostileAnswer) as error:
        return error
    except Exception:  # noqa: BLE001 - whatever it is, it is in the log
        # Our own reading stumbled: the channel rests like one that does not answer, and the others go on.
        logger.exception("reading receipts of %s failed", target.name)
        return ChannelDown(target.name, INTERNAL_FAULT)
    return HostileAnswer(target.name, fault) if fault else page


def _fault(receipt: Receipt) -> str:
    """Tell what makes a receipt one that cannot be kept: without a number it could not be known again."""
    named = (receipt.number, receipt.about)
    return "" if all(0 < len(each) <= OUTSIDE_LENGTH for each in named) else "a receipt without a usable number"


def _in_portions(receipts: Sequence[Receipt]) -> Iterator[Sequence[Receipt]]:
    """Give receipts in portions that one statement bears, each receipt once."""
    first = dict[str, Receipt]()
    for each in receipts:
        first.setdefault(each.number, each)
    once = list(first.values())
    return (once[start : start + KEPT_AT_ONCE] for start in range(0, len(once), KEPT_AT_ONCE))


def _kept(
    session: Session, sync: Sync, target: str, receipts: Sequence[Receipt], at: datetime
) -> list[tuple[int, Receipt]]:
    """Keep receipts, and give those that were not kept before, in their order, each with its number here."""
    known = set(session.scalars(_KEPT, {"of": target, "numbers": [each.number for each in receipts]}))
    values = [_values(session, sync, target, each, at) for each in receipts if each.number not in known]
    if not values:
        return []
    written = inserting(session, Inbox).values(values).on_conflict_do_nothing().returning(Inbox.number, Inbox.id)
    ids = {each.number: each.id for each in session.execute(written)}
    return [(ids[each.number], each) for each in receipts if each.number in ids]


def _values(session: Session, sync: Sync, target: str, receipt: Receipt, at: datetime) -> dict[str, Any]:
    reply = receipt.reply
    return {
        "target": target,
        "number": receipt.number,
        "about": receipt.about,
        "outcome": reply.outcome.value,
        "upstream_id": reply.upstream_id[:OUTSIDE_LENGTH] if reply.upstream_id else None,
        "code": reply.code[:CODE_LENGTH],
        "words": contents.sealed_words(session, sync.keys, reply.words),
        "received_at": at,
        "changed": False,
    }


def _applied(
    session: Session, sync: Sync, target: str, kept: Sequence[tuple[int, Receipt]], at: datetime
) -> tuple[int, int]:
    """Bring what receipts say to the rows they are about; tell how many are about one, and how many changed it."""
    about = _About(session, target, {each.about for _, each in kept})
    noted, moved = [], []
    for id_, each in kept:
        row = about.row(each.about)
        if row is None:
            continue
        changed = outbox.take(session, sync.keys, row, each.reply, at, News(each.reply.code, each.reply.words))
        about.learn(row)
        noted.append({"of": id_, "row_of": row.number, "has_changed": changed})
        moved.append(row)
    if noted:
        session.connection().execute(_NOTE, noted)
        outbox.let_go(session, target, moved)
    return len(noted), sum(bool(each["has_changed"]) for each in noted)


class _About:
    """The rows that receipts are about: by our key; else by what the platform calls the thing."""

    def __init__(self, session: Session, target: str, names: set[str]) -> None:
        self._by_key: dict[str, Outbox] = {}
        self._named: dict[str, list[Outbox]] = {each: [] for each in names}
        wanted = sorted(names)
        for start in range(0, len(wanted), KEPT_AT_ONCE):
            asked = {"of": target, "names": wanted[start : start + KEPT_AT_ONCE]}
            for row in session.scalars(_BY_NAME, asked):
                if row.key in names:
                    self._by_key.setdefault(row.key, row)
                self.learn(row)

    def row(self, about: str) -> Outbox | None:
        """Give the row with this key; else, of those the platform calls so, the first that is not settled."""
        if about in self._by_key:
            return self._by_key[about]
        rows = [each for each in self._named.get(about, ()) if each.upstream_id == about]
        unsettled = (row for row in rows if row.state in {State.SENT.value, State.ACCEPTED.value})
        return next(unsettled, rows[-1] if rows else None)

    def learn(self, row: Outbox) -> None:
        """Know what the platform calls a row, which a receipt before may have told."""
        rows = self._named.get(row.upstream_id or "")
        if rows is not None and row not in rows:
            rows.append(row)
            rows.sort(key=lambda each: each.version)


def _counts(taken: Taken) -> tuple[int, int, int, int]:
    return taken.read, taken.new, taken.changed, taken.unknown
