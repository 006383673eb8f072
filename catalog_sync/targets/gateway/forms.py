"""Records in the words of the national sharing gateway, by the table beside this module. Pure.

Decided here: which service a record goes to, which members it has there, and whether what the platform holds is that
very record. A member that is here without a value is not told. What the table does not say is not sent: a code without
an entry is refused, since a guess would be stored as a fact.
"""

import functools
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from base.canonical import Json
from catalog_sync.record import Operation, Record, Subject

# Times on this wire are Beijing's, which keeps one offset.
BEIJING: Final = timezone(timedelta(hours=8))
SECONDS: Final = "%Y-%m-%d %H:%M:%S"
# Interfaces are told to a service of their own; all other resources are tables to this platform.
INTERFACE: Final = "rest"

Known = Mapping[Subject, str]
Payload = dict[str, Any]
Members = tuple[tuple[str, str, str], ...]


class NotWritable(Exception):
    """A record cannot be written in this platform's words; `code` tells why."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code}: {place}")
        self.code, self.place = code, place


class Missing(NotWritable):
    """What the platform calls a thing that this record names is not known (yet)."""


@dataclass(frozen=True)
class Service:
    """A service of the platform: its number and path, which member is the thing's own id, whether people review it."""

    name: str
    sid: str
    path: str
    own: str
    reviewed: bool
    members: Members
    also: Members = ()
    where: str = ""

    def members_for(self, content: Mapping[str, Json]) -> Members:
        """Give the members that a record with this content has."""
        return (*self.members, *self.also) if self.also and _at(content, self.where) else self.members


@functools.cache
def table() -> Mapping[str, Any]:
    """Give the table beside this module."""
    text = resources.files(__package__).joinpath("forms.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


@functools.cache
def services() -> Mapping[str, Service]:
    """Give the services by name: a kind's, but for resources, which have one for tables and one for interfaces."""
    return {name: _service(name, told) for name, told in table()["services"].items()}


def _service(name: str, told: Mapping[str, Any]) -> Service:
    also = told.get("also", {"members": (), "where": ""})
    own = (name, told["sid"], told["path"], told["own"], told["reviewed"])
    return Service(*own, _rows(told["members"]), _rows(also["members"]), also["where"])


def _rows(told: Sequence[Sequence[str]]) -> Members:
    return tuple((there, here, how) for there, here, how in told)


def service_of(record: Record) -> Service:
    """Tell where a record goes."""
    kind = record.subject.kind
    if kind == "resource":
        kind = "interface" if record.content.get("kind") == INTERFACE else "table"
    return services()[kind]


def written(record: Record, known: Known, upstream: str | None, *, marks: bool) -> Payload:
    """Write a record; `upstream` is what the platform calls the thing, if it has it. Raises `NotWritable`."""
    service = service_of(record)
    told = members(service.members_for(record.content), record.content, known)
    operation = table()["operation"]
    told[operation["member"]] = operation[_operation(record, upstream)]
    if upstream is not None:
        told[service.own] = upstream
    if marks:
        told |= _marks(record)
    return told


def members(rows: Sequence[tuple[str, str, str]], content: Mapping[str, Json], known: Known) -> Payload:
    """Write the members of a table of members. Raises `NotWritable`."""
    told: Payload = {}
    for there, here, how in rows:
        value = here if how == "is" else _at(content, here)
        if value is not None and value not in ("", []):
            told[there] = _written(how, here, value, known)
    return told


def is_same(record: Record, held: Mapping[str, Any], *, marks: bool) -> bool:
    """Tell whether what the platform holds is this very version: by our key where it keeps it, else by its members.

    What other things are called there is left out: whoever asks does not know it. Raises `NotWritable`.
    """
    if marks:
        return held.get(table()["marks"]["key"]) == record.key
    if record.operation is Operation.DELETE:
        return True
    service = service_of(record)
    compared = [
        each
        for each in service.members_for(record.content)
        if each[0] != service.own and not each[2].startswith("known:")
    ]
    return all(held.get(name) == value for name, value in members(compared, record.content, {}).items())


def version_in(held: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """Read our version and digest from what the platform holds, where it keeps them."""
    told = table()["marks"]
    version, digest = held.get(told["version"]), held.get(told["digest"])
    digits = version if isinstance(version, str) and version.isascii() and version.isdigit() else ""
    return int(digits) if digits else None, digest if isinstance(digest, str) else None


def _operation(record: Record, upstream: str | None) -> str:
    """Name the operation: what the platform does not have is registered, what it has is modified."""
    if record.operation is Operation.DELETE:
        return Operation.DELETE.value
    return Operation.INSERT.value if upstream is None else Operation.UPDATE.value


def _marks(record: Record) -> Payload:
    told = table()["marks"]
    return {told["key"]: record.key, told["version"]: str(record.version), told["digest"]: record.digest}


def _at(content: Mapping[str, Json], place: str) -> Json:
    found: Json = dict(content)
    for part in place.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _written(how: str, here: str, value: Json, known: Known) -> Any:
    kind, _, named = how.partition(":")
    if kind == "known":
        return _known(named, str(value), known)
    if kind == "code":
        return _code(named, value)
    if kind == "columns":
        return [members(_columns(), each, known) for each in _list(here, value) if isinstance(each, dict)]
    return _PLAIN[kind](here, value)


def _columns() -> Members:
    return _rows(table()["columns"]["members"])


def _known(kind: str, id_: str, known: Known) -> str:
    try:
        return known[Subject(kind, id_)]
    except KeyError as error:
        raise Missing("prerequisite-unknown", kind) from error


def _code(name: str, value: Json) -> str:
    values = table()["codes"][name]["values"]
    text = _text(name, value)
    if text not in values:
        raise NotWritable("no-code", name)
    return str(values[text])


def _text(here: str, value: Json) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | str):
        return str(value)
    raise NotWritable("no-text", here)


def _list(here: str, value: Json) -> list[Json]:
    if not isinstance(value, list | tuple):
        raise NotWritable("no-list", here)
    return list(value)


def _time(here: str, value: Json) -> str:
    try:
        at = datetime.fromisoformat(_text(here, value))
    except ValueError as error:
        raise NotWritable("no-time", here) from error
    return at.astimezone(BEIJING).strftime(SECONDS)


def _joined(by: str) -> Callable[[str, Json], str]:
    return lambda here, value: by.join(_text(here, each) for each in _list(here, value))


_PLAIN: Final[Mapping[str, Callable[[str, Json], str]]] = {
    "text": _text,
    "is": _text,
    "time": _time,
    "list,": _joined(","),
    "list|": _joined("|"),
}
KINDS: Final = frozenset({"resource"} | set(services()) - {"table", "interface"})
