"""One signature of a PDF, judged by what the file shows: the numbered checks, in the order of the report.

1. PDF_SIGNATURE_DICTIONARY  a dictionary with a byte range and a value
2. PDF_BYTE_RANGE            the four numbers; the gap is the value's own hexadecimal string
3. PDF_SUBFILTER             what the value is declared to be
4. VALUE_MISSING, PDF_CONTENTS_PADDING  the value, and zeros behind it
5. PDF_SIGNATURE_REPEATED    no value serves two fields
6. PDF_COVERAGE              all of the revision that brought it, with its tables and objects
7. PDF_TRAILING_DATA         nothing but blanks behind the last revision (the *ISA* attack without a table)
8. PDF_PERMISSIONS           what it allows afterwards can be read
9. PDF_UNSIGNED_FIELD_ADDED  no field came later that looks signed and is not (the *SSA* attack)
10. PDF_LATER_CHANGES        every later revision is allowed

A check that cannot be made is a failed one here, since the file alone decides them all.
"""

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pyhanko.pdf_utils import generic

from signing.formats.format import FoundSignature
from signing.formats.pdf import byte_ranges
from signing.formats.pdf.byte_ranges import Claim, Gap, Refused
from signing.formats.pdf.changes import changes_since, named_changes
from signing.formats.pdf.elements import elements
from signing.formats.pdf.fields import SignatureField, contents_of, draws, opened_value
from signing.formats.pdf.limits import OverLimit
from signing.formats.pdf.permissions import UnreadablePermissions, permissions
from signing.formats.pdf.places import places
from signing.formats.pdf.store import Material, completed_in
from signing.formats.pdf.structure import StrictnessFailed
from signing.formats.pdf.view import View
from signing.report import Check, Coverage, CoverageKind, Place, failed, passed, warned

__all__ = ["BLANK", "Signed", "archiving", "in_order", "judged"]

BLANK: Final = b"\0\t\n\f\r "
# What stands at the end of a revision (ISO 32000-1 7.5.5), and how far back a reader looks for it.
_END_OF_REVISION: Final = re.compile(rb"startxref[\0\t\n\f\r ]+(\d{1,12})[\0\t\n\f\r ]+%%EOF[\0\t\n\f\r ]*\Z")
_LOOKED_BACK: Final = 1024
_DATE: Final = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
_LONGEST_TIME: Final = 64
_TIMESTAMP: Final = "ETSI.RFC3161"
# EN 319 142-1 6.3 and ISO 32000-2 table 260: values over the byte ranges themselves.
_DETACHED: Final = frozenset(("adbe.pkcs7.detached", "ETSI.CAdES.detached", _TIMESTAMP))
# Values over a digest by SHA-1, or bare RSA: handed on and named, never good.
_OUTDATED: Final = frozenset(("adbe.pkcs7.sha1", "adbe.x509.rsa_sha1"))
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(eq=False)
class Signed:
    """A field with a value, and what becomes known of it on the way."""

    field: SignatureField
    dictionary: Any = dataclasses.field(repr=False)
    numbers: tuple[object, ...] = ()
    gap: Gap | None = None
    refused: str = ""
    end: int = 0
    # The revision that it signs, from 0; None where it signs none.
    revision: int | None = None

    @property
    def name(self) -> str:
        """Give the name of its field."""
        return self.field.name

    @property
    def sub_filter(self) -> str | None:
        """Give what the value is declared to be."""
        found = self._entry("/SubFilter")
        return str(found)[1:] if isinstance(found, generic.NameObject) else None

    @property
    def is_document_timestamp(self) -> bool:
        """Tell whether it is a time stamp over the document (EN 319 142-1 5.4.3)."""
        return self._entry("/Type") == "/DocTimeStamp" or self.sub_filter == _TIMESTAMP

    @property
    def claimed_time(self) -> str | None:
        """Give what the dictionary says of the time, as RFC 3339 where it is a date of PDF."""
        text = self._entry("/M")
        return _rfc3339(text) if isinstance(text, str) else None

    def _entry(self, key: str) -> Any:
        return self.dictionary.get(key) if isinstance(self.dictionary, generic.DictionaryObject) else None


