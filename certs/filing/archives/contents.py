"""What a file is, whether it opens, and whether something in it acts by itself: told from its bytes alone. Pure.

A file's name says nothing here. What is opened is opened by the readers that verification has, within their limits;
what no reader of this house knows is not judged, and said to be so.
"""

import io
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from PIL import Image, UnidentifiedImageError

from base.errors import DomainError
from keys.certificates import NATIONAL, Certificate
from signing.errors import UnreadableDocument
from signing.formats import FORMATS
from signing.formats.ofd import gate
from signing.formats.ofd.zip_records import LOCAL_MAGIC

PDF: Final = "application/pdf"
OFD: Final = "application/ofd"
OFFICE: Final = "application/vnd.openxmlformats-officedocument"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
TEXT: Final = "text/plain"
JSON: Final = "application/json"
UNKNOWN: Final = "application/octet-stream"
# The largest scan of a drawing that somebody hands in; PIL warns at about this.
MOST_PIXELS: Final = 80_000_000
_LOOKED_AT: Final = 4096
# Beginnings of what a system would run, and of containers that may hold macros and cannot be looked through here.
_RUN: Final = (
    (b"MZ", "executable"),
    (b"\x7fELF", "executable"),
    (b"#!", "script"),
    (b"\xca\xfe\xba\xbe", "executable"),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP: Final = (b"<script", b"<html", b"<svg", b"<!doctype html", b"javascript:")
_IN_PDF: Final = (b"/JavaScript", b"/Launch", b"/RichMedia", b"/EmbeddedFile")
_UNREADABLE: Final = (
    OSError,
    ValueError,
    SyntaxError,
    UnidentifiedImageError,
    Image.DecompressionBombError,
    MemoryError,
)


def media_type(content: bytes) -> str:
    """Tell what a file is."""
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith(LOCAL_MAGIC):
        return _of_package(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    return TEXT if _is_text(content) else UNKNOWN


def opens(content: bytes, kind: str) -> bool | None:
    """Tell whether a file opens as what it is; none where no reader here knows its kind."""
    reader = _READERS.get(kind)
    if reader is None:
        return None
    try:
        reader(content)
    except (UnreadableDocument, DomainError, *_UNREADABLE):
        return False
    return True


def activity(content: bytes) -> str:
    """Name what acts by itself in a file, or could not be looked through; nothing where there is nothing."""
    for begins, what in _RUN:
        if content.startswith(begins):
            return what
    if content.startswith(_OLE):
        return "old-office-file"
    kind = media_type(content)
    if kind == PDF:
        return _in_pdf(content)
    if kind in {OFD, OFFICE, UNKNOWN} and content.startswith(LOCAL_MAGIC):
        return _in_package(content)
    lowered = content[:_LOOKED_AT].lower()
    return "markup" if kind == TEXT and any(each in lowered for each in _MARKUP) else ""


def _of_package(content: bytes) -> str:
    try:
        names = gate.opened(content).entries
    except UnreadableDocument:
        return UNKNOWN
    if "OFD.xml" in names:
        return OFD
    return OFFICE if "[Content_Types].xml" in names else UNKNOWN


def _in_pdf(content: bytes) -> str:
    found = next((each.decode()[1:] for each in _IN_PDF if each in content), "")
    if found:
        return found
    try:
        warned = FORMATS["pdf"].read(content).warnings
    except UnreadableDocument:
        return ""
    return next((str(each.facts.get("what", "")) for each in warned if each.code == "PDF_ACTIVE_CONTENT"), "")


def _in_package(content: bytes) -> str:
    """Look through a package: macros, and files in it that act."""
    try:
        entries = gate.opened(content).entries
    except UnreadableDocument:
        return "package-not-opened"
    for name, entry in entries.items():
        if name.lower().endswith("vbaproject.bin"):
            return "macro"
        head = entry.content
        if any(head.startswith(begins) for begins, _ in _RUN) or head.startswith(_OLE):
            return "executable"
    return ""


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(each.isprintable() or each in "\r\n\t\ufeff" for each in text)


def _picture(content: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content)) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise ValueError("too-large")
                found.load()
        except Image.DecompressionBombWarning as error:
            raise ValueError("too-large") from error


def _text(content: bytes) -> None:
    content.decode("utf-8")


def _document(form: str) -> Callable[[bytes], object]:
    return FORMATS[form].read


_READERS: Final[Mapping[str, Callable[[bytes], object]]] = MappingProxyType(
    {
        PDF: _document("pdf"),
        OFD: _document("ofd"),
        PNG: _picture,
        JPEG: _picture,
        TEXT: _text,
        JSON: _text,
        "application/pkix-cert": lambda content: Certificate.of(content, NATIONAL),
    }
)
