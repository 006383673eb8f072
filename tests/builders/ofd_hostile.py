"""Hostile OFDs by class, each with what must be said of it, and archive bombs.

`expects` is one of: `unreadable:CODE` (refused at the door), `failed:CODE` (a signature with that failed check),
`visible:/path` and `invisible:/path` (uncovered), `warned:CODE` (told, of the document or of a signature),
`unsigned:CODE` (no signature, and that warning). With a `Signing` that has a real key the same cases are whole
attacks: none of them may be plainly valid; `verdict` says what a report has to say.
"""

import stat
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from keys.algorithms.sm3 import SM3
from tests.builders.ofd import (
    HEAD,
    NAMESPACE,
    PNG,
    STAND_IN,
    Files,
    Item,
    Signing,
    archive,
    deflated,
    document,
    items,
    page,
    references,
    sealed,
    second,
    xml,
    zip64,
)

PAGE = "Doc_0/Pages/Page_0/Content.xml"
DESCRIPTION = "Doc_0/Signs/Sign_0/Signature.xml"
LIST = "Doc_0/Signs/Signatures.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
EVIL = page("被替换的内容")
VERDICTS = {"unreadable": "unreadable", "failed": "invalid", "visible": "indeterminate", "unsigned": "unsigned"}
INDETERMINATE = {"failed:ALG_WEAK", "failed:ALG_UNSUPPORTED", "failed:VALUE_MISSING"}


@dataclass(frozen=True)
class Hostile:
    """A case: its name, the class of attack, what must be said, and how it is made."""

    name: str
    threat: str
    expects: str
    make: Callable[[Signing], bytes]

    @property
    def verdict(self) -> str:
        """Give the verdict that a report must have if the signature itself is good."""
        if self.expects in INDETERMINATE:
            return "indeterminate"
        return VERDICTS.get(self.expects.partition(":")[0], "valid")

    @property
    def data(self) -> bytes:
        return self.make(STAND_IN)


def _good(signing: Signing, **peculiar: Any) -> Files:
    return sealed(signing=signing, **peculiar)


def _packed(change: Callable[[list[Item]], list[Item]], **layout: Any) -> Callable[[Signing], bytes]:
    """Make an archive of a good document in which some records are changed."""
    return lambda signing: archive(change(items(_good(signing))), **layout)


def _with(*more: Item) -> Callable[[Signing], bytes]:
    return _packed(lambda listed: [*listed, *more])


def _at(path: str, **changed: Any) -> Callable[[Signing], bytes]:
    """Change the records of one entry."""
    return _packed(lambda listed: [replace(each, **changed) if each.name == path else each for each in listed])


def _lie(which: str, **told: Any) -> Callable[[Signing], bytes]:
    return _at(PAGE, **{which: told}) if which != "both" else _at(PAGE, local=told, central=told)


def _files(change: Callable[[Files], object], **peculiar: Any) -> Callable[[Signing], bytes]:
    """Change files after signing."""

    def make(signing: Signing) -> bytes:
        files = _good(signing, **peculiar)
        change(files)
        return archive(files)

    return make


def _signed(**peculiar: Any) -> Callable[[Signing], bytes]:
    return lambda signing: archive(_good(signing, **peculiar))


def _before(change: Callable[[Files], object], **peculiar: Any) -> Callable[[Signing], bytes]:
    """Change files before signing."""

    def make(signing: Signing) -> bytes:
        files = document()
        change(files)
        return archive(sealed(files, signing=signing, **peculiar))

    return make