def in_order(view: View) -> list[Signed]:
    """Find every field with a value, in the order of what they sign; those that sign nothing come last."""
    found = [_claimed(view, each) for each in view.fields if each.value is not None]
    return sorted(found, key=lambda each: (each.end or len(view.data) + 1, each.gap.start if each.gap else 0))


def archiving(view: View, every: Sequence[Signed]) -> tuple[int, ...]:
    """Give the numbers of the document's time stamps that cover the store as it stands (EN 319 142-1 5.4.3)."""
    completed = completed_in(view.reader, view.limits)
    return tuple(
        number
        for number, each in enumerate(every)
        if each.is_document_timestamp
        and each.revision is not None
        and completed is not None
        and completed <= each.revision
    )


def judged(
    view: View, every: Sequence[Signed], number: int, material: Material, stamps: Sequence[int] = ()
) -> FoundSignature:
    """Judge the signature of that number, from 0; whatever is wrong with it does not reach the others.

    Raises `StrictnessFailed` in a strict reading, nothing else.
    """
    signed = every[number]
    checks: list[Check] = []
    value: bytes | None = None
    later: tuple[str, ...] = ()
    shown: tuple[Place, ...] = ()
    try:
        value = _value(view, signed, checks)
        later = _history(view, signed, every[:number], every, checks)
        shown = places(view.reader, signed.field.widgets, view.limits)
    except OverLimit as error:
        checks.append(failed("PDF_LIMIT_REACHED", signed.name, limit=error.limit))
    except Exception as error:
        if view.strict and isinstance(error, StrictnessFailed):
            raise
        checks.append(failed("PDF_SIGNATURE_DICTIONARY", signed.name, reason="damaged"))
    if not view.strict:
        reason = "hybrid" if view.reader.hybrid else "faulty"
        checks.append(failed("PDF_STRUCTURE_LENIENT", signed.name, reason=reason))
    uncovered = tuple(_uncovered(view, signed))
    return FoundSignature(
        id=_id(number),
        declared_kind=None,
        value=value,
        message=byte_ranges.message(view.data, signed.numbers),
        name_for_value=signed.name,
        checks=tuple(checks),
        coverage=Coverage(CoverageKind.PARTIAL if uncovered else CoverageKind.WHOLE, uncovered, (), later),
        places=shown,
        declared_method=signed.sub_filter,
        claimed_time=signed.claimed_time,
        is_document_timestamp=signed.is_document_timestamp,
        has_level=True,
        archived_by=tuple(_id(each) for each in stamps if each > number),
        certificates=material.certificates,
        lists=material.lists,
        answers=material.answers,
        elements=_elements(view, signed),
    )


def _elements(view: View, signed: Signed) -> Mapping[str, str]:
    """Read what the signed revision says of itself, which later ones may have changed."""
    if signed.revision is None or not view.strict:
        return {}
    return elements(view.reader.get_historical_resolver(signed.revision))


def _claimed(view: View, found: SignatureField) -> Signed:
    """Read the byte range and find the revision; the gap stands only where it is the value's own place."""
    signed = Signed(found, opened_value(found.value))
    if isinstance(signed.dictionary, generic.DictionaryObject) and "/ByteRange" in signed.dictionary:
        numbers = signed.dictionary.raw_get("/ByteRange")
        if isinstance(numbers, generic.ArrayObject):
            signed.numbers = tuple(_plain(numbers.raw_get(position)) for position in range(len(numbers)))
    claim = byte_ranges.claim(view.data, signed.numbers)
    if isinstance(claim, Refused):
        signed.refused = claim.reason
    elif not _is_own(view, signed, claim):
        signed.refused = "not-its-value"
    else:
        signed.gap, signed.end = claim.gap, claim.end
        container = _container(signed)
        if container is not None:
            with contextlib.suppress(KeyError):
                signed.revision = int(view.reader.xrefs.get_last_change(container))
    return signed


