"""What a name in a table of materials stands for on this site: a certificate type, a directory, an organ. Pure.

A name is looked for among the certificate types and the directories of the site, then in `target_names.toml`. What is
found nowhere stays a name: such a replacement is not mapped, and says so. Fields are told in the words that grants use,
and only those that the type or the directory has; where none of a table's words fits, what identifies the certificate
is taken, and of a directory its first items.
"""

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from certs.filing.matter import Means, Mode, Replacement
from certs.filing.matters.material_rows import MaterialRow
from certs.queries import fields as certificate_fields
from certs.types.certificate_type import CertificateType, Holding

_MODES: Final = {
    Means.CERTIFICATE: Mode.FILE,
    Means.SHARED: Mode.DATA,
    Means.CHECK: Mode.CHECK,
    Means.ASSISTANCE: Mode.FILE,
}
# What says which certificate it is, where a table's words fit none of the type's fields.
IDENTIFYING: Final = ("number", "holder_name", "valid_until")
FIRST_ITEMS: Final = 3


@dataclass(frozen=True)
class Directory:
    """A directory of the site as a table may name it: its code, and the names of its items."""

    code: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """What the site has, by name."""

    types: Mapping[str, CertificateType] = field(default_factory=dict)
    directories: Mapping[str, Directory] = field(default_factory=dict)


def names_in(rows: Iterable[MaterialRow]) -> set[str]:
    """Give every name and code that rows may mean, so that a site is asked for no more than these."""
    listed = _words()["names"]
    found: set[str] = set()
    for row in rows:
        found |= {row.target, *row.resources}
        found |= {
            str(told["directory"]) for name in row.resources for told in listed.get(name, ()) if "directory" in told
        }
    return found - {""}


def replacements(row: MaterialRow, site: Site) -> tuple[Replacement, ...]:
    """Give what can stand in for a row's material, each name on its own; none for a paper that is handed in."""
    found = [made for name in row.resources for made in _of_name(name, row, site)]
    if row.may_be_asked_of_the_provider and row.means is not Means.ASSISTANCE:
        found.append(_made(Means.ASSISTANCE, Mode.FILE, row.provider, row.resources[0] if row.resources else "", row))
    return tuple(found)


def _of_name(name: str, row: MaterialRow, site: Site) -> Iterator[Replacement]:
    means = row.means
    if means is None and name not in _words()["names"]:
        return  # a paper that is handed in or cancelled; the name says how it is written
    if means is Means.ASSISTANCE:
        yield _made(means, Mode.FILE, row.target or row.provider, name, row)
        return
    mode = _MODES[means or Means.CHECK]
    if row.target and len(row.resources) == 1:
        yield _of_code(row.target, mode, name, row, site)
        return
    if name in site.types:
        yield _of_type(site.types[name], mode, name, row)
    elif name in site.directories:
        yield _of_directory(site.directories[name], mode, name, row)
    else:
        yield from _by_list(name, mode, row, site)


def _by_list(name: str, mode: Mode, row: MaterialRow, site: Site) -> Iterator[Replacement]:
    mapped = False
    for told in _words()["names"].get(name, ()):
        as_mode = Mode(told.get("mode", mode))
        if told.get("type") in site.types:
            yield _of_type(site.types[told["type"]], as_mode, name, row)
            mapped = True
        elif told.get("directory") in site.directories:
            as_mode = Mode.DATA if as_mode is Mode.FILE else as_mode
            yield _of_directory(site.directories[told["directory"]], as_mode, name, row)
            mapped = True
    if not mapped and row.means is not None:
        # A check is known by its name; a certificate or a directory that is not known has nothing to ask.
        yield _made(row.means, mode, name if row.means is Means.CHECK else "", name, row)


def _of_code(code: str, mode: Mode, name: str, row: MaterialRow, site: Site) -> Replacement:
    type_ = next((each for each in site.types.values() if each.code == code), None)
    if type_ is not None:
        return _of_type(type_, mode, name, row)
    directory = next((each for each in site.directories.values() if each.code == code), None)
    if directory is not None:
        return _of_directory(directory, mode, name, row)
    return _made(row.means or Means.CHECK, mode, code, name, row, row.fields)


def _of_type(type_: CertificateType, mode: Mode, name: str, row: MaterialRow) -> Replacement:
    known = certificate_fields.names_of(type_)
    told = [known[word] for each in row.fields for word in _spellings(each) if word in known]
    fields = tuple(dict.fromkeys(told)) or IDENTIFYING
    as_mode = Mode.CHECK if type_.holding is Holding.CHECK_ONLY else mode
    return _made(Means.CERTIFICATE, as_mode, type_.code, name, row, fields)


def _of_directory(directory: Directory, mode: Mode, name: str, row: MaterialRow) -> Replacement:
    told = [word for each in row.fields for word in _spellings(each) if word in directory.items]
    as_mode = Mode.DATA if mode is Mode.FILE else mode
    return _made(
        Means.SHARED, as_mode, directory.code, name, row, tuple(dict.fromkeys(told)) or directory.items[:FIRST_ITEMS]
    )


def _made(
    means: Means, mode: Mode, target: str, name: str, row: MaterialRow, fields: Sequence[str] = ()
) -> Replacement:
    return Replacement(
        means=means,
        target=target,
        name=name,
        fields=tuple(fields) or row.fields,
        mode=mode,
        basis=row.basis,
        source=row.provider,
        region=row.region,
        confidence=row.confidence,
    )


def _spellings(word: str) -> tuple[str, ...]:
    return (word, *_words()["fields"].get(word, ()))


@functools.cache
def _words() -> Mapping[str, Any]:
    read = tomllib.loads(resources.files("certs.filing.matters").joinpath("target_names.toml").read_text("utf-8"))
    return MappingProxyType(read)
