"""The elements of GB/T 36903 that a finished file carries in itself, read from the bytes that were verified.

OFD has them as CustomDatas in the entry point (GB/T 33190-2016 7.4); what one large vendor misspells `CuslomDatas` is
read too. A PDF has no place for them that partners agree on, so that of a PDF the sender must tell everything. Whether
what is read is protected by the seal is told by the name of the part it stands in, and decided by whoever asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from signing.errors import UnreadableDocument
from signing.formats.ofd.elements import custom_datas
from signing.formats.ofd.markup import Malformed
from signing.formats.ofd.package import package

ZIP: Final = b"PK\x03\x04"
# Far more than GB/T 36903 and any type have; a file with more is made to be large.
MOST_ELEMENTS: Final = 500
LONGEST_VALUE: Final = 20_000


@dataclass(frozen=True)
class Carried:
    """What a file tells of itself, and in which part of it that stands."""

    elements: Mapping[str, str] = field(repr=False)
    part: str = ""


NOTHING: Final = Carried({})


def carried(document: bytes) -> Carried:
    """Read the elements of a file; of one that has none, or cannot be read, nothing."""
    if not document.startswith(ZIP):
        return NOTHING
    try:
        opened = package(document)
        root = opened.reader.parse(opened.entry_point.content)
    except (UnreadableDocument, Malformed):
        return NOTHING
    found: dict[str, str] = {}
    for name, value in custom_datas(root):
        if len(value) <= LONGEST_VALUE and len(found) < MOST_ELEMENTS:
            # Told twice, the first counts as it does for readers that look a name up.
            found.setdefault(name, value)
    return Carried(found, f"/{opened.entry_point.name}") if found else NOTHING
