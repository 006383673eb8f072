"""PDF as a document format: one row of the table of formats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from signing.formats.format import FoundDocument, Wanted
from signing.formats.pdf import additions, reading, writing
from signing.formats.pdf.limits import Limits
from signing.formats.pdf.writing import PreparedPdf
from signing.report import Place

__all__ = ["Pdf"]

# ISO 32000-1 annex H: readers take a header within the first 1,024 bytes. Ours wants it at byte 0 and says so.
_LOOKED_INTO: Final = 1024


@dataclass(frozen=True)
class Pdf:
    """PDF documents (ISO 32000)."""

    limits: Limits = field(default_factory=Limits)

    @property
    def name(self) -> str:
        """Give the name in reports."""
        return "pdf"

    @property
    def media_type(self) -> str:
        """Give the media type."""
        return "application/pdf"

    def recognises(self, data: bytes) -> bool:
        """Tell by content whether the bytes claim to be of this format."""
        return b"%PDF-" in data[:_LOOKED_INTO]

    def read(self, data: bytes) -> FoundDocument:
        """Find the signatures. Raises `UnreadableDocument`, whatever the bytes are."""
        return reading.read(data, self.limits)

    def prepare(self, data: bytes, wanted: Wanted) -> PreparedPdf:
        """Make room for a signature. Raises `UnreadableDocument`, `CannotSign`."""
        return writing.prepare(data, wanted, self.limits)

    def with_fields(self, data: bytes, fields: Mapping[str, Place | None]) -> bytes:
        """Add empty signature fields before the first signature. Raises `UnreadableDocument`, `CannotSign`."""
        return additions.with_fields(data, fields, self.limits)

    def with_validation_material(
        self, data: bytes, certificates: Sequence[bytes], lists: Sequence[bytes], answers: Sequence[bytes]
    ) -> bytes:
        """Add certificates, lists and answers for later verification. Raises `UnreadableDocument`, `CannotSign`."""
        return additions.with_validation_material(data, certificates, lists, answers, self.limits)
