"""The dialect of a platform that is told JSON over signed calls, read from a table; records in its words. Pure.

Everything that such platforms have of their own is data with its source and confidence: paths, members, codes, what
answers are called. A service stands for a kind of records; its ways are tried in order, and the first that fits the
operation (and, where it says so, what the record holds) is the one that the record goes. What the table does not say is
not sent: a code without an entry, or a text that is too long, refuses the record, since a guess would be stored as a
fact and a cut text as a whole one.
"""

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from base.canonical import Json
from catalog_sync.record import Operation, Record
from catalog_sync.targets.gateway.forms import BEIJING, SECONDS, NotWritable

Payload = dict[str, Any]
# A text that says no length of its own.
LONGEST_TEXT: Final = 20_000
CONFIDENCES: Final = frozenset({"read", "derived", "assumed"})
SECTIONS: Final = ("services", "answer", "status", "query", "receipts", "totals", "meanings")
DAY: Final = "%Y-%m-%d"


class UnusableDialect(ValueError):
    """A table is none that a dialect can be read from; all that is wrong with it is told."""


@dataclass(frozen=True)
class Member:
    """A member there: what it is filled from here, how it is written, and how long it may be."""

    name: str
    place: str
    how: str
    longest: int = LONGEST_TEXT


@dataclass(frozen=True)
class Way:
    """One way to tell a record: for which operation, where to, with which members; whether people review it there."""

    operation: str
    path: str
    members: tuple[Member, ...]
    reviewed: bool
    where: str = ""
    values: tuple[str, ...] = ()

    def fits(self, operation: Operation, content: Mapping[str, Json]) -> bool:
        """Tell whether a record goes this way."""
        if self.operation != operation.value:
            return False
        if not self.where:
            return True
        found = at(content, self.where)
        return str(found) in self.values if self.values else found not in (None, "", [], {})


@dataclass(frozen=True)
class Service:
    """What the platform takes of a kind: the member that is the thing's own id, and the ways to tell it."""

    kind: str
    own: str
    ways: tuple[Way, ...]

    def way(self, operation: Operation, content: Mapping[str, Json]) -> Way:
        """Find the way. Raises `NotWritable`."""
        found = next((each for each in self.ways if each.fits(operation, content)), None)
        if found is None:
            raise NotWritable("no-service", f"{self.kind} {operation.value}")
        return found


@dataclass(frozen=True)
class Dialect:
    """A dialect: its services by kind, and the table that it was read from."""

    services: Mapping[str, Service]
    table: Mapping[str, Any] = field(repr=False)

    @property
    def kinds(self) -> frozenset[str]:
        """Name the kinds of records that it can tell."""
        return frozenset(self.services)

    def only(self, kinds: Collection[str]) -> "Dialect":
        """Leave out all but some kinds."""
        return Dialect({name: told for name, told in self.services.items() if name in kinds}, self.table)

    def written(self, record: Record, way: Way, upstream: str | None, *, marks: bool) -> Payload:
        """Write a record; `upstream` is what the platform calls the thing, if that is known. Raises `NotWritable`."""
        service = self.services[record.subject.kind]
        told = {service.own: record.subject.id, **self._members(way.members, record.content)}
        if upstream is not None:
            told[self.table["answer"]["name"]] = upstream
        if marks:
            named = self.table["marks"]
            told |= {named["key"]: record.key, named["version"]: str(record.version), named["digest"]: record.digest}
        return told

    def is_same(self, record: Record, way: Way, held: Mapping[str, Any], *, marks: bool) -> bool:
        """Tell whether what is held is this very version: by our key, else by its members. Raises `NotWritable`."""
        if marks:
            return held.get(self.table["marks"]["key"]) == record.key
        return all(held.get(name) == value for name, value in self._members(way.members, record.content).items())

    def version_in(self, held: Mapping[str, Any]) -> tuple[int | None, str | None]:
        """Read our version and digest from what is held, where it keeps them."""
        named = self.table["marks"]
        version, digest = held.get(named["version"]), held.get(named["digest"])
        digits = version if isinstance(version, str) and version.isascii() and version.isdigit() else ""
        return int(digits) if digits else None, digest if isinstance(digest, str) else None

    def _members(self, rows: Sequence[Member], content: Mapping[str, Json]) -> Payload:
        told: Payload = {}
        for each in rows:
            value = each.place if each.how == "is" else at(content, each.place)
            if value is not None and value not in ("", [], {}):
                told[each.name] = self._value(each, value)
        return told

    def _value(self, member: Member, value: Json) -> Any:
        how, _, named = member.how.partition(":")
        if how == "code":
            values = self.table["codes"][named]["values"]
            text = _text(member, value)
            if text not in values:
                raise NotWritable("no-code", named)
            return str(values[text])
        if how == "object":
            if not isinstance(value, dict):
                raise NotWritable("no-object", member.place)
            return self._members(_rows(self.table["objects"][named]["members"]), value)
        if how == "rows":
            rows = _rows(self.table["objects"][named]["members"])
            return [self._members(rows, each) for each in _list(member, value) if isinstance(each, dict)]
        return _PLAIN[how](member, value)


