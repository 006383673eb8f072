"""Settings: defaults, then a TOML file, then the environment, read once into frozen dataclasses.

Every part of the house declares one dataclass of `setting(…)` fields below a section name. Nothing else reads the
environment. An unknown key is refused by its path, in the file and in the environment alike, since a misspelt limit
that is silently ignored is worse than a service that does not start.
"""

import dataclasses
import os
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from base.errors import DomainError, Kind

PREFIX = "YINXIN_"
FILE_SUFFIX = "_FILE"
NOT_SETTINGS = frozenset({"YINXIN_CONFIG", "YINXIN_TEST_POSTGRES_URL"})
REDACTED = "•••"

S = TypeVar("S")
Value = str | int | float | bool | tuple[str, ...] | None


@dataclass(eq=False)
class UnknownSetting(DomainError):
    """A setting has a name that nothing in the house knows."""

    path: str
    code: ClassVar[str] = "unknown-setting"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableSetting(DomainError):
    """A setting's value cannot be read as what it should be."""

    path: str
    expected: str
    code: ClassVar[str] = "unusable-setting"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MissingSecret(DomainError):
    """A file that should hold a secret cannot be read."""

    path: str
    file: str
    code: ClassVar[str] = "missing-secret"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnreadableSettings(DomainError):
    """The settings file cannot be read as TOML."""

    file: str
    reason: str
    code: ClassVar[str] = "unreadable-settings"
    kind: ClassVar[Kind] = Kind.MALFORMED


def setting(default: Any, told: str, *, secret: bool = False) -> Any:
    """Declare one setting: its default, one sentence on what it does, and whether it must never be shown."""
    return dataclasses.field(default=default, metadata={"told": told, "secret": secret})


@dataclass(frozen=True)
class Told:
    """One setting as a reader sees it: its path, value, where the value came from, and what it does."""

    path: str
    value: Value
    source: str
    told: str
    default: Value
    environment: str


class Settings:
    """All sections by their class, and where each value came from."""

    def __init__(self, sections: Mapping[type[Any], Any], sources: Mapping[str, str]) -> None:
        self._sections = dict(sections)
        self._sources = dict(sources)

    def __getitem__(self, section: type[S]) -> S:
        """Give the section of that class."""
        found: S = self._sections[section]
        return found

    def changed(self, *sections: Any) -> "Settings":
        """Give a copy in which the sections of the same classes stand replaced: for commands and tests."""
        return Settings({**self._sections, **{type(section): section for section in sections}}, self._sources)

    def told(self) -> list[Told]:
        """List every setting with its value (secrets redacted), its source and its sentence."""
        return [
            Told(
                path,
                REDACTED if field.metadata["secret"] and getattr(value, field.name) else getattr(value, field.name),
                self._sources.get(path, "default"),
                field.metadata["told"],
                typing.cast("Value", field.default),
                _variable(path),
            )
            for kind, value in self._sections.items()
            for path, field in _fields(kind)
        ]


def read(
    sections: tuple[type[Any], ...], file: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read every section from the file and the environment.

    Raises `UnknownSetting`, `UnusableSetting`, `MissingSecret`, `UnreadableSettings`.
    """
    environment = os.environ if environment is None else environment
    if file is None and environment.get("YINXIN_CONFIG"):
        file = Path(environment["YINXIN_CONFIG"])
    known = {path: field for kind in sections for path, field in _fields(kind)}
    values: dict[str, Value] = {}
    sources: dict[str, str] = {}
    for path, raw, source in [*_from_file(file), *_from_environment(environment, known)]:
        if path not in known:
            raise UnknownSetting(path if source.startswith("file") else source.removeprefix("environment "))
        values[path] = _converted(path, raw, known[path], _from_text if source.startswith("environment") else _of_type)
        sources[path] = source
    built = {
        kind: kind(**{field.name: values[path] for path, field in _fields(kind) if path in values}) for kind in sections
    }
    return Settings(built, sources)


def _fields(section: type[Any]) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    hints = typing.get_type_hints(section)
    for field in dataclasses.fields(section):
        field.type = hints[field.name]
        yield f"{section.SECTION}.{field.name}", field


def _variable(path: str) -> str:
    return PREFIX + path.replace(".", "_").upper()


def _from_file(file: Path | None) -> Iterator[tuple[str, Any, str]]:
    if file is None:
        return
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableSettings(str(file), str(error)) from error
    for section, keys in table.items():
        if not isinstance(keys, dict):
            raise UnknownSetting(section)
        for key, value in keys.items():
            yield f"{section}.{key}", value, f"file {file}"


def _from_environment(
    environment: Mapping[str, str], known: Mapping[str, dataclasses.Field[Any]]
) -> Iterator[tuple[str, Any, str]]:
    variables = {_variable(path): path for path in known}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name in variables:
            yield variables[name], environment[name], f"environment {name}"
        elif name.removesuffix(FILE_SUFFIX) in variables:
            path = variables[name.removesuffix(FILE_SUFFIX)]
            yield path, _secret(path, environment[name]), f"environment {name}"
        else:
            yield "", environment[name], f"environment {name}"


def _secret(path: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingSecret(path, file) from error


def _converted(path: str, raw: Any, field: dataclasses.Field[Any], convert: Callable[[Any, Any], Value]) -> Value:
    wanted: Any = field.type
    if isinstance(wanted, types.UnionType):
        wanted = next(part for part in typing.get_args(wanted) if part is not types.NoneType)
    wanted = typing.get_origin(wanted) or wanted
    try:
        return convert(wanted, raw)
    except (ValueError, KeyError) as error:
        raise UnusableSetting(path, "list of texts" if wanted is tuple else wanted.__name__) from error


def _from_text(wanted: Any, raw: str) -> Value:
    """Read the environment's text as the wanted type."""
    if wanted is tuple:
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    if wanted is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[raw.lower()]
    return typing.cast("Value", wanted(raw))


def _of_type(wanted: Any, raw: Any) -> Value:
    """Take a value of the file, which must be of the wanted type already."""
    if wanted is tuple and isinstance(raw, list) and all(isinstance(part, str) for part in raw):
        return tuple(raw)
    if wanted is float and type(raw) is int:
        return float(raw)
    if type(raw) is not wanted:
        raise ValueError
    return typing.cast("Value", raw)
