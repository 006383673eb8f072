"""Reads the rows of a directory that is delivered directly, and numbers what changed.

1. See where the reading stands. 2. Ask the mount for the next page, with no transaction open. 3. Compare the page with
what is kept, write what changed under the next serials, and move the place, in one. After the last page, what was not
seen is gone; where that would be too much, a person decides first.

Who dies between 2 and 3 asks for the same page again. Of two processes the second finds that the reading went on.
Serials are drawn under the offer's row: they stand in the order of their commits, and nobody reads past one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from base import clock
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from exchange import directories
from exchange.acting import ROOM
from exchange.direct import comparing, regions
from exchange.direct.comparing import Changes, Found, Kept, Name
from exchange.direct.models import DirectOffer, DirectRow
from exchange.direct.standing import COMPARED_AS_NUMBERS, HELD, OFFERED
from exchange.direct.wiring import Directs
from exchange.life import READABLE, State
from exchange.mounting import mounts
from exchange.mounting.wiring import Plan
from exchange.sources.source import Answer, Condition, Empty, Question, Test, reason_of
from exchange.sources.source import Found as FoundRows
from exchange.sources.values import plain

BY: Final = Caller("system", "exchange", "exchange")
THING: Final = "direct-offer"
# A page of a large result: a source gives it at once.
ROWS: Final = 500
# Pages of one run; the next goes on. At 500 rows a million takes two runs.
MOST_PAGES: Final = 1000
# A reading in which more of the rows are gone than this is more often a broken source than the truth.
MOST_GONE_PERCENT: Final = 20
# Of fewer rows a share tells nothing.
FEWEST: Final = 20
MANY_GONE: Final = "many-gone"
# The nation's own code, in whose range no region lies as a text and every region of six digits as a number.
NATION: Final = ("100000", "100000999999")
PIECE: Final = 200


@dataclass(frozen=True)
class Step:
    """Where the reading of a directory stands."""

    directory: str
    reading: int
    cursor: str | None
    plan: Plan
    key_item: str
    region_item: str


@dataclass
class Followed:
    """What a run read."""

    pages: int = 0
    rows: int = 0
    told: int = 0
    gone: int = 0
    failure: str = ""


def follow(database: Database, parts: Directs, directory: str, now: Callable[[], datetime] = clock.now) -> Followed:
    """Read a directory to its end, or as far as a run goes."""
    done = Followed()
    for _ in range(MOST_PAGES):
        step = database.repeat(partial(_next, directory=directory))
        if step is None:
            break
        source = parts.mounts.source(step.plan)
        if step.cursor is None:
            looked = source.ask(_as_numbers(step))
            if isinstance(looked, FoundRows) and any(_is_elsewhere(row[step.region_item]) for row in looked.rows):
                database.repeat(partial(_hold, directory=directory, reason=COMPARED_AS_NUMBERS, at=now()))
                break
            if not isinstance(looked, FoundRows | Empty):
                done.failure = f"{looked.outcome.value}: {reason_of(looked)}"
                break
        answer = source.ask(Question(tuple(each.item for each in step.plan.columns), (), ROWS, step.cursor))
        if not isinstance(answer, FoundRows | Empty):
            done.failure = f"{answer.outcome.value}: {reason_of(answer)}"
            break
        kept = database.repeat(partial(take_in, parts=parts, step=step, answer=answer, at=now()))
        if kept is None:
            break
        done.pages, done.told, done.gone = done.pages + 1, done.told + len(kept.told), done.gone + len(kept.gone)
        done.rows += len(answer.rows) if isinstance(answer, FoundRows) else 0
        if not isinstance(answer, FoundRows) or answer.next is None:
            break
    return done


def take_in(session: Session, parts: Directs, step: Step, answer: Answer, at: datetime) -> Changes | None:
    """Keep a page and move on; none where another process was faster, or the offer is another by now."""
    offer = session.get(DirectOffer, step.directory, with_for_update=True, populate_existing=True)
    if offer is None or offer.state != OFFERED or (offer.reading, offer.cursor) != (step.reading, step.cursor):
        return None
    rows = answer.rows if isinstance(answer, FoundRows) else ()
    onward = answer.next if isinstance(answer, FoundRows) else None
    found, nowhere = _found(session, parts, step, rows)
    kept = _kept(session, step.directory, comparing.names(found))
    changes = comparing.changes(kept, found, step.reading)
    _write(session, parts, offer, changes)
    offer.rows, offer.nowhere = offer.rows + len(rows), offer.nowhere + nowhere
    offer.doubles += changes.doubles
    offer.cursor, offer.mount, offer.mount_version = onward, step.plan.mount, step.plan.version
    session.flush()
    if onward is None:
        _end(session, parts, offer, at)
    return changes


def sweep(session: Session, parts: Directs, offer: DirectOffer, at: datetime) -> int:
    """End a reading: what it did not see is gone, and the counts are those of now."""
    unseen = (
        DirectRow.directory == offer.directory,
        DirectRow.is_gone.is_(False),
        DirectRow.seen != offer.reading,
    )
    names = session.execute(select(DirectRow.key, DirectRow.region).where(*unseen).order_by(DirectRow.serial)).all()
    _gone(session, parts, offer, [(key, region) for key, region in names])
    offer.read_rows, offer.read_nowhere, offer.read_doubles = offer.rows, offer.nowhere, offer.doubles
    offer.rows, offer.nowhere, offer.doubles, offer.cursor = 0, 0, 0, None
    offer.reading, offer.read_at = offer.reading + 1, at
    session.flush()
    return len(names)


def _end(session: Session, parts: Directs, offer: DirectOffer, at: datetime) -> None:
    living = select(func.count()).where(DirectRow.directory == offer.directory, DirectRow.is_gone.is_(False))
    whole = session.execute(living).scalar_one()
    unseen = session.execute(living.where(DirectRow.seen != offer.reading)).scalar_one()
    if whole >= FEWEST and comparing.share(unseen, whole) > MOST_GONE_PERCENT:
        _held(session, offer, MANY_GONE, at)
        return
    before = (offer.read_nowhere, offer.read_doubles)
    gone = sweep(session, parts, offer, at)
    told: dict[str, Json] = {"rows": offer.read_rows, "nowhere": offer.read_nowhere, "doubles": offer.read_doubles}
    if gone or before != (offer.read_nowhere, offer.read_doubles):
        # Rows that belong to nobody are told once, when there are others than the last time.
        ROOM.record(session, BY, at, "direct.read", Thing(THING, offer.directory), gone=gone, **told)


def _next(session: Session, directory: str) -> Step | None:
    offer = session.get(DirectOffer, directory, with_for_update=True, populate_existing=True)
    if offer is None or offer.state != OFFERED:
        return None
    found = directories.directory_of(session, directory)
    plans = mounts.serving_of(session, found) if State(found.state) in READABLE else []
    if not plans:
        return None
    same = next((each for each in plans if (each.mount, each.version) == (offer.mount, offer.mount_version)), None)
    if offer.cursor is not None and same is None:
        # The place in one source says nothing of another: the reading begins anew.
        offer.cursor, offer.rows, offer.nowhere, offer.doubles = None, 0, 0, 0
        offer.reading += 1
    plan = plans[0] if offer.cursor is None or same is None else same
    return Step(directory, offer.reading, offer.cursor, plan, offer.key_item, offer.region_item)


def _as_numbers(step: Step) -> Question:
    """Ask for what lies in the nation's own code: a source that gives regions compares them as numbers."""
    low, high = NATION
    within = (Condition(step.region_item, Test.AT_LEAST, (low,)), Condition(step.region_item, Test.AT_MOST, (high,)))
    return Question((step.region_item,), within, 20)


