"""The records of a ZIP archive as they stand in the bytes: the end, the central directory, the local headers.

Reading only: a record that is cut or contradicts itself is refused here, what records say of each other is judged in
`gate`. Numbers and names follow PKWARE APPNOTE 6.3.10, clause 4.3 and 4.5.
"""

import struct
from dataclasses import dataclass
from typing import Final

from signing.formats.ofd.errors import unreadable
from signing.formats.ofd.limits import MAX_COMMENT_BYTES

END: Final = struct.Struct("<4s4H2LH")
END_64: Final = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64: Final = struct.Struct("<4sLQL")
CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
LOCAL: Final = struct.Struct("<4s5H3L2H")
END_MAGIC: Final = b"PK\x05\x06"
END_64_MAGIC: Final = b"PK\x06\x06"
LOCATOR_64_MAGIC: Final = b"PK\x06\x07"
CENTRAL_MAGIC: Final = b"PK\x01\x02"
LOCAL_MAGIC: Final = b"PK\x03\x04"
DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"
ALL_ONES_16: Final = 0xFFFF
ALL_ONES_32: Final = 0xFFFFFFFF
ZIP64_EXTRA: Final = 0x0001
UNICODE_PATH_EXTRA: Final = 0x7075
AES_EXTRA: Final = 0x9901
MALFORMED: Final = "PACKAGE_MALFORMED"
ENCRYPTED: Final = "PACKAGE_ENTRY_ENCRYPTED"


@dataclass(frozen=True, slots=True)
class End:
    """The end of the archive: how many entries, where the central directory is said to be, where the records begin."""

    entries: int
    directory_size: int
    directory_offset: int
    # Where the first record of the end begins; the central directory must reach exactly here.
    begins: int
    comment: bytes


@dataclass(frozen=True, slots=True)
class Central:
    """One record of the central directory."""

    made_by: int
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    raw_name: bytes
    extra: bytes
    attributes: int
    offset: int


@dataclass(frozen=True, slots=True)
class Local:
    """One local header, and where the entry's data begin."""

    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    raw_name: bytes
    extra: bytes
    data_begins: int
    has_zip64: bool


def end_of(data: bytes) -> End:
    """Find the end record, which must reach to the last byte. Raises `UnreadableDocument`."""
    at = data.rfind(END_MAGIC, max(0, len(data) - END.size - MAX_COMMENT_BYTES))
    if at < 0 or at + END.size > len(data):
        raise unreadable(MALFORMED, "end record")
    _, disk, first_disk, here, entries, size, offset, comment = END.unpack_from(data, at)
    if at + END.size + comment != len(data):
        raise unreadable("PACKAGE_TRAILING_DATA")
    if disk or first_disk or here != entries:
        raise unreadable(MALFORMED, "volumes")
    found = End(entries, size, offset, at, data[at + END.size :])
    return _end_64(data, found)


def _end_64(data: bytes, end: End) -> End:
    """Read the ZIP64 end where there is one; it must say the same as the plain end, where that says anything."""
    at = end.begins - LOCATOR_64.size
    if at < 0 or data[at : at + 4] != LOCATOR_64_MAGIC:
        return end
    _, disk, _, disks = LOCATOR_64.unpack_from(data, at)
    begins = at - END_64.size
    if disk or disks > 1 or begins < 0 or data[begins : begins + 4] != END_64_MAGIC:
        raise unreadable(MALFORMED, "zip64 end")
    _, length, _, _, this, first, here, entries, size, offset = END_64.unpack_from(data, begins)
    if length != END_64.size - 12 or this or first or here != entries:
        raise unreadable(MALFORMED, "zip64 end")
    counts = end.entries in {ALL_ONES_16, entries}
    sizes = end.directory_size in {ALL_ONES_32, size} and end.directory_offset in {ALL_ONES_32, offset}
    if not (counts and sizes):
        raise unreadable(MALFORMED, "zip64 end")
    return End(entries, size, offset, begins, end.comment)


