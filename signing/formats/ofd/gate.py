"""The gate in front of every reader: bytes in, an immutable table of entries out, or a refusal.

What two readers of an archive could read differently is refused rather than decided, because what is verified must be
what everyone sees. The steps, in this order:

1. The end record reaches to the last byte, there is one only, and the comment is short (APPNOTE 4.3.16).
2. The central directory lies right before it and holds as many entries as the end says (4.3.12).
3. Bytes before the archive: one vendor writes an identification block there, and its offsets count with or without
   it. A short block that is not the beginning of another format is let through and told (PACKAGE_PREFIX); it is never
   part of any signature. More, or anything that looks like a second archive or document, is refused.
4. Each local header says the same as its central record: name, method, flags, sizes, sum (4.3.7); a data descriptor
   is accepted where flag bit 3 announces it (4.3.9).
5. The entries lie side by side from the beginning to the central directory: no gap, no overlap.
6. Names are safe and unique after NFC, case folding and folding of separators; a file is not also a folder.
7. Stored or deflated, not encrypted, plain files and folders only.
8. Sizes and ratios within limits, unpacked in bounded memory; size and sum are right.

Nothing is written anywhere and no name is ever used as a path.
"""

import stat
import zlib
from types import MappingProxyType
from typing import Final

from signing.formats.ofd import names
from signing.formats.ofd import zip_records as records
from signing.formats.ofd.container import DEFLATED, STORED, Container, Entry, inflated
from signing.formats.ofd.errors import unreadable
from signing.formats.ofd.limits import (
    MAX_ENTRIES,
    MAX_ENTRY_BYTES,
    MAX_KEPT_BYTES,
    MAX_OVERALL_RATIO,
    MAX_PREFIX_BYTES,
    MAX_RATIO,
    MAX_TOTAL_BYTES,
    OVERALL_FREE_BYTES,
    RATIO_FREE_BYTES,
)
from signing.formats.ofd.zip_records import Central, End, Local

DESCRIBED: Final = 0x0008
UTF8: Final = 0x0800
# Bits 1 and 2 tell how hard deflate tried; all others change what the bytes mean.
ALLOWED_FLAGS: Final = DESCRIBED | UTF8 | 0x0006
ENCRYPTING_FLAGS: Final = 0x0001 | 0x0040 | 0x2000
DOS_FOLDER: Final = 0x10
DOS_VOLUME: Final = 0x08
# What no identification block begins with or holds: the beginnings of formats that a reader could take this file for.
FOREIGN: Final = (
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"MZ",
    b"\x7fELF",
    b"<",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
    b"7z\xbc",
)
MALFORMED: Final = "PACKAGE_MALFORMED"
OVERLAP: Final = "PACKAGE_GAP_OR_OVERLAP"
MISMATCH: Final = "PACKAGE_HEADER_MISMATCH"
TOO_LARGE: Final = "PACKAGE_TOO_LARGE"
DUPLICATE: Final = "PACKAGE_DUPLICATE_ENTRY"

Span = tuple[Central, Local, int]


def opened(data: bytes) -> Container:
    """Open a package. Raises `UnreadableDocument`, whatever the bytes are."""
    end = records.end_of(data)
    if end.entries > MAX_ENTRIES:
        raise unreadable(TOO_LARGE, f"{end.entries} entries")
    directory = end.begins - end.directory_size
    if directory < 0 or not end.entries:
        raise unreadable(MALFORMED, "central directory")
    if data.count(records.END_MAGIC, directory) != 1:
        raise unreadable("PACKAGE_SECOND_ARCHIVE")
    listed = _directory(data, directory, end)
    shift = directory - end.directory_offset
    if shift < 0:
        raise unreadable(MALFORMED, "offsets")
    spans, prefix = _laid_out(data, directory, listed, shift)
    return _table(data, spans, prefix)


def _directory(data: bytes, at: int, end: End) -> list[Central]:
    """Read the central directory, which must be filled by its records (step 2)."""
    listed = []
    for _ in range(end.entries):
        central, at = records.central_at(data, at, end.begins)
        listed.append(central)
    if at != end.begins:
        raise unreadable(MALFORMED, "central directory")
    return listed