def _is_own(view: View, signed: Signed, claim: Claim) -> bool:
    """Tell whether the gap is the /Contents of this very signature."""
    if not view.strict and _spelled_twice(view, signed, claim.gap):
        return False
    marked = view.gap_of(signed.field)
    if marked is not None:
        return marked == claim.gap
    if contents_of(signed.field.value) != byte_ranges.contents(view.data, claim.gap):
        return False
    at = _offset(view, signed)
    return at is not None and at < claim.gap.start and b"endobj" not in view.data[at : claim.gap.start]


def _spelled_twice(view: View, signed: Signed, gap: Gap) -> bool:
    """Tell whether the dictionary has two values or byte ranges, of which readers take different ones."""
    at = _offset(view, signed)
    if at is None or at > gap.start:
        return True
    end = view.data.find(b"endobj", gap.end)
    text = view.data[at : gap.start] + view.data[gap.end : end if end > 0 else len(view.data)]
    plain = _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), text)
    return plain.count(b"/Contents") != 1 or plain.count(b"/ByteRange") != 1


def _offset(view: View, signed: Signed) -> int | None:
    container = _container(signed)
    at = view.reader.xrefs[container] if container is not None else None
    return at if isinstance(at, int) else None


def _container(signed: Signed) -> Any:
    raw = signed.field.value
    return raw.reference if isinstance(raw, generic.IndirectObject) else signed.field.reference


def _value(view: View, signed: Signed, checks: list[Check]) -> bytes | None:
    known = contents_of(signed.field.value)
    gap = view.gap_of(signed.field)
    contents = known if gap is None else byte_ranges.contents(view.data, gap)
    fault = _fault_of_dictionary(signed, known)
    checks.append(_told("PDF_SIGNATURE_DICTIONARY", signed, fault))
    if signed.refused:
        checks.append(failed("PDF_BYTE_RANGE", signed.name, reason=signed.refused))
    else:
        checks.append(passed("PDF_BYTE_RANGE", signed.name, end=signed.end))
    if signed.sub_filter not in _DETACHED:
        tell = failed if signed.sub_filter in _OUTDATED else warned
        checks.append(tell("PDF_SUBFILTER", signed.name, method=signed.sub_filter or "-"))
    if not contents or not contents.strip(b"\0"):
        checks.append(failed("VALUE_MISSING", signed.name))
        return None
    end = byte_ranges.object_end(contents)
    if end is None:
        # Not one ASN.1 object: handed on as it is, for whoever reads values to say what is wrong with it.
        return contents.rstrip(b"\0")
    clean = not contents[end:].strip(b"\0")
    checks.append((passed if clean else failed)("PDF_CONTENTS_PADDING", signed.name))
    return contents[:end]


def _fault_of_dictionary(signed: Signed, contents: bytes | None) -> str:
    if not isinstance(signed.dictionary, generic.DictionaryObject):
        return "not-a-dictionary"
    if "/ByteRange" not in signed.dictionary:
        return "no-byte-range"
    return "no-contents" if contents is None else ""


def _history(
    view: View, signed: Signed, earlier: Sequence[Signed], every: Sequence[Signed], checks: list[Check]
) -> tuple[str, ...]:
    if signed.gap is not None and any(each.gap == signed.gap for each in earlier):
        checks.append(failed("PDF_SIGNATURE_REPEATED", signed.name))
    fault = _fault_of_coverage(view, signed)
    if fault:
        checks.append(failed("PDF_COVERAGE", signed.name, reason=fault))
    else:
        extent = "file" if signed.end == len(view.data) else "revision"
        checks.append(passed("PDF_COVERAGE", signed.name, extent=extent))
    offset = max(view.end, signed.end)
    if view.data[offset:].strip(BLANK):
        checks.append(failed("PDF_TRAILING_DATA", signed.name, offset=offset, count=len(view.data) - offset))
    else:
        checks.append(passed("PDF_TRAILING_DATA", signed.name))
    if fault or signed.revision is None:
        return ()
    _look_at_empty_fields(view, signed, signed.revision, checks)
    return _look_at_later(view, signed, signed.revision, every, checks)


