"""Making room for a signature in a PDF: an incremental revision, so that every byte before it stays as it is.

1. the document is read as a verifier reads it; what no signature may be added to is refused
2. the field: a prepared one, or a new one with a widget for each place; picture, permissions, signature dictionary
3. the revision is written with a fixed reserve under /Contents, and its byte range covers the rest of the file
4. the value goes into its gap; nothing else moves

Several places are widgets of one field. ISO 32000-2 12.7.5.5 wants one widget for a signature; pictures on further
pages as plain annotations would break the signatures that are there already, and every reader takes the widgets.

A certification allows nothing after it (P 1), or only signatures (P 2) where prepared fields still wait for them.
"""

# pyHanko is typed in part only.
# mypy: disallow-untyped-calls=False

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.fields import ensure_sig_flags
from pyhanko.sign.signers.pdf_byterange import PdfByteRangeDigest

from signing.errors import CannotSign, UnreadableDocument, ValueDoesNotFit
from signing.formats.format import Message, Wanted
from signing.formats.pdf.appearances import Painter
from signing.formats.pdf.fields import SignatureField, opened_value, resolved, signature_fields
from signing.formats.pdf.limits import Limits, OverLimit
from signing.formats.pdf.permissions import Permission, UnreadablePermissions, permissions
from signing.formats.pdf.places import page_references, plane
from signing.formats.pdf.reading import read
from signing.formats.pdf.structure import Reader, extended, translated
from signing.report import Outcome, Place

__all__ = ["PreparedPdf", "add_field", "field_names", "fit_to_be_signed", "prepare", "revised", "widget", "writer_of"]

DEFAULT_FILTER: Final = "Adobe.PPKLite"
DEFAULT_SUB_FILTER: Final = "adbe.pkcs7.detached"
TIMESTAMP_SUB_FILTER: Final = "ETSI.RFC3161"
# ISO 32000-1 table 165: print, and locked.
_SHOWN: Final = 0b10000100
_NAME: Final = re.compile(r"[^\x00-\x1f.\x7f]{1,64}")
_PDF_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LARGEST_RESERVE: Final = 1024 * 1024


@dataclass(frozen=True)
class PreparedPdf:
    """A document with a gap for the value of its new signature."""

    name_for_value: str
    reserve: int
    gap: tuple[int, int]
    _whole: memoryview = field(repr=False)

    @property
    def message(self) -> Message:
        """Give the bytes that are to be signed: before the gap, and behind it."""
        start, end = self.gap
        whole = self._whole.toreadonly()
        return whole[:start], whole[end:]

    def embed(self, value: bytes) -> bytes:
        """Put the signature value in and give the finished document. Raises `ValueDoesNotFit`."""
        if len(value) > self.reserve:
            raise ValueDoesNotFit(len(value), self.reserve)
        start, end = self.gap
        self._whole[start + 1 : end - 1] = value.hex().encode("ascii").ljust(2 * self.reserve, b"0")
        return bytes(self._whole)


def prepare(data: bytes, wanted: Wanted, limits: Limits) -> PreparedPdf:
    """Make room for a signature. Raises `UnreadableDocument`, `CannotSign`."""
    with fit_to_be_signed(data, limits):
        return _Signing(_opened(data, limits), data, wanted, limits).prepared()


@contextmanager
def fit_to_be_signed(data: bytes, limits: Limits) -> Iterator[None]:
    """Make a refusal of whatever is wrong with a document: no PDF at all, or one that may not be added to.

    Raises `UnreadableDocument`, `CannotSign`.
    """
    try:
        with translated("structure"):
            yield
    except UnreadableDocument as error:
        # What a verifier cannot read is told in its words; what only a lenient reading gets through is not added to.
        read(data, limits)
        raise CannotSign("pdf", "damaged") from error


def writer_of(data: bytes, limits: Limits) -> IncrementalPdfFileWriter:
    """Open a document for a revision without a signature; to be called inside `fit_to_be_signed`."""
    return IncrementalPdfFileWriter.from_reader(_opened(data, limits))