def _replace(name: str, old: str, new: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        assert old.encode() in files[name], (name, old)
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return change


def _spoil(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


def _without(part: str) -> Callable[[str], bool]:
    return lambda name: part not in name and not name.endswith("/Signatures.xml")


def _name(text: str | bytes) -> Callable[[Signing], bytes]:
    return _with(Item(text, b"x"))


def _wide(number: int) -> bytes:
    return struct.pack("<HHQ", 1, 8, number)


def _unicode_path(raw: bytes, other: str) -> bytes:
    body = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + other.encode()
    return struct.pack("<HH", 0x7075, len(body)) + body


def _mode(kind: int) -> dict[str, int]:
    return {"attributes": (kind | 0o644) << 16, "made_by": 3 << 8 | 20}


DUPLICATE = "unreadable:PACKAGE_DUPLICATE_ENTRY"
MISMATCH = "unreadable:PACKAGE_HEADER_MISMATCH"
OVERLAP = "unreadable:PACKAGE_GAP_OR_OVERLAP"
NAME = "unreadable:PACKAGE_NAME"
BROKEN = "unreadable:PACKAGE_MALFORMED"
DAMAGED = "unreadable:PACKAGE_DATA_DAMAGED"
METHOD = "unreadable:PACKAGE_METHOD"
ENCRYPTED = "unreadable:PACKAGE_ENTRY_ENCRYPTED"
SECOND = "unreadable:PACKAGE_SECOND_ARCHIVE"
NOT_A_FILE = "unreadable:PACKAGE_NOT_A_FILE"
FOREIGN_DOCUMENT = "unreadable:DOCUMENT_MALFORMED"
MALFORMED = "failed:DESCRIPTION_MALFORMED"
CHANGED = "failed:REF_DIGEST_MISMATCH"

T09 = [
    Hostile("duplicate-evil-last", "T09", DUPLICATE, _with(Item(PAGE, EVIL))),
    Hostile("duplicate-evil-first", "T09", DUPLICATE, _packed(lambda listed: [Item(PAGE, EVIL), *listed])),
    Hostile("duplicate-ofd-xml", "T09", DUPLICATE, _with(Item("OFD.xml", xml("OFD", "")))),
    Hostile("name-in-other-case", "T09", DUPLICATE, _with(Item(PAGE.upper(), EVIL))),
    Hostile("ofd-xml-in-other-case", "T09", DUPLICATE, _with(Item("ofd.XML", EVIL))),
    Hostile("name-composed-and-not", "T09", DUPLICATE, _with(Item("Doc_0/\u00e9"), Item("Doc_0/e\u0301"))),
    Hostile("name-casefold-sharp-s", "T09", DUPLICATE, _with(Item("Doc_0/stra\u00dfe"), Item("Doc_0/STRASSE"))),
    Hostile("name-kelvin-sign", "T09", DUPLICATE, _with(Item("Doc_0/\u212a"), Item("Doc_0/k"))),
    Hostile("name-with-dot-at-end", "T09", DUPLICATE, _with(Item(f"{PAGE}.", EVIL))),
    Hostile("name-with-blank-at-end", "T09", DUPLICATE, _with(Item(f"{PAGE} ", EVIL))),
    Hostile("folder-with-blank-at-end", "T09", DUPLICATE, _with(Item(PAGE.replace("Page_0/", "Page_0 /"), EVIL))),
    Hostile(
        "name-with-fullwidth-slash", "T09", DUPLICATE, _with(Item(PAGE.replace("/Content", "\uff0fContent"), EVIL))
    ),
    Hostile("file-is-also-a-folder", "T09", DUPLICATE, _with(Item("Doc_0/Pages", EVIL))),
    Hostile("folder-named-as-a-file", "T09", DUPLICATE, _with(Item(f"{PAGE}/", b"", method=0))),
    Hostile("name-with-dot-segment", "T09", NAME, _name("Doc_0/./Pages/Page_0/Content.xml")),
    Hostile("name-with-empty-segment", "T09", NAME, _name("Doc_0//Pages/Page_0/Content.xml")),
    Hostile("local-name-differs", "T09", MISMATCH, _lie("local", name=b"Doc_0/Pages/Page_9/Content.xml")),
    Hostile("local-method-differs", "T09", MISMATCH, _lie("local", method=0)),
    Hostile("local-flags-differ", "T09", MISMATCH, _lie("local", flags=0x800)),
    Hostile("local-sum-differs", "T09", MISMATCH, _lie("local", crc=1)),
    Hostile("local-size-differs", "T09", MISMATCH, _lie("local", size=1)),
    Hostile("local-packed-size-differs", "T09", MISMATCH, _lie("local", compressed=1)),
    Hostile("local-zeros-without-descriptor", "T09", MISMATCH, _lie("local", crc=0, size=0, compressed=0)),
    Hostile("sum-wrong-in-both", "T09", DAMAGED, _lie("both", crc=1)),
    Hostile("size-too-small-in-both", "T09", DAMAGED, _lie("both", size=3)),
    Hostile("size-too-large-in-both", "T09", DAMAGED, _lie("both", size=60_000)),
    Hostile("size-zero-in-both", "T09", DAMAGED, _lie("both", size=0)),
    Hostile("packed-size-too-large", "T09", OVERLAP, _lie("both", compressed=5_000)),
    Hostile("packed-size-too-small", "T09", OVERLAP, _lie("both", compressed=20)),
    Hostile("two-records-one-entry", "T09", OVERLAP, _with(Item("evil.xml", b"", written=False, raw_offset=0))),
    Hostile("record-without-entry", "T09", BROKEN, _with(Item("evil.xml", b"x", written=False))),
    Hostile("record-beyond-the-end", "T09", OVERLAP, _with(Item("evil.xml", written=False, raw_offset=10**9))),
    Hostile("entry-without-record", "T09", OVERLAP, _with(Item("evil.xml", EVIL, listed=False))),
    Hostile("entry-hidden-in-a-gap", "T09", OVERLAP, _at(PAGE, gap=b"PK\x03\x04" + b"\x00" * 60)),
    Hostile("gap-of-zeros", "T09", OVERLAP, _at(PAGE, gap=b"\x00")),
    Hostile("gap-before-directory", "T09", OVERLAP, _packed(lambda listed: listed, before_directory=b"gap")),
    Hostile("second-name-in-extra", "T09", MISMATCH, _lie("both", extra=_unicode_path(PAGE.encode(), "evil.xml"))),
    Hostile("extra-cut-short", "T09", BROKEN, _lie("both", extra=b"\x01\x00\xff\x00")),
    Hostile("descriptor-says-other", "T09", MISMATCH, _at(PAGE, flags=8, descriptor=b"PK\x07\x08" + b"\x01" * 12)),
    Hostile("descriptor-missing", "T09", MISMATCH, _at(PAGE, flags=8)),
    Hostile("zip64-without-field", "T09", BROKEN, _lie("both", size=0xFFFFFFFF)),
    Hostile("zip64-twice", "T09", BROKEN, _lie("both", extra=_wide(5) * 2, size=0xFFFFFFFF)),
    Hostile("zip64-enormous", "T12", "unreadable:PACKAGE_TOO_LARGE", _lie("both", extra=_wide(2**62), size=0xFFFFFFFF)),
]

T10 = [
    Hostile("climbs", "T10", NAME, _name("../evil")),
    Hostile("climbs-inside", "T10", NAME, _name("Doc_0/../../evil")),
    Hostile("climbs-to-the-same", "T10", NAME, _name("Doc_0/../OFD.xml")),
    Hostile("absolute", "T10", NAME, _name("/etc/passwd")),
    Hostile("absolute-twin", "T10", NAME, _name(f"/{PAGE}")),
    Hostile("drive", "T10", NAME, _name("C:/evil")),
    Hostile("drive-relative", "T10", NAME, _name("c:evil")),
    Hostile("backslash", "T10", NAME, _name(PAGE.replace("/", "\\"))),
    Hostile("backslash-climbs", "T10", NAME, _name("..\\evil")),
    Hostile("network-share", "T10", NAME, _name("\\\\host\\share")),
    Hostile("network-share-slashes", "T10", NAME, _name("//host/share")),
    Hostile("only-a-slash", "T10", NAME, _name("/")),
    Hostile("empty-name", "T10", NAME, _name(b"")),
    Hostile("name-with-nul", "T10", NAME, _name(b"Doc_0/a.xml\x00.png")),
    Hostile("name-with-newline", "T10", NAME, _name("Doc_0/a\nb")),
    Hostile("name-with-escape", "T10", NAME, _name("Doc_0/\x1b[31m")),
    Hostile("name-right-to-left", "T10", NAME, _name("Doc_0/\u202egnp.exe")),
    Hostile("name-zero-width", "T10", NAME, _name("Doc_0/Pages/Page\u200b_0/Content.xml")),
    Hostile("name-not-utf8", "T10", NAME, _with(Item(b"Doc_0/\xff\xfe", b"x", flags=0x800))),
    Hostile("name-no-encoding", "T10", NAME, _with(Item(b"Doc_0/\xff\xff\xff", b"x", flags=0))),
    Hostile("name-too-long", "T10", NAME, _name("a" * 600)),
    Hostile("name-too-deep", "T10", NAME, _name("a/" * 40 + "b")),
    Hostile("symbolic-link", "T10", NOT_A_FILE, _with(Item("link", b"/etc/passwd", central=_mode(stat.S_IFLNK)))),
    Hostile("device", "T10", NOT_A_FILE, _with(Item("zero", b"", central=_mode(stat.S_IFCHR)))),
    Hostile("block-device", "T10", NOT_A_FILE, _with(Item("disk", b"", central=_mode(stat.S_IFBLK)))),
    Hostile("pipe", "T10", NOT_A_FILE, _with(Item("pipe", b"", central=_mode(stat.S_IFIFO)))),
    Hostile("socket", "T10", NOT_A_FILE, _with(Item("socket", b"", central=_mode(stat.S_IFSOCK)))),
    Hostile("folder-without-slash", "T10", NOT_A_FILE, _with(Item("folder", b"", central=_mode(stat.S_IFDIR)))),
    Hostile("dos-folder-without-slash", "T10", NOT_A_FILE, _with(Item("folder", b"", central={"attributes": 0x10}))),
    Hostile("file-mode-with-slash", "T10", NOT_A_FILE, _with(Item("f/", b"", central=_mode(stat.S_IFREG)))),
    Hostile("folder-with-content", "T10", NOT_A_FILE, _with(Item("folder/", EVIL))),
    Hostile("volume-label", "T10", NOT_A_FILE, _with(Item("label", b"", central={"attributes": 0x08}))),
]

T11 = [
    Hostile("encrypted", "T11", ENCRYPTED, _at(PAGE, flags=1)),
    Hostile("encrypted-in-local-only", "T11", ENCRYPTED, _lie("local", flags=1)),
    Hostile("encrypted-in-central-only", "T11", ENCRYPTED, _lie("central", flags=1)),
    Hostile("strong-encryption", "T11", ENCRYPTED, _at(PAGE, flags=0x41)),
    Hostile("masked-headers", "T11", ENCRYPTED, _at(PAGE, flags=0x2000)),
    Hostile(
        "aes-extra", "T11", ENCRYPTED, _lie("both", extra=struct.pack("<HH", 0x9901, 7) + b"\x02\x00AE\x03\x08\x00")
    ),
    *(
        Hostile(f"method-{method}", "T11", METHOD, _lie("both", method=method))
        for method in (1, 6, 9, 12, 14, 93, 95, 97, 99)
    ),
    Hostile("patch-flag", "T11", METHOD, _at(PAGE, flags=0x20)),
    Hostile("reserved-flag", "T11", METHOD, _at(PAGE, flags=0x8000)),
    Hostile("stored-with-two-sizes", "T11", MISMATCH, _lie("both", method=0)),
    Hostile("garbage-behind-stream", "T11", DAMAGED, _at(PAGE, content=EVIL, packed=deflated(EVIL) + b"garbage")),
    Hostile("two-streams", "T11", DAMAGED, _at(PAGE, content=EVIL, packed=deflated(EVIL) + deflated(EVIL))),
    Hostile("stream-cut-short", "T11", DAMAGED, _at(PAGE, content=EVIL, packed=deflated(EVIL)[:-5])),
    Hostile("no-stream", "T11", DAMAGED, _at(PAGE, content=EVIL, packed=b"\xff" * 40)),
    Hostile("empty-stream", "T11", DAMAGED, _at(PAGE, content=EVIL, packed=b"")),
]


def _whole(signing: Signing) -> bytes:
    return archive(_good(signing))


def _same(listed: list[Item]) -> list[Item]:
    return listed


def _cut(change: Callable[[bytes], bytes]) -> Callable[[Signing], bytes]:
    return lambda signing: change(_whole(signing))


def _end(**told: int) -> Callable[[Signing], bytes]:
    return _packed(_same, end=told)


T13 = [
    Hostile("nothing", "T13", BROKEN, lambda signing: b""),
    Hostile("only-the-end", "T13", BROKEN, lambda signing: archive({})),
    Hostile("only-the-beginning", "T13", BROKEN, _cut(lambda whole: whole[: len(whole) // 2])),
    Hostile("end-cut-short", "T13", BROKEN, _cut(lambda whole: whole[:-4])),
    Hostile("no-archive", "T13", BROKEN, lambda signing: b"PK\x03\x04" + b"\x00" * 100),
    Hostile("trailing-zero", "T13", "unreadable:PACKAGE_TRAILING_DATA", _packed(_same, trailing=b"\x00")),
    Hostile("trailing-text", "T13", "unreadable:PACKAGE_TRAILING_DATA", _packed(_same, trailing=b"%PDF-1.7 evil")),
    Hostile("trailing-far", "T13", BROKEN, _packed(_same, trailing=b"x" * 70_000)),
    Hostile("comment-too-long", "T13", BROKEN, _packed(_same, comment=b"c" * 5_000)),
    Hostile(
        "comment-length-lies", "T13", "unreadable:PACKAGE_TRAILING_DATA", _cut(lambda whole: whole[:-2] + b"\x05\x00")
    ),
    Hostile("archive-in-the-comment", "T13", SECOND, _packed(_same, comment=archive({"OFD.xml": b"<x/>"}))),
    Hostile("archive-behind", "T13", SECOND, _cut(lambda whole: whole + archive({"OFD.xml": b"<x/>"}))),
    Hostile(
        "archive-before", "T13", SECOND, lambda signing: archive(_good(signing), prefix=archive({"OFD.xml": b"<x/>"}))
    ),
    Hostile("end-in-an-entry-comment", "T13", SECOND, _lie("central", comment=archive({"a": b""})[-22:])),
    Hostile("pdf-before", "T13", SECOND, _packed(_same, prefix=b"%PDF-1.7\n")),
    Hostile("pdf-later-before", "T13", SECOND, _packed(_same, prefix=b"mark %PDF-1.7\n")),
    Hostile("png-before", "T13", SECOND, _packed(_same, prefix=PNG)),
    Hostile("page-before", "T13", SECOND, _packed(_same, prefix=b"\xef\xbb\xbf <html>")),
    Hostile("program-before", "T13", SECOND, _packed(_same, prefix=b"MZ" + b"\x00" * 60)),
    Hostile("long-block-before", "T13", OVERLAP, _packed(_same, prefix=b"K" * 5_000)),
    Hostile("vendor-block-before", "T13", "warned:PACKAGE_PREFIX", _packed(_same, prefix=b"KGOFD" + b"\x00" * 27)),
    Hostile(
        "vendor-block-not-counted", "T13", "warned:PACKAGE_PREFIX", _packed(_same, prefix=b"KG" * 16, offsets_from=32)
    ),
    Hostile("count-too-small", "T13", BROKEN, _end(entries=3, here=3)),
    Hostile("count-too-large", "T13", BROKEN, _end(entries=99, here=99)),
    Hostile("count-over-the-limit", "T13", "unreadable:PACKAGE_TOO_LARGE", _end(entries=2_001, here=2_001)),
    Hostile("counts-differ", "T13", BROKEN, _end(here=3)),
    Hostile("volumes", "T13", BROKEN, _end(disk=1)),
    Hostile("entry-on-another-volume", "T13", BROKEN, _lie("central", disk=3)),
    Hostile("directory-offset-beyond", "T13", BROKEN, _end(offset=10**9)),
    Hostile("directory-offset-before", "T13", SECOND, _end(offset=10)),
    Hostile("directory-size-lies", "T13", BROKEN, _end(size=10)),
    Hostile("directory-larger-than-all", "T13", BROKEN, _end(size=10**9)),
    Hostile("gap-behind-directory", "T13", BROKEN, _packed(_same, after_directory=b"gap")),
    Hostile("zip64-end-contradicts", "T13", BROKEN, lambda signing: _other_zip64(_good(signing), 24 + 8)),
    Hostile("zip64-end-elsewhere", "T13", BROKEN, lambda signing: _other_zip64(_good(signing), 0)),
]


def _other_zip64(files: Mapping[str, bytes], place: int) -> bytes:
    """Spoil one byte of the ZIP64 end record."""
    whole = bytearray(zip64(files))
    whole[whole.rindex(b"PK\x06\x06") + place] ^= 0x01
    return bytes(whole)


def _prolog(doctype: str) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(HEAD.encode(), (HEAD + doctype).encode(), 1)


XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]>"
)


@cache
def _many_elements() -> bytes:
    """Write more elements than anyone reads, all of different names, so that they do not pack too well."""
    return b"".join(b"<a%x/>" % (number * 2654435761 % 2**32) for number in range(150_001))


BAD_XML: dict[str, Callable[[bytes], bytes]] = {
    "doctype": _prolog("<!DOCTYPE x>"),
    "external-entity": _prolog(XXE),
    "external-doctype": _prolog('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "parameter-entity": _prolog('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>'),
    "billion-laughs": _prolog(LAUGHS),
    "utf16-doctype": lambda content: ("<!DOCTYPE x>" + content.decode().removeprefix(HEAD)).encode("utf-16"),
    "utf16-without-mark": lambda content: content.decode().replace("UTF-8", "UTF-16").encode("utf-16-le"),
    "utf7": lambda content: content.replace(b"UTF-8", b"UTF-7", 1),
    "utf32": lambda content: content.decode().encode("utf-32"),
    "latin1": lambda content: content.replace(b"UTF-8", b"ISO-8859-1", 1),
    "ebcdic": lambda content: content.replace(b"UTF-8", b"IBM037", 1),
    "not-utf8": lambda content: content.replace(b"</ofd:", b"\xff\xfe</ofd:", 1),
    "nul": lambda content: content.replace(b"</ofd:", b"\x00</ofd:", 1),
    "not-well-formed": lambda content: content[:-3],
    "two-roots": lambda content: content + b"<x/>",
    "too-deep": lambda content: content.replace(b"</ofd:", b"<a>" * 300 + b"</a>" * 300 + b"</ofd:", 1),
    "many-elements": lambda content: content.replace(b"</ofd:", _many_elements() + b"</ofd:", 1),
    "many-attributes": lambda content: content.replace(
        b"</ofd:", b"<a " + b" ".join(b'a%d="1"' % n for n in range(20_000)) + b"/></ofd:", 1
    ),
    "undeclared-prefix": lambda content: content.replace(b"xmlns:ofd=", b"xmlns:other=", 1),
}


def _bad(path: str, change: Callable[[bytes], bytes]) -> Callable[[Signing], bytes]:
    """Spoil a file before everything is signed, or, for the signature's own files, with it."""
    if path == DESCRIPTION:
        return lambda signing: archive(_spoiled_description(signing, change))
    return _files(lambda files: files.__setitem__(path, change(files[path])))


def _spoiled_description(signing: Signing, change: Callable[[bytes], bytes]) -> Files:
    files = _good(signing)
    files[DESCRIPTION] = change(files[DESCRIPTION])
    files[VALUE] = signing.value(files[DESCRIPTION], f"/{DESCRIPTION}")
    return files


T14 = [
    Hostile(f"{name}-in-{place}", "T14", expects, _bad(path, change))
    for place, path, expects in (
        ("ofd-xml", "OFD.xml", FOREIGN_DOCUMENT),
        ("description", DESCRIPTION, MALFORMED),
        ("list", LIST, "failed:LIST_MALFORMED"),
    )
    for name, change in BAD_XML.items()
]
LOCATIONS = {
    "climbing": "/Doc_0/../Doc_0/Pages/Page_0/Content.xml",
    "climbing-out": "/Doc_0/../../../../etc/passwd",
    "percent": "/Doc_0/%50ages/Page_0/Content.xml",
    "percent-dots": "/Doc_0/%2e%2e/OFD.xml",
    "file-url": "file:///etc/passwd",
    "web": "http://127.0.0.1:9/x",
    "share": "//127.0.0.1/share",
    "backslashes": "\\Doc_0\\Pages\\Page_0\\Content.xml",
    "empty": "",
    "root": "/",
    "folder": "/Doc_0/Pages/",
    "drive": "C:/OFD.xml",
    "query": "/Doc_0/Pages/Page_0/Content.xml?x",
    "long": "/" + "a" * 4_000,
}
T15 = [
    *(
        Hostile(f"reference-{name}", "T15", "failed:REF_MISSING", _signed(more_references=[(location, SM3.of(b""))]))
        for name, location in LOCATIONS.items()
    ),
    *(
        Hostile(f"value-{name}", "T15", "failed:VALUE_MISSING", _signed(value_location=location))
        for name, location in LOCATIONS.items()
        if name != "folder"
    ),
    *(
        Hostile(f"description-{name}", "T15", "failed:DESCRIPTION_MISSING", _signed(location=location))
        for name, location in LOCATIONS.items()
    ),
    Hostile(
        "root-document-climbs",
        "T15",
        "warned:LOCATION_LEADS_NOWHERE",
        _before(_replace("OFD.xml", "Doc_0/Document.xml", "Doc_0/../Doc_0/Document.xml")),
    ),
    Hostile(
        "page-climbs-to-a-smuggled-one",
        "T15",
        "visible:/evil.xml",
        lambda signing: archive(_smuggled(signing, "../evil.xml")),
    ),
    Hostile(
        "page-by-percent-to-a-smuggled-one",
        "T15",
        "visible:/evil.xml",
        lambda signing: archive(_smuggled(signing, "/%65vil.xml")),
    ),
]


def _smuggled(signing: Signing, location: str) -> Files:
    """Sign a document with a location that leads nowhere for a strict reader; then add what a lenient one finds."""
    files = document()
    _replace("Doc_0/Document.xml", "Pages/Page_1/Content.xml", location)(files)
    files = sealed(files, signing=signing)
    files["evil.xml"] = EVIL
    return files


def _flipped(path: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        content = bytearray(files[path])
        content[len(content) // 2] ^= 1
        files[path] = bytes(content)

    return change


T03 = [
    Hostile(f"changed-{path.rpartition('/')[2].lower()}-{number}", "T03", CHANGED, _files(_flipped(path)))
    for number, path in enumerate(each for each in document() if each != "OFD.xml")
]
T03 += [
    Hostile("changed-seal-file", "T02", CHANGED, _files(_flipped("Doc_0/Signs/Sign_0/Seal.esl"))),
    Hostile("changed-title", "T03", CHANGED, _files(_replace("OFD.xml", "演示证照", "演示证件"))),
    Hostile("page-replaced", "T03", CHANGED, _files(lambda files: files.update({PAGE: EVIL}))),
    Hostile("page-removed", "T03", "failed:REF_MISSING", _files(lambda files: files.pop(PAGE))),
    Hostile("pages-swapped", "T03", CHANGED, _files(lambda files: files.update(_swapped(files)))),
    Hostile("blank-added-to-a-page", "T03", CHANGED, _files(lambda files: files.update({PAGE: files[PAGE] + b"\n"}))),
]


def _swapped(files: Files) -> Files:
    other = PAGE.replace("Page_0", "Page_1")
    return {PAGE: files[other], other: files[PAGE]}


def _unsigned(files: Files) -> None:
    _replace("OFD.xml", f"<ofd:Signatures>/{LIST}</ofd:Signatures>", "")(files)


def _emptied(files: Files) -> None:
    files[LIST] = xml("Signatures", "<ofd:MaxSignId>s002</ofd:MaxSignId>")


def _two(signing: Signing) -> Files:
    return sealed(_good(signing), second(), signing)


def _two_then(change: Callable[[Files], object]) -> Callable[[Signing], bytes]:
    def make(signing: Signing) -> bytes:
        files = _two(signing)
        change(files)
        return archive(files)

    return make


def _second_struck_out(files: Files) -> None:
    text = files[LIST].decode()
    begins = text.index('<ofd:Signature ID="s003"')
    files[LIST] = (text[:begins] + text[text.index("/>", begins) + 2 :]).encode()


def _second_gone(files: Files) -> None:
    _second_struck_out(files)
    for name in [each for each in files if "Sign_1" in each]:
        del files[name]


def _second_gone_with_its_number(files: Files) -> None:
    _second_struck_out(files)
    _replace(LIST, "s004", "s002")(files)


T04 = [
    Hostile("list-no-longer-named", "T04", "unsigned:SIGNATURE_ORPHANED", _files(_unsigned)),
    Hostile("list-emptied", "T04", "unsigned:LIST_STRIPPED_SUSPECTED", _files(_emptied)),
    Hostile("list-removed", "T04", "failed:LIST_MISSING", _files(lambda files: files.pop(LIST))),
    Hostile("description-removed", "T04", "failed:DESCRIPTION_MISSING", _files(lambda files: files.pop(DESCRIPTION))),
    Hostile("value-removed", "T04", "failed:VALUE_MISSING", _files(lambda files: files.pop(VALUE))),
    Hostile(
        "list-is-a-page",
        "T04",
        "failed:LIST_MALFORMED",
        _before(_replace("OFD.xml", "</ofd:DocBody>", f"<ofd:Signatures>/{PAGE}</ofd:Signatures></ofd:DocBody>")),
    ),
    Hostile("list-named-emptily", "T04", "failed:LIST_MISSING", _files(_replace("OFD.xml", f"/{LIST}", ""))),
    Hostile("second-struck-out", "T04", "warned:LIST_STRIPPED_SUSPECTED", _two_then(_second_struck_out)),
    Hostile("second-gone", "T04", "warned:LIST_STRIPPED_SUSPECTED", _two_then(_second_gone)),
    Hostile("second-gone-number-too", "T04", "warned:SIGNATURE_ORPHANED", _two_then(_second_gone_with_its_number)),
    Hostile("first-changed-under-second", "T04", CHANGED, _two_then(_flipped(VALUE))),
    Hostile(
        "locked-then-extended",
        "T04",
        CHANGED,
        lambda signing: archive(sealed(_good(signing, covers=lambda name: True), second(), signing)),
    ),
]


def _more(name: str, content: bytes) -> Callable[[Signing], bytes]:
    return _files(lambda files: files.__setitem__(name, content))


def _other_root(files: Files) -> None:
    files["Doc_0/Document_1.xml"] = files["Doc_0/Document.xml"]


def _added_annotation(files: Files) -> None:
    _replace(
        "Doc_0/Annots/Annotations.xml",
        "</ofd:Annotations>",
        '<ofd:Page PageID="2"><ofd:FileLoc>e.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>',
    )(files)
    files["Doc_0/Annots/e.xml"] = xml("PageAnnot", "")


def _second_body(files: Files) -> None:
    body = "<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    _replace("OFD.xml", "</ofd:OFD>", body)(files)
    files["Doc_1/Document.xml"] = xml("Document", '<ofd:Pages><ofd:Page ID="1" BaseLoc="Content.xml"/></ofd:Pages>')
    files["Doc_1/Content.xml"] = EVIL


def _version(files: Files) -> None:
    _replace(
        "OFD.xml",
        "</ofd:DocBody>",
        '<ofd:Versions><ofd:Version ID="1" Index="1" Current="true" BaseLoc="V.xml"/></ofd:Versions></ofd:DocBody>',
    )(files)
    files["V.xml"] = xml("DocVersion", "<ofd:FileList/><ofd:DocRoot>Doc_0/Other.xml</ofd:DocRoot>")
    files["Doc_0/Other.xml"] = xml("Document", '<ofd:Pages><ofd:Page ID="1" BaseLoc="Evil.xml"/></ofd:Pages>')
    files["Doc_0/Evil.xml"] = EVIL


T05 = [
    *(
        Hostile(f"left-out-{part.lower().replace('/', '-')}", "T05", f"visible:/{path}", _signed(covers=_without(part)))
        for part, path in (
            ("Page_0/Content", PAGE),
            ("Page_1", "Doc_0/Pages/Page_1/Content.xml"),
            ("Tpls", "Doc_0/Tpls/Tpl_0/Content.xml"),
            ("image.png", "Doc_0/Res/image.png"),
            ("font.ttf", "Doc_0/Res/font.ttf"),
            ("PublicRes", "Doc_0/PublicRes.xml"),
            ("DocumentRes", "Doc_0/DocumentRes.xml"),
            ("Document.xml", "Doc_0/Document.xml"),
            ("Annotations.xml", "Doc_0/Annots/Annotations.xml"),
            ("Annotation.xml", "Doc_0/Annots/Page_0/Annotation.xml"),
            ("Attachments.xml", "Doc_0/Attachs/Attachments.xml"),
            ("data.xml", "Doc_0/Attachs/data.xml"),
        )
    ),
    Hostile("left-out-ofd-xml", "T05", "invisible:/OFD.xml", _signed(covers=_without("OFD.xml"))),
    Hostile("left-out-tags", "T05", "invisible:/Doc_0/Tags/CustomTag.xml", _signed(covers=_without("Tags/"))),
    Hostile("left-out-seal", "T05", "invisible:/Doc_0/Signs/Sign_0/Seal.esl", _signed(covers=_without("Seal.esl"))),
    Hostile("ofd-xml-with-two-roots", "T05", "visible:/OFD.xml", _before(_other_root, covers=_without("OFD.xml"))),
    Hostile("file-added", "T05", "invisible:/evil.xml", _more("evil.xml", EVIL)),
    Hostile("program-added", "T05", "invisible:/Doc_0/Res/evil.js", _more("Doc_0/Res/evil.js", b"alert(1)")),
    Hostile(
        "annotation-added", "T05", "visible:/Doc_0/Annots/e.xml", _files(_added_annotation, covers=_without("Annots"))
    ),
    Hostile("annotation-added-to-covered", "T05", CHANGED, _files(_added_annotation)),
    Hostile(
        "second-document-added", "T05", "visible:/Doc_1/Content.xml", _files(_second_body, covers=_without("OFD.xml"))
    ),
    Hostile(
        "second-document-signed-out",
        "T05",
        "visible:/Doc_1/Content.xml",
        _before(_second_body, covers=_without("Doc_1")),
    ),
    Hostile("version-added", "T05", "visible:/Doc_0/Evil.xml", _files(_version, covers=_without("OFD.xml"))),
    Hostile(
        "page-shown-by-the-list",
        "T05",
        f"visible:/{LIST}",
        _before(
            _replace("Doc_0/Document.xml", "Pages/Page_1/Content.xml", "Signs/Signatures.xml"),
            covers=_without("Page_1"),
        ),
    ),
    Hostile(
        "page-shown-by-the-value",
        "T05",
        f"visible:/{PAGE}",
        _signed(covers=_without("Page_0"), value_location=f"/{PAGE}"),
    ),
    Hostile(
        "resource-taken-from-elsewhere",
        "T05",
        "visible:/Doc_0/image.png",
        _more("Doc_0/image.png", PNG),
    ),
    Hostile("resources-of-a-page", "T05", "visible:/Doc_0/R.xml", lambda signing: archive(_page_resources(signing))),
    Hostile("cover-picture", "T05", "visible:/cover.png", lambda signing: archive(_cover(signing))),
]


def _page_resources(signing: Signing) -> Files:
    files = document()
    _replace(PAGE, "<ofd:Content>", "<ofd:PageRes>/Doc_0/R.xml</ofd:PageRes><ofd:Content>")(files)
    files["Doc_0/R.xml"] = xml("Res", "")
    return sealed(files, signing=signing, covers=_without("R.xml"))


def _cover(signing: Signing) -> Files:
    files = document()
    _replace("OFD.xml", "</ofd:DocInfo>", "<ofd:Cover>cover.png</ofd:Cover></ofd:DocInfo>")(files)
    files["cover.png"] = PNG
    return sealed(files, signing=signing, covers=_without("cover.png"))


_INFO = "<ofd:SignedInfo>"
_OTHER = f"<ofd:SignedInfo>{references([], 'SM3')}</ofd:SignedInfo>"
T06 = [
    Hostile(name, "T06", MALFORMED, _signed(spoil=change))
    for name, change in (
        ("two-infos", _spoil("<ofd:SignedValue>", f"{_OTHER}<ofd:SignedValue>")),
        ("info-before", _spoil(_INFO, f"{_OTHER}{_INFO}")),
        ("info-nested", _spoil('"tests"/>', f'"tests"/><ofd:Parameters>{_OTHER}</ofd:Parameters>')),
        ("info-in-other-namespace", _spoil(_INFO, f'<x:SignedInfo xmlns:x="urn:x"/>{_INFO}')),
        (
            "info-only-in-other-namespace",
            lambda text: text.replace("ofd:SignedInfo", "SignedInfo").replace(
                "<SignedInfo", '<SignedInfo xmlns="urn:x"'
            ),
        ),
        ("two-references", _spoil("<ofd:StampAnnot", f"{references([], 'SM3')}<ofd:StampAnnot")),
        (
            "references-nested",
            _spoil('"tests"/>', f'"tests"/><ofd:Parameters>{references([], "SM3")}</ofd:Parameters>'),
        ),
        ("two-values", _spoil("</ofd:Signature>", "<ofd:SignedValue>/x</ofd:SignedValue></ofd:Signature>")),
        ("no-value", lambda text: text[: text.index("<ofd:SignedValue>")] + "</ofd:Signature>"),
        ("no-info", lambda text: text.replace("ofd:SignedInfo", "ofd:Info")),
        ("no-references", lambda text: text.replace("ofd:References", "ofd:Files")),
        (
            "no-reference",
            lambda text: text.replace("ofd:Reference ", "ofd:File ").replace("ofd:Reference>", "ofd:File>"),
        ),
        ("no-digest", _spoil("<ofd:CheckValue>", "<ofd:CheckValue></ofd:CheckValue><ofd:CheckValue>")),
        ("comment-in-digest", _spoil("<ofd:CheckValue>", "<ofd:CheckValue><!-- x -->")),
        ("instruction-in-digest", _spoil("<ofd:CheckValue>", "<ofd:CheckValue><?x y?>")),
        ("element-in-digest", _spoil("<ofd:CheckValue>", "<ofd:CheckValue><a/>")),
        ("comment-in-value-location", _spoil("<ofd:SignedValue>", "<ofd:SignedValue>/x<!-- -->")),
        ("comment-in-seal-location", _spoil("<ofd:BaseLoc>", "<ofd:BaseLoc><!-- -->")),
        ("two-seals", _spoil("<ofd:Seal>", "<ofd:Seal/><ofd:Seal>")),
        ("reference-in-other-namespace", _spoil("<ofd:Reference ", '<x:Reference xmlns:x="urn:x"/><ofd:Reference ')),
        ("long-digest", _spoil("<ofd:CheckValue>", "<ofd:CheckValue>" + "A" * 5_000)),
        (
            "another-root",
            lambda text: text.replace("ofd:Signature ", "ofd:Document ").replace("ofd:Signature>", "ofd:Document>"),
        ),
        ("another-namespace", lambda text: text.replace(NAMESPACE, "urn:x")),
    )
]
T06 += [
    Hostile(
        "comment-in-root-location",
        "T06",
        FOREIGN_DOCUMENT,
        _files(_replace("OFD.xml", "Doc_0/Document.xml", "Doc_0/<!-- -->Document.xml")),
    ),
    Hostile(
        "two-root-locations",
        "T06",
        FOREIGN_DOCUMENT,
        _files(_replace("OFD.xml", "<ofd:DocRoot>", "<ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot><ofd:DocRoot>")),
    ),
    Hostile(
        "two-lists",
        "T06",
        FOREIGN_DOCUMENT,
        _files(_replace("OFD.xml", "<ofd:Signatures>", "<ofd:Signatures>/x</ofd:Signatures><ofd:Signatures>")),
    ),
    Hostile(
        "body-in-other-namespace",
        "T06",
        FOREIGN_DOCUMENT,
        _files(_replace("OFD.xml", "<ofd:DocBody>", '<x:DocBody xmlns:x="urn:x"/><ofd:DocBody>')),
    ),
    Hostile("no-body", "T06", FOREIGN_DOCUMENT, _files(lambda files: files.update({"OFD.xml": xml("OFD", "")}))),
    Hostile(
        "another-root-of-ofd-xml",
        "T06",
        FOREIGN_DOCUMENT,
        _files(lambda files: files.update({"OFD.xml": xml("Document", "")})),
    ),
    Hostile("no-ofd-xml", "T06", "unreadable:ENTRY_POINT_MISSING", _files(lambda files: files.pop("OFD.xml"))),
]
T25 = [
    *(
        Hostile(f"weak-method-{method or repr(method)}", "T25", "failed:ALG_WEAK", _signed(method=method))
        for method in ("MD5", "SHA1", "sha-1", "1.3.14.3.2.26", None, "")
    ),
    *(
        Hostile(f"method-{method.lower()}", "T25", "failed:ALG_UNSUPPORTED", _signed(method=method))
        for method in ("CRC32", "none", "SM4", "SHA-512/256")
    ),
    Hostile("method-other-than-made", "T25", CHANGED, _signed(method="SHA256")),
]


def _reference(name: str, digest: bytes) -> Callable[[Signing], bytes]:
    return _signed(more_references=[(name, digest)])


T08 = [
    Hostile("reference-missing", "T03", "failed:REF_MISSING", _reference("/Doc_0/Gone.xml", SM3.of(b""))),
    Hostile("digest-wrong", "T03", CHANGED, _reference(f"/{PAGE}", SM3.of(b"x"))),
    Hostile("digest-empty", "T03", CHANGED, _reference(f"/{PAGE}", b"")),
    Hostile("digest-cut", "T03", CHANGED, _reference(f"/{PAGE}", SM3.of(document()[PAGE])[:16])),
    Hostile("digest-no-base64", "T03", CHANGED, _signed(spoil=_spoil("<ofd:CheckValue>", "<ofd:CheckValue>*"))),
    Hostile("digest-wrong-in-other-case", "T03", CHANGED, _reference(f"/{PAGE.lower()}", SM3.of(b"x"))),
    Hostile("reference-twice", "T03", "warned:REF_REPEATED", _reference(f"/{PAGE}", SM3.of(document()[PAGE]))),
    Hostile("reference-to-description", "T03", "failed:REF_TO_ITSELF", _reference(f"/{DESCRIPTION}", SM3.of(b""))),
    Hostile("reference-to-value", "T03", "failed:REF_TO_ITSELF", _reference(f"/{VALUE}", SM3.of(b""))),
    Hostile("reference-to-folder", "T03", "failed:REF_MISSING", _reference("/Doc_0/", SM3.of(b""))),
    Hostile(
        "listed-twice", "T04", "failed:SIGNATURE_LISTED_TWICE", lambda signing: archive(_listed_twice(signing, "s009"))
    ),
    Hostile(
        "listed-twice-same-id",
        "T04",
        "failed:SIGNATURE_ID_REPEATED",
        lambda signing: archive(_listed_twice(signing, "s001")),
    ),
    Hostile(
        "value-shared",
        "T07",
        "failed:SIGNATURE_LISTED_TWICE",
        lambda signing: archive(sealed(_good(signing), second(value_location=f"/{VALUE}"), signing)),
    ),
    Hostile("too-many-signatures", "T12", "unreadable:PACKAGE_TOO_LARGE", lambda signing: archive(_many(signing, 501))),
    Hostile("no-id", "T04", "warned:SIGNATURE_ID_FORM", _signed(id="")),
    Hostile("no-location", "T04", "failed:DESCRIPTION_MISSING", _signed(location="")),
    Hostile(
        "stamp-on-no-page",
        "T03",
        "warned:STAMP_NOT_PLACED",
        _signed(stamps='<ofd:StampAnnot ID="s002" PageRef="9" Boundary="1 1 1 1"/>'),
    ),
    *(
        Hostile(
            f"stamp-{number}",
            "T03",
            "warned:STAMP_NOT_PLACED",
            _signed(stamps=f'<ofd:StampAnnot ID="s002" PageRef="1" Boundary="{box}"/>'),
        )
        for number, box in enumerate(
            (
                "",
                "1 2 3",
                "nan 1 1 1",
                "1 1 inf 1",
                "1 1 -1 1",
                "1 1 0 1",
                "1e9 1 1 1",
                "9999999 1 1 1",
                "1 1 1 1 1",
                "１ 1 1 1",
            )
        )
    ),
    Hostile(
        "stamp-clipped-away",
        "T03",
        "warned:STAMP_NOT_PLACED",
        _signed(stamps='<ofd:StampAnnot ID="s002" PageRef="1" Boundary="1 1 9 9" Clip="20 20 5 5"/>'),
    ),
    Hostile(
        "seal-file-gone",
        "T02",
        "warned:SEAL_FILE_MISSING",
        _files(lambda files: files.pop("Doc_0/Signs/Sign_0/Seal.esl"), covers=_without("Seal.esl")),
    ),
    Hostile(
        "encryption-named",
        "T04",
        "warned:DOCUMENT_ENCRYPTED",
        _before(lambda files: files.update({"Encryptions.xml": xml("Encryptions", "")})),
    ),
    Hostile(
        "encrypted-entirely",
        "T04",
        "unreadable:DOCUMENT_ENCRYPTED",
        lambda signing: archive({"Encryptions.xml": xml("Encryptions", ""), "a.dat": b"x"}),
    ),
    Hostile(
        "integrity-list-lacks-a-file",
        "T05",
        "warned:INTEGRITY_FILE_UNLISTED",
        _before(
            lambda files: files.update(
                {
                    "OFDEntries.xml": xml(
                        "DocEntries", '<ofd:FileList><ofd:File ID="1" FileLoc="/OFD.xml"/></ofd:FileList>'
                    )
                }
            )
        ),
    ),
    Hostile(
        "integrity-list-names-a-ghost",
        "T05",
        "warned:INTEGRITY_FILE_MISSING",
        _before(
            lambda files: files.update(
                {
                    "OFDEntries.xml": xml(
                        "DocEntries", '<ofd:FileList><ofd:File ID="1" FileLoc="/ghost"/></ofd:FileList>'
                    )
                }
            )
        ),
    ),
    Hostile(
        "integrity-list-broken",
        "T05",
        "warned:INTEGRITY_LIST_MALFORMED",
        _before(lambda files: files.update({"OFDEntries.xml": b"<!DOCTYPE x><x/>"})),
    ),
]


def _listed_twice(signing: Signing, identifier: str) -> Files:
    files = _good(signing)
    line = f'<ofd:Signature ID="{identifier}" Type="Seal" BaseLoc="/{DESCRIPTION}"/></ofd:Signatures>'
    _replace(LIST, "</ofd:Signatures>", line)(files)
    return files


def _many(signing: Signing, count: int) -> Files:
    files = _good(signing)
    line = f'<ofd:Signature ID="s001" BaseLoc="/{DESCRIPTION}"/>' * count
    _replace(LIST, "</ofd:Signatures>", f"{line}</ofd:Signatures>")(files)
    return files


HOSTILE = [*T03, *T04, *T05, *T06, *T08, *T09, *T10, *T11, *T13, *T14, *T15, *T25]

# --- bombs: small to send, large to open

ZEROS = 8 * 1024 * 1024


def _zeros(size: int) -> bytes:
    """Pack zeros without holding them."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1024 * 1024)
    # After a full flush the stream remembers nothing, so that the packed block may be repeated as it is.
    packed = stream.compress(block) + stream.flush(zlib.Z_FULL_FLUSH)
    return packed * (size // len(block)) + stream.compress(block[: size % len(block)]) + stream.flush()


def _told(name: str, packed: bytes, size: int, crc: int = 0) -> Item:
    told = {"size": size, "crc": crc}
    return Item(name, b"", packed=packed, local=told, central=told)


def _honest_bomb(size: int, count: int = 1) -> bytes:
    """Pack entries of zeros with right sizes and sums."""
    packed, crc = _zeros(size), zlib.crc32(bytes(size)) if size <= ZEROS else 0
    return archive([*items(sealed()), *(_told(f"z{n}", packed, size, crc) for n in range(count))])


def _noise(size: int) -> bytes:
    """Give bytes that unpack to a hundred times their size: within every ratio."""
    line = b"".join(SM3.of(number.to_bytes(4, "big")) for number in range(64))
    return (line + b"\x00" * 200_000) * (size // 202_048 + 1)


def _document_with(path: str, content: bytes) -> bytes:
    files = sealed()
    files[path] = content
    return archive(files)


def _quine(depth: int) -> bytes:
    inner = archive({"zeros": bytes(ZEROS)})
    for _ in range(depth):
        inner = archive({f"a{n}.zip": inner for n in range(10)})
    return _document_with("Doc_0/Attachs/data.xml", inner)


def _overlapping(count: int) -> bytes:
    """Let many records share one stream of zeros, as David Fifield's bombs do."""
    packed = _zeros(ZEROS)
    first = _told("z", packed, ZEROS, zlib.crc32(bytes(ZEROS)))
    return archive([first, *(replace(first, name=f"z{n}", written=False, raw_offset=0) for n in range(count))])


def _as_large_as_allowed() -> bytes:
    """Fill four entries up to the limit with what packs forty times, and refer to all of them."""
    line = b"".join(SM3.of(number.to_bytes(4, "big")) for number in range(64))
    content = (line + bytes(80_000)) * 790
    files = sealed({**document(), **{f"Doc_0/Res/{number}": content for number in range(4)}})
    return archive(files)


def _pages(count: int) -> bytes:
    names = "".join(f'<ofd:Page ID="{n}" BaseLoc="P.xml"/>' for n in range(count))
    return xml("Document", f"<ofd:Pages>{names}</ofd:Pages>")


BOMBS: dict[str, Callable[[], bytes]] = {
    "one-gibibyte-of-zeros": lambda: archive([*items(sealed()), _told("z", _zeros(1024 * ZEROS // 8), 1024**3)]),
    "sixty-four-mebibytes-of-zeros": lambda: _honest_bomb(8 * ZEROS),
    "eight-mebibytes-many-times": lambda: _honest_bomb(ZEROS, 31),
    "size-told-small": lambda: archive([*items(sealed()), _told("z", _zeros(16 * ZEROS), 1000)]),
    "size-told-zero": lambda: archive([*items(sealed()), _told("z", _zeros(16 * ZEROS), 0)]),
    "size-told-just-under-the-ratio": lambda: archive([*items(sealed()), _told("z", _zeros(16 * ZEROS), 20_000_000)]),
    "overlapping-streams": lambda: _overlapping(1_500),
    "two-thousand-and-one-entries": lambda: archive({f"f{n}": b"" for n in range(2_001)}),
    "two-thousand-entries-of-sixty-four-kibibytes": lambda: archive(
        {**sealed(), **{f"f{n}": bytes(65_536) for n in range(1_900)}}
    ),
    "nested-archives": lambda: _quine(3),
    "within-every-ratio": lambda: _document_with("Doc_0/Attachs/data.xml", _noise(60_000_000)),
    "elements": lambda: _document_with("OFD.xml", b"<a>" + b"<a/>" * 4_000_000 + b"</a>"),
    "depth": lambda: _document_with("OFD.xml", b"<a>" * 1_000_000),
    "attributes": lambda: _document_with("OFD.xml", b"<a " + b" ".join(b'a%d=""' % n for n in range(300_000)) + b"/>"),
    "one-long-attribute": lambda: _document_with("OFD.xml", b'<a a="' + b"x" * 15_000_000 + b'"/>'),
    "laughs": lambda: _document_with("OFD.xml", (HEAD + LAUGHS + "<x>&j;</x>").encode()),
    "laughs-in-description": lambda: _document_with(DESCRIPTION, (HEAD + LAUGHS + "<x>&j;</x>").encode()),
    "pages": lambda: _document_with("Doc_0/Document.xml", _pages(300_000)),
    "pages-within-the-limit": lambda: _document_with("Doc_0/Document.xml", _pages(9_000)),
    "references": lambda: _document_with(
        DESCRIPTION,
        xml(
            "Signature",
            f"<ofd:SignedInfo>{references([(f'/{PAGE}', b'')] * 100_000, 'SM3')}</ofd:SignedInfo>"
            "<ofd:SignedValue>/x</ofd:SignedValue>",
        ),
    ),
    "stamps": lambda: archive(sealed(stamps='<ofd:StampAnnot ID="s1" PageRef="1" Boundary="1 1 1 1"/>' * 100_000)),
    "signatures": lambda: archive(_many(STAND_IN, 500)),
    "advances": lambda: _document_with(PAGE, page("字").replace(b"g 1 5", b"g 999999999 5")),
    "pages-as-many-as-are-parsed": lambda: _document_with("Doc_0/Document.xml", _pages(120_000)),
    "as-large-as-allowed": _as_large_as_allowed,
    "large-stored-entry": lambda: archive([*items(sealed()), Item("big", bytes(20 * 1024 * 1024), method=0)]),
}
