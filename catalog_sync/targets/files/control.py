"""The control tables of the file exchange, from `control.toml`: which publication there is, and each file of it."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from sqlalchemy import MetaData, Table

from catalog_sync.targets.front import columns, ddl

MNG_UP, DESC_UP = "mng_data_up", "data_desc_up"
MNG_DOWN, DESC_DOWN = "mng_data_down", "data_desc_down"
NO_LAYOUT: Final = columns.Layout({}, {}, "")


@functools.cache
def told() -> Mapping[str, Any]:
    """Read the file."""
    return tomllib.loads(resources.files("catalog_sync.targets.files").joinpath("control.toml").read_text("utf-8"))


def tables() -> MetaData:
    """Lay out the control tables, up and down."""
    made = MetaData()
    laid = told()
    for name, of in {**{each: each for each in laid["tables"]}, **laid["mirrors"]}.items():
        table = laid["tables"][of]
        read = [columns.column(each) for each in table["columns"]]
        Table(name, made, *(ddl.column(each, is_key=each.name == table["key"]) for each in read), **ddl.MYSQL)
    return made


def code(name: str) -> Any:
    """Give what stands for something in these tables."""
    return told()["codes"][name]
