"""Directories in lists: narrowed and sorted, as a file, and counted by what lists are narrowed with."""

from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma
from flask import Blueprint, Response, request, url_for

from base import problems
from base.api import PageQuery
from base.db import Database
from base.paging import Pager
from base.sheets import csv_line
from base.web import caller, parts
from console import words
from console.login import for_people
from console.steward import shown
from console.steward.directories import READERS
from console.steward.shown import Cell, Column, Entry
from exchange import directories as verbs
from exchange import seeing
from exchange.life import State
from exchange.models import Directory
from exchange.schemas import DirectoryQuery
from keys.parties.models import LEVELS

directory_lists = Blueprint("directory_lists", __name__)
BLUEPRINTS = (directory_lists,)

SORTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "code": (Directory.code,),
    "name": (Directory.name, Directory.code),
    "changed": (Directory.changed_at, Directory.code),
}
NEWEST: Final = "changed"
# A city has some ten thousand directories; whoever needs more takes the API's export, and the file says so.
CSV_ROWS: Final = 20_000
CSV_KEYS: Final = "steward.csv."
CSV_COLUMNS: Final = (
    "code",
    "name",
    "owner",
    "region",
    "level",
    "state",
    "share_type",
    "field_of_work",
    "update_cycle",
)


class Asked(DirectoryQuery):
    """Which directories, and in which order."""

    sort = ma.fields.String(load_default="code", validate=ma.validate.OneOf(tuple(SORTS)))


@directory_lists.get("/console/directories")
@for_people(READERS)
def listed() -> Response:
    """List the directories that the caller may see, narrowed and sorted."""
    told, by = shown.asked(Asked), caller()
    with parts(Database).reading() as session:
        query, sort = seeing.listed(session, told, by), told["sort"]
        name = f"directories-{sort}"
        page = parts(Pager).page(session, query, SORTS[sort], told["page"], name, descending=sort == NEWEST)
        names = shown.names(session, [each.owner for each in page.items])
        rows = [
            [
                shown.link(each.name or each.code, url_for("directory_pages.one", code=each.code)),
                shown.code(each.code),
                shown.state(each.state),
                shown.text(names[each.owner]),
                shown.coded("share_type", each.share_type),
                shown.coded("update_cycle", each.update_cycle),
                shown.time(each.changed_at),
            ]
            for each in page.items
        ]
        return shown.listing(
            "directories",
            [
                _sorted("title", "name", sort),
                _sorted("code", "code", sort),
                *(Column(key) for key in ("state", "owner", "share_type", "update_cycle")),
                _sorted("changed", "changed", sort),
            ],
            rows,
            next_cursor=page.next_cursor,
            csv=url_for("directory_lists.table", **_narrowed()),
            filters=shown.filters(
                Entry("q", "search"),
                Entry("state", "states", choices=[(each.value, "") for each in State]),
                Entry("share_type", "any", choices=shown.choices("share_type")),
                Entry("field_of_work", "any", choices=shown.choices("field_of_work")),
                Entry("level", "levels", choices=[(each, "") for each in LEVELS]),
                Entry("owner"),
            ),
            links=_begin_links(by.roles),
        )


@directory_lists.get("/console/directories.csv")
@for_people(READERS)
def table() -> Response:
    """Give the list as a file, as it was narrowed and sorted; one that is cut says so in its name and its last line."""
    told = shown.asked(Asked)
    newest = told["sort"] == NEWEST
    order = [each.desc() if newest else each for each in SORTS[told["sort"]]]
    with parts(Database).reading() as session:
        query = seeing.listed(session, told, caller()).order_by(*order).limit(CSV_ROWS + 1)
        rows = session.execute(query.with_only_columns(*(getattr(Directory, name) for name in CSV_COLUMNS))).all()
    text = "".join(map(csv_line, [CSV_COLUMNS, *rows[:CSV_ROWS]]))
    name = "directories.csv"
    if len(rows) > CSV_ROWS:
        text += csv_line([words.say(problems.language(), CSV_KEYS + "cut", rows=CSV_ROWS)])
        name = f"directories-first-{CSV_ROWS}.csv"
    response = Response("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@directory_lists.get("/console/directory-figures")
@for_people(READERS)
def figures() -> Response:
    """Count the published directories by what lists are narrowed with; each figure leads to its list."""
    with parts(Database).reading() as session:
        counted = verbs.facets(session)
        names = shown.names(session, counted["owner"])
    rows = [
        [
            Cell("column", kind),
            shown.link(_value(kind, value, names), _list_of(kind, value)),
            shown.text(count),
        ]
        for kind, each in counted.items()
        for value, count in sorted(each.items(), key=lambda pair: -pair[1])
    ]
    columns = [Column("sort_of"), Column("value"), Column("count", number=True)]
    return shown.listing("directory_figures", columns, rows)


def _begin_links(roles: frozenset[str]) -> list[tuple[str, str]]:
    figures_link = ("figures", url_for("directory_lists.figures"))
    if "steward" not in roles:
        return [figures_link]
    imports = ("import", url_for("import_pages.listed"))
    return [("new_directory", url_for("draft_pages.form_new")), imports, figures_link]


def _value(kind: str, value: str, names: Mapping[str, str]) -> str:
    if kind == "owner":
        return names[value]
    return value if kind == "level" else str(shown.coded(kind, value).value)


def _sorted(key: str, by: str, chosen: str) -> Column:
    stands = ("descending" if by == NEWEST else "ascending") if by == chosen else ""
    return Column(key, sort=shown.address(sort=by), sorted=stands)


def _list_of(kind: str, value: str) -> str:
    told: dict[str, Any] = {kind: value}
    return url_for("directory_lists.listed", **told)


def _narrowed() -> dict[str, Any]:
    """Give what the list was asked for, but for the page of it."""
    kept = Asked().fields.keys() - PageQuery().fields.keys()
    return {name: value for name, value in request.args.items() if name in kept}
