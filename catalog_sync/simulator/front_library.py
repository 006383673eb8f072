"""The platform's side of a front library: takes in what lies in the up_* tables, answers later into the dn_* ones.

It knows a row again by its key and batch, as the real one does by its time; a row that was taken in once and comes with
another batch is taken in again, which the checker then calls doubled. Which record a row belongs to is read from the
sender's note beside it (`yinxin_rows`), where there is one: a sender without it is compared by natural keys alone.

The faults are those of the kit as far as a database can have them: refused by a rule or by review, answers that are
lost, doubled, shuffled, about nothing known, of a wrong type or huge, and rows that are cleared away. What it writes
down as data is `front_data`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, Column, Engine, Integer, String, Table, delete, func, insert, inspect, select
from sqlalchemy.orm import Session

from base.workdays import SHANGHAI
from catalog_sync.simulator import faults as known_faults
from catalog_sync.simulator import front_data, store
from catalog_sync.simulator.faults import Faults
from catalog_sync.simulator.store import METADATA, Store
from catalog_sync.targets.front import ddl
from catalog_sync.targets.front.columns import Layout, Rejects
from catalog_sync.targets.front.rows import digest

CHANNEL: Final = "front-library"
# The real one clears rows away after a week once there are more than five millions; a kit cannot wait for those.
CLEARED_AFTER: Final = timedelta(days=7)
MANY: Final = 5_000_000
HUGE: Final = 1_000_000
WORDS: Final = "演示退回：{field}校验未通过"

SEEN: Final = Table(
    "front_seen",
    METADATA,
    Column("table_name", String(64), primary_key=True),
    Column("row_key", String(200), primary_key=True),
    Column("batch", String(64), primary_key=True),
)
ANSWERS: Final = Table(
    "front_answers",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("table_name", String(64), nullable=False),
    Column("content", JSON, nullable=False),
    Column("words", String(500), nullable=False),
    Column("due", Integer, nullable=False, index=True),
    Column("written", Integer, nullable=False, default=0),
)
ROUND: Final = "front-round"


@dataclass(frozen=True)
class _Row:
    """A row as it lies there, and what it is known by."""

    table: str
    key: str
    natural: str
    batch: str
    cells: Mapping[str, Any]


@dataclass
class Round:
    """What one look did."""

    taken: int = 0
    refused: int = 0
    answered: int = 0
    cleared: int = 0
    down: int = 0


class FrontPlatform:
    """The platform behind one front library; each `look` is one round of its work."""

    def __init__(self, engine: Engine, layout: Layout, kept: Store, *, delay: int = 1, many: int = MANY) -> None:
        """Open it; its own tables are made where they are missing."""
        self._engine = engine
        self._layout = layout
        self._store = kept
        self._delay = delay
        self._many = many
        self._theirs = ddl.theirs(layout).tables
        METADATA.create_all(kept.database.engine)

    def look(self, at: datetime) -> Round:
        """Take in what is new, answer what is due, clear away what is old."""
        done = Round()
        with self._store.writing() as session:
            number = int(store.setting(session, ROUND) or 0) + 1
            store.switch(session, ROUND, str(number))
            told = known_faults.read(store.setting(session, store.FAULTS))
            for row in list(self._lying()):
                self._take(session, told, row, number, at, done)
            answers = self._due(session, told, number)
        done.down = self.send_down(at)
        done.answered = self._answer(answers, at)
        done.cleared = self._clear(at)
        return done

    def send_down(self, at: datetime) -> int:
        """Write what is next of its data, where this layout has a table for it; give how many rows."""
        if front_data.TABLE not in self._theirs:
            return 0
        lite = self._engine.dialect.name == "sqlite"
        with self._store.writing() as session:
            told = known_faults.read(store.setting(session, store.FAULTS))
            front_data.plan(session, lambda of, name, call: _strikes(of, told, name, call), at, lite=lite)
        return front_data.write(self._store, self._engine, self._theirs[front_data.TABLE])

    def _lying(self) -> Iterator[_Row]:
        with self._engine.connect() as connection:
            for table in self._layout.tables.values():
                laid = self._theirs[table.name]
                for cells in connection.execute(select(laid).order_by(laid.c.cd_time)).mappings():
                    key, natural = str(cells[table.key]), str(cells[table.natural])
                    yield _Row(table.name, key, natural, str(cells["cd_batch"]), dict(cells))

    def _take(self, session: Session, told: Faults, row: _Row, number: int, at: datetime, done: Round) -> None:
        seen = {"table_name": row.table, "row_key": row.key, "batch": row.batch}
        if session.execute(select(SEEN).filter_by(**seen)).first() is not None:
            return
        session.execute(insert(SEEN).values(**seen))
        done.taken += 1
        rejects = next((each for each in self._layout.rejects.values() if row.table in each.about), None)
        words = _refusal(session, told, row)
        if words and rejects is not None:
            done.refused += 1
            content = _json({name: value for name, value in row.cells.items() if name in _names(rejects)})
            due = number + self._delay
            store.added(session, ANSWERS, table_name=rejects.name, content=content, words=words, due=due)
            return
        self._effect(session, row, at)

    def _effect(self, session: Session, row: _Row, at: datetime) -> None:
        """Note that a record took effect: once, however many rows it has."""
        note = self._note(row)
        key = "" if note is None else note.record_key
        if note is not None and note.place:
            return
        sent = None if note is None else self._sent(key)
        store.added(
            session,
            store.EFFECTS,
            channel=CHANNEL,
            guid=digest({"natural": row.natural}),
            kind=self._layout.tables[row.table].kind,
            own=row.natural if sent is None else sent.subject,
            operation=str(row.cells["cd_operation"] if sent is None else sent.operation),
            version=None if sent is None else sent.version,
            record_key=key,
            digest=digest_of(row, note, sent),
            content=_json(row.cells),
            at=at.timestamp(),
        )

    def _note(self, row: _Row) -> Any:
        """Find the sender's note of a row: the newest of those under its guid, or its natural key in that batch."""
        if not inspect(self._engine).has_table(ddl.ROWS.name):
            return None
        rows, sent = ddl.ROWS, ddl.SENT
        query = select(rows).join(sent, sent.c.record_key == rows.c.record_key)
        query = query.where(rows.c.table_name == row.table, sent.c.batch == row.batch)
        query = query.where((rows.c.row_guid == row.key) | (rows.c.natural_key == row.key))
        with self._engine.connect() as connection:
            return connection.execute(query.order_by(sent.c.version.desc()).limit(1)).first()

    def _sent(self, key: str) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(select(ddl.SENT).where(ddl.SENT.c.record_key == key)).first()

    def _due(self, session: Session, told: Faults, number: int) -> list[tuple[str, dict[str, Any]]]:
        """Give the answers that are written now: some never, some twice, some in another order."""
        query = select(ANSWERS).where(ANSWERS.c.due <= number, ANSWERS.c.written == 0).order_by(ANSWERS.c.number)
        found: list[tuple[str, dict[str, Any]]] = []
        for row in session.execute(query).all():
            store.changed(session, ANSWERS, row.number, written=1)
            call = f"answer:{row.number}"
            if _strikes(session, told, "receipt-lost", call):
                continue
            words = _words(self._layout.rejects[row.table_name])
            content = {**row.content, words: _spoilt(session, told, row.words, call)}
            if _strikes(session, told, "receipt-unknown", call):
                content[self._layout.rejects[row.table_name].natural] = "1.2.156.3005.2.演示不存在"
                content.pop("cd_batch", None)
            times = 2 if _strikes(session, told, "receipt-doubled", call) else 1
            found.extend([(row.table_name, content)] * times)
        if any(each.fault.name == "receipt-shuffled" for each in told.switched):
            found.sort(key=lambda each: digest({"answer": str(each)}))
        return found

    def _answer(self, answers: Sequence[tuple[str, dict[str, Any]]], at: datetime) -> int:
        stamp = at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
        with self._engine.begin() as connection:
            for name, content in answers:
                told = {**_times(self._layout.rejects[name], content), "cd_time": stamp}
                words = _words(self._layout.rejects[name])
                if isinstance(told[words], bytes):  # only SQLite has columns that keep anything
                    given = [told[words], told.get(self._layout.rejects[name].natural)]
                    natural = self._layout.rejects[name].natural
                    raw = f"INSERT INTO {name} ({words}, {natural}, cd_time) VALUES (?, ?, '{stamp}')"  # noqa: S608 - our names
                    connection.exec_driver_sql(raw, tuple(given))
                else:
                    connection.execute(insert(self._theirs[name]), told)
        return len(answers)

    def _clear(self, at: datetime) -> int:
        """Clear away what is a week old, where there is much of it."""
        until = (at - CLEARED_AFTER).astimezone(SHANGHAI).replace(tzinfo=None)
        cleared = 0
        with self._engine.begin() as connection:
            for name in self._layout.tables:
                laid = self._theirs[name]
                if (connection.execute(select(func.count()).select_from(laid)).scalar() or 0) > self._many:
                    cleared += connection.execute(delete(laid).where(laid.c.cd_time < until)).rowcount
        return cleared


