"""The national front library (前置库): rows written into a database of the platform's, refusals read from it.

What it can say is little, and nothing more is claimed: a row that was written is *accepted*; a row of a table of
refusals *refuses* a record, with the field that its words name; a record that nobody refused within the hours that the
site waits counts as *stored*, and says why. What does not fit its column is refused here, with the column named, and
nothing is cut. Each batch is one transaction there, with our own note of every record in it, so a repeat is always
seen, also after the platform has cleared its rows away.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, func, select

from base.canonical import Json
from base.settings import Settings, UnusableSetting, setting
from base.workdays import SHANGHAI
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.front import columns, down, rows, scanning, taking, writing
from catalog_sync.targets.front.columns import Data, Fault, Layout
from catalog_sync.targets.front.connection import FrontDatabase, RowsNotTaken
from catalog_sync.targets.front.ddl import SENT, TAKEN
from catalog_sync.targets.front.down import Down
from catalog_sync.targets.front.refusals import Unbelievable
from catalog_sync.targets.front.taking import Waiting
from catalog_sync.targets.front.writing import Batch, Prepared
from catalog_sync.targets.making import Ground, Maker
from catalog_sync.targets.target import (
    ChannelDown,
    Held,
    HostileAnswer,
    Listing,
    Outcome,
    Receipts,
    Reply,
)
from keys.signers import secret_files

NAME: Final = "front-library"
# Some kilobytes a record: a transaction of these is done in well under a second.
MOST: Final = 500
PAGE: Final = 500
MOST_WAITING_HOURS: Final = 24 * 30
LONGEST_SOURCE: Final = 3


@dataclass(frozen=True)
class FrontLibrarySettings:
    """What the national front library can be told."""

    SECTION: ClassVar[str] = "front_library"
    database: str = setting("", "File of one line, mode 0600, with the address of the database; empty: there is none.")
    data_source: str = setting("p32", "Where our rows are said to come from: at most three characters.")
    stored_hours: int = setting(72, "After how many hours without a refusal a record counts as stored; 0: never.")
    seconds: float = setting(30.0, "How long one statement may take.")
    kinds: tuple[str, ...] = setting(
        ("certificate", "case-step", "item", "user", "organisation"), "Which kinds of records go there."
    )
    tables: str = setting("", "A file with the tables as this site's library has them; empty: as tables.toml has them.")


@dataclass(frozen=True)
class Lying:
    """Some rows of a table of data, as the database has them; or why there are none."""

    rows: tuple[Mapping[str, Any], ...]
    lacks: str = ""


class FrontLibrary:
    """The front library as a target."""

    name = NAME
    lists = "own-notes"
    knows_keys = True
    most = MOST

    def __init__(self, database: FrontDatabase, layout: Layout, source: str, waiting: Waiting) -> None:
        """Build it; nothing is reached yet."""
        self.kinds = layout.kinds
        self.database = database
        self._layout = layout
        self._source = source
        self._waiting = waiting

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:  # noqa: ARG002 - it needs nothing but the records
        """Write records in one transaction; what does not fit is refused alone. Raises as every target does."""
        prepared, replies = self._prepared(records)
        if prepared:
            try:
                replies |= self._written(prepared, at)
            except RowsNotTaken:
                # One of them is not taken there: each alone, so that it is known which.
                for each in prepared:
                    replies |= self._alone(each, at)
        return [replies[each.key] for each in records]

    def find(self, record: Record, at: datetime) -> Reply | None:  # noqa: ARG002 - it is known now or not at all
        """Tell what became of this very version, from our own note there."""
        with self._transaction() as connection:
            return writing.known(connection, [record.key]).get(record.key)

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Read refusals, and note what nobody has refused for long enough."""
        try:
            with self._transaction() as connection:
                tables = {
                    name: self.database.table(name) for name in self._layout.rejects if name in self.database.present
                }
                taking.take(connection, self._layout, tables, self._waiting, at)
                return taking.told(connection, mark)
        except Unbelievable as error:
            raise HostileAnswer(NAME, error.reason, error.evidence) from error
        except RowsNotTaken as error:
            raise ChannelDown(NAME, "read-elsewhere") from error

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:  # noqa: ARG002 - rows are as they are now
        """List the things that were written and not refused, with the version and digest of the newest.

        It is our own note there, not the platform's word: the platform clears its rows away, and lists nothing.
        """
        with self._transaction() as connection:
            found = connection.execute(_listed(kind, mark)).all()
        held = tuple(
            Held(Subject(kind, each.subject), each.subject, each.version, each.content_sm3)
            for each in found
            if each.operation != Operation.DELETE.value
        )
        return Listing(held, found[-1].subject if len(found) == PAGE else None)

    def statistics(self, at: datetime) -> Mapping[str, Json]:  # noqa: ARG002 - counted as they are now
        """Count the rows that lie there, by table, and what we noted, by outcome."""
        with self._transaction() as connection:
            lying = {name: _count(connection, self.database.table(name)) for name in sorted(self._layout.tables)}
            outcomes = connection.execute(select(SENT.c.outcome, func.count()).group_by(SENT.c.outcome)).all()
            taken = connection.execute(select(func.count()).select_from(TAKEN)).scalar() or 0
        told: dict[str, Json] = {each[0]: each[1] for each in outcomes}
        return {"rows": dict(lying), "sent": told, "taken": taken, "stored_means": self._waiting.words()}

    def data(self, table: str) -> Data | None:
        """Give a table of data that comes down; none where the layout has no such table."""
        return self._layout.data.get(table)

    def lying(self, data: Data, since: datetime | None, after: int, limit: int) -> Lying:
        """Read rows of a table of data from some time on, in their order, after so many; or tell why there are none.

        Raises as `send` does.
        """
        lacking = "" if after else self.database.lacks(data.name, {each.name for each in data.columns})
        if lacking:
            return Lying((), lacking)
        with self.database.transaction() as connection:
            return Lying(scanning.rows(connection, self.database.table(data.name), data, since, after, limit))

    def down(self, data: Data, raw: Mapping[str, Any], at: datetime) -> Down:
        """Read one of them strictly."""
        return down.read(data, self._layout.operations, raw, at)

    def _prepared(self, records: Sequence[Record]) -> tuple[list[Prepared], dict[str, Reply]]:
        """Make the rows; what has a fault is answered at once."""
        tables = self.database.tables() if records else {}
        prepared: list[Prepared] = []
        replies: dict[str, Reply] = {}
        for each in records:
            found, faults = rows.rows_of(self._layout, each, tables)
            if faults:
                replies[each.key] = refused(faults)
            else:
                prepared.append(Prepared(each, found))
        return prepared, replies

    def _written(self, prepared: Sequence[Prepared], at: datetime) -> dict[str, Reply]:
        batch = Batch(_batch(prepared, at), self._source, at)
        with self._transaction() as connection:
            return writing.write(self.database, connection, prepared, batch)

    def _alone(self, prepared: Prepared, at: datetime) -> dict[str, Reply]:
        key = prepared.record.key
        try:
            return self._written([prepared], at)
        except RowsNotTaken as error:
            # Another process may have written it meanwhile: then its key stood in our way, and it is there.
            with self._transaction() as connection:
                there = writing.known(connection, [key]).get(key)
            return {key: there or Reply(Outcome.REFUSED, code="database", words=f"the database refuses: {error}")}

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self.database.tables()
        with self.database.transaction() as connection:
            yield connection


