"""Catalogues in DCAT read into rows, as if a workbook had told them: what is known is taken, the rest remarked on.

A `dcat:Dataset` is a row. Title and description are taken in Chinese where they are given in Chinese; how often it is
updated, who may have it and its theme are taken where they mean one of our codes; our own properties are taken as they
stand. A row goes through the same judgement as any other, so that what is missing is told cell by cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from exchange import form
from exchange.exports.vocabularies import PREFIXES, full, vocabularies
from exchange.imports import columns
from exchange.imports.columns import CODE
from exchange.imports.errors import UnreadableCatalogue
from exchange.imports.statements import TYPE, Statement, Value
from exchange.resource_codes import InvalidResourceCode, ResourceCode

ROWS_LIMIT: Final = 20_000
REMARKS_KEPT: Final = 100
LONGEST: Final = 4_000
DATASET: Final = full("dcat:Dataset")
_OWN: Final = PREFIXES["yx"]
_CODED: Final = {
    full("dcterms:accrualPeriodicity"): ("frequency", "update_cycle"),
    full("dcterms:accessRights"): ("access_right", "open_type"),
    full("dcat:theme"): ("theme", "field_of_work"),
}
_TEXTS: Final = {full("dcterms:title"): "name", full("dcterms:description"): "summary"}
# What is told of a data set elsewhere in our own words, or says nothing about the directory.
_LEFT: Final = frozenset(
    full(name)
    for name in (
        "rdf:type",
        "dcterms:publisher",
        "dcterms:issued",
        "dcterms:modified",
        "dcterms:language",
        "dcat:keyword",
        "dcat:distribution",
    )
)

Told = tuple[Mapping[str, str], Sequence[Mapping[str, Any]] | None]
Said = dict[str, list[Value]]
Things = dict[str, Said]


def gather(things: Things, statement: Statement) -> None:
    """Put a statement to what it is about."""
    subject, predicate, value = statement
    things.setdefault(subject, {}).setdefault(predicate, []).append(value)


def directories(things: Things, remarks: list[dict[str, Any]]) -> Iterator[Told]:
    """Read the data sets of a catalogue from all that it states. Raises `UnreadableCatalogue`."""
    found = [said for said in things.values() if any(each.text == DATASET for each in said.get(TYPE, ()))]
    if not found:
        raise UnreadableCatalogue("no data set")
    if len(found) > ROWS_LIMIT:
        raise UnreadableCatalogue("too many data sets")
    unknown: dict[str, int] = {}
    for said in found:
        yield _row(said, unknown)
    for name, count in sorted(unknown.items())[:REMARKS_KEPT]:
        remarks.append({"code": "unknown-property", "place": name[:100], "text": str(count)})


def _row(said: Said, unknown: dict[str, int]) -> Told:
    cells: dict[str, str] = {}
    items: list[dict[str, Any]] = []
    for predicate, values in said.items():
        if predicate in _TEXTS:
            cells[_TEXTS[predicate]] = _best(values).text.strip()
        elif predicate == full("dcterms:identifier"):
            cells.update(_code(values, unknown))
        elif predicate.startswith(_OWN):
            _take_own(predicate.removeprefix(_OWN), values, cells, items, unknown)
        elif predicate not in _CODED and predicate not in _LEFT:
            _count(unknown, predicate)
    for predicate, (vocabulary, name) in _CODED.items():
        codes = [vocabularies()[vocabulary].code(each.text) for each in said.get(predicate, ())]
        known = next((each for each in codes if each), None)
        if known and name not in cells:
            cells[name] = columns.write(form.fields()[name], known)
        elif predicate in said and name not in cells:
            _count(unknown, predicate)
    return {name: text[:LONGEST] for name, text in cells.items()}, items or None


def _take_own(
    name: str, values: list[Value], cells: dict[str, str], items: list[dict[str, Any]], unknown: dict[str, int]
) -> None:
    if name == "item":
        items += [{"row": None, "cells": cells_} for each in values for cells_ in columns.items_from_a_cell(each.text)]
    elif name in form.fields() and not values[0].is_name:
        cells[name] = values[0].text.strip()
    else:
        _count(unknown, _OWN + name)


def _code(values: list[Value], unknown: dict[str, int]) -> dict[str, str]:
    """Take an identifier that is one of our codes; others name the data set elsewhere."""
    for each in values:
        try:
            return {CODE: ResourceCode.of(each.text.strip()).text}
        except InvalidResourceCode:
            continue
    _count(unknown, full("dcterms:identifier"))
    return {}


def _best(values: list[Value]) -> Value:
    return min(values, key=lambda each: (not each.language.startswith("zh"), bool(each.language)))


def _count(unknown: dict[str, int], name: str) -> None:
    unknown[name] = unknown.get(name, 0) + 1