def revised(writer: IncrementalPdfFileWriter) -> BytesIO:
    """Write a revision behind the file as it stands; title and dates of the document are left alone."""
    stream: BytesIO = writer.prev.stream
    stream.seek(0, 2)
    writer._write_updated_section(stream)  # noqa: SLF001 - the public call also rewrites the document's information
    return stream


def _opened(data: bytes, limits: Limits) -> Reader:
    """Open what may be added to. Raises `CannotSign`, and what pyHanko raises."""
    if len(data) > limits.bytes:
        raise OverLimit("bytes")
    reader = extended(data, limits)
    if reader.hybrid:
        raise CannotSign("pdf", "hybrid")
    if "/Encrypt" in reader.trailer_view:
        raise CannotSign("pdf", "encrypted")
    return reader


class _Signing:
    """One signature on its way into one document."""

    def __init__(self, reader: Reader, data: bytes, wanted: Wanted, limits: Limits) -> None:
        if not 0 < wanted.reserve <= _LARGEST_RESERVE:
            raise CannotSign("pdf", "reserve")
        self.reader = reader
        self.data = data
        self.wanted = wanted
        self.limits = limits
        self.fields = list(signature_fields(reader, limits))
        self.signed = [each for each in self.fields if each.value is not None]
        self.field = next((each for each in self.fields if each.name == wanted.field_name), None)
        self.taken = field_names(reader)
        self.name = wanted.field_name or _free_name(self.taken, wanted)
        self._check_document()
        self._check_field()
        self.writer = IncrementalPdfFileWriter.from_reader(reader)
        self._value: dict[Any, Any] = {}

    def prepared(self) -> PreparedPdf:
        gap = PdfByteRangeDigest(bytes_reserved=2 * self.wanted.reserve)
        for key, value in self._entries():
            gap[pdf_name(key)] = value
        value_reference = self.writer.add_object(gap)
        self._value = {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/V"): value_reference}
        dictionary = self._filled() if self.field is not None else self._created()
        dictionary[pdf_name("/V")] = value_reference
        if self.wanted.certify:
            self.writer.root[pdf_name("/Perms")] = _dictionary({"/DocMDP": value_reference})
            self.writer.update_root()
        ensure_sig_flags(self.writer)
        stream = revised(self.writer)
        start, end = gap.contents.offsets
        gap.byte_range.fill_offsets(stream, start, end, stream.tell())
        return PreparedPdf(self.name, self.wanted.reserve, (start, end), stream.getbuffer())

    # what may not be signed

    def _check_document(self) -> None:
        if "/AcroForm" in self.reader.root and "/XFA" in self.reader.root["/AcroForm"]:
            raise CannotSign("pdf", "dynamic-form")
        if self.wanted.certify and (self.signed or self.wanted.document_timestamp):
            raise CannotSign("pdf", "certification-not-first")
        if not self.signed:
            return
        found = read(self.data, self.limits)
        if any(check.outcome is Outcome.FAILED for each in found.signatures for check in each.checks):
            raise CannotSign("pdf", "earlier-signature-broken")
        for each in self.signed:
            self._check_allowed_by(each)

    def _check_allowed_by(self, earlier: SignatureField) -> None:
        """See that an earlier signature allows this one; a document time stamp it always does (EN 319 142-1 5.4.3)."""
        try:
            allowed = permissions(opened_value(earlier.value), earlier.dictionary)
        except UnreadablePermissions as error:
            raise CannotSign("pdf", "earlier-signature-broken") from error
        if self.wanted.document_timestamp:
            return
        if allowed.level is Permission.NOTHING:
            raise CannotSign("pdf", "certified" if allowed.certifies else "locked")
        if allowed.level is not None and self.field is None and self.wanted.appearance is not None:
            raise CannotSign("pdf", "field-needed")
        if allowed.fields is not None and allowed.fields.is_locked(self.name):
            raise CannotSign("pdf", "locked")

    def _check_field(self) -> None:
        if self.field is not None and (self.field.value is not None or self.field.reference is None):
            raise CannotSign("pdf", "field-taken")
        if self.field is None and (self.name in self.taken or not _NAME.fullmatch(self.name)):
            raise CannotSign("pdf", "field-name")
        if self.field is not None and self.wanted.lock and self.signed:
            raise CannotSign("pdf", "field-cannot-lock")

    # the signature dictionary

    def _entries(self) -> Iterator[tuple[str, Any]]:
        stamp = self.wanted.document_timestamp
        sub_filter = TIMESTAMP_SUB_FILTER if stamp else self.wanted.sub_filter or DEFAULT_SUB_FILTER
        yield "/Type", pdf_name("/DocTimeStamp" if stamp else "/Sig")
        yield "/Filter", _name(self.wanted.filter_name or DEFAULT_FILTER)
        yield "/SubFilter", _name(sub_filter)
        if self.wanted.claimed_time and not stamp:
            yield "/M", pdf_string(_pdf_date(self.wanted.claimed_time))
        references = []
        if self.wanted.certify:
            references.append(self._transform("/DocMDP", {"/P": self._level(), "/V": pdf_name("/1.2")}))
        if self.wanted.lock:
            references.append(self._transform("/FieldMDP", {"/Action": pdf_name("/All"), "/V": pdf_name("/1.2")}))
        if references:
            yield "/Reference", generic.ArrayObject(references)

    def _transform(self, method: str, parameters: dict[str, Any]) -> Any:
        root = self.reader.root_ref
        return _dictionary(
            {
                "/Type": pdf_name("/SigRef"),
                "/TransformMethod": pdf_name(method),
                "/TransformParams": _dictionary({"/Type": pdf_name("/TransformParams"), **parameters}),
                "/Data": generic.IndirectObject(root.idnum, root.generation, self.writer),
            }
        )

    def _level(self) -> Any:
        waiting = any(each.value is None and each is not self.field for each in self.fields)
        return generic.NumberObject(Permission.FORMS if waiting and not self.wanted.lock else Permission.NOTHING)

    # the field and its widgets

    def _filled(self) -> Any:
        """Take a prepared field; what it shows goes where it was prepared, whatever place is wanted."""
        found = self.field
        assert found is not None  # noqa: S101 - the caller asked
        dictionary = self.writer.get_object(found.reference)
        self.writer.mark_update(found.reference)
        if self.wanted.appearance is not None and found.visible:
            painter = Painter.of(self.writer, self.wanted.appearance)
            for widget in found.widgets:
                box = widget.rectangle
                if box is None or not widget.visible:
                    continue
                page = widget.dictionary.get("/P")
                turned = plane(page).turned if isinstance(page, generic.DictionaryObject) else 0
                place = plane(page).place(1, box) if isinstance(page, generic.DictionaryObject) else _upright(box)
                form = painter.form(place.width_mm, place.height_mm, turned, None)
                shown = self.writer.get_object(widget.reference)
                shown[pdf_name("/AP")] = _dictionary({"/N": form})
                self.writer.mark_update(widget.reference)
        if self.wanted.lock:
            dictionary[pdf_name("/Lock")] = self._lock()
        return dictionary

    def _created(self) -> Any:
        dictionary = _dictionary({"/FT": pdf_name("/Sig"), "/T": pdf_string(self.name)})
        if self.wanted.lock:
            dictionary[pdf_name("/Lock")] = self._lock()
        reference = self.writer.add_object(dictionary)
        widgets = list(self._widgets())
        if len(widgets) == 1:
            page, widget = widgets[0]
            for key, value in widget.items():
                dictionary[key] = value
            self.writer.register_annotation(page, reference)
        else:
            kids = generic.ArrayObject()
            for page, widget in widgets:
                # Poppler looks for type and value in the widget itself, not in its field.
                widget.update({pdf_name("/Parent"): reference, **self._value})
                kid = self.writer.add_object(widget)
                kids.append(kid)
                self.writer.register_annotation(page, kid)
            dictionary[pdf_name("/Kids")] = kids
        add_field(self.writer, reference)
        return dictionary

    def _widgets(self) -> Iterator[tuple[Any, Any]]:
        pages = list(page_references(self.reader, self.limits))
        if not pages:
            raise CannotSign("pdf", "no-page")
        appearance = self.wanted.appearance
        if appearance is None or not appearance.places:
            yield self._widget(pages[0], (0, 0, 0, 0), None)
            return
        painter = Painter.of(self.writer, appearance)
        clips = appearance.clips or (None,) * len(appearance.places)
        for place, clip in zip(appearance.places, clips, strict=True):
            if not 1 <= place.page <= len(pages) or place.width_mm <= 0 or place.height_mm <= 0:
                raise CannotSign("pdf", "place")
            page = pages[place.page - 1]
            seen = plane(self.reader.get_object(page))
            form = painter.form(place.width_mm, place.height_mm, seen.turned, clip)
            yield self._widget(page, seen.box(place), form)

    def _widget(self, page: Any, box: tuple[float, float, float, float], form: Any) -> tuple[Any, Any]:
        return widget(self.writer, page, box, form)

    def _lock(self) -> Any:
        return self.writer.add_object(
            _dictionary(
                {
                    "/Type": pdf_name("/SigFieldLock"),
                    "/Action": pdf_name("/All"),
                    "/P": generic.NumberObject(Permission.NOTHING),
                }
            )
        )


def widget(
    writer: IncrementalPdfFileWriter, page: Any, box: tuple[float, float, float, float], form: Any
) -> tuple[Any, Any]:
    """Make the annotation that shows a field, with the reference of its page."""
    reference = generic.IndirectObject(page.idnum, page.generation, writer)
    entries = {
        "/Type": pdf_name("/Annot"),
        "/Subtype": pdf_name("/Widget"),
        "/F": generic.NumberObject(_SHOWN),
        "/Rect": generic.ArrayObject(generic.FloatObject(f"{number:.3f}") for number in box),
        "/P": reference,
    }
    if form is not None:
        entries["/AP"] = _dictionary({"/N": form})
    return reference, _dictionary(entries)


def add_field(writer: IncrementalPdfFileWriter, reference: Any) -> None:
    """Add a field to the form, with a form where there is none."""
    root = writer.root
    if "/AcroForm" not in root:
        root[pdf_name("/AcroForm")] = writer.add_object(_dictionary({"/Fields": generic.ArrayObject([reference])}))
        writer.update_root()
        return
    form = root["/AcroForm"]
    if "/Fields" in form:
        form["/Fields"].append(reference)
        writer.update_container(form["/Fields"])
    else:
        form[pdf_name("/Fields")] = generic.ArrayObject([reference])
        writer.update_container(form)


def field_names(reader: PdfHandler) -> frozenset[str]:
    """Give the names that stand at the top of the form, whatever their fields are for."""
    form = resolved(reader.root, "/AcroForm")
    fields = resolved(form, "/Fields") if isinstance(form, generic.DictionaryObject) else None
    if not isinstance(fields, generic.ArrayObject):
        return frozenset()
    found = (each.get_object() for each in fields)
    return frozenset(str(each.get("/T")) for each in found if isinstance(each, generic.DictionaryObject))


def _free_name(taken: frozenset[str], wanted: Wanted) -> str:
    stem = "Timestamp" if wanted.document_timestamp else "Signature"
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}{number}") not in taken)


def _name(text: str) -> Any:
    if not _PDF_NAME.fullmatch(text):
        raise CannotSign("pdf", "filter-name")
    return pdf_name(f"/{text}")


def _pdf_date(text: str) -> str:
    """Write RFC 3339 as a date of PDF (ISO 32000-1 7.9.4)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CannotSign("pdf", "claimed-time") from error
    zone = at.strftime("%z")
    return f"D:{at:%Y%m%d%H%M%S}{f'{zone[:3]}{chr(39)}{zone[3:5]}{chr(39)}' if zone else ''}"


def _upright(box: tuple[float, float, float, float]) -> Place:
    scale = 25.4 / 72
    return Place(1, 0, 0, (box[2] - box[0]) * scale, (box[3] - box[1]) * scale)


def _dictionary(entries: dict[str, Any]) -> Any:
    return generic.DictionaryObject({pdf_name(key): value for key, value in entries.items()})
