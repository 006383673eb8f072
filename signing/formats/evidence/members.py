"""The members of an evidence pack, read and written in its one form.

A pack is an archive of stored entries in a fixed order, written so that the same members give the same bytes; what is
not that very form, to the byte, is not read. So nothing can stand in a pack that is not a member, and a reader needs no
inflating. The last member lists SM3 of all before it: what no signature covers (the wrapping of a time stamp) cannot be
touched unnoticed either.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from base.canonical import Json, NotCanonical, canonical, read
from keys.algorithms.sm3 import SM3
from signing.errors import UnreadableDocument
from signing.formats.ofd import gate
from signing.formats.ofd.container import STORED
from signing.formats.ofd.errors import shown
from signing.formats.ofd.zip_records import LOCAL, LOCAL_MAGIC
from signing.formats.ofd.zip_writing import Archive

NAME: Final = "evidence"
MEDIA_TYPE: Final = "application/vnd.yinxin.evidence+zip"
MIMETYPE: Final = "mimetype"
STATEMENT: Final = "statement.json"
SIGNATURE: Final = "statement.sig"
TIME_STAMP: Final = "statement.tst"
PROOF: Final = "ledger/proof.json"
CHECKPOINT: Final = "ledger/checkpoint.txt"
DIGESTS: Final = "digests.json"
FILE_STEM: Final = "certificate."
# What the statement itself cannot name: it, what signs and stamps it, and the list that is made last.
AROUND_THE_STATEMENT: Final = frozenset({STATEMENT, SIGNATURE, TIME_STAMP, DIGESTS})
NOT_THE_FORM: Final = "EVIDENCE_NOT_THE_FORM"

_ALWAYS: Final = (MIMETYPE, STATEMENT, SIGNATURE, TIME_STAMP, PROOF, CHECKPOINT, DIGESTS)
# A joint document of a dozen organs has some fifty certificates in its chains; two digits name ninety-nine.
_KINDS: Final = (
    re.compile(r"mimetype"),
    re.compile(r"certificate\.(?:ofd|pdf)"),
    re.compile(r"chain/[0-9]{2}\.cer"),
    re.compile(r"library/[0-9]{2}\.cer"),
    re.compile(r"revocation/[0-9]{2}\.(?:crl|ocsp)"),
    re.compile(re.escape(PROOF)),
    re.compile(re.escape(CHECKPOINT)),
    re.compile(re.escape(STATEMENT)),
    re.compile(re.escape(SIGNATURE)),
    re.compile(re.escape(TIME_STAMP)),
    re.compile(re.escape(DIGESTS)),
)
_BEGINS: Final = (MIMETYPE + MEDIA_TYPE).encode()


@dataclass(frozen=True)
class Members:
    """The members by their names, in the order of the form."""

    files: Mapping[str, bytes]

    def __getitem__(self, name: str) -> bytes:
        """Give a member that is always there, or that was seen to be."""
        return self.files[name]

    @property
    def file(self) -> str:
        """Name the sealed file."""
        return next(each for each in self.files if each.startswith(FILE_STEM))

    def below(self, folder: str, ending: str) -> tuple[bytes, ...]:
        """Give the members of a folder with an ending, in their order."""
        names = sorted(each for each in self.files if each.startswith(f"{folder}/") and each.endswith(f".{ending}"))
        return tuple(self.files[each] for each in names)

    @property
    def stated(self) -> dict[str, str]:
        """Give SM3 of each member that a statement names."""
        return digests_of(self.files, (each for each in self.files if each not in AROUND_THE_STATEMENT))

    @property
    def are_as_listed(self) -> bool:
        """Tell whether the list names every member with its SM3."""
        listed = digests_of(self.files, (each for each in self.files if each != DIGESTS))
        return self.files[DIGESTS] == canonical(_json(listed))


def recognises(data: bytes) -> bool:
    """Tell whether bytes begin as a pack does."""
    return data.startswith(LOCAL_MAGIC) and data[LOCAL.size : LOCAL.size + len(_BEGINS)] == _BEGINS


def opened(data: bytes) -> Members:
    """Open a pack. Raises `UnreadableDocument`."""
    try:
        container = gate.opened(data)
    except UnreadableDocument as error:
        raise UnreadableDocument(NAME, error.reason, error.subject) from error
    packed = next((each.name for each in container.entries.values() if each.method != STORED), None)
    if packed is not None:
        raise unreadable(packed)
    files = {name: entry.content for name, entry in container.entries.items()}
    _require_names(files)
    if files[MIMETYPE] != MEDIA_TYPE.encode() or archived(files) != data:
        raise unreadable(MIMETYPE)
    return Members(files)


def written(files: Mapping[str, bytes]) -> bytes:
    """Write a pack of its members; the list of digests is added. Raises `UnreadableDocument` for other members."""
    whole = {MIMETYPE: MEDIA_TYPE.encode(), **files}
    whole[DIGESTS] = canonical(_json(digests_of(whole, whole)))
    ordered = dict(sorted(whole.items(), key=lambda each: (_place(each[0]), each[0])))
    _require_names(ordered)
    return archived(ordered)


def archived(files: Mapping[str, bytes]) -> bytes:
    """Write an archive of stored entries in the order given."""
    archive = Archive()
    for name, content in files.items():
        archive.write(name, content, pack=False)
    return archive.finished()


def digests_of(files: Mapping[str, bytes], names: Iterable[str]) -> dict[str, str]:
    """Give SM3 of members by their names."""
    return {name: SM3.of(files[name]).hex() for name in names}


def numbered(folder: str, ending: str, contents: Iterable[bytes]) -> dict[str, bytes]:
    """Name contents by their order."""
    return {f"{folder}/{place:02}.{ending}": each for place, each in enumerate(contents, 1)}


def canonical_object(content: bytes) -> dict[str, Json] | None:
    """Read an object in canonical JSON; none when it is none."""
    try:
        told = read(content)
    except NotCanonical:
        return None
    return told if isinstance(told, dict) else None


def unreadable(subject: str) -> UnreadableDocument:
    """Make the refusal to read."""
    return UnreadableDocument(NAME, NOT_THE_FORM, shown(subject))


def _require_names(files: Mapping[str, bytes]) -> None:
    """See that all members are there that must be, no others, and in their order. Raises `UnreadableDocument`."""
    places = [_place(name) for name in files]
    if places != sorted(places):
        raise unreadable("order")
    missing = next((each for each in _ALWAYS if each not in files), None)
    if missing is not None:
        raise unreadable(missing)
    if sum(each.startswith(FILE_STEM) for each in files) != 1 or "library/01.cer" not in files:
        raise unreadable("certificate, library/01.cer")


def _place(name: str) -> int:
    found = next((place for place, kind in enumerate(_KINDS) if kind.fullmatch(name)), None)
    if found is None:
        raise unreadable(name)
    return found


def _json(digests: Mapping[str, str]) -> dict[str, Json]:
    return dict(digests)