def _fault_of_coverage(view: View, signed: Signed) -> str:
    """Say why a signature does not cover the whole of its revision; nothing where it does."""
    if signed.gap is None or signed.revision is None:
        return "byte-range" if signed.gap is None else "no-revision"
    if signed.end == len(view.data):
        return ""
    ending = _END_OF_REVISION.search(view.data, max(0, signed.end - _LOOKED_BACK), signed.end)
    if ending is None:
        return "no-end-of-revision"
    if int(ending[1]) != view.reader.xrefs.get_startxref_for_revision(signed.revision):
        return "other-revision"
    return _fault_of_tables(view, signed, signed.revision)


def _fault_of_tables(view: View, signed: Signed, last: int) -> str:
    xrefs = view.reader.xrefs
    for revision in range(last + 1):
        if xrefs.get_xref_container_info(revision).end_location > signed.end:
            return "table-outside"
        # A signed table must not name places that were still to be written when it was signed.
        for _, offset in xrefs.get_xref_data(revision).standard_xrefs.values():
            if view.data.find(b"endobj", offset, signed.end) < 0:
                return "object-outside"
    return ""


def _look_at_empty_fields(view: View, signed: Signed, revision: int, checks: list[Check]) -> None:
    xrefs = view.reader.xrefs
    for each in view.fields:
        showing = [widget for widget in each.widgets if widget.visible] if each.value is None else []
        later = [w for w in showing if w.reference is None or xrefs.get_introducing_revision(w.reference) > revision]
        if any(draws(widget) for widget in later):
            checks.append(failed("PDF_UNSIGNED_FIELD_ADDED", signed.name, field=each.name))


def _look_at_later(
    view: View, signed: Signed, revision: int, every: Sequence[Signed], checks: list[Check]
) -> tuple[str, ...]:
    try:
        allowed = permissions(signed.dictionary, signed.field.dictionary)
    except UnreadablePermissions:
        checks.append(failed("PDF_PERMISSIONS", signed.name))
        return ()
    last = view.reader.last_revision
    found = changes_since(view.reader, revision, allowed)
    if found.refused is not None:
        checks.append(failed("PDF_LATER_CHANGES", signed.name, revision=found.refused, reason=found.reason))
    else:
        checks.append(passed("PDF_LATER_CHANGES", signed.name, revisions=last - revision))
    named: list[str] = []
    for later in range(revision + 1, last + 1):
        brought = [f"{_kind(each)} {each.name}" for each in every if each.revision == later]
        named += named_changes(view.reader, later, brought)
    if found.refused is None and any(each.endswith((": Info", ": Metadata")) for each in named):
        checks.append(warned("PDF_METADATA_CHANGED", signed.name))
    return tuple(named)


def _id(number: int) -> str:
    return f"s{number + 1:03d}"


def _kind(signed: Signed) -> str:
    return "DocTimeStamp" if signed.is_document_timestamp else "Sig"


def _uncovered(view: View, signed: Signed) -> Iterator[str]:
    """Name the bytes that are neither signed nor of a later revision."""
    if signed.gap is None or signed.revision is None:
        yield f"bytes 0-{len(view.data) - 1}"
    else:
        offset = max(view.end, signed.end)
        if view.data[offset:].strip(BLANK):
            yield f"bytes {offset}-{len(view.data) - 1}"


def _told(code: str, signed: Signed, fault: str) -> Check:
    return failed(code, signed.name, reason=fault) if fault else passed(code, signed.name)


def _plain(value: object) -> object:
    """Give a number as a plain integer; anything else as None, which no byte range may hold."""
    return int(value) if isinstance(value, generic.NumberObject) else None


def _rfc3339(text: str) -> str | None:
    match = _DATE.match(text)
    if match is None:
        return text[:_LONGEST_TIME] or None
    year, *rest = match.groups()[:6]
    parts = [int(part) if part else least for part, least in zip(rest, (1, 1, 0, 0, 0), strict=True)]
    try:
        at = datetime(int(year), *parts)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone is added as it stands
    except ValueError:
        return text[:_LONGEST_TIME]
    utc, sign, hours, minutes = match.groups()[6:]
    zone = "Z" if utc else f"{sign}{hours}:{minutes or '00'}" if sign else ""
    return f"{at.isoformat()}{zone}"
