"""Where a location (ST_Loc, GB/T 33190 7.2) leads: only ever to an entry of the same package.

A location is absolute or relative to the file that mentions it. It is taken as it stands: nothing is decoded, no
scheme is known, and a step upwards (`..`) is refused, although the standard knows it, because readers disagree on
where it ends. What is refused or leads nowhere is told; coverage then counts every file outside the tree as visible.
"""

from dataclasses import dataclass

from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.limits import MAX_NAME_BYTES


@dataclass(frozen=True, slots=True)
class Found:
    """The entry that a location leads to, and the deviation it took, as a check code, or nothing."""

    entry: Entry
    deviation: str = ""


def folder_of(name: str) -> str:
    """Give the folder of an entry, with its slash, or nothing for the root."""
    return name[: name.rfind("/") + 1]


def normal(location: str, folder: str) -> str | None:
    """Give the name that a location stands for, or None where it is refused."""
    if not location or len(location) > MAX_NAME_BYTES or "\\" in location or "\x00" in location:
        return None
    if location.startswith("//") or "://" in location or location[1:2] == ":":
        return None
    whole = location if location.startswith("/") else folder + location
    segments = whole.split("/")
    if ".." in segments:
        return None
    return "/".join(each for each in segments if each not in {"", "."}) or None


def found(container: Container, location: str, mentioned_in: str, *more_folders: str) -> Found | None:
    """Find the entry: relative to the file that mentions it, else to the further folders, else to the root."""
    exact = location[1:] if location.startswith("/") else folder_of(mentioned_in) + location
    # What is the exact name of an entry needs no further look: no entry has a name that would be refused here.
    if (entry := container.entries.get(exact)) is not None:
        return Found(entry)
    return next(iter(all_found(container, location, mentioned_in, *more_folders)), None)


def all_found(container: Container, location: str, mentioned_in: str, *more_folders: str) -> list[Found]:
    """Find every entry that some reader could mean, the one of the standard first."""
    answers: list[Found] = []
    seen: set[str] = set()
    folders = ("",) if location.startswith("/") else (folder_of(mentioned_in), *more_folders, "")
    for place, folder in enumerate(folders):
        name = normal(location, folder)
        entry = container.find(name) if name else None
        if entry is None or entry.name in seen:
            continue
        seen.add(entry.name)
        deviation = "LOCATION_CASE" if entry.name != name else ""
        answers.append(Found(entry, "LOCATION_FROM_ROOT" if place and folder == "" else deviation))
    return answers