def _is_elsewhere(code: object) -> bool:
    return not str(code).startswith(NATION[0])


def _found(session: Session, parts: Directs, step: Step, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Found], int]:
    """Name the rows of a page; those without a key or a region that can be believed are only counted."""
    found = []
    for row in rows:
        region, key = regions.placed(row.get(step.region_item)), row.get(step.key_item)
        if region is None or key is None or key == "":
            continue
        values: dict[str, Json] = {item: plain(value) for item, value in row.items()}
        name = parts.key(session, step.directory, key)
        found.append(Found(name, regions.written(region), parts.digest(session, values), values))
    return found, len(rows) - len(found)


def _kept(session: Session, directory: str, keys: Sequence[str]) -> dict[Name, Kept]:
    query = select(DirectRow.key, DirectRow.region, DirectRow.digest, DirectRow.is_gone, DirectRow.seen)
    found: dict[Name, Kept] = {}
    for start in range(0, len(keys), PIECE):
        piece = query.where(DirectRow.directory == directory, DirectRow.key.in_(keys[start : start + PIECE]))
        for key, region, digest, is_gone, seen in session.execute(piece):
            found[key, region] = Kept(digest, is_gone, seen)
    return found


def _write(session: Session, parts: Directs, offer: DirectOffer, changes: Changes) -> None:
    """Keep what changed under the next serials, in the order of the page, and note what was seen."""
    _gone(session, parts, offer, changes.gone)
    told = list(changes.told)
    _removed(session, offer.directory, [(each.key, each.region) for each in told])
    values = []
    for each in told:
        offer.serial += 1
        content = parts.sealed(session, offer.directory, each.key, each.region, dict(each.values))
        values.append(
            {
                "directory": offer.directory,
                "key": each.key,
                "region": each.region,
                "serial": offer.serial,
                "digest": each.digest,
                "is_gone": False,
                "seen": offer.reading,
                "content": content,
            }
        )
    if values:
        session.execute(insert(DirectRow), values)
    keys = [key for key, _ in changes.same]
    for start in range(0, len(keys), PIECE):
        mine = (DirectRow.directory == offer.directory, DirectRow.key.in_(keys[start : start + PIECE]))
        seen = update(DirectRow).where(*mine, DirectRow.is_gone.is_(False)).values(seen=offer.reading)
        session.execute(seen.execution_options(synchronize_session=False))


