"""Reading a PDF: every signature with what it signs, and what can be said of it without any key.

1. the bytes: within limits, and the last %%EOF that leads to a structure; what stands behind it is told
2. the structure, strictly; a file that only a lenient reading gets through is read so, and capped
3. the form: every field that holds a value is a signature, whatever is wrong with it
4. each signature on its own (`signing.formats.pdf.signature`)
5. the document: fields that look signed, material that came along, values that no field names, scripts

Steps of the caller: digests, signature values, certificates, times. Nothing is fetched, nothing is drawn.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pyhanko.pdf_utils import generic

from signing.errors import UnreadableDocument
from signing.formats.format import FoundDocument
from signing.formats.pdf import byte_ranges
from signing.formats.pdf.elements import elements
from signing.formats.pdf.fields import draws, resolved
from signing.formats.pdf.limits import Limits, OverLimit
from signing.formats.pdf.signature import BLANK, Signed, archiving, in_order, judged
from signing.formats.pdf.store import Material, read_store
from signing.formats.pdf.structure import StrictnessFailed, translated
from signing.formats.pdf.view import View
from signing.report import Check, warned

__all__ = ["read"]

_EOF: Final = b"%%EOF"
_SEQUENCE: Final = 0x30
_ACTIONS: Final = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData")


def read(data: bytes, limits: Limits) -> FoundDocument:
    """Find the signatures. Raises `UnreadableDocument`, whatever the bytes are."""
    if len(data) > limits.bytes:
        raise UnreadableDocument("pdf", "limit-bytes", "")
    first: UnreadableDocument | None = None
    for end in _ends(data, limits):
        try:
            with translated("structure"):
                return _read(data, end, limits)
        except UnreadableDocument as error:
            if error.reason != "damaged":
                raise
            first = first or error
    raise first or UnreadableDocument("pdf", "damaged", "%%EOF")


def _ends(data: bytes, limits: Limits) -> Iterator[int]:
    """Find where the file may end: behind its last %%EOF, or an earlier one if that leads nowhere."""
    before = len(data)
    for _ in range(limits.ends):
        at = data.rfind(_EOF, 0, before)
        if at < 0:
            return
        yield at + len(_EOF)
        before = at


def _read(data: bytes, end: int, limits: Limits) -> FoundDocument:
    try:
        return _found(View(data, end, limits, strict=True))
    except StrictnessFailed:
        return _found(View(data, end, limits, strict=False))


def _found(view: View) -> FoundDocument:
    signed = in_order(view)
    if len(signed) > view.limits.signatures:
        raise OverLimit("signatures")
    material = read_store(view.reader, view.limits)
    stamps = archiving(view, signed)
    signatures = tuple(judged(view, signed, number, material, stamps) for number in range(len(signed)))
    carried = elements(view.reader) if signed else {}
    return FoundDocument(signatures, tuple(_warnings(view, signed, material)), elements=carried)


def _warnings(view: View, signed: Sequence[Signed], material: Material) -> Iterator[Check]:
    behind = len(view.data) - view.end
    if view.data[view.end :].strip(BLANK) and all(each.end != len(view.data) for each in signed):
        yield warned("PDF_TRAILING_DATA", "", offset=view.end, count=behind)
    for field in view.fields:
        if field.value is None and any(draws(widget) for widget in field.widgets if widget.visible):
            yield warned("PDF_UNSIGNED_FIELD", field.name, field=field.name)
    if material.left_out:
        yield warned("PDF_STORE_IGNORED", "/DSS", count=material.left_out)
    named = {each.gap for each in signed} | set(view.proven_gaps())
    orphans = [gap for gap in view.gaps if gap not in named and byte_ranges.contents(view.data, gap)[0] == _SEQUENCE]
    if orphans:
        yield warned("PDF_ORPHAN_SIGNATURE", "", count=len(orphans), offset=orphans[0].start)
    active = _active_content(view)
    if active:
        yield warned("PDF_ACTIVE_CONTENT", "", what=active)


def _active_content(view: View) -> str:
    """Name what makes a document draw or act by itself: scripts, actions and dynamic forms in its catalog."""
    try:
        return " ".join(dict.fromkeys(_activities(view.reader.root)))
    except Exception:  # noqa: BLE001 - a catalog that cannot be looked through has no say in a warning
        return ""


def _activities(root: Any) -> Iterator[str]:
    action = resolved(root, "/OpenAction")
    if isinstance(action, generic.DictionaryObject) and action.get("/S") in _ACTIONS:
        yield str(action.get("/S"))[1:]
    if "/AA" in root:
        yield "AA"
    names = resolved(root, "/Names")
    if isinstance(names, generic.DictionaryObject) and "/JavaScript" in names:
        yield "JavaScript"
    form = resolved(root, "/AcroForm")
    if isinstance(form, generic.DictionaryObject) and "/XFA" in form:
        yield "XFA"