def _laid_out(data: bytes, directory: int, listed: list[Central], shift: int) -> tuple[list[Span], bytes]:
    """Require that the entries fill the space up to the directory side by side (steps 3 to 5)."""
    spans: list[Span] = []
    ordered = sorted(listed, key=lambda each: each.offset)
    prefix = data[: ordered[0].offset + shift]
    if prefix:
        _require_harmless(prefix)
    reached = len(prefix)
    for central in ordered:
        begins = central.offset + shift
        if begins != reached:
            raise unreadable(OVERLAP, _name(central))
        local = records.local_at(data, begins, directory)
        _require_same(central, local)
        data_ends = local.data_begins + central.compressed
        if data_ends > directory:
            raise unreadable(OVERLAP, _name(central))
        reached = data_ends
        if central.flags & DESCRIBED:
            reached = _past_descriptor(data, data_ends, directory, central, local)
        spans.append((central, local, data_ends))
    if reached != directory:
        raise unreadable(OVERLAP, "central directory")
    order = {id(each): place for place, each in enumerate(listed)}
    spans.sort(key=lambda span: order[id(span[0])])
    return spans, prefix


def _require_harmless(prefix: bytes) -> None:
    """Refuse a block before the archive that is long or could be the beginning of another document (step 3)."""
    if b"PK\x03\x04" in prefix or b"PK\x01\x02" in prefix or b"PK\x05\x06" in prefix:
        raise unreadable("PACKAGE_SECOND_ARCHIVE")
    if prefix.lstrip(b"\x00\t\n\r \xef\xbb\xbf").startswith(FOREIGN) or b"%PDF-" in prefix:
        raise unreadable("PACKAGE_SECOND_ARCHIVE")
    if len(prefix) > MAX_PREFIX_BYTES:
        raise unreadable(OVERLAP, "bytes before the archive")


def _require_same(central: Central, local: Local) -> None:
    """Compare a local header with its central record (step 4)."""
    if local.raw_name != central.raw_name or local.method != central.method or local.flags != central.flags:
        if (local.flags | central.flags) & ENCRYPTING_FLAGS:
            raise unreadable(records.ENCRYPTED, _name(central))
        raise unreadable(MISMATCH, _name(central))
    told = (local.crc, local.compressed, local.size)
    right = (central.crc, central.compressed, central.size)
    if told == right:
        return
    # With a descriptor the local header may leave each of the three at zero until they are known.
    if not central.flags & DESCRIBED or any(one not in {0, other} for one, other in zip(told, right, strict=True)):
        raise unreadable(MISMATCH, _name(central))


def _past_descriptor(data: bytes, at: int, stop: int, central: Central, local: Local) -> int:
    """Pass over a data descriptor, with or without its mark, which must say the same again (4.3.9)."""
    width = 8 if local.has_zip64 else 4
    told = central.crc.to_bytes(4, "little")
    told += central.compressed.to_bytes(width, "little") + central.size.to_bytes(width, "little")
    for expected in (records.DESCRIPTOR_MAGIC + told, told):
        if data[at : min(at + len(expected), stop)] == expected:
            return at + len(expected)
    raise unreadable(MISMATCH, _name(central))


def _table(data: bytes, spans: list[Span], prefix: bytes) -> Container:
    """Make the table of entries, each name judged and each content unpacked (steps 6 to 8)."""
    view = memoryview(data)
    entries: dict[str, Entry] = {}
    by_fold: dict[str, Entry] = {}
    folders: dict[str, str] = {}
    deviations: list[tuple[str, str]] = [("PACKAGE_PREFIX", f"{len(prefix)}")] if prefix else []
    _require_sizes([span[0] for span in spans])
    kept = 0
    for central, local, data_ends in spans:
        name, in_gb18030 = names.decoded(central.raw_name, utf8_flag=bool(central.flags & UTF8))
        names.require_safe(name)
        _require_plain(name, central, local)
        if in_gb18030:
            deviations.append(("PACKAGE_NAME_ENCODING", name))
        fold = names.folded(name.removesuffix("/"))
        if fold in by_fold or fold in folders:
            raise unreadable(DUPLICATE, name)
        entry = _entry(name, central, view[local.data_begins : data_ends], keep=kept + central.size <= MAX_KEPT_BYTES)
        if name.endswith("/"):
            folders[fold] = name
            continue
        kept += len(entry.kept) if entry.kept is not None else 0
        entries[name] = by_fold[fold] = entry
    _require_no_file_is_a_folder(by_fold)
    return Container(MappingProxyType(entries), tuple(folders.values()), tuple(deviations), prefix, by_fold)