def _gone(session: Session, parts: Directs, offer: DirectOffer, names: Sequence[Name]) -> None:
    """Tell that rows are gone, each under a serial of its own; of what they said only the key is kept."""
    for key, region in names:
        row = session.get_one(DirectRow, (offer.directory, key, region), populate_existing=True)
        told = parts.opened(session, offer.directory, key, region, row.content)
        left = {offer.key_item: told.get(offer.key_item)}
        offer.serial += 1
        row.is_gone, row.serial, row.digest = True, offer.serial, ""
        row.content = parts.sealed(session, offer.directory, key, region, left)
    session.flush()


def _removed(session: Session, directory: str, names: Sequence[Name]) -> None:
    """Make place for rows that are told anew."""
    for start in range(0, len(names), PIECE):
        of_these = tuple_(DirectRow.key, DirectRow.region).in_(names[start : start + PIECE])
        mine = delete(DirectRow).where(DirectRow.directory == directory, of_these)
        session.execute(mine.execution_options(synchronize_session=False))


def _hold(session: Session, directory: str, reason: str, at: datetime) -> None:
    offer = session.get(DirectOffer, directory, with_for_update=True, populate_existing=True)
    if offer is not None and offer.state == OFFERED:
        _held(session, offer, reason, at)


def _held(session: Session, offer: DirectOffer, reason: str, at: datetime) -> None:
    offer.state, offer.reason, offer.changed_at = HELD, reason, at
    offer.version += 1
    session.flush()
    ROOM.changed(session, BY, at, "direct.held", Thing(THING, offer.directory), offer.version, reason=reason)
