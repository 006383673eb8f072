"""OFD (GB/T 33190-2016): read in every form that the field writes, written as the standard has it."""

from typing import Final

from signing.formats.format import FoundDocument, Prepared, Wanted
from signing.formats.ofd.limits import MAX_PREFIX_BYTES
from signing.formats.ofd.reading import read
from signing.formats.ofd.writing import prepare
from signing.formats.ofd.zip_records import CENTRAL_MAGIC, END_MAGIC, LOCAL_MAGIC


class Ofd:
    """The format as `signing.formats` lists it."""

    @property
    def name(self) -> str:
        """Give the name in reports."""
        return "ofd"

    @property
    def media_type(self) -> str:
        """Give the media type."""
        return "application/ofd"

    def recognises(self, data: bytes) -> bool:
        """Tell whether the bytes claim to be an archive, also behind a short block that is not another document."""
        if data.startswith((LOCAL_MAGIC, END_MAGIC)):
            return True
        at = data.find(LOCAL_MAGIC, 0, MAX_PREFIX_BYTES + len(LOCAL_MAGIC))
        return at > 0 and b"%PDF-" not in data[:at] and CENTRAL_MAGIC in data[at:]

    def read(self, data: bytes) -> FoundDocument:
        """Find the signatures. Raises `UnreadableDocument`, whatever the bytes are."""
        return read(data)

    def prepare(self, data: bytes, wanted: Wanted) -> Prepared:
        """Make room for a signature. Raises `UnreadableDocument`, `CannotSign`."""
        return prepare(data, wanted)


OFD: Final = Ofd()
