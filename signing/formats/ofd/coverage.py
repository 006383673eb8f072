"""What a signature protects, of all that is in the package.

Its own Signature.xml is what the value signs, so it is protected. For every other entry that no right digest covers:

1. What the tree shows is visible, as is OFD.xml where it decides what shows.
2. The list of signatures and the signature's own value count for nothing: no signature can cover its value, and an
   open list is what lets others sign.
3. The files of a signature that comes later in the list are a later change.
4. What is outside the tree is visible while some location of the tree cannot be followed: a more lenient reader may
   show it.
5. Anything else is invisible: tags, extensions, files of earlier signatures, files that nothing names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from signing.formats.ofd.package import Package
from signing.report import Coverage, CoverageKind


@dataclass(frozen=True)
class Machinery:
    """The entries that make up the signatures, each with the place of the first that uses it, and the lists."""

    owners: Mapping[str, int]
    lists: frozenset[str]


def coverage(
    package: Package, machinery: Machinery, covered: frozenset[str], place: int, description: str, value: str | None
) -> Coverage:
    """Compute the coverage of the signature at a place of the list."""
    visible: list[str] = []
    invisible: list[str] = []
    later: list[str] = []
    tree = package.tree
    for name in package.container.entries:
        if name in covered or name == description:
            continue
        if name in tree.shown or (name == package.entry_point.name and package.decides_what_shows()):
            visible.append(f"/{name}")
        elif name in machinery.lists or name == value:
            continue
        elif machinery.owners.get(name, -1) > place:
            later.append(f"/{name}")
        elif (
            tree.unresolved
            and name not in tree.carried
            and name not in machinery.owners
            and name != package.entry_point.name
        ):
            visible.append(f"/{name}")
        else:
            invisible.append(f"/{name}")
    kind = CoverageKind.PARTIAL if visible or invisible else CoverageKind.WHOLE
    return Coverage(kind, tuple(visible), tuple(invisible), tuple(later))
