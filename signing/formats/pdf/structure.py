"""A PDF's structure, read within limits: cross-reference sections, objects, revisions.

This is the only module that reaches into pyHanko's reader. It adds what a public verifier needs and a library for
trusted files does not have: bounds on entries, revisions, lookups and steps of parsing, all raised as `OverLimit`, and
one place where every foreign exception becomes an answer of ours (`translated`).

A table whose entries run past the end of the file makes pyHanko's loop never end, and a stream with entries of no
width needs no bytes for a billion of them: both are refused before pyHanko reads them.
"""

# pyHanko is typed in part only.
# mypy: disallow-untyped-calls=False

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeContext, DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, process_data_at_eof
from pyhanko.pdf_utils.xref import TrailerDictionary, XRefBuilder, XRefCache

from base.errors import DomainError
from signing.errors import UnreadableDocument
from signing.formats.pdf.limits import Limits, OverLimit

__all__ = ["HybridFile", "Metered", "Reader", "Resolver", "StrictnessFailed", "extended", "opened", "translated"]

# A deviation that a lenient second reading may get over.
StrictnessFailed = PdfStrictReadError


class HybridFile(PdfStrictReadError):
    """A file with two tables for one revision, which readers take differently (ISO 32000-1 7.5.8.4)."""

    def __init__(self) -> None:
        super().__init__("two tables for one revision")


_HEADER: Final = re.compile(rb"%PDF-(\d)\.(\d)")
_SUBSECTION: Final = re.compile(rb"[\0\t\n\f\r ]*(\d{1,10})[\0\t\n\f\r ]+(\d{1,10})[\0\t\n\f\r ]+")
_ENTRY: Final = re.compile(rb"\d{1,10} +\d{1,5} +[nf][\r\n ]{1,3}")
_ENTRIES: Final = re.compile(rb"(?>\d{1,10} +\d{1,5} +[nf][\r\n ]{1,3})*")
_TRAILER: Final = re.compile(rb"[\0\t\n\f\r ]*trailer")
# ISO 32000-1 7.5.8.2: /W has three numbers; no file is long enough for a field of more than eight bytes.
_FIELDS_OF_ENTRY: Final = 3
_WIDEST_FIELD: Final = 8
# Behind the last %%EOF pyHanko gets blanks, so that no line of its reading is shorter than it expects.
_PADDING: Final = b" " * 64
# What pyHanko reads at once of a number (misc.read_until_regex).
_ROW: Final = 16


@contextmanager
def translated(subject: str) -> Iterator[None]:
    """Make a refusal of whatever a reading of foreign bytes raises.

    Raises `UnreadableDocument`.
    """
    try:
        yield
    except DomainError:
        raise
    except OverLimit as error:
        raise UnreadableDocument("pdf", f"limit-{error.limit}", subject) from error
    except Exception as error:
        # pyHanko lets ten families of exceptions out on hostile bytes; none of them says more than another.
        raise UnreadableDocument("pdf", "damaged", subject) from error


class Metered(BytesIO):
    """Bytes whose reading is counted: pyHanko reads text one character at a time, and numbers sixteen."""

    def __init__(self, limits: Limits, meter: list[int] | None = None, data: bytes = b"") -> None:
        super().__init__(data)
        self.meter = [limits.steps] if meter is None else meter
        self._rows = self._most_rows = limits.number_rows

    def read(self, size: int | None = -1, /, _read: Any = BytesIO.read) -> bytes:
        """Read and count. Raises `OverLimit`."""
        self.meter[0] -= 1
        self._rows = self._rows - 1 if size == _ROW else self._most_rows
        if self.meter[0] < 0 or self._rows < 0:
            raise OverLimit("steps")
        found: bytes = _read(self, size)
        return found


def opened(stream: Metered, limits: Limits, *, strict: bool) -> "Reader":
    """Read the structure of a document that ends with %%EOF. Raises what pyHanko raises, and `OverLimit`."""
    end = stream.seek(0, 2)
    stream.write(_PADDING)
    return Reader(stream, limits, end, strict=strict)


def extended(data: bytes, limits: Limits) -> "Reader":
    """Read the structure of a document, strictly, that is to get a revision: its stream can be written behind.

    Raises what pyHanko raises, and `OverLimit`.
    """
    if data[data.rfind(b"%%EOF") :].strip(b"\0\t\n\f\r ") != b"%%EOF":
        raise PdfStrictReadError("something stands behind the end")
    stream = Metered(limits)
    stream.write(data)
    if not data.endswith((b"\n", b"\r")):
        stream.write(b"\n")
    return Reader(stream, limits, len(data), strict=True)