def _require_sizes(listed: list[Central]) -> None:
    """Judge the declared sizes before anything is unpacked (step 8)."""
    total = packed = 0
    for each in listed:
        size, compressed = each.size, each.compressed
        total += size
        packed += compressed
        if size > MAX_ENTRY_BYTES or total > MAX_TOTAL_BYTES:
            raise unreadable(TOO_LARGE, _name(each))
        if size > RATIO_FREE_BYTES and size > compressed * MAX_RATIO:
            raise unreadable("PACKAGE_RATIO", _name(each))
    if total > OVERALL_FREE_BYTES and total > packed * MAX_OVERALL_RATIO:
        raise unreadable("PACKAGE_RATIO")


def _require_plain(name: str, central: Central, local: Local) -> None:
    """Refuse what is neither a plain file nor a folder, what is encrypted, and methods beyond deflate (step 7)."""
    if central.flags & ENCRYPTING_FLAGS:
        raise unreadable(records.ENCRYPTED, name)
    if central.flags & ~ALLOWED_FLAGS or central.method not in {STORED, DEFLATED}:
        raise unreadable("PACKAGE_METHOD", name)
    kind = stat.S_IFMT(central.attributes >> 16)
    is_folder = name.endswith("/")
    if kind not in {0, stat.S_IFDIR if is_folder else stat.S_IFREG} or central.attributes & DOS_VOLUME:
        raise unreadable("PACKAGE_NOT_A_FILE", name)
    if is_folder != bool(central.attributes & DOS_FOLDER) and not is_folder:
        raise unreadable("PACKAGE_NOT_A_FILE", name)
    if is_folder and central.size:
        raise unreadable("PACKAGE_NOT_A_FILE", name)
    for extra in (central.extra, local.extra):
        if extra and (second := records.unicode_path(extra, central.raw_name)) is not None and second != name.encode():
            raise unreadable(MISMATCH, name)


def _entry(name: str, central: Central, packed: memoryview, *, keep: bool) -> Entry:
    """Unpack within the declared size, and require size and sum (step 8)."""
    if central.method == STORED and central.size != central.compressed:
        raise unreadable(MISMATCH, name)
    content: bytes | None = None
    try:
        if keep:
            content = bytes(packed) if central.method == STORED else _unpacked(packed, central.size)
            crc, size = zlib.crc32(content), len(content)
        else:
            crc, size = _measured(packed, central)
    except zlib.error:
        raise unreadable("PACKAGE_DATA_DAMAGED", name) from None
    if size != central.size or crc != central.crc:
        raise unreadable("PACKAGE_DATA_DAMAGED", name)
    return Entry(name, central.method, central.crc, central.size, packed, content)


def _unpacked(packed: memoryview, size: int) -> bytes:
    """Unpack a whole stream that may give no more than its declared size."""
    stream = zlib.decompressobj(-15)
    content = stream.decompress(packed, size + 1)
    if not stream.eof or stream.unused_data or stream.unconsumed_tail:
        raise zlib.error("not one whole stream")
    return content


def _measured(packed: memoryview, central: Central) -> tuple[int, int]:
    """Unpack without keeping anything, and stop where it is more than declared."""
    if central.method == STORED:
        return zlib.crc32(packed), len(packed)
    crc = size = 0
    for piece in inflated(packed):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size > central.size:
            break
    return crc, size


def _require_no_file_is_a_folder(by_fold: dict[str, Entry]) -> None:
    """Refuse a file whose name is also the beginning of another's path (step 6)."""
    above = {fold.rpartition("/")[0] for fold in by_fold}
    while above:
        for fold in above:
            if fold in by_fold:
                raise unreadable(DUPLICATE, by_fold[fold].name)
        above = {fold.rpartition("/")[0] for fold in above} - {""}


def _name(central: Central) -> str:
    """Give a name for a refusal before it has been judged."""
    return central.raw_name.decode("utf-8", "replace")
