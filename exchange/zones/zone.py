"""What a zone says, and what is wrong with it: unknown directories and items, missing keys, what is never shared. Pure.

A zone joins its directories by subject: each member names the items that hold the subject's keys, and is asked by all
of them. No value that one member gives is used to ask another: that would be a search that nobody granted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from base.canonical import Json
from exchange.zones import subjects

# Each member is a call to a department's source, one after the other, while somebody waits for the answer.
MOST_MEMBERS: Final = 20
# One directory is a directory; a view begins with two.
FEWEST_MEMBERS: Final = 2
# What a matter looks at in one directory; who needs more is not looking at a matter.
MOST_FIELDS: Final = 50
NEVER_SHARED: Final = "3"
FORBIDDEN: Final = frozenset({"never-shared", "negative-list"})


@dataclass(frozen=True)
class Member:
    """A directory of a zone: the items that are used, and by which item it is asked for each key of the subject."""

    directory: str
    fields: tuple[str, ...]
    keys: Mapping[str, str]

    @property
    def named(self) -> tuple[str, ...]:
        """Give all items that the zone needs of the directory."""
        return tuple(dict.fromkeys((*self.keys.values(), *self.fields)))


@dataclass(frozen=True)
class Content:
    """What a zone says: its name, what it is for, the matters that it serves, its directories."""

    name: str
    purpose: str
    matters: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def document(self) -> dict[str, Json]:
        """Write it down, the same for the same content."""
        members: list[Json] = [
            {"directory": each.directory, "fields": list(each.fields), "keys": dict(sorted(each.keys.items()))}
            for each in self.members
        ]
        return {"name": self.name, "purpose": self.purpose, "matters": list(self.matters), "members": members}


@dataclass(frozen=True)
class Known:
    """A directory as it is published: whose, its items with their sharing type, and why something is withheld."""

    code: str
    owner: str
    name: str
    share_type: str
    items: Mapping[str, str]
    basis: str = ""
    withheld: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """Something wrong: a JSON pointer, a stable code; for what is forbidden the word, the rule and its basis."""

    pointer: str
    code: str
    told: str = ""
    rule: str = ""
    basis: str = ""


def faults(content: Content, known: Mapping[str, Known]) -> list[Fault]:
    """Tell every fault; none means that the zone can be reviewed."""
    found: list[Fault] = []
    seen: set[str] = set()
    for place, member in enumerate(content.members):
        pointer = f"#/members/{place}"
        if member.directory in seen:
            found.append(Fault(f"{pointer}/directory", "twice"))
        seen.add(member.directory)
        found.extend(faults_of(member, known.get(member.directory), pointer))
    return found


def faults_of(member: Member, known: Known | None, pointer: str = "#") -> list[Fault]:
    """Tell what is wrong with one member; a directory that nobody can read is not known."""
    if known is None:
        return [Fault(f"{pointer}/directory", "not-published")]
    if known.share_type == NEVER_SHARED:
        return [Fault(f"{pointer}/directory", "never-shared", known.name, f"directory:{known.code}", known.basis)]
    return [*_fields(member.fields, known, f"{pointer}/fields"), *_keys(member, known, f"{pointer}/keys")]


def _fields(fields: Sequence[str], known: Known, pointer: str) -> Iterator[Fault]:
    for place, name in enumerate(fields):
        if name in fields[:place]:
            yield Fault(f"{pointer}/{place}", "twice")
        yield from _item(name, known, f"{pointer}/{place}")


def _keys(member: Member, known: Known, pointer: str) -> Iterator[Fault]:
    if not set(member.keys) & set(subjects.NAMING):
        yield Fault(pointer, "no-key")
    for kind, name in sorted(member.keys.items()):
        if kind not in subjects.KINDS:
            yield Fault(f"{pointer}/{kind}", "unknown-key")
        yield from _item(name, known, f"{pointer}/{kind}")


def _item(name: str, known: Known, pointer: str) -> Iterator[Fault]:
    if name not in known.items:
        yield Fault(pointer, "unknown-item")
    elif known.items[name] == NEVER_SHARED:
        yield Fault(pointer, "never-shared", name, f"directory:{known.code}", known.withheld.get(name, known.basis))