def refused(faults: Sequence[Fault]) -> Reply:
    """Refuse a record at our side: every column is named, no value is told."""
    first = faults[0]
    return Reply(Outcome.REFUSED, code=first.reason, words="; ".join(map(str, faults)))


def _listed(kind: str, mark: str) -> Any:
    """Ask for the newest version of each thing that was not refused, by subject."""
    kept = (SENT.c.kind == kind, SENT.c.outcome != Outcome.REFUSED.value)
    newest = (
        select(SENT.c.subject, func.max(SENT.c.version).label("version"))
        .where(*kept, SENT.c.subject > mark)
        .group_by(SENT.c.subject)
        .order_by(SENT.c.subject)
        .limit(PAGE)
        .subquery()
    )
    same = (SENT.c.subject == newest.c.subject) & (SENT.c.version == newest.c.version)
    return select(SENT).join(newest, same).where(*kept).order_by(SENT.c.subject)


def _count(connection: Connection, table: Any) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar() or 0


def _batch(prepared: Sequence[Prepared], at: datetime) -> str:
    """Number a batch: when it was, and a digest of what is in it."""
    keys = "".join(sorted(each.record.key for each in prepared))
    digest = hashlib.new("sm3", keys.encode()).hexdigest()
    return f"{at.astimezone(SHANGHAI):%Y%m%d%H%M%S}-{digest[:16]}"


def _built(read: Settings, ground: Ground) -> tuple[FrontLibrary, ...]:  # noqa: ARG001 - it signs and fetches nothing
    told = read[FrontLibrarySettings]
    if not told.database:
        return ()
    if not 1 <= len(told.data_source) <= LONGEST_SOURCE:
        raise UnusableSetting("front_library.data_source", "one to three characters")
    if not 0 <= told.stored_hours <= MOST_WAITING_HOURS:
        raise UnusableSetting("front_library.stored_hours", f"0 to {MOST_WAITING_HOURS}")
    layout = layout_of(told)
    database = FrontDatabase(NAME, address_in(told.database), told.seconds, layout)
    return (FrontLibrary(database, layout, told.data_source, Waiting(told.stored_hours)),)


def layout_of(told: FrontLibrarySettings) -> Layout:
    """Read the tables that a site writes. Raises `UnusableSetting`."""
    try:
        layout = columns.read(tomllib.loads(Path(told.tables).read_text("utf-8"))) if told.tables else columns.shipped()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableSetting("front_library.tables", "tables as in tables.toml") from error
    if unknown := set(told.kinds) - layout.kinds:
        raise UnusableSetting("front_library.kinds", f"not {min(unknown)}")
    return layout.only(told.kinds)


def address_in(file: str) -> Any:
    """Give what reads the address of a database from its file, each time it is needed."""
    return lambda: secret_files.line(Path(file)).decode("utf-8")


FRONT_LIBRARY: Final = Maker(NAME, (FrontLibrarySettings,), _built)
