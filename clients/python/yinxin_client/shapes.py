"""Reads JSON into frozen dataclasses by their types; members that are not known yet are left out.

A member that is missing without a default, or is of another type, makes the answer unreadable: nothing is guessed.
"""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar, cast

from yinxin_client.errors import UnreadableAnswer

T = TypeVar("T")


def read(kind: type[T], told: object, place: str = "") -> T:
    """Read an object into a dataclass. A field `whole` is given the object itself.

    Raises `UnreadableAnswer`.
    """
    return cast("T", _read(kind, told, place or kind.__name__))


def _read(kind: Any, told: object, place: str) -> Any:
    origin, below = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return told
    if origin in (types.UnionType, typing.Union):
        return None if told is None else _read(next(each for each in below if each is not type(None)), told, place)
    if origin is tuple:
        return tuple(_read(below[0], each, f"{place}/{index}") for index, each in enumerate(_of(list, told, place)))
    if origin is not None:
        return types.MappingProxyType(_of(dict, told, place))
    if dataclasses.is_dataclass(kind):
        return _object(cast("type[Any]", kind), _of(dict, told, place), place)
    return _value(kind, told, place)


def _object(kind: type[Any], told: dict[str, Any], place: str) -> Any:
    hints, given = typing.get_type_hints(kind), {}
    for field in dataclasses.fields(kind):
        if field.name == "whole":
            given["whole"] = types.MappingProxyType(told)
        elif field.name in told:
            given[field.name] = _read(hints[field.name], told[field.name], f"{place}/{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UnreadableAnswer(f"{place}/{field.name} is missing")
    return kind(**given)


def _value(kind: Any, told: object, place: str) -> Any:
    try:
        if issubclass(kind, enum.Enum):
            return kind(told)
        if issubclass(kind, datetime | date):
            return kind.fromisoformat(_of(str, told, place))
    except ValueError as error:
        raise UnreadableAnswer(f"{place} has a value that is not known") from error
    if kind is float and isinstance(told, int) and not isinstance(told, bool):
        return float(told)
    return _of(kind, told, place)


def _of(kind: type[T], told: object, place: str) -> T:
    if not isinstance(told, kind) or (kind is int and isinstance(told, bool)):
        raise UnreadableAnswer(f"{place} is no {kind.__name__}")
    return told


def written(value: object) -> Any:
    """Write a dataclass as JSON has it, one that is not set as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: written(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: written(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [written(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
