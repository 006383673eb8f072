"""Backups: what lies in the folder of nightly ones, when each was made, how large it is, and whether it is whole.

Looking one through reads every byte of it again, without a key; a large one is looked through by the command. Making
and bringing back are commands too, since they outlast a request and need the keys: the page says which.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response

from base import clock
from base.errors import DomainError, Kind
from base.web import caller, limited, parts
from console import working
from console.login import for_people
from console.operators.running import FORM_LIMIT, MARKS, READERS
from console.wiring import ConsoleParts
from keys.backup import checking, places
from keys.backup.errors import NoBackup
from keys.backup.manifest import MANIFEST, SIZE_LIMIT, Manifest
from keys.backup.wiring import Backups

backup_pages = Blueprint("backup_pages", __name__, template_folder="../templates")

HANDS: Final = {"sysadmin"}
CHECK: Final = "backup"
# Read at two hundred megabytes a second, this takes five seconds: as long as somebody waits for a page.
MOST_BYTES_HERE: Final = 1 << 30


@backup_pages.get("/console/backups")
@for_people(READERS)
def listed() -> Response:
    """List the backups that are known, the newest first."""
    return _listed({})


@backup_pages.post("/console/backups/<string:name>/checks")
@limited(FORM_LIMIT)
@for_people(HANDS)
def check(name: str) -> Response:
    """Look one backup through, and say what was found."""
    folder = _folder()
    place = next((each for each in places.finished(folder) if each.folder.name == name), None) if folder else None
    if place is None:
        raise NoBackup(name, 0)
    return _listed({name: _fault(place.folder)})


def _listed(checked: Mapping[str, DomainError | None]) -> Response:
    folder = _folder()
    refusal: DomainError | None = None
    try:
        found = places.finished(folder) if folder else []
    except DomainError as unreadable:
        found, refusal = [], unreadable
    asked = [each for each in parts(ConsoleParts).health() if each.check.name == CHECK]
    return working.page(
        "operators/backups.html",
        refusal,
        here="backup_pages.listed",
        rows=[_row(each, checked) for each in reversed(found)],
        folder=str(folder) if folder and HANDS & caller().roles else "",
        is_configured=folder is not None,
        may_check=bool(HANDS & caller().roles),
        doctor=asked,
        marks=MARKS,
        at=clock.now(),
    )


def _row(place: places.Place, checked: Mapping[str, DomainError | None]) -> dict[str, Any]:
    name = place.folder.name
    try:
        manifest = Manifest.of(places.content_of(place.folder / MANIFEST, SIZE_LIMIT))
    except DomainError as refusal:
        return {"name": name, "made_at": place.made_at, "manifest": None, "fault": refusal.code, "state": "damaged"}
    size = sum(each.bytes for each in manifest.parts)
    fault = checked.get(name)
    state = ("damaged" if fault else "whole") if name in checked else "unchecked"
    return {
        "name": name,
        "made_at": place.made_at,
        "manifest": manifest,
        "bytes": size,
        "is_small": size <= MOST_BYTES_HERE,
        "fault": fault.code if fault else "",
        "state": state,
    }


def _fault(folder: Path) -> DomainError | None:
    try:
        checking.intact(folder)
    except DomainError as fault:
        if fault.kind is Kind.UNAVAILABLE:
            raise
        return fault
    return None


def _folder() -> Path | None:
    told = parts(Backups).told.folder
    return Path(told) if told else None
