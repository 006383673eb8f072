"""A file as it is read: the structure, the fields, and the gaps of those signatures whose gap is proven.

Strict first; `StrictnessFailed` asks the caller for a lenient reading, which caps every verdict.
"""

from collections.abc import Sequence

from signing.errors import UnreadableDocument
from signing.formats.pdf import byte_ranges
from signing.formats.pdf.byte_ranges import Gap
from signing.formats.pdf.fields import SignatureField, contents_of, signature_fields
from signing.formats.pdf.limits import Limits
from signing.formats.pdf.structure import HybridFile, Metered, Reader, opened

__all__ = ["View"]


class View:
    """One reading of one file, which ends at `end`."""

    def __init__(self, data: bytes, end: int, limits: Limits, *, strict: bool) -> None:
        self.data = data
        self.end = end
        self.limits = limits
        self.strict = strict
        self.gaps = byte_ranges.candidates(data)
        self._open(self.gaps)
        proven = self.proven_gaps()
        if len(proven) != len(self.markers):
            # Some text looked like a byte range and was none: it must be seen as it is, and all else with it.
            self._open(proven)
            if len(self.proven_gaps()) != len(self.markers):
                self._open(())

    reader: Reader
    markers: dict[bytes, Gap]
    fields: tuple[SignatureField, ...]

    def proven_gaps(self) -> list[Gap]:
        """Give the gaps whose marker was found as the /Contents of a signature."""
        found = (self.gap_of(field) for field in self.fields)
        return sorted({gap for gap in found if gap is not None}, key=lambda gap: gap.start)

    def gap_of(self, field: SignatureField) -> Gap | None:
        """Give the gap in which a signature's /Contents stands, where its marker proves it."""
        return self.markers.get(contents_of(field.value) or b"")

    def _open(self, gaps: Sequence[Gap]) -> None:
        stream = Metered(self.limits)
        self.markers = byte_ranges.show(self.data, self.end, gaps, stream)
        self.reader = opened(stream, self.limits, strict=self.strict)
        if self.strict and self.reader.hybrid:
            raise HybridFile
        if "/Encrypt" in self.reader.trailer_view:
            raise UnreadableDocument("pdf", "encrypted", "/Encrypt")
        self.fields = tuple(signature_fields(self.reader, self.limits))