class Reader(PdfFileReader):
    """A reader whose every lookup is counted."""

    def __init__(self, stream: Metered, limits: Limits, end: int, *, strict: bool) -> None:
        # What PdfFileReader sets up, with our own builder of the cross-reference sections in between.
        self.limits = limits
        self.end = end
        self.visits = 0
        self._security_handler = None
        self.strict = strict
        self._decode_context = DecodeContext(limits.decoding, input_size=end)
        self.resolved_objects = {}
        self._input_version = None
        self._historical_resolver_cache: dict[int, HistoricalResolver] = {}
        self.stream = stream
        self.meter = stream.meter
        self._object_streams: dict[int, tuple[bytes, list[int], int]] = {}
        self._header_version = _version(stream)
        stream.seek(-1, 2)
        builder = _Builder(self, stream, process_data_at_eof(stream), limits, strict=strict)
        self.xrefs = XRefCache(self, builder.read_xrefs())
        self.last_startxref = builder.last_startxref
        self.trailer: TrailerDictionary = builder.trailer
        self.has_xref_stream = builder.has_xref_stream
        self._embedded_signatures = None

    @property
    def hybrid(self) -> bool:
        """Tell whether the file has two tables for one revision, which readers take differently."""
        return bool(self.xrefs.hybrid_xrefs_present)

    @property
    def last_revision(self) -> int:
        """Give the number of the last revision, from 0."""
        return int(self.xrefs.total_revisions) - 1

    def charge(self, work: int = 1) -> None:
        """Count a lookup. Raises `OverLimit`."""
        self.visits += work
        if self.visits > self.limits.visits:
            raise OverLimit("visits")

    def get_historical_resolver(self, revision: int) -> "Resolver":
        """Give the document as it stood at a revision."""
        known = self._historical_resolver_cache.get(revision)
        if not isinstance(known, Resolver):
            known = self._historical_resolver_cache[revision] = Resolver(self, revision)
        return known

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> Any:
        # pyHanko reads the head of the stream for every object in it; here once, and the objects are metered.
        data, head, first = self._object_stream(stmnum)
        if not 0 <= 2 * idx < len(head) or head[2 * idx] != idnum:
            raise PdfReadError("an object is not where its table says")
        stream = Metered(self.limits, self.meter, data)
        stream.seek(first + head[2 * idx + 1])
        found = generic.read_object(stream, generic.Reference(idnum, 0, self))
        if isinstance(found, generic.StreamObject | generic.IndirectObject):
            raise PdfStrictReadError("an object stream holds what it must not (ISO 32000-1 7.5.7)")
        return found

    def _object_stream(self, number: int) -> tuple[bytes, list[int], int]:
        known = self._object_streams.get(number)
        if known is None:
            stream = generic.Reference(number, 0, self).get_object()
            if not isinstance(stream, generic.StreamObject) or stream.get("/Type") != "/ObjStm":
                raise PdfReadError("not an object stream")
            data = bytes(stream.read_data(DecodePurpose.OBJECT_STREAM))
            first, count = stream["/First"], stream["/N"]
            if not (_whole(first) and _whole(count)) or count > self.limits.objects:
                raise PdfReadError("an object stream without its numbers")
            head = [int(each) for each in data[:first].split()]
            known = self._object_streams[number] = (data, head[: 2 * count], int(first))
            if len(known[1]) != 2 * count:
                raise PdfReadError("an object stream with a short head")
        return known


class Resolver(HistoricalResolver):
    """A revision whose every lookup is counted: paths through objects can be many more than objects."""

    reader: Reader

    def get_object(self, ref: Any, as_metadata_stream: bool = False) -> Any:  # noqa: FBT001, FBT002 - pyHanko's form
        """Look an object up. Raises `OverLimit`."""
        found = super().get_object(ref, as_metadata_stream=as_metadata_stream)
        self.reader.charge(1 + len(found) // 16 if isinstance(found, (list, dict)) else 1)
        return found


class _Builder(XRefBuilder):
    """Reads the cross-reference sections, each checked before pyHanko takes it."""

    def __init__(self, reader: Reader, stream: BytesIO, start: int, limits: Limits, *, strict: bool) -> None:
        super().__init__(reader, stream, strict, start)
        self._data = stream.getbuffer().toreadonly()
        self._limits = limits
        self._entries = 0

    def read_xrefs(self) -> Any:
        try:
            return super().read_xrefs()
        finally:
            self._data.release()

    def _read_xref_table(self, declared_startxref: int) -> Any:
        at = self.stream.tell()
        while not _TRAILER.match(self._data, at):
            subsection = _SUBSECTION.match(self._data, at)
            if subsection is None:
                raise PdfReadError("a cross-reference table has neither a subsection nor a trailer")
            count = int(subsection[2])
            self._count(count)
            entries = _ENTRIES.match(self._data, subsection.end(), min(len(self._data), subsection.end() + 24 * count))
            if entries is None or len(_ENTRY.findall(entries[0])) != count:
                raise PdfReadError("a cross-reference table does not have the entries that it says")
            at = entries.end()
        return super()._read_xref_table(declared_startxref)

    def _read_xref_stream_object(self) -> Any:
        reference, stream = super()._read_xref_stream_object()
        widths = list(stream.get("/W"))
        pairs = list(stream.get("/Index", [0, stream.get("/Size")]))
        if len(widths) != _FIELDS_OF_ENTRY or not all(_whole(width) and width <= _WIDEST_FIELD for width in widths):
            raise PdfReadError("/W is not three widths")
        if not sum(widths) or len(pairs) % 2 or not all(_whole(number) for number in pairs):
            raise PdfReadError("/Index is not a row of pairs")
        self._count(sum(pairs[1::2]))
        return reference, stream

    def _count(self, entries: int) -> None:
        self._entries += entries
        if len(self.sections) >= self._limits.revisions:
            raise OverLimit("revisions")
        if self._entries > self._limits.objects:
            raise OverLimit("objects")
        if self._entries * len(self.sections) > self._limits.objects_by_revisions:
            raise OverLimit("objects-by-revisions")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _version(stream: BytesIO) -> tuple[int, int]:
    stream.seek(0)
    header = _HEADER.match(stream.read(16))
    if header is None:
        raise PdfReadError("no PDF header")
    return int(header[1]), int(header[2])
