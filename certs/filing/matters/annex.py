"""The matters whose materials are known: 144 rows for 17 of them, from `materials.csv` and `situations.toml`. Pure.

`known` in the table means that the material stands in a text that was read, often a reprint; it never says that there
is an interface to what could stand in for it. What is promised or handed in later follows the table's own notes.
"""

import csv
import functools
import io
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from certs.filing.matter import Condition, Material, Necessity, Question
from certs.filing.matters import material_rows, situation_words
from certs.filing.matters.material_rows import MaterialRow

_CELLS: Final[Mapping[str, str]] = {word: name for name, words in material_rows.COLUMNS.items() for word in words}


@dataclass(frozen=True)
class Listed:
    """A matter of the list: its 12 characters, its name, its questions, its materials and the rows they are from."""

    code: str
    name: str
    result: str
    questions: tuple[Question, ...]
    materials: tuple[Material, ...]
    rows: tuple[MaterialRow, ...]


@functools.cache
def listed() -> Mapping[str, Listed]:
    """Give the matters by name."""
    told = tomllib.loads(_text("situations.toml"))["matter"]
    by_matter: dict[str, list[MaterialRow]] = {}
    for each in rows():
        by_matter.setdefault(each.matter, []).append(each)
    return MappingProxyType({each["name"]: _listed(each, by_matter[each["name"]]) for each in told})


@functools.cache
def rows() -> tuple[MaterialRow, ...]:
    """Give every row of the table; its number is the line's, the heading being the first."""
    read = csv.DictReader(io.StringIO(_text("materials.csv"), newline=""))
    return tuple(
        material_rows.read(number, {_CELLS[column]: cell.strip() for column, cell in each.items()})
        for number, each in enumerate(read, start=2)
    )


def material_of(row: MaterialRow, key: str, when: Iterable[Condition]) -> Material:
    """Make the material of a row."""
    return Material(
        key=key,
        name=row.material,
        necessity=row.necessity,
        basis=row.basis,
        when=tuple(when),
        role=row.role,
        may_be_promised=row.may_be_promised,
        later_working_days=row.later_working_days,
        confidence=row.confidence,
        note=row.note,
        provider=row.provider,
    )


def _listed(told: Mapping[str, Any], of: list[MaterialRow]) -> Listed:
    questions = tuple(_question(each) for each in told["questions"])
    when = {each.key: each.when for each in questions}
    made = []
    for place, row in enumerate(of, start=1):
        said = {**told["situations"][row.situation], **told.get("materials", {}).get(row.material, {})}
        conditions = _reachable(situation_words.conditions(said), when)
        made.append(_peculiar(material_of(row, f"m{place:02d}", conditions), told))
    return Listed(told["code"], told["name"], told.get("result", ""), questions, tuple(made), tuple(of))


def _reachable(told: tuple[Condition, ...], when: Mapping[str, tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """Let a condition bring with it what its question hangs on, so that no answer can hold without the one before."""
    said = {each.question for each in told}
    brought = (each for condition in told for each in when[condition.question] if each.question not in said)
    return (*dict.fromkeys(brought), *told)


def _peculiar(told: Material, of: Mapping[str, Any]) -> Material:
    later = of.get("later", {}).get(told.name)
    promised = told.name in of.get("promised", ())
    if told.necessity is Necessity.NOT_ALLOWED:
        later, promised = None, False
    note = "；".join(filter(None, (told.note, of.get("why", "") if later or promised else "")))
    role = of.get("roles", {}).get(told.name, told.role)
    return replace(told, role=role, may_be_promised=promised, later_working_days=later, note=note)


def _question(told: Mapping[str, Any]) -> Question:
    answers = {key: (words[0], words[1]) for key, words in told["answers"].items()}
    when = situation_words.conditions(told.get("when", {}))
    return Question(told["key"], told["zh"], told["en"], MappingProxyType(answers), when)


def _text(name: str) -> str:
    return resources.files("certs.filing.matters").joinpath(name).read_text("utf-8")
