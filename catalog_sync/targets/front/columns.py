"""The tables of the front library as values: which columns there are, where each is filled from, what fits. Pure.

Everything is read from `tables.toml`, which says where it was seen and how sure that is. Nothing is ever cut to fit: a
value that is longer than its column, holds a NUL or is of another kind is a fault that names the column, and tells
lengths and never the value.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib import resources
from typing import Any, Final

from base.workdays import SHANGHAI
from catalog_sync.record import Operation

TYPES: Final = ("varchar", "longtext", "int", "date", "datetime")
KEEPS_CHANGE, KEEPS_THING = "change", "thing"
# What the platform writes into every row; of a row that comes down they say its place among the others.
BATCH, OPERATION, TIME = "cd_batch", "cd_operation", "cd_time"
PLACES: Final = frozenset({BATCH, OPERATION, TIME})
# MySQL's LONGTEXT takes 4 GiB; what names holders or laws is some thousands of characters long.
LONGEST_TEXT: Final = 65_535
MOST_INTEGER: Final = 2**31 - 1
NAME: Final = re.compile(r"[a-z][A-Za-z0-9_]{0,59}")
Value = str | int | date | datetime | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value: in which column, why, and the numbers that say so."""

    table: str
    column: str
    reason: str
    told: int | None = None
    fits: int | None = None

    def __str__(self) -> str:
        """Say it in one line, without the value."""
        numbers = f" {self.told} > {self.fits}" if self.told is not None else ""
        return f"{self.table}.{self.column} {self.reason}{numbers}"


class Unfit(Exception):
    """A value does not go into its column; the reason is the argument, then two numbers where there are any."""


@dataclass(frozen=True)
class Column:
    """A column: its type and length, the member it is filled from, and whether it names somebody."""

    name: str
    type: str
    zh: str = ""
    length: int | None = None
    source: str = ""
    guid_of: str = ""
    needed: bool = False
    personal: bool = False

    def fitted(self, value: Any) -> Value:
        """Give the value as the database takes it. Raises `Unfit`."""
        if value is None or value == "":
            if self.needed:
                raise Unfit("missing")
            return None if self.type in {"int", "date", "datetime"} else value
        if self.type in {"varchar", "longtext"}:
            return self._text(value)
        return self._number(value) if self.type == "int" else self._moment(value)

    def _text(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise Unfit("not-text")
        text, fits = str(value), self.length or LONGEST_TEXT
        if "\0" in text:
            raise Unfit("nul")
        if len(text) > fits:
            raise Unfit("too-long", len(text), fits)
        return text

    def _number(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_INTEGER:
            raise Unfit("not-a-number")
        return value

    def _moment(self, value: Any) -> date | datetime:
        """Read a day or a time; the columns know no zone, so a time is Beijing's."""
        try:
            if self.type == "date":
                return date.fromisoformat(value)
            at = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise Unfit("not-a-time") from error
        return (at.astimezone(SHANGHAI) if at.tzinfo else at).replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True)
class Table:
    """A table that goes up: of which kind of records, for which part of them, and what its rows are known by."""

    name: str
    zh: str
    kind: str
    keeps: str
    key: str
    natural: str
    columns: tuple[Column, ...]
    source: str
    confidence: str
    part: str = ""
    each: str = ""
    gone_member: str = ""
    gone_among: frozenset[str] = frozenset()

    @property
    def by_name(self) -> Mapping[str, Column]:
        """Give the columns by name."""
        return {each.name: each for each in self.columns}

    def narrowed(self, lengths: Mapping[str, int]) -> "Table":
        """Give the table as it really is: where a column there is shorter, that length holds."""
        columns = [
            replace(each, length=min(each.length or LONGEST_TEXT, lengths[each.name])) if each.name in lengths else each
            for each in self.columns
        ]
        return replace(self, columns=tuple(columns))


@dataclass(frozen=True)
class Rejects:
    """A table of refusals that comes down: about rows of which tables, and where it says what."""

    name: str
    zh: str
    about: tuple[str, ...]
    natural: str
    words: str
    columns: tuple[Column, ...]
    source: str
    confidence: str
    guid: str = ""
    time: str = "cd_time"
    batch: str = "cd_batch"


@dataclass(frozen=True)
class Data:
    """A table of data that comes down: its columns, and the one that names the thing that a row is about."""

    name: str
    zh: str
    natural: str
    columns: tuple[Column, ...]
    source: str
    confidence: str


@dataclass(frozen=True)
class Layout:
    """All tables, by name; what stands between several values in one column; what the letters of operations mean."""

    tables: Mapping[str, Table]
    rejects: Mapping[str, Rejects]
    joined_by: str
    common: tuple[Column, ...] = field(default=())
    data: Mapping[str, Data] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)

    @property
    def kinds(self) -> frozenset[str]:
        """Give the kinds of records that have a table here."""
        return frozenset(each.kind for each in self.tables.values())

    def only(self, kinds: Collection[str]) -> "Layout":
        """Give the layout for some kinds of records alone."""
        tables = {name: each for name, each in self.tables.items() if each.kind in kinds}
        rejects = {name: each for name, each in self.rejects.items() if set(each.about) & set(tables)}
        narrowed = {
            name: replace(each, about=tuple(t for t in each.about if t in tables)) for name, each in rejects.items()
        }
        return replace(self, tables=tables, rejects=narrowed)

    def of(self, kind: str) -> tuple[Table, ...]:
        """Give the tables of a kind of records."""
        return tuple(each for each in self.tables.values() if each.kind == kind)


