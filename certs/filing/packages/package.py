"""What a kind of package is made of, and what of it was chosen. Pure.

A member is an item (33 characters) or another kind of package, whose members then count as its own. A package that
contains itself, however far around, is refused when it is laid down.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from certs.filing.matter import ITEM
from certs.filing.packages.errors import CircularPackage, NoSuchPackageKind, UnusableChoice, UnusablePackageKind

# Packages of the national list have up to some twenty matters; depth three is a package of packages of packages.
MOST_MEMBERS: Final = 50
DEEPEST: Final = 5


@dataclass(frozen=True)
class Member:
    """A part of a package: an item, or another kind of package; one that is required cannot be left out."""

    code: str
    required: bool = False

    @property
    def is_item(self) -> bool:
        """Whether it is an item and no package."""
        return len(self.code) == ITEM


Kinds = Mapping[str, tuple[Member, ...]]


def items_of(code: str, kinds: Kinds) -> tuple[Member, ...]:
    """Give the items of a kind of package, each once; required where any way to it is.

    Raises `NoSuchPackageKind`, `CircularPackage`, `UnusablePackageKind`.
    """
    found: dict[str, bool] = {}
    _gather(code, kinds, (), required=True, found=found)
    if not found:
        raise UnusablePackageKind("empty")
    if len(found) > MOST_MEMBERS:
        raise UnusablePackageKind("too-many")
    return tuple(Member(item, required) for item, required in found.items())


def chosen(items: Collection[Member], choice: Collection[str]) -> tuple[str, ...]:
    """Give the items that were chosen, in the package's order; no choice means all. Raises `UnusableChoice`."""
    known = {each.code for each in items}
    if len(set(choice)) != len(choice):
        raise UnusableChoice(next(each for each in choice if list(choice).count(each) > 1), "twice")
    if (strange := next((each for each in choice if each not in known), None)) is not None:
        raise UnusableChoice(strange, "not-in-package")
    if not choice:
        return tuple(each.code for each in items)
    left_out = next((each.code for each in items if each.required and each.code not in choice), None)
    if left_out is not None:
        raise UnusableChoice(left_out, "required")
    return tuple(each.code for each in items if each.code in choice)


def _gather(code: str, kinds: Kinds, path: tuple[str, ...], *, required: bool, found: dict[str, bool]) -> None:
    if code in path:
        raise CircularPackage(" → ".join((*path[path.index(code) :], code)))
    if code not in kinds:
        raise NoSuchPackageKind(code)
    if len(path) >= DEEPEST:
        raise UnusablePackageKind("too-deep")
    for member in kinds[code]:
        is_required = required and member.required
        if member.is_item:
            found[member.code] = found.get(member.code, False) or is_required
        else:
            _gather(member.code, kinds, (*path, code), required=is_required, found=found)