def digest_of(row: _Row, note: Any, sent: Any) -> str:
    """Give the record's digest where the row is as it was written, and the row's own where it is not."""
    own = digest(row.cells)
    return sent.content_sm3 if note is not None and sent is not None and note.row_sm3 == own else own


def _refusal(session: Session, told: Faults, row: _Row) -> str:
    """Tell why a row is refused; empty where it is taken."""
    rule = next((each for each in told.switched if each.fault.name == "reject"), None)
    if rule is not None and rule.argument and any(rule.argument in str(each) for each in row.cells.values()):
        store.strike(session, "reject")
        return f"演示规则退回：含有{rule.argument}"
    if _strikes(session, told, "review-refused", f"{row.table}:{row.key}:{row.batch}"):
        return WORDS.format(field="证照编号" if row.table == "up_lic_data" else "办理时间")
    return ""


def _strikes(session: Session, told: Faults, name: str, call: str) -> bool:
    """Tell whether a fault strikes, and count it."""
    found = next((each for each in told.switched if each.fault.name == name), None)
    if found is None or (found.times is not None and store.struck(session, name) >= found.times):
        return False
    if not told.strikes(found, call):
        return False
    store.strike(session, name)
    return True


def _spoilt(session: Session, told: Faults, words: str, call: str) -> Any:
    """Spoil an answer: its words become what they must not be."""
    if _strikes(session, told, "wrong-type", call):
        return b"\xff\xfe\x00"
    return words * (HUGE // len(words)) if _strikes(session, told, "huge", call) else words


def _names(rejects: Rejects) -> frozenset[str]:
    return frozenset(each.name for each in rejects.columns)


def _words(rejects: Rejects) -> str:
    return rejects.words


def _json(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.isoformat() if isinstance(each, date) else each for name, each in cells.items()}


def _times(rejects: Rejects, content: Mapping[str, Any]) -> dict[str, Any]:
    """Read times back that were kept as text."""
    kinds = {each.name: each.type for each in rejects.columns}
    return {
        name: datetime.fromisoformat(each) if kinds.get(name) == "datetime" and isinstance(each, str) else each
        for name, each in content.items()
    }
