"""OFDEntries.xml: the list of files against smuggling (GM/T 0099-2020 7.4 and annex D).

The list names files and holds no digests; its own value, a GB/T 35275 signature over the list, says who made it. Here
the list is compared with the package; the value is handed on for whoever judges signatures.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.errors import shown
from signing.formats.ofd.locations import found
from signing.formats.ofd.markup import Malformed, Reader, named, text
from signing.report import Check, not_checked, warned

ENTRIES: Final = "OFDEntries.xml"
# How many differences are named one by one; the rest is a number.
NAMED: Final = 20


@dataclass(frozen=True)
class Integrity:
    """What the list of files says, compared with the package."""

    entry: Entry
    value: bytes | None = field(repr=False)
    unlisted: tuple[str, ...]
    missing: tuple[str, ...]
    fault: str = ""

    def checks(self) -> Iterator[Check]:
        """Tell the comparison; the signature over the list is not judged here."""
        place = f"/{self.entry.name}"
        if self.fault:
            yield warned("INTEGRITY_LIST_MALFORMED", place, reason=self.fault)
            return
        for code, names in (("INTEGRITY_FILE_UNLISTED", self.unlisted), ("INTEGRITY_FILE_MISSING", self.missing)):
            if names:
                yield warned(code, names[0], count=len(names), examples="、".join(names[:NAMED]))
        yield not_checked("INTEGRITY_VALUE", place)


def integrity(container: Container, reader: Reader) -> Integrity | None:
    """Read the list of files, where the package has one."""
    entry = container.find(ENTRIES)
    if entry is None:
        return None
    try:
        root = reader.parse(entry.content)
        locations = [(each.get("FileLoc") or "").strip() for each in named(root, "File")]
        value_location = next((text(each) for each in named(root, "SignedValueLoc")), "")
    except Malformed as reason:
        return Integrity(entry, None, (), (), reason.reason)
    value = found(container, value_location, entry.name) if value_location else None
    answers = [(each, found(container, each, entry.name)) for each in locations]
    listed = {answer.entry.name for _, answer in answers if answer is not None}
    own = {entry.name, value.entry.name if value else ""}
    unlisted = tuple(f"/{name}" for name in container.entries if name not in listed and name not in own)
    missing = tuple(shown(each) for each, answer in answers if answer is None)
    return Integrity(entry, value.entry.content if value else None, unlisted, missing)