def shipped() -> Layout:
    """Read the tables that come with the house."""
    return read(tomllib.loads(resources.files("catalog_sync.targets.front").joinpath("tables.toml").read_text("utf-8")))


def read(told: Mapping[str, Any]) -> Layout:
    """Read tables as they are written. Raises `ValueError` for what is no table."""
    common = tuple(column(each) for each in told["common"])
    shared = {name: each["columns"] for name, each in told.get("shared", {}).items()}
    tables = {name: _table(name, each, shared, common) for name, each in told["tables"].items()}
    rejects = {name: _rejects(name, each, tables, common) for name, each in told.get("rejects", {}).items()}
    data = {name: _data(name, each, tables, common) for name, each in told.get("data", {}).items()}
    operations = {letter: Operation(each) for letter, each in told.get("operations", {}).items()}
    return Layout(tables, rejects, told["joined_by"], common, data, operations)


def _table(name: str, told: Mapping[str, Any], shared: Mapping[str, Any], common: tuple[Column, ...]) -> Table:
    columns = [column(each) for each in (*shared.get(told.get("shares", ""), ()), *told["columns"])]
    gone = told.get("gone", {})
    made = Table(
        name=_named(name),
        zh=told["zh"],
        kind=told["kind"],
        keeps=told["keeps"],
        key=told["key"],
        natural=told.get("natural", told["key"]),
        columns=(*columns, *common),
        source=told["source"],
        confidence=told["confidence"],
        part=told.get("part", ""),
        each=told.get("each", ""),
        gone_member=gone.get("member", ""),
        gone_among=frozenset(gone.get("among", ())),
    )
    if made.keeps not in {KEEPS_CHANGE, KEEPS_THING} or not {made.key, made.natural} <= set(made.by_name):
        raise ValueError(f"{name}: keeps, key, natural")
    return made


def _rejects(name: str, told: Mapping[str, Any], tables: Mapping[str, Table], common: tuple[Column, ...]) -> Rejects:
    natural, guid = told["natural"], told.get("guid", "")
    repeated = tables[told["of"]].columns if "of" in told else _known_by(natural, guid, common)
    return Rejects(
        name=_named(name),
        zh=told["zh"],
        about=tuple(tables[each].name for each in told["about"]),
        natural=natural,
        words=told["words"],
        columns=(*(replace(each, needed=False) for each in repeated), Column(told["words"], "longtext", "异常说明")),
        source=told["source"],
        confidence=told["confidence"],
        guid=guid,
    )


def _data(name: str, told: Mapping[str, Any], tables: Mapping[str, Table], common: tuple[Column, ...]) -> Data:
    own = tables[told["of"]].columns if "of" in told else (*(column(each) for each in told["columns"]), *common)
    columns = tuple(replace(each, needed=each.name in {told["natural"], *PLACES}) for each in own)
    names = {each.name for each in columns}
    if name in tables or len(names) != len(columns) or not {told["natural"], *PLACES} <= names:
        raise ValueError(f"{name}: natural, columns")
    return Data(_named(name), told["zh"], told["natural"], columns, told["source"], told["confidence"])


def _known_by(natural: str, guid: str, common: tuple[Column, ...]) -> tuple[Column, ...]:
    names = [name for name in (guid, natural) if name]
    return (*(Column(name, "varchar", length=128) for name in names), *common)


def column(told: Mapping[str, Any]) -> Column:
    """Read a column as it is written. Raises `ValueError`."""
    made = Column(
        name=_named(told["name"]),
        type=told["type"],
        zh=told.get("zh", ""),
        length=told.get("length"),
        source=told.get("from", ""),
        guid_of=told.get("guid_of", ""),
        needed=told.get("needed", False),
        personal=told.get("personal", False),
    )
    if made.type not in TYPES or (made.type == "varchar") != (made.length is not None):
        raise ValueError(f"{made.name}: type, length")
    return made


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a table or column")
    return name
