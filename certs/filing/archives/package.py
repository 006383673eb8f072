"""The package of an archive: one archive of stored entries in a fixed order with fixed times. Pure.

The same members give the same bytes. Names are plain ASCII below known folders: what a material was called stands in
the manifest. Opening goes through the gate that every package goes through (limits, names, overlaps, bombs), takes
whatever is there, and tells whether it is in the one form; what that means is for `examination` to say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from certs.filing.archives import manifest as manifests
from certs.filing.archives.manifest import FaultyManifest, Manifest
from signing.formats.evidence.members import archived
from signing.formats.ofd import gate
from signing.formats.ofd.container import STORED
from signing.formats.ofd.limits import MAX_ENTRIES
from signing.formats.ofd.zip_records import LOCAL, LOCAL_MAGIC

NAME: Final = "archive"
MEDIA_TYPE: Final = "application/vnd.yinxin.archive+zip"
MIMETYPE: Final = "mimetype"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.p7s"
TIME_STAMP: Final = "manifest.tst"
# First and in this order; the manifest cannot name what signs it, nor itself.
AHEAD: Final = (MIMETYPE, MANIFEST, SIGNATURE, TIME_STAMP)
CHECKPOINT: Final = "ledger/checkpoint.txt"
FOLDERS: Final = (
    "case",
    "certificates",
    "chain",
    "copies",
    "ledger",
    "lookups",
    "materials",
    "notices",
    "receipts",
    "results",
    "revocation",
    "signers",
    "undertakings",
    "uses",
)
_PLAIN: Final = re.compile(rf"(?:{'|'.join(FOLDERS)})/[A-Za-z0-9][A-Za-z0-9_-]{{0,99}}(?:\.[a-z0-9]{{1,8}})?", re.ASCII)
# The gate takes so many entries; those ahead are among them.
MOST_ENTRIES: Final = MAX_ENTRIES - len(AHEAD)
_BEGINS: Final = (MIMETYPE + MEDIA_TYPE).encode()


@dataclass(frozen=True)
class Package:
    """An opened package: its members, the manifest if it can be read, and whether it is in the one form."""

    files: Mapping[str, bytes] = field(repr=False)
    manifest: Manifest | None
    is_the_form: bool

    def below(self, folder: str, ending: str) -> tuple[bytes, ...]:
        """Give the members of a folder with an ending, in their order."""
        names = sorted(each for each in self.files if each.startswith(f"{folder}/") and each.endswith(f".{ending}"))
        return tuple(self.files[each] for each in names)


def recognises(data: bytes) -> bool:
    """Tell whether bytes begin as an archive of a case does."""
    return data.startswith(LOCAL_MAGIC) and data[LOCAL.size : LOCAL.size + len(_BEGINS)] == _BEGINS


def is_plain(name: str) -> bool:
    """Tell whether a name is one that a package may have."""
    return name in AHEAD or _PLAIN.fullmatch(name) is not None


def written(members: Mapping[str, bytes]) -> bytes:
    """Write a package of its members, without the mimetype. Raises `ValueError` for a name that it may not have."""
    whole = {MIMETYPE: MEDIA_TYPE.encode(), **members}
    odd = next((each for each in whole if not is_plain(each)), None)
    if odd is not None:
        raise ValueError(odd)
    return archived({each: whole[each] for each in sorted(whole, key=_place)})


def opened(data: bytes) -> Package:
    """Open a package. Raises `UnreadableDocument`, whatever the bytes are."""
    container = gate.opened(data)
    files = {name: entry.content for name, entry in container.entries.items()}
    is_stored = all(each.method == STORED for each in container.entries.values())
    ordered = sorted(files, key=_place) == list(files)
    is_the_form = (
        recognises(data)
        and files.get(MIMETYPE) == MEDIA_TYPE.encode()
        and is_stored
        and ordered
        and archived(files) == data
    )
    return Package(files, _manifest(files.get(MANIFEST, b"")), is_the_form)


def _manifest(content: bytes) -> Manifest | None:
    try:
        return manifests.of(content)
    except FaultyManifest:
        return None


def _place(name: str) -> tuple[int, str]:
    return (AHEAD.index(name) if name in AHEAD else len(AHEAD)), name
