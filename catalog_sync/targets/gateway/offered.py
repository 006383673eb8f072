"""What the gateway offers to be copied, in our words, by the table beside this module. Pure.

The frame of an answer is read strictly: what is no list of objects, or has no mark, is no answer (`Unbelievable`). What
a row says is only translated: a value that cannot be is handed on as it stands, and the mirror tells what is wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from catalog_sync.mirror.offering import UNKNOWN, Offered, Page, Place
from catalog_sync.targets.gateway.answers import Told, Unbelievable
from catalog_sync.targets.gateway.forms import BEIJING, SECONDS, table

MOST_ROWS: Final = 1000
LONGEST_PLACE: Final = 500
# What no code of theirs can be: it is told by its type.
LONGEST_CODE: Final = 64


def asked(kind: str, place: Place) -> tuple[str, str, dict[str, Any]]:
    """Give the service, its path, and what is asked of it."""
    service = table()["offered"][kind]
    body = {"mark": place.since, "token": place.token, "pageSize": table()["offered"]["page_size"]}
    return service["sid"], service["path"], body


def is_forgotten(told: Told) -> bool:
    """Tell whether the platform no longer knows the place that it was asked for."""
    return told.code in table()["offered"]["forgotten"]


def page(kind: str, told: Told) -> Page:
    """Read a page. Raises `Unbelievable`."""
    data = told.data
    if not isinstance(data, dict) or not isinstance(data.get("list"), list) or len(data["list"]) > MOST_ROWS:
        raise Unbelievable("no list where one is promised")
    token, mark = data.get("token"), data.get("mark")
    if (
        not isinstance(token, str)
        or not isinstance(mark, str)
        or not mark
        or max(len(token), len(mark)) > LONGEST_PLACE
    ):
        raise Unbelievable("mark")
    return Page(tuple(_row(kind, each) for each in data["list"]), token, mark)


def _row(kind: str, told: Any) -> Offered:
    if not isinstance(told, dict) or not isinstance(told.get("content"), dict):
        raise Unbelievable("no object where one is promised")
    offered = table()["offered"]
    content = _members(offered[kind]["members"], told["content"])
    return Offered(told.get("cascadeguid"), content, told.get("status") == offered["withdrawn"])


def _members(rows: Sequence[Sequence[str]], told: Mapping[str, Any]) -> dict[str, Any]:
    return {here: _value(how, told[there]) for there, here, how in rows if there in told}


def _value(how: str, value: Any) -> Any:
    kind, _, named = how.partition(":")
    if value is None or value == "":
        return value
    if kind == "rows":
        rows = table()["offered"]["rows"][named]
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            return value
        return [_members(rows, each) for each in value]
    if kind == "code":
        return _code(named, value)
    return _time(value) if kind == "time" else value


def _code(named: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Several of ours may be written as one of theirs; the first is meant.
    back: dict[str, str] = {}
    for ours, theirs in table()["codes"][named]["values"].items():
        back.setdefault(theirs, ours)
    return back.get(value, f"{UNKNOWN}{value[:LONGEST_CODE]}")


def _time(value: Any) -> Any:
    try:
        return datetime.strptime(value, SECONDS).replace(tzinfo=BEIJING).isoformat()
    except (TypeError, ValueError):
        return value