def shipped(package: str, name: str) -> Dialect:
    """Read the table that stands in a package. Raises `UnusableDialect`."""
    return read(resources.files(package).joinpath(name).read_text("utf-8"))


def of_file(file: Path) -> Dialect:
    """Read a site's own table. Raises `UnusableDialect`."""
    try:
        return read(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableDialect(f"{file} cannot be read") from error


def read(text: str) -> Dialect:
    """Read a table. Raises `UnusableDialect`, which tells every fault."""
    try:
        table = tomllib.loads(text)
        faults = list(_faults(table))
        services = {} if faults else {name: _service(name, told) for name, told in table["services"].items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise UnusableDialect(f"no table of a dialect: {error}") from error
    if faults:
        raise UnusableDialect("; ".join(faults))
    return Dialect(services, table)


def at(content: Mapping[str, Json], place: str) -> Json:
    """Give what stands at a place of a record's content."""
    found: Json = dict(content)
    for part in place.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _service(kind: str, told: Mapping[str, Any]) -> Service:
    ways = tuple(
        Way(
            each["operation"],
            each["path"],
            _rows(told["members"][each["members"]]),
            each["reviewed"],
            each.get("where", ""),
            tuple(each.get("values", ())),
        )
        for each in told["ways"]
    )
    return Service(kind, told["own"], ways)


def _rows(told: Sequence[Sequence[Any]]) -> tuple[Member, ...]:
    return tuple(Member(*each) for each in told)


def _faults(table: Mapping[str, Any]) -> Iterator[str]:
    """Tell what is wrong: what is named and is not there, and what says not how sure it is."""
    yield from (f"no [{each}]" for each in (*SECTIONS, "marks") if not isinstance(table.get(each), dict))
    for place, told in _told(table):
        if told.get("confidence") not in CONFIDENCES:
            yield f"{place}: confidence"
        if not isinstance(told.get("source"), str):
            yield f"{place}: source"
    for kind, told in table.get("services", {}).items():
        yield from (
            f"{kind}: members {each['members']}" for each in told["ways"] if each["members"] not in told["members"]
        )
        for rows in told["members"].values():
            yield from _faults_of_rows(table, kind, rows)
    for name, told in table.get("objects", {}).items():
        yield from _faults_of_rows(table, name, told["members"])


def _told(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for section in ("services", "objects", "codes"):
        yield from ((f"{section}.{name}", told) for name, told in table.get(section, {}).items())
    yield from ((each, table[each]) for each in SECTIONS if each != "services" and isinstance(table.get(each), dict))


def _faults_of_rows(table: Mapping[str, Any], place: str, rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    for each in _rows(rows):
        how, _, named = each.how.partition(":")
        section = {"code": "codes", "object": "objects", "rows": "objects"}.get(how)
        if section is None and how not in _PLAIN:
            yield f"{place}.{each.name}: {how}"
        elif section is not None and named not in table.get(section, {}):
            yield f"{place}.{each.name}: no {section}.{named}"


def _text(member: Member, value: Json) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if not isinstance(value, int | str):
        raise NotWritable("no-text", member.place)
    text = str(value)
    if len(text) > member.longest:
        raise NotWritable("too-long", f"{member.place} {len(text)} > {member.longest}")
    return text


def _moment(form: str) -> Callable[[Member, Json], str]:
    def written(member: Member, value: Json) -> str:
        try:
            return datetime.fromisoformat(_text(member, value)).astimezone(BEIJING).strftime(form)
        except (ValueError, OverflowError) as error:
            raise NotWritable("no-time", member.place) from error

    return written


def _list(member: Member, value: Json) -> list[Json]:
    if not isinstance(value, list | tuple):
        raise NotWritable("no-list", member.place)
    return list(value)


def _joined(member: Member, value: Json) -> str:
    return ",".join(_text(member, each) for each in _list(member, value))


_PLAIN: Final[Mapping[str, Callable[[Member, Json], Any]]] = {
    "text": _text,
    "is": _text,
    "time": _moment(SECONDS),
    "day": _moment(DAY),
    "list": _joined,
}