def central_at(data: bytes, at: int, stop: int) -> tuple[Central, int]:
    """Read one central record and tell where the next begins. Raises `UnreadableDocument`."""
    if at + CENTRAL.size > stop or data[at : at + 4] != CENTRAL_MAGIC:
        raise unreadable(MALFORMED, "central directory")
    fields = CENTRAL.unpack_from(data, at)
    _, made_by, _, flags, method, _, _, crc, compressed, size, name, extra, comment, disk, _, attributes, offset = (
        fields
    )
    begins = at + CENTRAL.size
    following = begins + name + extra + comment
    if following > stop or disk not in {0, ALL_ONES_16}:
        raise unreadable(MALFORMED, "central directory")
    raw_name = data[begins : begins + name]
    raw_extra = data[begins + name : begins + name + extra]
    if extra:
        fitted = _widened(raw_extra, raw_name, (size, compressed, offset))
        size, compressed, offset = fitted
    elif ALL_ONES_32 in {size, compressed, offset}:
        raise unreadable(MALFORMED, "zip64")
    return Central(made_by, flags, method, crc, compressed, size, raw_name, raw_extra, attributes, offset), following


def local_at(data: bytes, at: int, stop: int) -> Local:
    """Read one local header. Raises `UnreadableDocument`."""
    if at < 0 or at + LOCAL.size > stop or data[at : at + 4] != LOCAL_MAGIC:
        raise unreadable(MALFORMED, "local header")
    _, _, flags, method, _, _, crc, compressed, size, name, extra = LOCAL.unpack_from(data, at)
    begins = at + LOCAL.size
    if begins + name + extra > stop:
        raise unreadable(MALFORMED, "local header")
    raw_name = data[begins : begins + name]
    raw_extra = data[begins + name : begins + name + extra]
    has_zip64 = False
    if extra:
        has_zip64 = any(kind == ZIP64_EXTRA for kind, _ in _extras(raw_extra, raw_name))
        size, compressed, _ = _widened(raw_extra, raw_name, (size, compressed, 0))
    elif ALL_ONES_32 in {size, compressed}:
        raise unreadable(MALFORMED, "zip64")
    return Local(flags, method, crc, compressed, size, raw_name, raw_extra, begins + name + extra, has_zip64)


def unicode_path(extra: bytes, raw_name: bytes) -> bytes | None:
    """Give the second name that an extra field may carry (APPNOTE 4.6.9)."""
    return next((value[5:] for kind, value in _extras(extra, raw_name) if kind == UNICODE_PATH_EXTRA), None)


def _widened(extra: bytes, raw_name: bytes, numbers: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace each number that is all ones by the one in the ZIP64 field, in its order (APPNOTE 4.5.3)."""
    fields = _extras(extra, raw_name)
    if any(kind == AES_EXTRA for kind, _ in fields):
        raise unreadable(ENCRYPTED, raw_name.decode("utf-8", "replace"))
    wide = [value for kind, value in fields if kind == ZIP64_EXTRA]
    wanted = sum(each == ALL_ONES_32 for each in numbers)
    if len(wide) > 1 or (wanted and not wide):
        raise unreadable(MALFORMED, "zip64")
    if not wanted:
        return numbers
    if len(wide[0]) < 8 * wanted:
        raise unreadable(MALFORMED, "zip64")
    told = iter(struct.unpack(f"<{wanted}Q", wide[0][: 8 * wanted]))
    first, second, third = (next(told) if each == ALL_ONES_32 else each for each in numbers)
    return first, second, third


def _extras(extra: bytes, raw_name: bytes) -> list[tuple[int, bytes]]:
    """Split the extra fields; up to three zero bytes of padding may stand at the end."""
    found, at = [], 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            raise unreadable(MALFORMED, raw_name.decode("utf-8", "replace"))
        found.append((kind, extra[at + 4 : at + 4 + length]))
        at += 4 + length
    if any(extra[at:]):
        raise unreadable(MALFORMED, raw_name.decode("utf-8", "replace"))
    return found
